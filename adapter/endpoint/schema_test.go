package endpoint_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

const (
	badgeURN = "urn:example:params:scim:schemas:extension:badge:1.0:User"
	teamURN  = "urn:example:params:scim:schemas:extension:team:1.0:Group"
)

// badgeDocument is a schema document with an attribute of every kind.
func badgeDocument(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../scim/schema/testdata/badge.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// extended is a configuration whose users and groups have extensions, each declared by a document; empty is none.
func extended(t *testing.T, user, group string) adaptertest.Options {
	t.Helper()
	more := map[string][]schema.Extension{}
	for name, doc := range map[string]string{"User": user, "Group": group} {
		if doc == "" {
			continue
		}
		s, err := schema.ParseExtension([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		more[name] = []schema.Extension{{Schema: s}}
	}
	types, err := schema.Standard().Extend(more)
	if err != nil {
		t.Fatal(err)
	}
	return adaptertest.Options{Configure: func(cfg *adapter.TenantConfig) { cfg.Types = types }}
}

// indexed waits until the tenant's indexes are complete.
func indexed(t *testing.T, s *adaptertest.Stack) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Tenant().Indexed(ctx); err != nil {
		t.Fatal(err)
	}
}

// extension is a user with an extension.
func withBadge(name, badge string) string {
	return fmt.Sprintf(`{"userName":%q,"emails":[{"value":"%s@acme.example"}],"%s":%s}`, name, name, badgeURN, badge)
}

// part is an attribute of the extension in an answer.
func part(r adaptertest.Response, attribute string) gjson.Result {
	return r.Get(gjson.Escape(badgeURN) + "." + attribute)
}

func ops(list ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(list, ",") + `]}`
}

// An extension is served to the tenant that declares it, and nobody else knows of it.
func TestExtensionsAreTheTenantsOwn(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, extended(t, badgeDocument(t), `{"id":"`+teamURN+`","attributes":[{"name":"site"}]}`))
	other := func(method, path string, body any) adaptertest.Response {
		resp, err := s.Send(method, s.URL+path, body, "Authorization", "Bearer "+adaptertest.OtherToken)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	served := s.Want(http.StatusOK, "GET", "/Schemas/"+badgeURN, nil)
	if served.Get("name").Str != "Badge" || served.Get("meta.location").Str != s.URL+"/Schemas/"+badgeURN || served.Get(`attributes.#(name=="pin").returned`).Str != "never" {
		t.Errorf("the schema served is %s", served.Body)
	}
	if n := s.Want(http.StatusOK, "GET", "/Schemas", nil).Get("totalResults").Int(); n != 5 {
		t.Errorf("%d schemas", n)
	}
	for name, urn := range map[string]string{"User": badgeURN, "Group": teamURN} {
		if got := s.Want(http.StatusOK, "GET", "/ResourceTypes/"+name, nil).Get("schemaExtensions.#.schema").String(); !strings.Contains(got, urn) {
			t.Errorf("%s: %s", name, got)
		}
		if got := other("GET", "/ResourceTypes/"+name, nil).Get("schemaExtensions").Raw; strings.Contains(got, urn) {
			t.Errorf("another tenant's %s: %s", name, got)
		}
		if got := other("GET", "/Schemas/"+urn, nil); got.Status != http.StatusNotFound {
			t.Errorf("another tenant gets %d %s", got.Status, got.Body)
		}
	}
	if got := other("POST", "/Users", withBadge("ann", `{"number":"B1"}`)); got.Status != http.StatusBadRequest || got.Get("scimType").Str != "invalidSyntax" {
		t.Errorf("another tenant's user: %d %s", got.Status, got.Body)
	}
	s.Want(http.StatusCreated, "POST", "/Users", withBadge("ann", `{"number":"B1"}`))
	group := s.Want(http.StatusCreated, "POST", "/Groups", `{"displayName":"g","`+teamURN+`":{"site":"north"}}`)
	if group.Get(gjson.Escape(teamURN)+".site").Str != "north" || !strings.Contains(group.Get("schemas").Raw, teamURN) {
		t.Errorf("the group is %s", group.Body)
	}
}

// No two users of a tenant have the same value of a unique attribute, whichever way it comes.
func TestExtensionUniqueness(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, extended(t, badgeDocument(t), ""))
	s.Want(http.StatusCreated, "POST", "/Users", withBadge("ann", `{"number":"B1","doors":[{"value":"north","serial":"S1"}]}`))
	bob := "/Users/" + s.Want(http.StatusCreated, "POST", "/Users", withBadge("bob", `{"number":"B2"}`)).Get("id").Str
	const replaced = `{"op":"replace","path":"` + badgeURN + `:number","value":"b1"}`
	for name, tc := range map[string]struct{ method, path, body, attribute string }{
		"POST":                    {"POST", "/Users", withBadge("carl", `{"number":"b1"}`), "number"},
		"POST of an element":      {"POST", "/Users", withBadge("carl", `{"number":"B3","doors":[{"value":"south"},{"value":"west","serial":"s1"}]}`), "doors.serial"},
		"PUT":                     {"PUT", bob, withBadge("bob", `{"number":"b1"}`), "number"},
		"PATCH":                   {"PATCH", bob, ops(replaced), "number"},
		"PATCH without a path":    {"PATCH", bob, ops(`{"op":"add","value":{"` + badgeURN + `":{"number":"B1"}}}`), "number"},
		"PATCH with a dotted key": {"PATCH", bob, ops(`{"op":"add","value":{"` + badgeURN + `:number":"B1"}}`), "number"},
		"PATCH of an element":     {"PATCH", bob, ops(`{"op":"add","path":"` + badgeURN + `:doors","value":[{"value":"x","serial":"S1"}]}`), "doors.serial"},
	} {
		r := s.Want(http.StatusConflict, tc.method, tc.path, tc.body)
		if r.Get("scimType").Str != "uniqueness" || !strings.Contains(r.Get("detail").Str, badgeURN+":"+tc.attribute) {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
	if got := part(s.Want(http.StatusOK, "GET", bob, nil), "number").Str; got != "B2" {
		t.Errorf("bob's badge is %s", got)
	}
	// A badge that lies in a drawer does not make a new user the old one.
	s.Want(http.StatusOK, "PATCH", bob, patchActive("false"))
	if r := s.Want(http.StatusConflict, "POST", "/Users", withBadge("dora", `{"number":"B2"}`)); !strings.Contains(r.Get("detail").Str, ":number") {
		t.Errorf("a badge of somebody inactive: %s", r.Body)
	}
	if got := s.Want(http.StatusOK, "GET", bob, nil); got.Get("active").Bool() || got.Get("userName").Str != "bob" {
		t.Errorf("bob became %s", got.Body)
	}
	// But bob comes back with his.
	if got := s.Want(http.StatusCreated, "POST", "/Users", withBadge("bob", `{"number":"B2"}`)); "/Users/"+got.Get("id").Str != bob {
		t.Errorf("bob came back as %s", got.Body)
	}
	carl := strings.TrimSuffix(withBadge("carl", `{"number":"B4"}`), "}") + `,"externalId":"x-carl"}`
	id := s.Want(http.StatusCreated, "POST", "/Users", carl).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, ops(`{"op":"replace","value":{"active":false,"userName":"away-carl"}}`))
	if got := s.Want(http.StatusCreated, "POST", "/Users", carl).Get("id").Str; got != id {
		t.Error("carl came back as somebody else")
	}
	// The same value again is no conflict with oneself.
	s.Want(http.StatusOK, "PUT", bob, withBadge("bob", `{"number":"B2"}`))
	s.Want(http.StatusOK, "PATCH", bob, ops(`{"op":"replace","path":"`+badgeURN+`:number","value":"b2"}`))
}

func TestExtensionCharacteristics(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, extended(t, badgeDocument(t), ""))
	const full = `{"number":"B1","level":"GOLD","visits":"3","from":"2024-01-01T00:00:00Z","active":"True","issued":"2024-01-01T00:00:00Z",
		"printed":"P1","pin":"1234","notes":"n","audit":"a"}`
	ann := s.Want(http.StatusCreated, "POST", "/Users", withBadge("ann", full))
	path := "/Users/" + ann.Get("id").Str
	for attribute, want := range map[string]string{
		"number": `"B1"`, "level": `"gold"`, "visits": `3`, "active": `true`, "printed": `"P1"`,
		"notes":  `"n"`, // returned on request, and in the answer to the write that set it
		"issued": ``, "pin": ``, "audit": ``,
	} {
		if got := part(ann, attribute).Raw; got != want {
			t.Errorf("after the POST %s is %s, want %s", attribute, got, want)
		}
	}
	for query, shown := range map[string]bool{"": false, "?attributes=" + badgeURN + ":notes": true, "?attributes=" + badgeURN: false, "?excludedAttributes=userName": false} {
		got := s.Want(http.StatusOK, "GET", path+query, nil)
		if part(got, "notes").Exists() != shown || part(got, "audit").Exists() || part(got, "pin").Exists() {
			t.Errorf("GET %s: %s", query, got.Body)
		}
	}
	if got := s.Want(http.StatusOK, "PATCH", path, ops(`{"op":"replace","path":"`+badgeURN+`:notes","value":"m"}`)); part(got, "notes").Str != "m" {
		t.Errorf("a PATCH that sets notes answers %s", got.Body)
	}
	if got := s.Want(http.StatusOK, "PATCH", path, ops(`{"op":"replace","path":"title","value":"x"}`)); part(got, "notes").Exists() {
		t.Errorf("a PATCH that sets title answers %s", got.Body)
	}
	for name, tc := range map[string]struct{ method, body, scimType, detail string }{
		"required, PUT":        {"PUT", withBadge("ann", `{"level":"gold"}`), "invalidValue", ":number"},
		"required, PATCH":      {"PATCH", ops(`{"op":"remove","path":"` + badgeURN + `:number"}`), "mutability", ":number"},
		"required, emptied":    {"PATCH", ops(`{"op":"replace","path":"` + badgeURN + `:number","value":""}`), "invalidValue", ":number"},
		"immutable, PUT":       {"PUT", withBadge("ann", `{"number":"B1","printed":"P2"}`), "mutability", ":printed"},
		"immutable, PATCH":     {"PATCH", ops(`{"op":"replace","path":"` + badgeURN + `:printed","value":"P2"}`), "mutability", ":printed"},
		"immutable, removed":   {"PATCH", ops(`{"op":"remove","path":"` + badgeURN + `"}`), "mutability", ":printed"},
		"readOnly, PATCH":      {"PATCH", ops(`{"op":"add","path":"` + badgeURN + `:issued","value":"2025-01-01T00:00:00Z"}`), "mutability", ":issued"},
		"type":                 {"PATCH", ops(`{"op":"add","path":"` + badgeURN + `:visits","value":"many"}`), "invalidValue", ":visits"},
		"unknown":              {"PATCH", ops(`{"op":"add","path":"` + badgeURN + `:colour","value":"red"}`), "invalidPath", ":colour"},
		"unknown, without URN": {"POST", `{"userName":"x","colour":"red"}`, "invalidSyntax", "colour"},
	} {
		target := path
		if tc.method == "POST" {
			target = "/Users"
		}
		r := s.Want(http.StatusBadRequest, tc.method, target, tc.body)
		if r.Get("scimType").Str != tc.scimType || !strings.Contains(r.Get("detail").Str, tc.detail) {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
	put := s.Want(http.StatusOK, "PUT", path, withBadge("ann", `{"number":"B1","issued":"2030-01-01T00:00:00Z"}`))
	if part(put, "printed").Str != "P1" || part(put, "issued").Exists() || part(put, "level").Exists() {
		t.Errorf("after the PUT: %s", put.Body)
	}
	for filter, want := range map[string]int64{
		badgeURN + `:number eq "b1"`:         1,
		badgeURN + `:number eq "b2"`:         0,
		badgeURN + `:printed eq "p1"`:        1,
		`number eq "B1" and userName pr`:     1,
		badgeURN + `:visits pr`:              0,
		badgeURN + `:doors[value eq "x"]`:    0,
		`not (` + badgeURN + `:visits gt 2)`: 1,
	} {
		if got := s.Want(http.StatusOK, "GET", "/Users?filter="+strings.ReplaceAll(filter, " ", "+"), nil).Get("totalResults").Int(); got != want {
			t.Errorf("%s: %d found", filter, got)
		}
	}
	s.Want(http.StatusCreated, "POST", "/Users", withBadge("bob", `{"number":"a9","visits":10}`))
	s.Want(http.StatusCreated, "POST", "/Users", withBadge("carl", `{"number":"C1","visits":9}`))
	for query, want := range map[string]string{
		"sortBy=" + badgeURN + ":number":                                   `["bob","ann","carl"]`,
		"sortBy=" + badgeURN + ":number&sortOrder=descending":              `["carl","ann","bob"]`,
		"sortBy=" + badgeURN + ":visits&filter=" + badgeURN + ":visits+pr": `["carl","bob"]`,
	} {
		if got := s.Want(http.StatusOK, "GET", "/Users?"+query, nil).Get("Resources.#.userName").Raw; got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
	for _, hidden := range []string{"pin", "audit"} {
		if got := s.Do("GET", "/Users?filter="+badgeURN+":"+hidden+"+sw+%22a%22", nil); got.Status != http.StatusBadRequest || got.Get("scimType").Str != "invalidFilter" {
			t.Errorf("a filter by %s: %d %s", hidden, got.Status, got.Body)
		}
	}
	s.Want(http.StatusOK, "PATCH", path, ops(`{"op":"remove","path":"`+badgeURN+`:level"}`))
}

// An extension comes, changes and goes with the configuration. What is stored stays.
func TestExtensionsChange(t *testing.T) {
	t.Parallel()
	free := `{"id":"` + badgeURN + `","attributes":[{"name":"number"},{"name":"visits"}]}`
	unique := `{"id":"` + badgeURN + `","attributes":[{"name":"number","uniqueness":"server"},{"name":"visits","type":"integer"},{"name":"level","required":true}]}`
	s := adaptertest.Start(t, extended(t, free, ""))
	var paths []string
	for name, number := range map[string]string{"ann": "B1", "bob": "b1", "carl": "B3"} {
		paths = append(paths, "/Users/"+s.Want(http.StatusCreated, "POST", "/Users", withBadge(name, `{"number":"`+number+`","visits":"many"}`)).Get("id").Str)
	}
	s.WaitIdle()

	s.Use(extended(t, unique, ""))
	indexed(t, s)
	if got := s.Want(http.StatusOK, "GET", `/Users?filter=`+badgeURN+`:number+eq+"B1"`, nil).Get("totalResults").Int(); got != 2 {
		t.Errorf("%d users with the badge B1", got)
	}
	s.Want(http.StatusConflict, "POST", "/Users", withBadge("dora", `{"number":"B3","level":"x"}`))
	s.Want(http.StatusConflict, "POST", "/Users", withBadge("dora", `{"number":"B1","level":"x"}`))
	for _, path := range paths {
		// It has a value twice, one that is no integer, and none of what is required: it can be switched off all the same.
		got := s.Want(http.StatusOK, "PATCH", path, patchActive("false"))
		if got.Get("active").Bool() || part(got, "visits").Exists() || !part(got, "number").Exists() {
			t.Errorf("switched off: %s", got.Body)
		}
	}

	s.Use(adaptertest.Options{})
	indexed(t, s)
	for _, path := range paths {
		got := s.Want(http.StatusOK, "GET", path, nil)
		if strings.Contains(got.Body, badgeURN) {
			t.Errorf("without the extension: %s", got.Body)
		}
		s.Want(http.StatusOK, "PUT", path, `{"userName":"`+got.Get("userName").Str+`","active":false,"title":"x","emails":`+got.Get("emails").Raw+`}`)
		s.Want(http.StatusOK, "PATCH", path, ops(`{"op":"replace","path":"title","value":"y"}`))
		if r := s.Do("PATCH", path, ops(`{"op":"replace","path":"`+badgeURN+`:number","value":"B9"}`)); r.Get("scimType").Str != "invalidPath" {
			t.Errorf("%d %s", r.Status, r.Body)
		}
	}
	if list := s.Want(http.StatusOK, "GET", "/Users", nil); strings.Contains(list.Body, badgeURN) || list.Get("totalResults").Int() != 3 {
		t.Errorf("without the extension: %s", list.Body)
	}

	s.Use(extended(t, free, ""))
	indexed(t, s)
	for _, path := range paths {
		got := s.Want(http.StatusOK, "GET", path, nil)
		if part(got, "visits").Str != "many" || part(got, "number").Str == "" || got.Get("title").Str != "y" {
			t.Errorf("with the extension again: %s", got.Body)
		}
	}
}

// An index that was complete when the process ended is complete when the next begins; one that was not is built.
func TestIndexesOutliveARestart(t *testing.T) {
	t.Parallel()
	opts := extended(t, badgeDocument(t), "")
	opts.Dir = t.TempDir()
	opts.App = adaptertest.NewApp()
	first := adaptertest.Start(t, opts)
	first.Want(http.StatusCreated, "POST", "/Users", withBadge("ann", `{"number":"B1"}`))
	first.WaitIdle()
	first.Stop()
	for range 2 {
		s := adaptertest.Start(t, opts)
		if err := s.Tenant().Indexed(canceled()); err != nil {
			t.Errorf("there is something to build: %v", err)
		}
		s.Want(http.StatusConflict, "POST", "/Users", withBadge("bob", `{"number":"B1"}`))
		s.Stop()
	}
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
