package connector

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Connector carries actions out on one application. It is safe for concurrent use. Use New.
type Connector struct {
	base      *url.URL
	basePath  string // escaped, without a slash at its end
	header    http.Header
	secrets   []string // of header
	tokens    *tokens  // nil without OAuth
	timeout   time.Duration
	maxAnswer int64
	now       func() time.Time
	routes    map[abi.Action]*route
	lookup    *route
	list      *lister // nil for none
	rules     []rule  // that stand for all routes
	fields    *node
	// fieldsPassword means that the field map has the password.
	fieldsPassword bool
	groups         *Connector // nil where the application is told nothing of groups
	batch          int        // of a connector for groups
	setLimit       int        // of one that has set_members
	tokenURL       *url.URL   // nil where no tokens are fetched
	transport      http.RoundTripper
	owned          *http.Transport // to be closed, if the transport is the connector's own
	pace           paced
}

// route is a compiled Route.
type route struct {
	method string
	path   *template
	body   *node // nil for none
	id     string
	match  []match
	then   []*route // the calls that follow
	own    []rule   // the route's own
	rules  []rule   // all, in their order

	members  []memberUse // where path and body speak of members
	password bool        // the body has the password
	perCall  int         // how many members one call may have; 0 where the action is not about members
}

// match is a compiled element of Route.Match.
type match struct {
	target string
	source source
}

// New checks cfg and returns a connector that sends through rt; nil stands for a transport of the connector's own,
// with bounded connections, that Close closes. rt must not follow redirects, must observe the request's context, and must
// dial as Config.Guard says.
//
// # Errors
//
// A *ConfigError, which names the field and repeats no secret.
func New(cfg Config, rt http.RoundTripper) (*Connector, error) {
	c := &Connector{timeout: cfg.Timeout, maxAnswer: cfg.MaxResponseBytes, now: cfg.Now, transport: rt}
	var err error
	if c.base, c.basePath, err = parseBase(cfg.BaseURL); err != nil {
		return nil, err
	}
	if c.header, err = buildHeader(&cfg); err != nil {
		return nil, err
	}
	c.secrets = secretsOf(c.header)
	if c.timeout < 0 {
		return nil, configErrorf("timeout", "is negative")
	}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	if c.maxAnswer < 0 {
		return nil, configErrorf("max_response_bytes", "is negative")
	}
	if c.maxAnswer == 0 {
		c.maxAnswer = DefaultMaxResponseBytes
	}
	if c.now == nil {
		c.now = time.Now
	}
	if err = checkAddresses(cfg.Addresses); err != nil {
		return nil, err
	}
	if rt == nil {
		c.owned = newTransport(cfg.Guard(), cfg.Resolver)
		c.transport = c.owned
	}
	if o := cfg.Auth.OAuth; o != nil {
		c.tokenURL, _ = url.Parse(o.TokenURL)
		c.tokens = newTokens(o, c.transport, c.now, c.timeout)
		c.transport = &authorized{next: c.transport, src: c.tokens}
	}
	if c.rules, err = compileRules("rules", cfg.Rules); err != nil {
		return nil, err
	}
	if err = c.compile("", cfg.Routes, cfg.Lookup, cfg.Fields); err != nil {
		return nil, err
	}
	if c.list, err = compileList("", cfg.List, false); err != nil {
		return nil, err
	}
	if cfg.Groups != nil {
		c.groups, err = c.forGroups(cfg.Groups)
	}
	return c, err
}

// compile fills in what is said of one type of resource. at goes before the names of fields in errors.
func (c *Connector) compile(at string, routes map[abi.Action]Route, lookup *Route, fields []Field) (err error) {
	if c.fields, err = compileFields(at, fields); err != nil {
		return err
	}
	c.routes = make(map[abi.Action]*route, len(routes))
	for _, action := range sortedActions(routes) { // sorted, so that the same mistake is named each time
		field := at + "routes." + string(action)
		switch {
		case !action.Valid():
			return configErrorf(field, "is not an action")
		case at == "" && aboutMembers(action):
			return configErrorf(field, "is for groups alone")
		case routes[action].Match != nil:
			return configErrorf(field+".match", "is for the lookup alone")
		}
		compiled, err := c.compileRoute(field, action, routes[action])
		if err != nil {
			return err
		}
		if err := c.compileSteps(field, action, compiled, routes[action].Then); err != nil {
			return err
		}
		if len(compiled.members) > 0 && !aboutMembers(action) {
			return compiled.members[0].misplaced(field)
		}
		c.routes[action] = compiled
	}
	if c.lookup, err = c.compileLookup(at, lookup); err != nil {
		return err
	}
	return c.checkPassword(at)
}

func (c *Connector) compileLookup(at string, given *Route) (*route, error) {
	if given == nil {
		return nil, nil //nolint:nilnil // no lookup is not an error
	}
	lookup, field := *given, at+"lookup"
	if lookup.Method == "" {
		lookup.Method = http.MethodGet
	}
	switch {
	case lookup.Method != http.MethodGet:
		return nil, configErrorf(field+".method", "is %q, want GET", lookup.Method)
	case lookup.Body != nil:
		return nil, configErrorf(field+".body", "is not possible with GET")
	case lookup.ID == "":
		return nil, configErrorf(field+".id", "is missing; it says where the answer has the account's id")
	case lookup.Then != nil:
		return nil, configErrorf(field+".then", "is not possible; a lookup is one call")
	}
	compiled, err := c.compileRoute(field, "", lookup)
	if err != nil {
		return nil, err
	}
	if len(compiled.members) > 0 {
		return nil, compiled.members[0].misplaced(field)
	}
	return compiled, misplaced(field+".rules", compiled.own, VerdictAdopt, VerdictRefuse)
}

func sortedActions(routes map[abi.Action]Route) []abi.Action {
	actions := make([]abi.Action, 0, len(routes))
	for action := range routes {
		actions = append(actions, action)
	}
	slices.Sort(actions)
	return actions
}

// compileRoute compiles one call. The action is empty for a lookup.
func (c *Connector) compileRoute(field string, action abi.Action, given Route) (*route, error) {
	r := &route{method: given.Method, id: strings.TrimSpace(given.ID)}
	if !slices.Contains(methods, given.Method) {
		return nil, configErrorf(field+".method", "is %q, want one of %s", given.Method, strings.Join(methods, ", "))
	}
	var err error
	if r.path, err = parseTarget(given.Path); err != nil {
		return nil, configErrorf(field+".path", "%q: %v", given.Path, err)
	}
	if len(given.Body) > 0 {
		if given.Method == http.MethodGet {
			return nil, configErrorf(field+".body", "is not possible with GET")
		}
		if r.body, err = compileBody(given.Body); err != nil {
			return nil, configErrorf(field+".body", "%v", err)
		}
	}
	for i, m := range given.Match {
		at := fmt.Sprintf("%s.match[%d]", field, i)
		if m.Target == "" {
			return nil, configErrorf(at+".target", "is missing")
		}
		value, err := parseSource(m.Source)
		if err != nil {
			return nil, configErrorf(at+".source", "%v", err)
		}
		r.match = append(r.match, match{target: m.Target, source: value})
		r.members = value.uses(r.members)
	}
	r.members = r.path.uses(r.members)
	if r.body != nil {
		r.members = r.body.uses(r.members)
	}
	if r.own, err = compileRules(field+".rules", given.Rules); err != nil {
		return nil, err
	}
	r.rules = slices.Concat(r.own, c.rules)
	if action != "" && action != abi.ActionCreate {
		err = misplaced(field+".rules", r.own, VerdictAdopt)
	}
	return r, err
}

// Close closes the idle connections of the connector's own transport. Requests in flight go on.
func (c *Connector) Close() {
	if c.owned != nil {
		c.owned.CloseIdleConnections()
	}
}

// CanDo reports whether there is a route for action. A policy may do without.
func (c *Connector) CanDo(action abi.Action) bool { return c.routes[action] != nil }

// CanLookup reports whether accounts can be looked up.
func (c *Connector) CanLookup() bool { return c.lookup != nil }

// newScope returns what the call's templates draw from: the resource as it shall be, or, for a delete, as it was.
func newScope(call *Call) (scope, error) {
	s := scope{id: call.ResourceID, legacyID: call.LegacyID, members: call.Members}
	raw := call.After
	if isNull(raw) {
		raw = call.Before
	}
	if isNull(raw) {
		return s, nil
	}
	if !gjson.ValidBytes(raw) {
		return s, errors.New("the resource is not JSON")
	}
	s.read(raw)
	s.setPassword(call.Password)
	return s, nil
}

func isNull(raw []byte) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null"
}
