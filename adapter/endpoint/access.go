package endpoint

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/limit"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/scim"
)

// Authenticator says for whom a presented token speaks. Its errors are token.ErrUnknown, token.ErrExpired and
// token.ErrRevoked, each a 401; a *token.ScopeError, a 403; token.ErrUnavailable, a 503; any other is a 500.
type Authenticator interface {
	Authenticate(ctx context.Context, presented string) (token.Identity, error)
}

// Recaller is an Authenticator that can tell from memory alone who presents a token that was accepted before. With one,
// an address that has presented too many bad tokens shuts nobody out who shares it, as identity providers do.
type Recaller interface {
	// Recall returns who presents the token. An error means that Authenticate has to be asked.
	Recall(ctx context.Context, presented string) (token.Identity, error)
}

// access is what an authenticated caller may do. An inner request, as of Bulk, has that of its outer one.
type access struct {
	granted    bool
	entered    bool // the request was counted; what it holds is charged beside
	limits     token.LimitSet
	quota      *limit.Tenant
	connection adapter.ConnectionConfig
}

// issuerRetry is what a client is told to wait when its token cannot be checked.
const issuerRetry = 10 * time.Second

// authenticate finds out for whom the request speaks. What is wrong with a token is not told.
func (r *request) authenticate() error {
	if len(r.Header.Values("Authorization")) > 1 {
		// What stands before this service may have gone by another one of them.
		r.challenge(`error="invalid_request"`)
		return scim.BadRequest(scim.InvalidSyntax, "The request has more than one Authorization header")
	}
	scheme, presented, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || presented == "" {
		return scim.Unauthorized("A bearer token is needed in the Authorization header")
	}
	source := r.source()
	who, err := r.identify(strings.TrimSpace(presented), source)
	if err != nil {
		return err
	}
	id, err := kv.NewTenant(who.Tenant)
	if err != nil {
		return r.invalidToken("The bearer token is not valid")
	}
	tenant, ok := r.h.cfg.Generation.Tenant(id)
	if !ok {
		return r.invalidToken("The bearer token is not valid")
	}
	r.blameTenant(who)
	if !who.Limits.Allows(source) {
		// Not 401: an identity provider would tell its admin to enter another token, and one that is stolen is of no
		// more use to who learns that it is real.
		return r.insufficient("The token may not be used from this address")
	}
	conn, ok := tenant.Connection(who.Connection)
	if !ok {
		conn = adapter.ConnectionConfig{ID: who.Connection, Profile: "generic"}
	}
	r.tenant = tenant
	r.caller = adapter.Caller{Connection: conn.ID, Profile: conn.Profile, Token: who.TokenID, By: who.By}
	r.access = access{granted: true, limits: who.Limits, quota: r.h.cfg.Limits.Tenant(who.Tenant), connection: conn}
	return nil
}

// identify says who presents a token. Too many bad ones from an address end the asking: a store would be read, or an
// issuer called, for each.
func (r *request) identify(presented string, source netip.Addr) (token.Identity, error) {
	if refusal, ok := r.h.cfg.Limits.Guess(source); !ok {
		if memory, ok := r.h.cfg.Tokens.(Recaller); ok {
			if who, err := memory.Recall(r.Context(), presented); err == nil {
				return who, nil
			}
		}
		return token.Identity{}, scim.TooManyRequests(refusal.RetryAfter, "Too many tokens from this address were not valid")
	}
	who, err := r.h.cfg.Tokens.Authenticate(r.Context(), presented)
	var scope *token.ScopeError
	switch {
	case errors.Is(err, token.ErrUnknown), errors.Is(err, token.ErrExpired), errors.Is(err, token.ErrRevoked):
		r.h.cfg.Limits.Failed(source)
		if past, ok := errors.AsType[*token.PastError](err); ok {
			r.blameTenant(past.Who)
		}
		return token.Identity{}, r.invalidToken("The bearer token is not valid")
	case errors.As(err, &scope):
		r.challenge(`error="insufficient_scope", scope="` + scope.Scope + `"`)
		return token.Identity{}, scim.Forbidden("The access token lacks the scope %s", scim.Quote(scope.Scope))
	case errors.Is(err, token.ErrUnavailable):
		return token.Identity{}, scim.Unavailable(issuerRetry, "The access token cannot be checked now")
	}
	return who, err
}

// source is the address that the request comes from, as far as it is known.
func (r *request) source() netip.Addr {
	if from := r.h.cfg.ClientAddr; from != nil {
		return from(r.Request)
	}
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Addr()
}

// realm is the challenge of RFC 6750 section 3, without what is wrong.
const realm = `Bearer realm="scim"`

func (r *request) challenge(params string) { r.w.Header().Set("WWW-Authenticate", realm+", "+params) }

// invalidToken is the 401 to a token that is no good.
func (r *request) invalidToken(format string, args ...any) error {
	r.challenge(`error="invalid_token"`)
	return scim.Unauthorized(format, args...)
}

// insufficient is the 403 to a good token that is not good for this.
func (r *request) insufficient(format string, args ...any) error {
	r.challenge(`error="insufficient_scope"`)
	return scim.Forbidden(format, args...)
}

// authorize reports, as an error, that the caller's token is not good for what the request does at the endpoint, whose
// name is in lower case. What is served without a caller fails closed.
func (r *request) authorize(name, id string) error {
	if !r.access.granted {
		return scim.Internal()
	}
	if r.access.entered {
		r.access.quota.Charge(r.writes(name, id))
	}
	r.access.entered = true
	switch name {
	case "serviceproviderconfig", "resourcetypes", "schemas":
		return nil
	}
	limits := r.access.limits
	if user, bound := limits.User(); bound {
		if err := r.authorizeUser(user, name, id); err != nil {
			return err
		}
	}
	if limits.ReadOnly() && r.writes(name, id) {
		return r.insufficient("The token is limited to reading")
	}
	switch name {
	case "users", "me":
		return r.reach(store.User)
	case "groups":
		return r.reach(store.Group)
	case "", ".search":
		if len(r.kinds()) == 0 {
			return r.insufficient("The token is limited to nothing that can be searched")
		}
	case "events":
		// Streams tell of all resources. What one event is about is known when it is found, see completion.
		if (!limits.Users() || !limits.Groups()) && (!r.reads() || id == "") {
			return r.insufficient("The token is limited to a type of resource, and events tell of all")
		}
	}
	return nil
}

// reach reports, as an error, that the caller's token is limited to the other type of resource.
func (r *request) reach(t store.Type) error {
	switch {
	case t == store.User && !r.access.limits.Users():
		return r.insufficient("The token is limited to groups")
	case t == store.Group && !r.access.limits.Groups():
		return r.insufficient("The token is limited to users")
	}
	return nil
}

// authorizeUser is authorize for a token that is bound to a user.
func (r *request) authorizeUser(user, name, id string) error {
	if user == "" || name != "me" && (name != "users" || id != user) {
		return r.insufficient("The token is bound to one user, whom it reaches at /Me")
	}
	rec, err := r.tenant.Get(r.Context(), r.tenant.Users(), user)
	if err != nil {
		return err
	}
	// The IPSIE AL1 profile: with an account its tokens are deactivated too.
	if active := gjson.GetBytes(rec.Desired.Doc, "active"); active.Type == gjson.False {
		return r.invalidToken("The user of the token is not active")
	}
	return nil
}

// writes reports whether the request may change anything. A search by POST does not.
func (r *request) writes(name, id string) bool {
	return !r.reads() && (r.Method != http.MethodPost || name != ".search" && id != ".search")
}

// kinds are the tenant's kinds that the caller may reach.
func (r *request) kinds() []adapter.Kind {
	kinds := r.tenant.Kinds()
	seen := kinds[:0:0]
	for _, k := range kinds {
		if r.access.limits.Users() && k.Type == store.User || r.access.limits.Groups() && k.Type == store.Group {
			seen = append(seen, k)
		}
	}
	return seen
}

// describeAccess says in the ServiceProviderConfig how the caller's connection authenticates, RFC 7643 section 5.
func (r *request) describeAccess(config *scim.ServiceProviderConfig) {
	if r.access.connection.OAuth {
		config.AuthenticationSchemes = append(config.AuthenticationSchemes, scim.AuthenticationScheme{
			Type:        "oauth2",
			Name:        "OAuth 2.0 Access Token",
			Description: "A JWT access token of this connection's issuer, with the scope for provisioning, in the Authorization header",
			SpecURI:     "https://www.rfc-editor.org/info/rfc9068",
		})
	}
}
