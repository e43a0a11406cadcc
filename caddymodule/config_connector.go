package caddymodule

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// Step is one call that follows a route's first. Braces in it are templates, as in Route.
type Step struct {
	// Method is GET, POST, PUT, PATCH or DELETE. Required.
	Method string `json:"method,omitempty"`

	// Path is what Route.Path is. Required.
	Path string `json:"path,omitempty"`

	// ID is what Route.ID is, for create alone. Default: none.
	ID string `json:"id,omitempty"`

	// Body is what Route.Body is. Default: none.
	Body json.RawMessage `json:"body,omitempty"`

	// Rules classify the answers to this call, before those of its route. Default: none.
	Rules []*Rule `json:"rules,omitempty"`
}

// Rule says what an answer of the application means. The first that matches counts.
type Rule struct {
	// Status is a status such as `409`, a class such as `4xx`, or `any`. Required.
	Status string `json:"status,omitempty"`

	// Path is where in the answer to look: a gjson path such as `error.code`, `@body` for the whole of it as a text, or
	// `@location` for the header Location. Default: the status is all that counts.
	Path string `json:"path,omitempty"`

	// Value is the text, number or boolean that has to be at Path. Default: anything.
	Value string `json:"value,omitempty"`

	// Pattern is a regular expression that has to match somewhere in what is at Path. Default: anything.
	Pattern string `json:"pattern,omitempty"`

	// Verdict is what the answer means: `done`, `adopt` (the account is there already and is looked up; for create),
	// `retry`, `refuse`, or `gone` (there is no such account). Required.
	Verdict string `json:"verdict,omitempty"`

	// After is how long to wait before the next try, at least; for `retry`, at most 1h. Default: as the failures before
	// it have it.
	After caddy.Duration `json:"after,omitempty"`
}

// OAuth says where bearer tokens come from, RFC 6749 section 4.4. A token is fetched before the one in use expires, and
// once when the application answers 401.
type OAuth struct {
	// TokenURL is the token endpoint. It is called as the application is, with its transport and its addresses. Required.
	TokenURL string `json:"token_url,omitempty"`

	// ClientID and ClientSecret are the client's. Required.
	ClientID     string `json:"client_id,omitempty"`
	ClientSecret string `json:"client_secret,omitempty"`

	// Scope is what is asked for. Default: what the endpoint gives unasked.
	Scope []string `json:"scope,omitempty"`

	// Audience is sent as the parameter of that name, for endpoints that want one. Default: none.
	Audience string `json:"audience,omitempty"`

	// AuthStyle is how the client says who it is: `header` (HTTP Basic) or `params` (in the body). Default: `header`.
	AuthStyle string `json:"auth_style,omitempty"`
}

func (a *ApplicationAuth) connector() (auth connector.Auth, err error) {
	switch {
	case a == nil:
		return auth, nil
	case a.OAuth == nil:
		return a.Auth.connector()
	case a.Auth != (Auth{}):
		return auth, errors.New("want one of bearer, basic, header and oauth")
	}
	auth.OAuth, err = a.OAuth.connector()
	return auth, err
}

func (o *OAuth) connector() (*connector.OAuth, error) {
	out := &connector.OAuth{AuthStyle: o.AuthStyle, Scopes: o.Scope}
	for _, f := range []struct {
		to         *string
		from, name string
		optional   bool
	}{
		{&out.TokenURL, o.TokenURL, "token_url", false}, {&out.ClientID, o.ClientID, "client_id", false},
		{&out.ClientSecret, o.ClientSecret, "client_secret", false}, {&out.Audience, o.Audience, "audience", true},
	} {
		if f.from == "" && f.optional {
			continue
		}
		value, err := secret(f.from)
		if err != nil {
			return nil, fmt.Errorf("oauth: %s: %w", f.name, err)
		}
		*f.to = value
	}
	return out, nil
}

func connectorRules(from []*Rule) []connector.Rule {
	var rules []connector.Rule
	for _, r := range from {
		if r == nil {
			r = new(Rule)
		}
		rules = append(rules, connector.Rule{
			Status: r.Status, Path: r.Path, Value: r.Value, Pattern: r.Pattern, Verdict: connector.Verdict(r.Verdict), After: time.Duration(r.After),
		})
	}
	return rules
}

func connectorSteps(from []*Step) []connector.Route {
	var steps []connector.Route
	for _, s := range from {
		if s == nil {
			s = new(Step)
		}
		steps = append(steps, connector.Route{Method: s.Method, Path: s.Path, ID: s.ID, Body: s.Body, Rules: connectorRules(s.Rules)})
	}
	return steps
}

// safety fills in what says where the connector may go.
func (a *Application) safety(cfg *connector.Config) (err error) {
	texts := make([]string, len(a.Addresses))
	for i, raw := range a.Addresses {
		if texts[i], err = replace(raw); err != nil {
			return fmt.Errorf("addresses: %w", err)
		}
	}
	if cfg.Addresses, err = token.ParseSources(texts); err != nil {
		return fmt.Errorf("addresses: %w", err)
	}
	return nil
}
