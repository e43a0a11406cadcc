package caddymodule

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/internal/oauth"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// authenticator checks tokens for one session: the static ones of its configuration, the managed ones that all
// configurations share, and access tokens of the issuers that its configuration trusts. Only connections that the
// configuration has may speak.
type authenticator struct {
	// static and access belong to the configuration: while a reload is under way, and after one that failed, requests on
	// the old configuration are judged by the old one's tokens.
	static  *token.Static
	managed *token.Service
	access  *oauth.Verifier
	// connections has the limits of each, nil for none, by an identity without token id.
	connections map[token.Identity]*token.Limits
}

func newAuthenticator(s *setup, managed *token.Service, keys *oauth.Keys) (*authenticator, error) {
	access, err := oauth.New(s.access.jwt, oauth.Options{Keys: keys, Logger: slog.New(logs)})
	if err != nil {
		return nil, err
	}
	a := &authenticator{static: s.static, managed: managed, access: access, connections: map[token.Identity]*token.Limits{}}
	for i := range s.tenants {
		t := &s.tenants[i]
		for _, c := range t.Connections {
			name := token.Identity{Tenant: t.ID.Name(), Connection: c.ID}
			a.connections[name] = s.access.limits[name]
		}
	}
	return a, nil
}

// Authenticate implements endpoint.Authenticator.
func (a *authenticator) Authenticate(ctx context.Context, presented string) (token.Identity, error) {
	// By its format a token is one or the other; an operator may still have made a static one that looks so.
	who, err := token.Identity{}, token.ErrUnknown
	if _, malformed := token.Parse(presented); malformed == nil {
		who, err = a.managed.Authenticate(ctx, presented)
	} else if oauth.Looks(presented) {
		who, err = a.access.Authenticate(ctx, presented)
	}
	if errors.Is(err, token.ErrUnknown) {
		if other, isStatic := a.static.Authenticate(presented); isStatic == nil {
			who, err = other, nil
		}
	}
	if err == nil {
		who, err = a.admit(who)
	}
	if err != nil {
		countRefusal(err)
		return token.Identity{}, err
	}
	noteCaller(ctx, who)
	return who, nil
}

// Recall implements endpoint.Recaller.
func (a *authenticator) Recall(ctx context.Context, presented string) (token.Identity, error) {
	who, err := a.managed.Recall(presented)
	if err != nil && oauth.Looks(presented) {
		who, err = a.access.Recall(presented)
	}
	if err != nil {
		who, err = a.static.Authenticate(presented)
	}
	if err == nil {
		who, err = a.admit(who)
	}
	if err != nil {
		return token.Identity{}, err
	}
	noteCaller(ctx, who)
	return who, nil
}

// admit lets only connections of the configuration in, and adds their limits.
func (a *authenticator) admit(who token.Identity) (token.Identity, error) {
	limits, ok := a.connections[token.Identity{Tenant: who.Tenant, Connection: who.Connection}]
	if !ok {
		return token.Identity{}, token.ErrUnknown
	}
	who.Limits[1] = limits
	return who, nil
}

// clientAddr is the address of the client as Caddy determines it, behind proxies that the server trusts too.
func clientAddr(r *http.Request) netip.Addr {
	if text, ok := caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string); ok {
		if addr, err := netip.ParseAddr(text); err == nil {
			return addr
		}
	}
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Addr()
}

// genericProfile is the dialect of a connection that names none.
const genericProfile = "generic"

// Interface guards.
var (
	_ endpoint.Authenticator = (*authenticator)(nil)
	_ endpoint.Recaller      = (*authenticator)(nil)
)
