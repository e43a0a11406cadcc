package caddymodule

import (
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

func (l line) method(name string) error {
	if !slices.Contains(methods, name) {
		return l.Errf("%q is none of the methods %s", name, strings.Join(methods, ", "))
	}
	return nil
}

// readStep reads a call that follows a route's first.
func readStep(to *[]*Step) func(line) error {
	return func(l line) error {
		s := new(Step)
		if err := l.args(&s.Method, &s.Path); err != nil {
			return err
		}
		if err := l.method(s.Method); err != nil {
			return err
		}
		*to = append(*to, s)
		return readBlock(l.Dispenser, "then",
			option{usage: "id <path>", read: text(&s.ID)},
			option{usage: "body <json>", read: func(l line) error { return l.json(&s.Body) }},
			readRules(&s.Rules),
		)
	}
}

// readRules is the option that says what answers mean.
func readRules(to *[]*Rule) option {
	return option{
		usage: "on <status> [<path> [<value>|/<regexp>/]] done|adopt|retry|refuse|gone [after <duration>]",
		many:  true,
		read: func(l line) error {
			r := new(Rule)
			args := l.RemainingArgs()
			if n := len(args); n >= 4 && args[n-2] == "after" {
				if err := l.duration(args[n-1], &r.After); err != nil {
					return err
				}
				args = args[:n-2]
			}
			if len(args) < 2 || len(args) > 4 {
				return l.wrong()
			}
			r.Status, r.Verdict = args[0], args[len(args)-1]
			if !slices.Contains(connector.Verdicts, connector.Verdict(r.Verdict)) {
				return l.Errf("%q is none of done, adopt, retry, refuse, gone", r.Verdict)
			}
			if len(args) > 2 {
				r.Path = args[1]
			}
			if len(args) == 4 {
				if r.Value = args[2]; len(r.Value) > 2 && r.Value[0] == '/' && r.Value[len(r.Value)-1] == '/' {
					r.Pattern, r.Value = r.Value[1:len(r.Value)-1], ""
				}
			}
			*to = append(*to, r)
			return nil
		},
	}
}

// readAuth reads how requests to the application are authenticated.
func (a *Application) readAuth(l line) error {
	a.Auth = new(ApplicationAuth)
	if !l.NextArg() {
		return l.wrong()
	}
	if l.Val() != "oauth" {
		l.Prev()
		return a.Auth.read(l)
	}
	if l.NextArg() {
		return l.wrong()
	}
	o := new(OAuth)
	a.Auth.OAuth = o
	return readBlock(l.Dispenser, "auth oauth",
		option{usage: "token_url <url>", read: text(&o.TokenURL)},
		option{usage: "client_id <id>", read: text(&o.ClientID)},
		option{usage: "client_secret <secret>", read: text(&o.ClientSecret)},
		option{usage: "scope <scope>...", read: texts(&o.Scope)},
		option{usage: "audience <name>", read: text(&o.Audience)},
		option{usage: "auth_style header|params", read: oneOf(&o.AuthStyle, connector.AuthStyleHeader, connector.AuthStyleParams)},
	)
}

// readTransport reads Caddy's own HTTP transport, whose options are those that reverse_proxy has for it.
func (a *Application) readTransport(l line) error {
	if !l.NextArg() || l.Val() != "http" {
		return l.wrong()
	}
	module, err := caddyfile.UnmarshalModule(l.Dispenser, "http.reverse_proxy.transport.http")
	if err != nil {
		return err
	}
	a.TransportRaw = caddyconfig.JSONModuleObject(module, "protocol", "http", nil)
	return nil
}
