package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/kv"
)

func init() { caddy.RegisterModule((*MatchActive)(nil)) }

// MatchActive matches the requests of active users of a tenant: it is the gate in front of an application whose sessions
// live longer than its users. Who asks is for others to find out, such as `forward_auth` or `basic_auth`; the gate is told
// the name that they found.
//
// It asks nobody but the store, and what it goes by is what the identity provider said last: a person who was deactivated
// is refused at the next request, even if the application cannot be reached. See Tenant.Active for who counts as active.
//
// Where it cannot be told (the store fails, the app is starting or stopping) the request ends with 503, whether the
// matcher stands by itself or in a `not`.
//
// A request that matched has the placeholders `{scim.user.id}`, `{scim.user.groups}` (the displayNames of the user's
// groups, separated by commas), `{scim.user.groups.ids}`, and `{scim.user.<attribute>}` for every attribute of the tenant's
// users, such as `{scim.user.userName}`, `{scim.user.name.familyName}` and `{scim.user.emails.value}` (the primary one, or
// else the first). In lists a comma within a name is `%2C`, `%` is `%25`. Control characters become spaces.
type MatchActive struct {
	// Who is the name of who asks, with placeholders: `{http.auth.user.id}`, `{http.request.header.Remote-User}`. It must
	// come from something that authenticates; a header that a client can set itself lets everybody in. Required.
	Who string `json:"who,omitempty"`

	// Tenant is the tenant whose users may pass; placeholders are replaced, and a name that is no tenant's matches nobody.
	// Default: the only tenant there is.
	Tenant string `json:"tenant,omitempty"`

	// By are the attributes that Who may be the value of; the first that knows it decides. Default: `id`, `userName`,
	// `externalId`, `emails.value`.
	By []string `json:"by,omitempty"`

	// Groups narrow it to users who are in one of these groups, also by way of a group within it: displayNames, without
	// regard to the case of ASCII letters, or ids. Default: every active user.
	Groups []string `json:"groups,omitempty"`

	app *App
}

// CaddyModule returns the Caddy module information.
func (*MatchActive) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.matchers.scim_active", New: func() caddy.Module { return new(MatchActive) }}
}

// Provision implements caddy.Provisioner.
func (m *MatchActive) Provision(ctx caddy.Context) error {
	app, err := ctx.AppIfConfigured("scim")
	switch {
	case errors.Is(err, caddy.ErrNotConfigured):
		return errors.New("the matcher needs the app scim; in a Caddyfile that is the global option scim")
	case err != nil:
		return err
	}
	var ok bool
	if m.app, ok = app.(*App); !ok {
		return fmt.Errorf("the app scim is a %T", app)
	}
	return m.check()
}

func (m *MatchActive) check() error {
	if m.Who == "" {
		return errors.New("who: missing; it is the name of who asks, such as {http.auth.user.id}")
	}
	if !strings.Contains(m.Who, "{") {
		return fmt.Errorf("who: %q has no placeholder, so that everybody would be the same person", m.Who)
	}
	for _, by := range m.By {
		if !slices.Contains(adapter.ActiveBy, by) {
			return fmt.Errorf("by: %q is not one of %s", by, strings.Join(adapter.ActiveBy, ", "))
		}
	}
	if slices.Contains(m.Groups, "") {
		return errors.New("groups: one has no name")
	}
	if m.Tenant == "" && len(m.app.Tenants) != 1 {
		return fmt.Errorf("tenant: missing; there are %d tenants", len(m.app.Tenants))
	}
	if _, known := m.app.Tenants[m.Tenant]; m.Tenant != "" && !known && !strings.Contains(m.Tenant, "{") {
		return fmt.Errorf("tenant: there is none named %q", m.Tenant)
	}
	return nil
}

// MatchWithError implements caddyhttp.RequestMatcherWithError.
func (m *MatchActive) MatchWithError(r *http.Request) (bool, error) {
	repl, ok := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return false, errors.New("scim_active: the request has no placeholders")
	}
	who := repl.ReplaceAll(m.Who, "")
	s, err := m.app.enter(r.Context())
	if err != nil {
		return false, caddyhttp.Error(http.StatusServiceUnavailable, err)
	}
	defer s.leave()
	tenant := m.tenant(s, repl)
	if tenant == nil {
		countGate("", gateRefused)
		return false, nil
	}
	p, err := m.find(r.Context(), tenant, who)
	if err != nil {
		if r.Context().Err() == nil {
			countGate(tenant.ID().Name(), gateFailed)
			slog.New(logs).Error("it could not be told whether a user is active", "tenant", tenant.ID().Name(), "error", err)
		}
		return false, caddyhttp.Error(http.StatusServiceUnavailable, errors.New("scim_active: it could not be told whether the user is active"))
	}
	if p == nil {
		countGate(tenant.ID().Name(), gateRefused)
		return false, nil
	}
	countGate(tenant.ID().Name(), gatePassed)
	p.show(r.Context(), repl)
	return true, nil
}

// Match implements caddyhttp.RequestMatcher.
func (m *MatchActive) Match(r *http.Request) bool {
	ok, err := m.MatchWithError(r)
	return ok && err == nil
}

// tenant returns the tenant whose users may pass, nil for none.
func (m *MatchActive) tenant(s *session, repl *caddy.Replacer) *adapter.Tenant {
	name := m.Tenant
	if name == "" {
		for name = range m.app.Tenants { // the only one
		}
	} else {
		name = repl.ReplaceAll(name, "")
	}
	id, err := kv.NewTenant(name)
	if err != nil {
		return nil
	}
	t, _ := s.generation.Tenant(id)
	return t
}

// passing is a person at the gate.
type passing struct {
	*adapter.Person
	groups func() ([]adapter.PersonGroup, error) // read once
}

// find returns who asks, nil where they may not pass.
func (m *MatchActive) find(ctx context.Context, tenant *adapter.Tenant, who string) (*passing, error) {
	person, err := tenant.Active(ctx, who, m.By)
	if err != nil || person == nil {
		return nil, err
	}
	p := &passing{Person: person, groups: sync.OnceValues(func() ([]adapter.PersonGroup, error) { return person.Groups(ctx) })}
	if len(m.Groups) == 0 {
		return p, nil
	}
	list, err := p.groups()
	if err != nil {
		return nil, err
	}
	for _, g := range list {
		for _, wanted := range m.Groups {
			if g.ID == wanted || adapter.SameName(g.Name, wanted) {
				return p, nil
			}
		}
	}
	return nil, nil //nolint:nilnil // they are in none of the groups
}

// userPrefix begins the placeholders of who has passed.
const userPrefix = "scim.user."

// passedKey is the key of the person who passed last, among a request's variables.
const passedKey = "scim_active"

// show sets the placeholders. Of several persons of one request, the last who passed is shown.
func (p *passing) show(ctx context.Context, repl *caddy.Replacer) {
	_, shown := caddyhttp.GetVar(ctx, passedKey).(*passing)
	caddyhttp.SetVar(ctx, passedKey, p)
	if shown {
		return
	}
	repl.Map(func(key string) (any, bool) {
		name, ok := strings.CutPrefix(key, userPrefix)
		if !ok {
			return nil, false
		}
		last, ok := caddyhttp.GetVar(ctx, passedKey).(*passing)
		if !ok {
			return nil, false
		}
		return last.placeholder(name)
	})
}

func (p *passing) placeholder(name string) (string, bool) {
	switch name {
	case "groups", "groups.ids":
		list, err := p.groups()
		if err != nil {
			slog.New(logs).Error("the groups of a user could not be read", "error", err)
			return "", true
		}
		names := make([]string, len(list))
		for i, g := range list {
			if names[i] = g.ID; name == "groups" {
				names[i] = adapter.EscapeListed(g.Name)
			}
		}
		return strings.Join(names, ","), true
	}
	value, ok := p.Value(name)
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' ' // it would end a header
		}
		return r
	}, value), ok
}

// What the gate counts.
const (
	gatePassed  = "passed"
	gateRefused = "refused"
	gateFailed  = "failed"
)

var gateRequests = prometheus.NewCounterVec(prometheus.CounterOpts{
	Namespace: "caddy", Subsystem: "scim", Name: "gate_requests_total",
	Help: "Requests that the matcher scim_active was asked about, by tenant (empty for one that is none) and result: passed, refused, failed.",
}, []string{"tenant", "result"})

func countGate(tenant, result string) { gateRequests.WithLabelValues(tenant, result).Inc() }

// UnmarshalCaddyfile sets up the matcher from Caddyfile tokens. Syntax:
//
//	scim_active <who> {
//		tenant <name>
//		by     id|userName|externalId|emails.value...
//		group  <name or id>...                         # may be repeated
//	}
func (m *MatchActive) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	for d.Next() {
		if m.Who != "" {
			return d.Err("scim_active is there twice in one matcher")
		}
		if !d.Args(&m.Who) {
			return d.Err("scim_active wants the name of who asks, such as {http.auth.user.id}")
		}
		if d.NextArg() {
			return d.Errf("%q is too much; scim_active takes one name and a block", d.Val())
		}
		err := readBlock(d, "scim_active",
			option{usage: "tenant <name>", read: text(&m.Tenant)},
			option{usage: "by " + strings.Join(adapter.ActiveBy, "|") + "...", read: func(l line) error {
				m.By = l.RemainingArgs()
				for _, by := range m.By {
					if !slices.Contains(adapter.ActiveBy, by) {
						return l.wrong()
					}
				}
				if m.By == nil {
					return l.wrong()
				}
				return nil
			}},
			option{usage: "group <name or id>...", many: true, read: func(l line) error {
				names := l.RemainingArgs()
				if names == nil {
					return l.wrong()
				}
				m.Groups = append(m.Groups, names...)
				return nil
			}},
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// Interface guards.
var (
	_ caddy.Provisioner                 = (*MatchActive)(nil)
	_ caddyhttp.RequestMatcher          = (*MatchActive)(nil) //nolint:staticcheck // Caddy looks for it where it registers matchers
	_ caddyhttp.RequestMatcherWithError = (*MatchActive)(nil)
	_ caddyfile.Unmarshaler             = (*MatchActive)(nil)
)
