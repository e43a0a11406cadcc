package caddymodule_test

import (
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"go.uber.org/goleak"

	"github.com/caddy-scim/caddy-scim/caddymodule"
)

// validate does what `caddy validate` does, but for the admin endpoint, which it would start and leave running.
func validate(t *testing.T, config []byte) error {
	t.Helper()
	var cfg *caddy.Config
	if err := caddy.StrictUnmarshalJSON(config, &cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Admin = &caddy.AdminConfig{Disabled: true}
	return caddy.Validate(cfg)
}

// routes are those that a tenant without a policy that maps must have.
const routes = `"routes":{"create":{"method":"POST","path":"/m","id":"no"},"update":{"method":"PATCH","path":"/m/{legacy_id}"},` +
	`"suspend":{"method":"POST","path":"/m/{legacy_id}/off"},"reactivate":{"method":"POST","path":"/m/{legacy_id}/on"},` +
	`"delete":{"method":"DELETE","path":"/m/{legacy_id}"}}`

func TestValidateLeavesNothing(t *testing.T) {
	goroutines := goleak.IgnoreCurrent()
	dir := t.TempDir()
	t.Setenv("XDG_DATA_HOME", dir)
	t.Setenv("ACME_SCIM_TOKEN", acmeToken)
	wasm := filepath.Join(t.TempDir(), "policy.wasm")
	if err := os.WriteFile(wasm, caddymodule.SmallestPolicy, 0o600); err != nil {
		t.Fatal(err)
	}
	tenant := `{"application":{"url":"http://127.0.0.1:9",` + routes + `},"policy":{"file":` + quoted(wasm) + `},` +
		`"connections":{"main":{"tokens":["{env.ACME_SCIM_TOKEN}"]}}`
	// Compiled policies are kept, so that they need not be compiled again when the configuration is loaded.
	cache := `"policies":{"cache":` + quoted(filepath.Join(t.TempDir(), "policies")) + `},`
	for name, c := range map[string]struct{ apps, fails string }{
		"valid":                     {`"scim":{` + cache + `"tenants":{"acme":` + tenant + `}}}`, ""},
		"valid, with a storage":     {`"scim":{` + cache + `"storage":{"store":"badger","path":` + quoted(filepath.Join(dir, "other")) + `},"tenants":{"acme":` + tenant + `}}}`, ""},
		"invalid after the policy":  {`"scim":{` + cache + `"tenants":{"acme":` + tenant + `,"hold":["read"]}}}`, "hold"},
		"another tenant is invalid": {`"scim":{` + cache + `"tenants":{"acme":` + tenant + `},"globex":{}}}`, "globex"},
		"another app is invalid":    {`"scim":{` + cache + `"tenants":{"acme":` + tenant + `}}},"http":{"servers":{"a":{"routes":[{"handle":[{"handler":"nonesuch"}]}]}}}`, "nonesuch"},
	} {
		err := validate(t, []byte(`{"apps":{`+c.apps+`}}`))
		if (c.fails == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%s: %v", name, err)
		}
		if err := goleak.Find(goroutines); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("%s: it left %v (%v)", name, files, err)
		}
	}
}

// quoted is s as JSON.
func quoted(s string) string {
	out, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(out)
}

func TestValidateErrors(t *testing.T) {
	t.Setenv("TOKEN", acmeToken)
	t.Setenv("SHORT", "short")
	t.Setenv("SPACED", "a token with spaces that is long enough")
	t.Setenv("EMPTY", "")
	t.Setenv("URL", "http://user:hunter2@app.example")
	t.Setenv("KEY", "key\nwith a line end")
	text := filepath.Join(t.TempDir(), "policy.txt")
	if err := os.WriteFile(text, []byte("not a module"), 0o600); err != nil {
		t.Fatal(err)
	}
	app := `"application":{"url":"http://app.example",` + routes + `}`
	group := func(fields string) string {
		return `"application":{"url":"http://app.example",` + routes + `,"groups":{` + fields + `}}`
	}
	acme := func(fields string) string { return `{"tenants":{"acme":{` + fields + `}}}` }
	for _, c := range []struct{ scim, want string }{
		{`{"tenant":{}}`, `unknown field "tenant"`},
		{`{"storage":{"store":"rocksdb"}}`, `storage: loading module 'rocksdb': unknown module: scim.stores.rocksdb`},
		{`{"storage":{"store":"badger","path":"{env.EMPTY}/x"}}`, `path: the environment variable EMPTY is not set or empty`},
		{`{"storage":{"store":"badger","mem_table":1024}}`, `mem_table: 1024 bytes is too small, the least is 33554432`},
		{`{"storage":{"store":"badger","block_cache":-1}}`, `block_cache: -1 is negative`},
		{`{"storage":{"store":"badger","dir":"x"}}`, `unknown field "dir"`},
		{`{"tenants":{"Acme":{}}}`, `tenant "Acme": the name must be 1 to 63`},
		{`{"tenants":{"acme":null}}`, `tenant "acme": application: missing`},
		{acme(``), `tenant "acme": application: missing`},
		{acme(`"application":null`), `tenant "acme": application: missing`},
		{acme(`"application":{}`), `tenant "acme": application: url: it is empty`},
		{acme(`"application":{"url":"{env.NONE}"}`), `tenant "acme": application: url: the environment variable NONE is not set or empty`},
		{acme(`"application":{"url":"{file./does/not/exist}"}`), `application: url: the file /does/not/exist cannot be read or is empty`},
		{acme(`"application":{"url":"http://{http.request.host}"}`), `application: url: it has a placeholder that is none of {env.*} and {file.*}`},
		{acme(`"application":{"url":"{env.URL}"}`), `application: connector: base_url: has a user; set auth instead`},
		{acme(`"application":{"url":"http://app.example"}`), `application: no route for the action create`},
		{acme(`"application":{"url":"http://app.example","routes":{"read":{}}}`), `routes.read: is not an action`},
		{acme(`"application":{"url":"http://app.example","routes":{"add_members":{}}}`), `routes.add_members: is for groups alone`},
		{acme(`"application":{"url":"http://app.example","routes":{"create":null}}`), `routes.create.method: is ""`},
		{acme(`"application":{"url":"http://app.example","lookup":{"path":"/m"}}`), `lookup.id: is missing`},
		{acme(`"application":{"url":"http://app.example","auth":{}}`), `application: auth: want one of bearer, basic and header`},
		{acme(`"application":{"url":"http://app.example","auth":{"bearer":"{env.NONE}"}}`), `application: auth: bearer: the environment variable NONE is not set or empty`},
		{acme(`"application":{"url":"http://app.example","auth":{"bearer":"{env.KEY}"}}`), `auth: has a value with a control character`},
		{acme(`"application":{"url":"http://app.example","auth":{"basic":{"username":"u"}}}`), `application: auth: basic: password: it is empty`},
		{acme(`"application":{"url":"http://app.example","auth":{"header":{"value":"v"}}}`), `application: auth: header: name: it is empty`},
		{acme(`"application":{"url":"http://app.example","auth":{"bearer":"a","basic":{"username":"u","password":"p"}}}`), `auth: sets bearer+basic, want one`},
		{acme(`"application":{"url":"http://app.example","headers":{"X-Key":["{env.NONE}"]}}`), `headers: X-Key: the environment variable NONE is not set or empty`},
		{acme(`"application":{"url":"https://app.example","map":{"pw":"password"},` + routes + `}`), `application: its routes or its map speak of the password`},
		{acme(app + `,"passwords":true`), `passwords: nothing sends them`},
		{acme(app + `,"connections":{"okta":{"unknown_members":"later"}}`), `unknown_members: "later" is not one of pending, refuse`},
		{acme(group(`"routes":{"suspend":{"method":"PUT","path":"/x"}}`)), `connector: groups.routes.suspend: is for users alone`},
		{acme(group(`"routes":{"create":null}`)), `groups.routes.create.method: is ""`},
		{acme(group(`"routes":{"add_members":{"method":"PUT","path":"/t/{legacy_id}"}}`)), `groups.routes.add_members: does not say who the member is`},
		{acme(group(`"routes":{"add_members":{"method":"PUT","path":"/t/{member.id}","id":"no"}}`)), `groups.routes.add_members.id: has no meaning here`},
		{acme(group(`"routes":{"add_members":{"method":"PUT","path":"/t/{member.id}"}},"batch":2`)), `groups.batch: is 2, but the routes speak of one member`},
		{acme(group(`"batch":1001`)), `groups.batch: is 1001, want 1 to 1000`},
		{acme(group(`"lookup":{"path":"/t"}`)), `groups.lookup.id: is missing`},
		{acme(group(`"map":{"people":"members"}`)), `groups.fields[0].source: "members": of members there are`},
		{acme(group(`"members":true`)), `unknown field "members"`},
		{acme(app + `,"connections":{"Okta":{}}`), `connection "Okta": the name must be 1 to 63`},
		{acme(app + `,"connections":{"okta":{"profile":"auth0"}}`), `profile: "auth0" is not one of`},
		{acme(app + `,"connections":{"okta":{"tokens":["{env.TOKEN}",""]}}`), `tenant "acme": connection "okta": token 2: it is empty`},
		{acme(app + `,"connections":{"okta":{"tokens":["{env.NONE}"]}}`), `tenant "acme": connection "okta": token 1: the environment variable NONE is not set or empty`},
		{acme(app + `,"connections":{"okta":{"tokens":["{env.EMPTY}"]}}`), `token 1: the environment variable EMPTY is not set or empty`},
		{acme(app + `,"connections":{"okta":{"tokens":["{env.SHORT}"]}}`), `tenant "acme": connection "okta": token 1: static token of tenant "acme": token: invalid: it has 5 characters`},
		{acme(app + `,"connections":{"okta":{"tokens":["{env.SPACED}"]}}`), `token 1: static token of tenant "acme": token: invalid: character 2 is a space`},
		{acme(app + `,"connections":{"okta":{"tokens":["a{b}c-hunter2-long-enough-by-far"]}}`), `token 1: it has a placeholder that is none of`},
		{`{"tenants":{"acme":{` + app + `,"connections":{"a":{"tokens":["{env.TOKEN}"]}}},"globex":{` + app + `,"connections":{"a":{"tokens":["{env.TOKEN}"]}}}}}`,
			`tenants "acme" and "globex" list the same static token`},
		{acme(app + `,"policy":{"file":"/does/not/exist.wasm"}`), `policy: file: open /does/not/exist.wasm`},
		{acme(app + `,"policy":{"file":` + quoted(text) + `}`), `policy.txt: load policy: `},
		{acme(app + `,"policy":{"file":"x","settings":[]}`), `policy: settings: not a JSON object`},
		{acme(app + `,"policy":{"file":"x","settings":null}`), `policy: settings: not a JSON object`},
		{acme(app + `,"policy":{"file":"x","memory":-1}`), `policy: memory: -1 is negative`},
		{acme(app + `,"lifecycle":{"on_delete":"archive"}`), `lifecycle.on_delete: "archive" is not one of`},
		{acme(app + `,"lifecycle":{"delete_after":1}`), `lifecycle.delete_after: goes with on_delete suspend or deactivate, not with delete`},
		{acme(app + `,"lifecycle":{"on_delete":"nothing","delete_after":1}`), `lifecycle.delete_after: goes with on_delete suspend or deactivate, not with nothing`},
		{acme(app + `,"lifecycle":{"on_delete":"suspend","delete_after":-1}`), `lifecycle.delete_after: -1ns is negative`},
		{acme(strings.Replace(app, `"delete"`, `"update"`, 1) + `,"lifecycle":{"on_delete":"suspend","delete_after":1}`), `application: no route for the action delete`},
		{acme(app + `,"lifecycle":{"on_gone":"ignore"}`), `lifecycle.on_gone: "ignore" is not one of refuse, create`},
		{acme(app + `,"lifecycle":{"on_gone":"create"}`), `lifecycle.on_gone: create needs the application's lookup`},
		{acme(app + `,"lifecycle":{"on_inactive":"deactivate"}`), `application: no route for the action deactivate`},
		{acme(app + `,"hold":["rename"]`), `hold: "rename" is not one of`},
		{acme(app + `,"hold":["suspend"]`), `hold: suspend takes access away, which nothing holds unless hold_revocations is set; set it, or leave suspend out`},
		{acme(app + `,"hold":["set_password"]`), `hold: set_password is for tenants that forward passwords`},
		{acme(app + `,"hold_attributes":["shoeSize"]`), `hold_attributes: neither users nor groups have an attribute "shoeSize"`},
		{acme(app + `,"four_eyes":6`), `four_eyes: 6 is not between 1 and 5`},
		{acme(app + `,"deprovision_limit":{"window":"1h"}`), `deprovision_limit: it has neither a number of users nor a percentage`},
		{acme(app + `,"deprovision_limit":{"users":5}`), `deprovision_limit.window: missing`},
		{acme(app + `,"deprovision_limit":{"percent":101,"window":"1h"}`), `deprovision_limit.percent: 101 is not between 1 and 100`},
		{acme(app + `,"deprovision_limit":{"users":5,"window":"1000h"}`), `deprovision_limit.window: 1000h0m0s is longer than 720h0m0s`},
		{acme(app + `,"delivery":{"concurrency":-1}`), `delivery: concurrency and backlog must be at least 1`},
		{acme(app + `,"journal":{"keep":"1m"}`), `journal.keep: 1m0s is not from 1h0m0s to 87600h0m0s`},
		{acme(app + `,"delivery":{"retry_min":"5m","retry_max":"1s"}`), `delivery: wait and retry must not be negative`},
	} {
		err := validate(t, []byte(`{"apps":{"scim":`+c.scim+`}}`))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.scim, err, c.want)
			continue
		}
		for _, secret := range []string{acmeToken, "hunter2", "a token with"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error has the secret: %v", c.scim, err)
			}
		}
	}
}

func TestValidateHandlerErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ apps, handler, want string }{
		{``, ``, `the handler needs the app scim`},
		{`"scim":{},`, `,"base_path":"scim"`, `base_path: "scim" is not a plain path that begins with "/"`},
		{`"scim":{},`, `,"base_path":"/scim/{x}"`, `base_path: "/scim/{x}" is not a plain path`},
		{`"scim":{},`, `,"base_url":"scim.example.com"`, `base_url: not an http or https URL`},
		{`"scim":{},`, `,"base_url":"{env.SCIM_TEST_NONE}"`, `base_url: the environment variable SCIM_TEST_NONE is not set or empty`},
		{`"scim":{},`, `,"max_body":-1`, `max_body: -1 is negative`},
		{`"scim":{},`, `,"max_operations":-1`, `max_operations: -1 is negative`},
	} {
		err := validate(t, []byte(`{"apps":{`+c.apps+`"http":{"servers":{"s":{"routes":[{"handle":[{"handler":"scim"`+c.handler+`}]}]}}}}}`))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.handler, err, c.want)
		}
	}
}

// TestShippedCaddyfiles validates the Caddyfiles that people start from.
func TestShippedCaddyfiles(t *testing.T) {
	t.Chdir("..")
	secrets := t.TempDir()
	for _, name := range []string{"acme_scim_token", "members_key"} {
		if err := os.WriteFile(filepath.Join(secrets, name), []byte(acmeToken+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"ACME_SCIM_TOKEN": acmeToken, "ACME_OKTA_TOKEN": acmeToken, "ACME_OKTA_TOKEN_NEXT": globexToken, "APPLICATION_KEY": appKey,
	} {
		t.Setenv(name, value)
	}
	wasm := filepath.Join(secrets, "policy.wasm")
	if err := os.WriteFile(wasm, caddymodule.SmallestPolicy, 0o600); err != nil {
		t.Fatal(err)
	}
	approval, err := os.ReadFile("examples/policies/approval/approval.wasm")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(secrets, "approval.wasm"), approval)
	writeFile(t, filepath.Join(secrets, "approval.wasm.sig"), ed25519.Sign(signer('a'), approval))
	writeFile(t, filepath.Join(secrets, "policy_signer.pem"), []byte(public('a')+"\n"))
	files, err := filepath.Glob("examples/caddyfiles/*.Caddyfile")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range append(files, "Caddyfile") {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(caddyfile.Format(raw)) != string(raw) {
			t.Errorf("%s is not as `caddy fmt` writes it", file)
		}
		// The example policy takes seconds to compile, and TestPolicy uses it.
		text := strings.NewReplacer("/run/secrets", secrets, "/etc/caddy/policies", secrets, "/var/lib/caddy-scim", filepath.Join(secrets, "data"), "examples/policies/members/members.wasm", wasm).Replace(string(raw))
		config, err := adapt(t, file, text)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := validate(t, config); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
