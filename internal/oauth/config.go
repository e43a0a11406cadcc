package oauth

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Defaults of Config.
const (
	DefaultScope       = "scim"
	DefaultSkew        = time.Minute
	DefaultMaxLifetime = 24 * time.Hour
)

// maxSkew bounds Config.Skew: more would keep tokens alive that have ended.
const maxSkew = 5 * time.Minute

// Algorithms are the signature algorithms that a Config can name. DefaultAlgorithms are those where it names none. There
// is no `none`, and no HS256: a key that the whole world knows must never be what a token is made with.
var (
	Algorithms        = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
	DefaultAlgorithms = []string{"RS256", "PS256", "ES256", "ES384", "EdDSA"}
)

// Config is one connection's trust in an issuer.
type Config struct {
	// Tenant and Connection are whom an accepted token speaks for.
	Tenant, Connection string
	// Issuer is the `iss` of the tokens, letter for letter: an https URL, or an http one on this machine.
	Issuer string
	// JWKS is where the issuer's keys are. By default the issuer's metadata says it (RFC 8414, OpenID Connect Discovery).
	JWKS string
	// Audiences are the values of `aud` that mean this service; a token needs one of them. At least one.
	Audiences []string
	// Scope is what a token must have been granted, [DefaultScope] by default.
	Scope string
	// OtherScopes are what a token may have been granted beside; one with any further scope is refused, as a token for
	// provisioning is to be good for nothing else.
	OtherScopes []string
	// Algorithms are those that tokens may be signed with, [DefaultAlgorithms] by default.
	Algorithms []string
	// Clients are the OAuth clients (`client_id`, `azp`, `appid` or `cid`) and Subjects the `sub` whose tokens are
	// accepted; all by default.
	Clients, Subjects []string
	// Skew is how far the clocks of the issuer and of this machine may differ, [DefaultSkew] by default.
	Skew time.Duration
	// MaxLifetime is the longest time for which a token may be issued, [DefaultMaxLifetime] by default: one that is good
	// for years does not expire.
	MaxLifetime time.Duration
}

func (c *Config) setDefaults() {
	if c.Scope == "" {
		c.Scope = DefaultScope
	}
	if c.Algorithms == nil {
		c.Algorithms = DefaultAlgorithms
	}
	if c.Skew == 0 {
		c.Skew = DefaultSkew
	}
	if c.MaxLifetime == 0 {
		c.MaxLifetime = DefaultMaxLifetime
	}
}

// Validate reports everything that is wrong with the configuration, each with the field's name. Defaults count as set.
func (c Config) Validate() error {
	c.setDefaults()
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if u, err := checkURL(c.Issuer); err != nil {
		bad("issuer: %w", err)
	} else if u.RawQuery != "" || u.ForceQuery {
		bad("issuer: has a query")
	}
	if c.JWKS != "" {
		if _, err := checkURL(c.JWKS); err != nil {
			bad("jwks: %w", err)
		}
	}
	if len(c.Audiences) == 0 {
		bad("audience: missing; without one a token for any other service of the issuer would be good here")
	}
	for name, list := range map[string][]string{
		"audience": c.Audiences, "clients": c.Clients, "subjects": c.Subjects, "scope": c.OtherScopes, "algorithms": c.Algorithms,
	} {
		for i, value := range list {
			switch {
			case value == "":
				bad("%s: has an empty value", name)
			case slices.Contains(list[:i], value):
				bad("%s: %q is there twice", name, value)
			}
		}
	}
	for _, s := range slices.Concat([]string{c.Scope}, c.OtherScopes) {
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			bad("scope: %q is not one scope", s)
		}
	}
	if len(c.Algorithms) == 0 {
		bad("algorithms: none")
	}
	for _, a := range c.Algorithms {
		if !slices.Contains(Algorithms, a) {
			bad("algorithms: %q is none of %s", a, strings.Join(Algorithms, ", "))
		}
	}
	if c.Skew < 0 || c.Skew > maxSkew {
		bad("skew: %s is not from 0 to %s", c.Skew, maxSkew)
	}
	if c.MaxLifetime < 0 {
		bad("max_lifetime: is negative")
	}
	return errors.Join(errs...)
}

// checkURL parses a URL that keys or metadata may come from.
func checkURL(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, errors.New("missing")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return nil, errors.New("not an https URL")
	case u.User != nil:
		return nil, errors.New("has a user")
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		return nil, errors.New("has a fragment")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u)):
		return nil, errors.New("not an https URL; http is for this machine alone")
	}
	return u, nil
}

func loopback(u *url.URL) bool {
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

// Check validates configurations one by one and together.
//
// # Errors
//
// One that names the tenant and the connection, and for two connections that one token could mean, both: with the same
// issuer and a common audience they must differ in clients, or in subjects.
func Check(configs []Config) error {
	for i := range configs {
		a := &configs[i]
		if err := a.Validate(); err != nil {
			return fmt.Errorf("tenant %q: connection %q: jwt: %w", a.Tenant, a.Connection, err)
		}
		for j := range configs[:i] {
			b := &configs[j]
			if a.Issuer != b.Issuer || !overlap(a.Audiences, b.Audiences) || apart(a.Clients, b.Clients) || apart(a.Subjects, b.Subjects) {
				continue
			}
			return fmt.Errorf("connection %q of tenant %q and connection %q of tenant %q: jwt: a token of %s could mean both; "+
				"with a common audience they must differ in clients or subjects", b.Connection, b.Tenant, a.Connection, a.Tenant, a.Issuer)
		}
	}
	return nil
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// apart reports whether two lists let no value through that the other does too. An empty one lets all through.
func apart(a, b []string) bool { return len(a) > 0 && len(b) > 0 && !overlap(a, b) }

func signatureAlgorithms(names []string) []jose.SignatureAlgorithm {
	list := make([]jose.SignatureAlgorithm, len(names))
	for i, name := range names {
		list[i] = jose.SignatureAlgorithm(name)
	}
	return list
}
