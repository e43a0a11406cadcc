package connector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/pace"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Call is one action on one resource.
type Call struct {
	// Action is what is to be done.
	Action abi.Action
	// ResourceID is the SCIM id.
	ResourceID string
	// LegacyID is the application's id of the account; empty before a create.
	LegacyID string
	// IdempotencyKey goes with the request as Idempotency-Key; the second request of the same call gets it with "-2"
	// at its end, the third with "-3". At most 200 visible ASCII characters. Empty sends none.
	IdempotencyKey string
	// Before is the SCIM resource as the application last acknowledged it, After as it shall be. Either may be empty.
	Before, After json.RawMessage
	// Members are, for add_members and remove_members, who joins or leaves the group that the other fields speak of: at
	// most MembersPerCall of them, and each with what the route speaks of, such as its LegacyID. For set_members they are
	// all who are to be in it.
	Members []abi.Member
	// Password is the user's new password, for create and set_password; empty for none. It appears in bodies alone.
	Password string
	// Requests are a policy's, in its order. Empty means the route of the action, with its steps.
	Requests []abi.Request
	// Urgent calls are sent during a pause that the application has asked for, see pace.Request.
	Urgent bool
}

// Request is a request as it would be sent. Two calls that render equally ask for the same.
type Request struct {
	Method string
	// Path is escaped and relative to the base URL, with the query if there is one. In the second and later requests
	// of a create it may still hold {legacy_id}, until an earlier one has told it.
	Path string
	// Body is JSON, nil for none, or where it waits for the id as well.
	Body []byte
}

const (
	maxKey         = 200
	maxRequestBody = 4 << 20
)

var (
	// ErrNoRoute means that no route is configured for an action, and no policy said what to call.
	ErrNoRoute = errors.New("no route is configured for this action")
	// ErrRequest means that a policy asked for a request that is not allowed.
	ErrRequest = errors.New("the policy's request is not allowed")

	errKey = errors.New("the idempotency key is not usable")
)

// Render returns what Do would send, in order, and sends nothing.
//
// # Errors
//
// ErrNoRoute, ErrRequest, ErrMembers, a *MissingError, or one that says why the values of the resource make no safe path.
func (c *Connector) Render(call Call) ([]Request, error) {
	requests, err := c.render(&call)
	if err != nil {
		return nil, err
	}
	rendered := make([]Request, len(requests))
	for i, r := range requests {
		rendered[i] = Request{Method: r.method, Path: r.path, Body: r.body}
		if r.query != "" {
			rendered[i].Path += "?" + r.query
		}
		if r.late != nil {
			rendered[i].Path = r.late.raw
		}
	}
	return rendered, nil
}

// prepared is a request that is ready to be sent.
type prepared struct {
	method, path, query string
	entry               pace.Request // what the pace is told of it
	url                 *url.URL
	body                []byte
	id                  string // where the answer tells the account's id
	rules               []rule
	late                *template // the path, where it waits for the id that an earlier request will tell
	maxAnswer           int64     // bounds the answer in bytes; 0 for the connector's bound
	lateBody            *node     // the body that waits with it; nil for none, or where body has it
	mapped              bool      // the body is the field map's
}

func (c *Connector) render(call *Call) ([]prepared, error) {
	if err := checkKey(call.IdempotencyKey); err != nil {
		return nil, err
	}
	s, err := newScope(call)
	if err != nil {
		return nil, err
	}
	r := c.routes[call.Action]
	if len(call.Requests) == 0 {
		if r == nil {
			return nil, fmt.Errorf("%w: %s", ErrNoRoute, call.Action)
		}
		if err = r.checkMembers(call.Members); err != nil {
			return nil, fmt.Errorf("route %s: %w", call.Action, err)
		}
		return c.renderSteps(call, r, &s)
	}
	if len(call.Requests) > abi.MaxRequests {
		return nil, fmt.Errorf("%w: more than %d of them", ErrRequest, abi.MaxRequests)
	}
	requests := make([]prepared, len(call.Requests))
	for i := range call.Requests {
		if requests[i], err = c.renderPolicy(call, i, r, &s); err != nil {
			return nil, fmt.Errorf("request %d: %w", i+1, err)
		}
	}
	return requests, nil
}

// body builds a declarative body; nil for none. mapped means that it is the field map's.
func (c *Connector) body(call *Call, body *node, mapped bool, s *scope) []byte {
	switch {
	case body == nil:
		return nil
	case !mapped:
		out, _ := body.append(make([]byte, 0, 128), s, nil, null)
		return out
	case call.Action == abi.ActionCreate:
		out, _ := body.append(make([]byte, 0, 512), s, nil, omit)
		return out
	}
	var before *scope
	if !isNull(call.Before) && gjson.ValidBytes(call.Before) {
		before = &scope{id: s.id, legacyID: s.legacyID}
		before.read(call.Before)
	}
	out, _ := body.append(make([]byte, 0, 512), s, before, clearGone)
	return out
}

// renderPolicy makes the i-th request of a policy. What the policy does not say is the route's.
func (c *Connector) renderPolicy(call *Call, i int, r *route, s *scope) (p prepared, err error) {
	given := &call.Requests[i]
	p.method, p.rules = given.Method, c.rules
	if r != nil {
		p.id, p.rules = r.id, r.rules
	}
	if p.method == "" {
		if r == nil {
			return p, fmt.Errorf("%w: it names no method", ErrNoRoute)
		}
		p.method = r.method
	}
	if !slices.Contains(methods, p.method) {
		return p, fmt.Errorf("%w: the method %q", ErrRequest, abi.CleanText(given.Method, 20))
	}
	if !isNull(given.Body) {
		if p.method == http.MethodGet || len(given.Body) > maxRequestBody || !gjson.ValidBytes(given.Body) {
			return p, fmt.Errorf("%w: the body is too large, is not JSON, or goes with GET", ErrRequest)
		}
		p.body = compact(given.Body)
	}
	target := (*template)(nil)
	if given.Path == "" {
		if r == nil {
			return p, fmt.Errorf("%w: it names no path", ErrNoRoute)
		}
		target = r.path
	} else if target, err = parsePolicyPath(given.Path); err != nil {
		return p, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if i > 0 && s.legacyID == "" && r != nil && r.id != "" && target.names("legacy_id") {
		p.late = target
		return p, nil
	}
	return p, c.point(&p, target, s)
}

// point sets where p goes.
func (c *Connector) point(p *prepared, to *template, s *scope) (err error) {
	if p.path, p.query, err = to.target(s); err != nil {
		return err
	}
	p.url, err = join(c.base, c.basePath, p.path, p.query)
	return err
}

// address sets where a late p goes and what its body says, now that call has the account's id.
func (c *Connector) address(p *prepared, call *Call) error {
	s, err := newScope(call)
	if err != nil {
		return err
	}
	if p.lateBody != nil {
		p.body = c.body(call, p.lateBody, p.mapped, &s)
	}
	return c.point(p, p.late, &s)
}

// parsePolicyPath parses the path of a policy's request. {id} and {legacy_id} stand for what a policy may not know yet;
// no other braces are allowed, they are no characters of a URL.
func parsePolicyPath(raw string) (*template, error) {
	t, err := parseTarget(raw)
	if err != nil {
		return nil, err
	}
	for _, p := range t.parts {
		if p.ref != nil && p.ref.raw != "id" && p.ref.raw != "legacy_id" {
			return nil, errCharacter
		}
	}
	return t, nil
}

// names reports whether t refers to name.
func (t *template) names(name string) bool {
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.ref != nil && p.ref.raw == name })
}

// compact takes the insignificant space out, so that a body is one line.
func compact(raw []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(raw))
	if json.Compact(&b, raw) != nil {
		return raw // stricter about a detail than gjson; it was found valid
	}
	return b.Bytes()
}

func checkKey(key string) error {
	if len(key) > maxKey {
		return errKey
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] >= 0x7f {
			return errKey
		}
	}
	return nil
}
