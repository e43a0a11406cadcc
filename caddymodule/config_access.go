package caddymodule

import (
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/internal/limit"
	"github.com/caddy-scim/caddy-scim/internal/oauth"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// JWT is a connection's trust in an OAuth 2.0 issuer: who presents an access token that the issuer has signed for the
// audience, and that is still valid and has the scope, speaks for the connection. Two connections with the same issuer
// and a common audience must differ in Clients, or in Subjects. {env.*} and {file.*} are replaced.
type JWT struct {
	// Issuer is the `iss` of the tokens, letter for letter: an https URL, or an http one on this machine. Required.
	Issuer string `json:"issuer,omitempty"`

	// JWKS is the URL of the issuer's public keys. Default: what the issuer's metadata says (RFC 8414, OpenID Connect
	// Discovery).
	JWKS string `json:"jwks,omitempty"`

	// Audience lists the values of `aud` that mean this service; a token needs one of them. At least one is required.
	Audience []string `json:"audience,omitempty"`

	// Scope is what a token must have been granted. Default: `scim`.
	Scope string `json:"scope,omitempty"`

	// OtherScopes are what a token may have been granted beside. One with any further scope is refused: the IPSIE AL1
	// profile wants tokens for provisioning to be good for nothing else. Default: none.
	OtherScopes []string `json:"other_scopes,omitempty"`

	// Algorithms are those that tokens may be signed with, of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384,
	// ES512 and EdDSA. Default: RS256, PS256, ES256, ES384, EdDSA.
	Algorithms []string `json:"algorithms,omitempty"`

	// Clients are the OAuth clients whose tokens are accepted, by `client_id`, `azp`, `appid` or `cid`. Default: all.
	Clients []string `json:"clients,omitempty"`

	// Subjects are the `sub` whose tokens are accepted. Default: all.
	Subjects []string `json:"subjects,omitempty"`

	// Skew is how far the clocks of the issuer and of this machine may differ, 5m at most. Default: 60s.
	Skew caddy.Duration `json:"skew,omitempty"`

	// MaxLifetime is the longest time for which a token may be issued. Default: 24h.
	MaxLifetime caddy.Duration `json:"max_lifetime,omitempty"`
}

// Limits narrow what the tokens of a connection are good for, whatever their kind. A token that is made with
// `caddy scim token create` may be narrower still. One of the fields must be set.
type Limits struct {
	// ReadOnly refuses every write. Default: false.
	ReadOnly bool `json:"read_only,omitempty"`

	// Only names the type of resources that the tokens reach: `users` or `groups`. Default: all.
	Only []string `json:"only,omitempty"`

	// From lists the addresses that tokens may be used from, such as 192.0.2.0/24 or 2001:db8::1. The address is the
	// client's as Caddy determines it (see `trusted_proxies`). Default: all.
	From []string `json:"from,omitempty"`

	// User is the SCIM id of the one user that the tokens speak for, at /Me, and whom alone they reach. Default: none.
	User string `json:"user,omitempty"`
}

// RateLimit bounds what one tenant's clients may use, so that nobody else has to wait for them. What is too much is
// answered with 429 and Retry-After.
type RateLimit struct {
	// Off takes all limits away. Default: false.
	Off bool `json:"off,omitempty"`

	// Requests is how many requests a second are served in the long run. Default: 500.
	Requests int `json:"requests,omitempty"`

	// Burst is how many requests are served at once after a pause. Default: 2000, or four times Requests if that is set.
	Burst int `json:"burst,omitempty"`

	// Writes is how many of the requests in a second may change something. Default: all of them.
	Writes int `json:"writes,omitempty"`

	// WriteBurst is Burst for Writes. Default: four times Writes.
	WriteBurst int `json:"write_burst,omitempty"`

	// Concurrent is how many requests may be under way at once; polls for events that wait are not counted. Default: 128.
	Concurrent int `json:"concurrent,omitempty"`
}

// accessSetup is what a configuration says of who may come in.
type accessSetup struct {
	jwt    []oauth.Config
	limits map[token.Identity]*token.Limits // by tenant and connection
	rates  map[string]limit.Settings        // by tenant
}

// tenant adds a tenant's rates.
func (s *accessSetup) tenant(name string, r *RateLimit) error {
	settings, err := r.settings()
	if err != nil {
		return fmt.Errorf("rate_limit: %w", err)
	}
	if s.rates == nil {
		s.rates = map[string]limit.Settings{}
	}
	s.rates[name] = settings
	return nil
}

// connection adds what a connection says.
func (s *accessSetup) connection(tenant, name string, c *Connection) error {
	if c == nil {
		return nil
	}
	if c.JWT != nil {
		cfg, err := c.JWT.config()
		if err != nil {
			return fmt.Errorf("jwt: %w", err)
		}
		cfg.Tenant, cfg.Connection = tenant, name
		s.jwt = append(s.jwt, cfg)
	}
	limits, err := c.Limits.limits()
	if err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	if s.limits == nil {
		s.limits = map[token.Identity]*token.Limits{}
	}
	s.limits[token.Identity{Tenant: tenant, Connection: name}] = limits
	return nil
}

// config replaces placeholders; package oauth checks what comes out.
func (j *JWT) config() (oauth.Config, error) {
	cfg := oauth.Config{
		Algorithms: j.Algorithms, OtherScopes: j.OtherScopes,
		Skew: time.Duration(j.Skew), MaxLifetime: time.Duration(j.MaxLifetime),
	}
	for _, f := range []struct {
		name, from string
		to         *string
	}{{"issuer", j.Issuer, &cfg.Issuer}, {"jwks", j.JWKS, &cfg.JWKS}, {"scope", j.Scope, &cfg.Scope}} {
		var err error
		if *f.to, err = replace(f.from); err != nil {
			return cfg, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	for _, f := range []struct {
		name string
		from []string
		to   *[]string
	}{{"audience", j.Audience, &cfg.Audiences}, {"clients", j.Clients, &cfg.Clients}, {"subjects", j.Subjects, &cfg.Subjects}} {
		for _, raw := range f.from {
			value, err := replace(raw)
			if err != nil {
				return cfg, fmt.Errorf("%s: %w", f.name, err)
			}
			*f.to = append(*f.to, value)
		}
	}
	return cfg, nil
}

// limits returns nil where there is no such part. One that narrows nothing is an error: who wrote it believes otherwise.
func (l *Limits) limits() (*token.Limits, error) {
	if l == nil {
		return nil, nil
	}
	out := &token.Limits{ReadOnly: l.ReadOnly, User: l.User}
	for _, name := range l.Only {
		switch {
		case name == onlyUsers && !out.Users:
			out.Users = true
		case name == onlyGroups && !out.Groups:
			out.Groups = true
		case name == onlyUsers || name == onlyGroups:
			return nil, fmt.Errorf("only: %s is there twice", name)
		default:
			return nil, fmt.Errorf("only: %q is none of %s, %s", name, onlyUsers, onlyGroups)
		}
	}
	if out.Users && out.Groups {
		return nil, fmt.Errorf("only: %s and %s are all types there are, so nothing is limited; name one of them", onlyUsers, onlyGroups)
	}
	var err error
	if out.From, err = token.ParseSources(l.From); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	if err := out.Validate(); err != nil {
		return nil, err
	}
	if out.IsZero() {
		return nil, errors.New("nothing is limited; want read_only, only, from or user, or no limits at all")
	}
	return out, nil
}

// The values of Limits.Only.
const (
	onlyUsers  = "users"
	onlyGroups = "groups"
)

// burstFactor is how many seconds' worth a burst is where none is named.
const burstFactor = 4

func (r *RateLimit) settings() (limit.Settings, error) {
	s := limit.Default()
	if r == nil {
		return s, nil
	}
	if r.Off {
		if *r != (RateLimit{Off: true}) {
			return s, errors.New("off: then nothing else can be set")
		}
		return limit.Settings{}, nil
	}
	if r.Requests != 0 {
		s.Requests = limit.Rate{PerSecond: r.Requests, Burst: r.Requests * burstFactor}
	}
	if r.Burst != 0 {
		s.Requests.Burst = r.Burst
	}
	if r.Writes != 0 {
		s.Writes = limit.Rate{PerSecond: r.Writes, Burst: r.Writes * burstFactor}
	}
	if r.WriteBurst != 0 {
		if r.Writes == 0 {
			return s, errors.New("write_burst: needs writes")
		}
		s.Writes.Burst = r.WriteBurst
	}
	if r.Concurrent != 0 {
		s.Concurrent = r.Concurrent
	}
	return s, s.Validate()
}
