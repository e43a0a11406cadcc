package caddymodule

import (
	"context"
	"errors"

	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// authenticator checks tokens for one session: the static ones of its configuration, and the managed ones that all
// configurations share. Only connections that the configuration has may speak.
type authenticator struct {
	// static belongs to the configuration: while a reload is under way, and after one that failed, requests on the old
	// configuration are judged by the old one's tokens.
	static      *token.Static
	managed     *token.Service
	connections map[token.Identity]struct{} // without token ids
}

func newAuthenticator(s *setup, managed *token.Service) *authenticator {
	a := &authenticator{static: s.static, managed: managed, connections: map[token.Identity]struct{}{}}
	for i := range s.tenants {
		t := &s.tenants[i]
		for _, c := range t.Connections {
			a.connections[token.Identity{Tenant: t.ID.Name(), Connection: c.ID}] = struct{}{}
		}
	}
	return a
}

// Authenticate implements endpoint.Authenticator.
func (a *authenticator) Authenticate(ctx context.Context, presented string) (token.Identity, error) {
	// By its format a token is one or the other; an operator may still have made a static one that looks managed.
	who, err := token.Identity{}, token.ErrUnknown
	if _, malformed := token.Parse(presented); malformed == nil {
		who, err = a.managed.Authenticate(ctx, presented)
	}
	if errors.Is(err, token.ErrUnknown) {
		who, err = a.static.Authenticate(presented)
	}
	if err == nil {
		if _, ok := a.connections[token.Identity{Tenant: who.Tenant, Connection: who.Connection}]; !ok {
			err = token.ErrUnknown
		}
	}
	if err != nil {
		countRefusal(err)
		return token.Identity{}, err
	}
	noteCaller(ctx, who)
	return who, nil
}

// genericProfile is the dialect of a connection that names none.
const genericProfile = "generic"

// Interface guard.
var _ endpoint.Authenticator = (*authenticator)(nil)
