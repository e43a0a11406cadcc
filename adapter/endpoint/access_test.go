package endpoint_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// bearer is the header of a new token of tenant acme with limits.
func bearer(t *testing.T, s *adaptertest.Stack, limits token.Limits) []string {
	t.Helper()
	secret, _, err := s.Tokens.Create(t.Context(), token.CreateRequest{Tenant: "acme", Connection: "main", Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + string(secret)}
}

// sent sends a request and returns the answer, whatever it is.
func sent(t *testing.T, s *adaptertest.Stack, method, path string, body any, header ...string) adaptertest.Response {
	t.Helper()
	r, err := s.Send(method, s.URL+path, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const listAll = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}`

func TestLimitedTokens(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		c.Connections = append(c.Connections, adapter.ConnectionConfig{ID: "oauth", Profile: "generic", OAuth: true})
	}})
	ann := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	staff := s.Want(http.StatusCreated, "POST", "/Groups", group("staff", ann)).Get("id").Str
	replace := func(path string) string {
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"` + path + `","value":"x"}]}`
	}
	const reading, users, groups = "limited to reading", "limited to users", "limited to groups"
	for name, tc := range map[string]struct {
		limits  token.Limits
		refused map[string]string // of the requests below, with what the detail says
	}{
		"none": {token.Limits{}, nil},
		"read-only": {token.Limits{ReadOnly: true}, map[string]string{
			"create": reading, "replace": reading, "patch": reading, "delete": reading, "group": reading, "bulk": reading,
			"events of others": reading,
		}},
		"users": {token.Limits{Users: true}, map[string]string{
			"group": users, "groups": users, "get group": users, "search groups": users, "events of others": "events tell of all",
		}},
		"groups": {token.Limits{Groups: true}, map[string]string{
			"create": groups, "replace": groups, "patch": groups, "delete": groups, "users": groups, "get": groups, "search": groups,
			"events of others": "events tell of all",
		}},
		"both": {token.Limits{Users: true, Groups: true}, nil},
		"read-only users": {token.Limits{Users: true, ReadOnly: true}, map[string]string{
			"create": reading, "replace": reading, "patch": reading, "delete": reading, "group": reading, "bulk": reading,
			"groups": users, "get group": users, "search groups": users, "events of others": reading,
		}},
	} {
		auth := bearer(t, s, tc.limits)
		for _, r := range []struct {
			name, method, path string
			body               any
		}{
			{"get", "GET", "/Users/" + ann, nil},
			{"users", "GET", "/Users", nil},
			{"HEAD", "HEAD", "/Schemas", nil},
			{"search", "POST", "/Users/.search", listAll},
			{"get group", "GET", "/Groups/" + staff, nil},
			{"groups", "GET", "/Groups", nil},
			{"search groups", "POST", "/groups/.search", listAll},
			{"root", "GET", "/", nil},
			{"search root", "POST", "/.search", listAll},
			{"config", "GET", "/ServiceProviderConfig", nil},
			{"schemas", "GET", "/Schemas", nil},
			{"types", "GET", "/ResourceTypes/Group", nil},
			{"replace", "PUT", "/Users/" + ann, user("ann")},
			{"patch", "PATCH", "/Users/" + ann, replace("title")},
			{"group", "PATCH", "/Groups/" + staff, replace("displayName")},
			{"bulk", "POST", "/Bulk", bulkOf("")},
			{"events of others", "POST", "/Events/poll/s", `{}`},
			{"delete", "DELETE", "/Users/" + strings.Repeat("0", 8), nil},
			{"create", "POST", "/Users", `{}`},
		} {
			got := sent(t, s, r.method, r.path, r.body, auth...)
			want, refused := tc.refused[r.name]
			switch {
			case refused != (got.Status == http.StatusForbidden):
				t.Errorf("%s: %s: answered %d: %s", name, r.name, got.Status, got.Body)
			case refused:
				isError(t, got, want)
				if h := got.Header.Get("WWW-Authenticate"); h != `Bearer realm="scim", error="insufficient_scope"` {
					t.Errorf("%s: %s: the challenge is %q", name, r.name, h)
				}
			case got.Status >= 500:
				t.Errorf("%s: %s: answered %d: %s", name, r.name, got.Status, got.Body)
			}
		}
	}
}

// TestSearchesFindWhatTheTokenReaches and nothing else, also at the root.
func TestSearchesFindWhatTheTokenReaches(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	ann := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	staff := s.Want(http.StatusCreated, "POST", "/Groups", group("staff", ann)).Get("id").Str
	for name, tc := range map[string]struct {
		limits token.Limits
		want   []string
	}{
		"all":    {token.Limits{}, []string{ann, staff}},
		"users":  {token.Limits{Users: true, ReadOnly: true}, []string{ann}},
		"groups": {token.Limits{Groups: true}, []string{staff}},
	} {
		auth := bearer(t, s, tc.limits)
		for _, got := range []adaptertest.Response{
			sent(t, s, "GET", "/", nil, auth...), sent(t, s, "POST", "/.search", listAll, auth...),
			sent(t, s, "GET", `/?filter=`+strings.ReplaceAll(`id pr`, " ", "+"), nil, auth...),
		} {
			var ids []string
			for _, r := range got.Get("Resources.#.id").Array() {
				ids = append(ids, r.Str)
			}
			if diff := cmp.Diff(tc.want, ids); diff != "" || got.Get("totalResults").Int() != int64(len(tc.want)) {
				t.Errorf("%s: %s\n%s", name, diff, got.Body)
			}
		}
	}
}

// TestBulkKeepsToTheTokensLimits in each of its operations.
func TestBulkKeepsToTheTokensLimits(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	auth := bearer(t, s, token.Limits{Users: true})
	r := sent(t, s, "POST", "/Bulk", bulkOf("", making("/Users", "a", user("ann")), making("/Groups", "b", group("staff"))), auth...)
	outcome(t, r, "201", "403")
	if got := s.Want(200, "GET", "/Groups", nil).Get("totalResults").Int(); got != 0 {
		t.Errorf("%d groups were made", got)
	}
}

func TestTokensOfAnAddress(t *testing.T) {
	t.Parallel()
	from := map[string]netip.Addr{
		"inside": netip.MustParseAddr("::ffff:192.0.2.77"), "outside": netip.MustParseAddr("198.51.100.1"), "unknown": {},
	}
	s := adaptertest.Start(t, adaptertest.Options{Endpoint: func(c *endpoint.Config) {
		c.ClientAddr = func(r *http.Request) netip.Addr { return from[r.Header.Get("X-Test-From")] }
	}})
	auth := bearer(t, s, token.Limits{From: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	for where, want := range map[string]int{"inside": 200, "outside": 403, "unknown": 403} {
		for _, path := range []string{"/Users", "/ServiceProviderConfig"} {
			got := sent(t, s, "GET", path, nil, append([]string{"X-Test-From", where}, auth...)...)
			if got.Status != want {
				t.Errorf("%s: %s: %d %s", where, path, got.Status, got.Body)
			}
			if want == 403 {
				isError(t, got, "may not be used from this address")
			}
		}
	}
	// Without a say of the address it is the connection's peer.
	local := adaptertest.Start(t, adaptertest.Options{})
	for prefix, want := range map[string]int{"127.0.0.0/8": 200, "192.0.2.0/24": 403} {
		auth := bearer(t, local, token.Limits{From: []netip.Prefix{netip.MustParsePrefix(prefix)}})
		if got := sent(t, local, "GET", "/Users", nil, auth...); got.Status != want {
			t.Errorf("%s: %d %s", prefix, got.Status, got.Body)
		}
	}
}

// judged answers every token with what its text stands for.
type judged map[string]error

// Authenticate implements endpoint.Authenticator.
func (j judged) Authenticate(_ context.Context, presented string) (token.Identity, error) {
	if err := j[presented]; err != nil {
		return token.Identity{}, err
	}
	return token.Identity{Tenant: "acme", Connection: presented, TokenID: "jwt:c1"}, nil
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{
		Configure: func(c *adapter.TenantConfig) {
			c.Connections = append(c.Connections, adapter.ConnectionConfig{ID: "oauth", Profile: "generic", OAuth: true})
		},
		Endpoint: func(c *endpoint.Config) {
			c.Tokens = judged{
				"unknown": fmt.Errorf("%w: for a reason", token.ErrUnknown), "expired": token.ErrExpired,
				"scope": &token.ScopeError{Scope: "scim"}, "away": fmt.Errorf("%w: no keys", token.ErrUnavailable),
			}
		},
	})
	for _, tc := range []struct {
		header    string
		status    int
		challenge string
		detail    string
	}{
		{"", 401, `Bearer realm="scim"`, "A bearer token is needed"},
		{"Basic YTpi", 401, `Bearer realm="scim"`, "A bearer token is needed"},
		{"Bearer unknown", 401, `Bearer realm="scim", error="invalid_token"`, "The bearer token is not valid"},
		{"Bearer expired", 401, `Bearer realm="scim", error="invalid_token"`, "The bearer token is not valid"},
		{"Bearer scope", 403, `Bearer realm="scim", error="insufficient_scope", scope="scim"`, `lacks the scope "scim"`},
		{"Bearer away", 503, ``, "cannot be checked now"},
	} {
		r := sent(t, s, "GET", "/Users", nil, "Authorization", tc.header)
		if r.Status != tc.status || r.Header.Get("WWW-Authenticate") != tc.challenge {
			t.Errorf("%s: got %d %q", tc.header, r.Status, r.Header.Get("WWW-Authenticate"))
		}
		isError(t, r, tc.detail)
		if (tc.status == 503) != (r.Header.Get("Retry-After") == "10") {
			t.Errorf("%s: Retry-After is %q", tc.header, r.Header.Get("Retry-After"))
		}
	}
	for connection, want := range map[string]string{"main": `["oauthbearertoken"]`, "oauth": `["oauthbearertoken","oauth2"]`} {
		r := sent(t, s, "GET", "/ServiceProviderConfig", nil, "Authorization", "Bearer "+connection)
		if got := r.Get("authenticationSchemes.#.type").Raw; got != want {
			t.Errorf("%s: the schemes are %s", connection, got)
		}
	}
}

// TestTwoAuthorizations are one too many, whatever they say: who looked at the request before may have taken the other.
func TestTwoAuthorizations(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	for _, headers := range [][]string{
		{"Bearer " + adaptertest.Token, "Bearer " + adaptertest.OtherToken},
		{"Bearer " + adaptertest.Token, "Bearer " + adaptertest.Token},
		{"Basic YTpi", "Bearer " + adaptertest.Token},
		{"", "Bearer " + adaptertest.Token},
	} {
		r := httptest.NewRequest("GET", endpoint.DefaultBasePath+"/Users", nil)
		r.Header["Authorization"] = headers
		w := newRecorder()
		s.Handler.ServeHTTP(w, r)
		got := adaptertest.Response{Status: w.Code, Header: w.Header(), Body: w.Body.String()}
		if got.Status != http.StatusBadRequest || got.Get("scimType").Str != "invalidSyntax" {
			t.Errorf("%q: %d %s", headers, got.Status, got.Body)
		}
		if h := got.Header.Get("WWW-Authenticate"); h != `Bearer realm="scim", error="invalid_request"` {
			t.Errorf("%q: the challenge is %q", headers, h)
		}
	}
}

// TestCompletionsOfTheOtherType are not told to a token that is limited to one, before the end nor after.
func TestCompletionsOfTheOtherType(t *testing.T) {
	t.Parallel()
	var o outage
	s := adaptertest.Start(t, adaptertest.Options{Wrap: o.wrap})
	o.down.Store(true)
	ofUser, _ := wantAccepted(t, s, s.Do("POST", "/Users", user("ann"), "Prefer", "respond-async"))
	ofGroup, _ := wantAccepted(t, s, s.Do("POST", "/Groups", group("staff"), "Prefer", "respond-async"))
	check := func(answer int) {
		t.Helper()
		for _, tc := range []struct {
			limits   token.Limits
			location string
			want     int
			detail   string
		}{
			{token.Limits{}, ofUser, answer, ""},
			{token.Limits{}, ofGroup, answer, ""},
			{token.Limits{ReadOnly: true}, ofGroup, answer, ""},
			{token.Limits{Users: true}, ofUser, answer, ""},
			{token.Limits{Users: true}, ofGroup, http.StatusForbidden, "limited to users"},
			{token.Limits{Groups: true}, ofGroup, answer, ""},
			{token.Limits{Groups: true}, ofUser, http.StatusForbidden, "limited to groups"},
			{token.Limits{Groups: true}, ofUser + "0", http.StatusNotFound, ""},
		} {
			got := sent(t, s, "GET", tc.location, nil, bearer(t, s, tc.limits)...)
			if got.Status != tc.want {
				t.Errorf("%+v: %s: got %d, want %d: %s", tc.limits, tc.location, got.Status, tc.want, got.Body)
			}
			if tc.detail == "" {
				continue
			}
			isError(t, got, tc.detail)
			if h := got.Header.Get("WWW-Authenticate"); h != `Bearer realm="scim", error="insufficient_scope"` || got.Header.Get("Set-Txn") != "" {
				t.Errorf("%+v: the header is %v", tc.limits, got.Header)
			}
		}
	}
	check(http.StatusAccepted)
	o.down.Store(false)
	s.WaitIdle()
	check(http.StatusOK)
}
