package caddymodule

import (
	"encoding/json"
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
