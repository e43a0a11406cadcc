package endpoint_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// names lists the userName of each user and the displayName of each group on a page, in their order.
func names(r adaptertest.Response) []string {
	out := []string{}
	for _, doc := range r.Get("Resources").Array() {
		if name := doc.Get("userName"); name.Exists() {
			out = append(out, name.Str)
		} else {
			out = append(out, doc.Get("displayName").Str)
		}
	}
	return out
}

// wantError checks an error, and that its detail names what is wrong.
func wantError(t *testing.T, r adaptertest.Response, typ scim.Type, detail string) {
	t.Helper()
	if r.Status != http.StatusBadRequest || r.Get("scimType").Str != string(typ) || r.Get("status").Str != "400" || !strings.Contains(r.Get("detail").Str, detail) {
		t.Errorf("got %d %s, want 400 %s with %q", r.Status, r.Body, typ, detail)
	}
}

// inactive makes a user that the application is not told of.
func inactive(s *adaptertest.Stack, doc string) string {
	s.TB.Helper()
	return s.Want(http.StatusCreated, "POST", "/Users", `{"active":false,`+doc[1:]).Get("id").Str
}

func query(params ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		v.Set(params[i], params[i+1])
	}
	return "?" + v.Encode()
}

// device is an extension with an attribute of every type.
func device(t *testing.T) func(*adapter.TenantConfig) {
	t.Helper()
	ext, err := schema.Parse([]byte(`{"id":"urn:example:device:2.0:User","name":"Device","description":"of a user","attributes":[
		{"name":"floor","type":"integer"},{"name":"weight","type":"decimal"},{"name":"since","type":"dateTime"},{"name":"badge","type":"string","caseExact":true},
		{"name":"leased","type":"boolean"},{"name":"image","type":"reference","referenceTypes":["external"]},{"name":"cert","type":"binary"},
		{"name":"tags","type":"string","multiValued":true},{"name":"pin","type":"string","returned":"never"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	std := schema.Standard().ResourceType("User")
	user, err := schema.NewResourceType(std.Name, std.Endpoint, std.Description, std.Schema, append(slices.Clone(std.Extensions), schema.Extension{Schema: ext})...)
	if err != nil {
		t.Fatal(err)
	}
	reg, err := schema.NewRegistry(user, schema.Standard().ResourceType("Group"))
	if err != nil {
		t.Fatal(err)
	}
	return func(c *adapter.TenantConfig) { c.Types = reg }
}

// RFC 7644 section 3.4.2.1: everything the server has, attributes without a value where a type lacks them.
func TestQueryRoot(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true})
	ann := inactive(s, `{"userName":"ann","displayName":"Zed","title":"x"}`)
	s.Want(http.StatusCreated, "POST", "/Groups", group("admins", ann))
	inactive(s, `{"userName":"bob"}`)
	s.Want(http.StatusCreated, "POST", "/Groups", group("Bees"))
	tests := []struct {
		query string
		want  string
	}{
		{query(), "ann bob admins Bees"},
		{query("filter", `meta.resourceType eq "User"`), "ann bob"},
		{query("filter", `(meta.resourceType eq "User") or (meta.resourceType eq "Group")`), "ann bob admins Bees"},
		{query("filter", `meta.resourceType eq "Group" and displayName sw "b"`), "Bees"},
		{query("filter", `displayName pr`), "ann admins Bees"},
		{query("filter", `userName eq "ann" or displayName eq "BEES"`), "ann Bees"},
		{query("filter", `title pr`), "ann"},
		{query("filter", `title eq "x" or members pr`), "ann admins"},
		{query("filter", `members.value eq "`+ann+`"`), "admins"},
		{query("filter", `groups.display eq "admins" or members[value eq "`+ann+`"]`), "ann admins"},
		{query("filter", `not (userName pr)`), "admins Bees"},
		{query("filter", `id eq "`+ann+`"`), "ann"},
		{query("sortBy", "displayName"), "admins Bees ann bob"},
		{query("sortBy", "displayName", "sortOrder", "descending"), "bob ann Bees admins"},
		{query("sortBy", "userName", "filter", "displayName pr"), "ann admins Bees"},
		{query("sortBy", "meta.created"), "ann admins bob Bees"},
		{query("startIndex", "2", "count", "2"), "bob admins"},
		{query("startIndex", "4", "count", "9"), "Bees"},
	}
	for _, tt := range tests {
		for _, root := range []string{"", "/"} {
			r := s.Want(http.StatusOK, "GET", root+tt.query, nil)
			if got := strings.Join(names(r), " "); got != tt.want {
				t.Errorf("GET %s%s: %s, want %s", root, tt.query, got, tt.want)
			}
		}
	}
	r := s.Want(http.StatusOK, "GET", query("attributes", "userName,members", "filter", "displayName pr"), nil)
	if u, g := r.Get("Resources.0"), r.Get("Resources.1"); !u.Get("userName").Exists() || u.Get("title").Exists() || g.Get("members.0.value").Str != ann || g.Get("displayName").Exists() {
		t.Errorf("attributes: %s", r.Body)
	}
	if loc := r.Get("Resources.1.members.0.$ref").Str; loc != s.URL+"/Users/"+ann {
		t.Errorf("$ref is %s", loc)
	}
	wantError(t, s.Do("GET", query("filter", "nothing pr"), nil), scim.InvalidFilter, `"nothing"`)
	wantError(t, s.Do("GET", query("filter", "password pr"), nil), scim.InvalidFilter, "never returned")
	wantError(t, s.Do("GET", query("sortBy", "nothing"), nil), scim.InvalidValue, `"nothing"`)
	if r := s.Do("POST", "", "{}"); r.Status != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST at the root: %d %v", r.Status, r.Header)
	}
}

// RFC 7644 section 3.4.3.
func TestSearch(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true})
	for i := range 5 {
		inactive(s, fmt.Sprintf(`{"userName":"u%d","title":"t%d"}`, i, i%2))
		s.Want(http.StatusCreated, "POST", "/Groups", group(fmt.Sprintf("g%d", i)))
	}
	const schemas = `"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]`
	tests := []struct{ path, body, want string }{
		{"/Users/.search", `{` + schemas + `}`, "u0 u1 u2 u3 u4"},
		{"/Groups/.search", `{` + schemas + `,"filter":"displayName gt \"g2\""}`, "g3 g4"},
		{"/.search", `{` + schemas + `,"filter":"title eq \"t1\" or displayName eq \"G4\""}`, "u1 u3 g4"},
		{"/Users/.search", `{` + schemas + `,"sortBy":"title","sortOrder":"descending","startIndex":2,"count":2}`, "u3 u0"},
		{"/Users/.search", `{` + schemas + `,"count":0}`, ""},
		{"/Users/.search", `{` + schemas + `,"count":-3,"startIndex":-1}`, ""},
		{"/Users/.search", `{"SCHEMAS":"URN:ietf:params:scim:api:messages:2.0:SearchRequest","Filter":"userName eq \"u1\"","unknown":[1]}`, "u1"},
		{"/Users/.search", `{"filter":null,"count":"2","startIndex":99999999999999999999}`, ""},
		{"/Users/.search?count=1&filter=nonsense", `{` + schemas + `,"count":2}`, "u0 u1"},
		{"/Users/.search", `{` + schemas + `,"cursor":"","count":2}`, "u0 u1"},
	}
	for _, tt := range tests {
		r := s.Want(http.StatusOK, "POST", tt.path, tt.body)
		if got := strings.Join(names(r), " "); got != tt.want || r.Get("schemas.0").Str != scim.ListResponseURN {
			t.Errorf("%s %s: %s, want %s", tt.path, tt.body, got, tt.want)
		}
	}
	r := s.Want(http.StatusOK, "POST", "/.search", `{"attributes":["userName","displayName"],"count":6}`)
	for _, doc := range r.Get("Resources").Array() {
		if doc.Get("meta").Exists() || doc.Get("title").Exists() || !doc.Get("id").Exists() {
			t.Errorf("attributes: %s", doc.Raw)
		}
	}
	r = s.Want(http.StatusOK, "POST", "/Users/.search", `{"excludedAttributes":["title","meta"],"count":1}`)
	if doc := r.Get("Resources.0"); doc.Get("meta").Exists() || doc.Get("title").Exists() || doc.Get("userName").Str != "u0" {
		t.Errorf("excludedAttributes: %s", doc.Raw)
	}
	for _, tt := range []struct {
		body   string
		typ    scim.Type
		detail string
	}{
		{``, scim.InvalidSyntax, "empty"}, {`[]`, scim.InvalidSyntax, "JSON object"}, {`{"filter":5}`, scim.InvalidSyntax, `"filter"`},
		{`{"sortBy":["x"]}`, scim.InvalidSyntax, `"sortBy"`}, {`{"count":"many"}`, scim.InvalidSyntax, `"count"`}, {`{"startIndex":1.5}`, scim.InvalidSyntax, `"startIndex"`},
		{`{"count":true}`, scim.InvalidSyntax, `"count"`}, {`{"attributes":[1]}`, scim.InvalidSyntax, `"attributes"`}, {`{"excludedAttributes":{}}`, scim.InvalidSyntax, `"excludedAttributes"`},
		{`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`, scim.InvalidSyntax, `"schemas"`}, {`{"cursor":7}`, scim.InvalidSyntax, `"cursor"`},
		{`{"cursor":"","count":"x"}`, scim.InvalidCount, `"count"`}, {`{"cursor":"","startIndex":1}`, scim.InvalidValue, "startIndex"},
		{`{"filter":"userName xx"}`, scim.InvalidFilter, "operators"}, {`{"sortOrder":"up"}`, scim.InvalidValue, "sortOrder"},
		{`{"attributes":["id"],"excludedAttributes":["meta"]}`, scim.InvalidValue, "exclude each other"},
	} {
		wantError(t, s.Do("POST", "/Users/.search", tt.body), tt.typ, tt.detail)
	}
	for _, path := range []string{"/.search", "/Users/.search", "/Groups/.search"} {
		if r := s.Do("GET", path, nil); r.Status != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "POST" {
			t.Errorf("GET %s: %d %v", path, r.Status, r.Header)
		}
	}
	if r := s.Do("POST", "/Users/.search", "{}", "Content-Type", "text/plain"); r.Status != http.StatusUnsupportedMediaType {
		t.Errorf("text/plain: %d", r.Status)
	}
}

func TestQueryFeatures(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true})
	r := s.Want(http.StatusOK, "GET", "/ServiceProviderConfig", nil)
	want := `{"cursor":true,"index":true,"defaultPaginationMethod":"index","defaultPageSize":100,"maxPageSize":1000,"cursorTimeout":3600}`
	if got := r.Get("pagination").Raw; got != want || !r.Get("sort.supported").Bool() || r.Get("filter").Raw != `{"supported":true,"maxResults":1000}` {
		t.Errorf("%s", r.Body)
	}
}
