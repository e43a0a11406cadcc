package caddymodule

import (
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-scim/caddy-scim/internal/oauth"
)

// readJWT reads a connection's trust in an issuer. Syntax:
//
//	jwt {
//		issuer       <url>
//		jwks         <url>
//		audience     <audience>...
//		scope        <required> [<also allowed>...]
//		algorithms   RS256|RS384|RS512|PS256|PS384|PS512|ES256|ES384|ES512|EdDSA...
//		clients      <client id>...
//		subjects     <subject>...
//		skew         <duration>
//		max_lifetime <duration>
//	}
func (c *Connection) readJWT(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	j := new(JWT)
	c.JWT = j
	err := readBlock(l.Dispenser, "jwt",
		option{usage: "issuer <url>", read: text(&j.Issuer)},
		option{usage: "jwks <url>", read: text(&j.JWKS)},
		option{usage: "audience <audience>...", read: texts(&j.Audience)},
		option{usage: "scope <required> [<also allowed>...]", read: func(l line) error {
			var all []string
			if err := texts(&all)(l); err != nil {
				return err
			}
			j.Scope, j.OtherScopes = all[0], all[1:]
			if len(j.OtherScopes) == 0 {
				j.OtherScopes = nil
			}
			return nil
		}},
		option{usage: "algorithms <algorithm>...", read: someOf(&j.Algorithms, oauth.Algorithms...)},
		option{usage: "clients <client id>...", read: texts(&j.Clients)},
		option{usage: "subjects <subject>...", read: texts(&j.Subjects)},
		option{usage: "skew <duration>", read: duration(&j.Skew)},
		option{usage: "max_lifetime <duration>", read: duration(&j.MaxLifetime)},
	)
	switch {
	case err != nil:
		return err
	case j.Issuer == "":
		return l.Err("jwt needs an issuer")
	case j.Audience == nil:
		return l.Err("jwt needs an audience")
	}
	return nil
}

// readLimits reads what the tokens of a connection are limited to. Syntax:
//
//	limits {
//		read_only
//		only users|groups
//		from <address or range>...
//		user <id>
//	}
func (c *Connection) readLimits(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	v := new(Limits)
	c.Limits = v
	err := readBlock(l.Dispenser, "limits",
		option{usage: "read_only", read: func(l line) error {
			v.ReadOnly = true
			return l.args()
		}},
		option{usage: "only users|groups", read: someOf(&v.Only, onlyUsers, onlyGroups)},
		option{usage: "from <address or range>...", read: texts(&v.From)},
		option{usage: "user <id>", read: text(&v.User)},
	)
	if err != nil {
		return err
	}
	if _, err := v.limits(); err != nil {
		return l.Errf("limits: %w", err)
	}
	return nil
}

// readRateLimit reads what a tenant's clients may use. Syntax:
//
//	rate_limit off
//	rate_limit {
//		requests   <a second> [<burst>]
//		writes     <a second> [<burst>]
//		concurrent <number>
//	}
func (t *Tenant) readRateLimit(l line) error {
	v := new(RateLimit)
	t.RateLimit = v
	if l.NextArg() {
		if l.Val() != "off" {
			return l.wrong()
		}
		v.Off = true
		return nil
	}
	err := readBlock(l.Dispenser, "rate_limit",
		option{usage: "requests <a second> [<burst>]", read: rate(&v.Requests, &v.Burst)},
		option{usage: "writes <a second> [<burst>]", read: rate(&v.Writes, &v.WriteBurst)},
		option{usage: "concurrent <number>", read: number(&v.Concurrent)},
	)
	if err != nil {
		return err
	}
	if _, err := v.settings(); err != nil {
		return l.WrapErr(err)
	}
	return nil
}

// rate reads a number and, if it is there, a second one.
func rate(perSecond, burst *int) func(line) error {
	return func(l line) error {
		args := l.RemainingArgs()
		if len(args) < 1 || len(args) > 2 {
			return l.wrong()
		}
		for i, to := range []*int{perSecond, burst}[:len(args)] {
			n, err := strconv.Atoi(args[i])
			if err != nil || n <= 0 {
				return l.Errf("%q is not a number above 0", args[i])
			}
			*to = n
		}
		return nil
	}
}

// texts reads one argument or more, none of them twice.
func texts(to *[]string) func(line) error {
	return func(l line) error {
		args := l.RemainingArgs()
		if len(args) == 0 {
			return l.wrong()
		}
		for i, arg := range args {
			if slices.Contains(args[:i], arg) {
				return l.Errf("%s is there twice", arg)
			}
		}
		*to = args
		return nil
	}
}

// someOf is texts for some of a few values.
func someOf(to *[]string, values ...string) func(line) error {
	return func(l line) error {
		if err := texts(to)(l); err != nil {
			return err
		}
		for _, arg := range *to {
			if !slices.Contains(values, arg) {
				return l.Errf("%q is none of %s", arg, strings.Join(values, ", "))
			}
		}
		return nil
	}
}
