package caddymodule_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const badgeURN = "urn:example:params:scim:schemas:extension:badge:1.0"

// A reload notices a schema's file that has changed, and no other tenant sees the extension.
func TestSchema(t *testing.T) {
	s := newServer(t)
	file := filepath.Join(s.dir, "badge.json")
	t.Setenv("SCIM_TEST_SCHEMAS", s.dir)
	write := func(attributes string) {
		if err := os.WriteFile(file, []byte(`{"id":"`+badgeURN+`","attributes":[`+attributes+`]}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load := func() {
		s.load(s.caddyfile(s.badger() + s.tenant("acme", "schema User {env.SCIM_TEST_SCHEMAS}/badge.json\nschema Group "+file) + s.tenant("globex")))
	}
	badged := func(name, badge string) string {
		return strings.TrimSuffix(strings.TrimSpace(user(name)), "}") + `,"` + badgeURN + `":` + badge + `}`
	}
	write(`{"name":"number","uniqueness":"server"}`)
	load()
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", badged("ann", `{"number":"B1"}`))
	if got := s.want(http.StatusConflict, acmeToken, "POST", "/scim/v2/Users", badged("bob", `{"number":"b1"}`)); !strings.Contains(got.get("detail"), badgeURN+":number") {
		t.Errorf("the conflict: %s", got.body)
	}
	s.want(http.StatusBadRequest, acmeToken, "POST", "/scim/v2/Users", badged("bob", `{"number":"B2","level":"gold"}`))
	write(`{"name":"number","uniqueness":"server"},{"name":"level"}`)
	load()
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", badged("bob", `{"number":"B2","level":"gold"}`))
	if got := s.want(http.StatusOK, acmeToken, "GET", "/scim/v2/Schemas/"+badgeURN, "").get("attributes.#.name"); got != `["number","level"]` {
		t.Errorf("the schema served has %s", got)
	}
	for _, name := range []string{"User", "Group"} {
		if got := s.want(http.StatusOK, acmeToken, "GET", "/scim/v2/ResourceTypes/"+name, "").body; !strings.Contains(got, badgeURN) {
			t.Errorf("%s has no extension: %s", name, got)
		}
	}
	s.want(http.StatusNotFound, globexToken, "GET", "/scim/v2/Schemas/"+badgeURN, "")
	s.want(http.StatusBadRequest, globexToken, "POST", "/scim/v2/Users", badged("ann", `{"number":"B1"}`))
}

// What is wrong with a document is said with its file, its attribute, and what would be right.
func TestSchemaErrors(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("EMPTY", "")
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return quoted(path)
	}
	good := write("good.json", `{"id":"urn:example:a","attributes":[{"name":"x"}]}`)
	other := write("other.json", `{"id":"URN:example:A","attributes":[{"name":"y"}]}`)
	declare := func(list ...string) string {
		return `{"tenants":{"acme":{"application":{"url":"http://app.example",` + routes + `},"schemas":[` + strings.Join(list, ",") + `]}}}`
	}
	user := func(file string) string { return `{"resource":"User","file":` + file + `}` }
	many := make([]string, 32)
	for i := range many {
		many[i] = user(write("many"+string(rune('a'+i))+".json", `{"id":"urn:example:many:x`+strings.Repeat("x", i)+`","attributes":[{"name":"x"}]}`))
	}
	for _, c := range []struct{ scim, want string }{
		{declare(user(good), `{"resource":"group","file":`+good+`,"required":true}`), ""},
		{declare(`null`), `tenant "acme": schema 1: file: missing`},
		{declare(user(`"{env.EMPTY}/x.json"`)), `schema 1: file: the environment variable EMPTY is not set or empty`},
		{declare(user(`"/does/not/exist.json"`)), `schema /does/not/exist.json: open /does/not/exist.json`},
		{declare(`{"file":` + good + `}`), `good.json: resource: "" is none of User, Group`},
		{declare(user(write("empty.json", " \n"))), `empty.json: the file is empty`},
		{declare(user(write("text.json", "hello"))), `text.json: the file is not valid JSON: invalid character`},
		{declare(user(write("list.json", "[]"))), `list.json: the file must be a JSON object; found an empty array`},
		{declare(user(write("latin1.json", "{\"id\":\"\xe9\"}"))), `latin1.json: the file is not valid UTF-8`},
		{declare(user(write("core.json", `{"id":"urn:ietf:params:scim:schemas:core:2.0:User","attributes":[{"name":"x"}]}`))), `core.json: id "urn:ietf:params:scim:schemas:core:2.0:User" is reserved`},
		{declare(user(write("type.json", `{"id":"urn:example:a","attributes":[{"name":"x"},{"name":"level","type":"strng"}]}`))), `type.json: attribute "level": type: "strng" is none of string, boolean`},
		{declare(user(write("sub.json", `{"id":"urn:example:a","attributes":[{"name":"desk","type":"complex","subAttributes":[{"name":"room","mutabilty":"immutable"}]}]}`))), `attribute "desk.room": unknown member "mutabilty"; did you mean "mutability"?`},
		{declare(user(good), user(good)), `good.json: resource type User: schema urn:example:a stands twice`},
		{declare(user(good), `{"resource":"Group","file":`+other+`}`), `two schemas have the id`},
		{declare(many...), `more than the 32 extensions`},
	} {
		err := validate(t, []byte(`{"apps":{"scim":`+c.scim+`}}`))
		if c.want == "" && err == nil {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.scim, err, c.want)
		}
	}
}
