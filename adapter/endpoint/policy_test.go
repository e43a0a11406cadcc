package endpoint_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/examples/policies/members"
	"github.com/caddy-scim/caddy-scim/plugins"
)

// membersPolicy compiles the example policy once for all tests of the package.
var membersPolicy = sync.OnceValues(func() (*plugins.Policy, error) {
	return plugins.New(plugins.Options{Deadline: time.Minute}).Load(context.Background(), members.Wasm, plugins.LoadOptions{})
})

// governed is a stack whose tenant runs the example policy.
func governed(t *testing.T, opts adaptertest.Options) *adaptertest.Stack {
	t.Helper()
	module, err := membersPolicy()
	if err != nil {
		t.Fatal(err)
	}
	configure := opts.Configure
	opts.Configure = func(c *adapter.TenantConfig) {
		c.Policy = &adapter.Policy{Module: module, Settings: json.RawMessage(`{"domain":"acme.example"}`)}
		if configure != nil {
			configure(c)
		}
	}
	return adaptertest.Start(t, opts)
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func inDepartment(name, department string) string {
	return strings.TrimSuffix(user(name), "}") + `,"` + enterprise + `":{"department":"` + department + `"}}`
}

func TestPolicyMaps(t *testing.T) {
	t.Parallel()
	s := governed(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", inDepartment("ann", "Finance")).Get("id").Str
	m := s.App("GET", "/members", nil).Get("members.0")
	if m.Get("role").Str != "accountant" || m.Get("dept").Str != "Finance" || m.Get("ref").Str != id {
		t.Errorf("mapped to %s", m.Raw)
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, `{"Operations":[{"op":"Replace","path":"`+enterprise+`:department","value":"Engineering"}]}`)
	if m := s.App("GET", "/members", nil).Get("members.0"); m.Get("role").Str != "engineer" {
		t.Errorf("mapped to %s", m.Raw)
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, patchActive("false"))
	if m := s.App("GET", "/members", nil).Get("members.0"); m.Get("state").Str != "suspended" {
		t.Errorf("after deactivation: %s", m.Raw)
	}
	s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 0 {
		t.Errorf("%d members are left", n)
	}
}

func TestPolicyDenies(t *testing.T) {
	t.Parallel()
	s := governed(t, adaptertest.Options{})
	r := s.Do("POST", "/Users", strings.ReplaceAll(user("ann"), "@acme.example", "@evil.example"))
	if r.Status < 400 || r.Status > 499 || !strings.Contains(r.Get("detail").Str, "evil.example") {
		t.Errorf("got %d %s", r.Status, r.Body)
	}
	isError(t, r, "acme.example")
	if n := s.Want(200, "GET", "/Users", nil).Get("totalResults").Int(); n != 0 {
		t.Errorf("%d users are stored", n)
	}
	if n := s.App("GET", "/requests", nil).Get("requests.#").Int(); n != 0 {
		t.Errorf("the application was told %d times", n)
	}
}

func TestPolicyHoldsAdministrators(t *testing.T) {
	t.Parallel()
	s := governed(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", inDepartment("root", "Administration")).Get("id").Str
	ctx := context.Background()
	list, err := s.Tenant().Approvals(ctx, false)
	if err != nil || len(list) != 1 || list[0].ResourceID != id || list[0].Title == "" {
		t.Fatalf("approvals %+v %v", list, err)
	}
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 0 {
		t.Fatalf("a held administrator arrived")
	}
	// A second, harmless change must not carry the first one through.
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","path":"title","value":"Ms"}]}`)
	s.WaitIdle()
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 0 {
		t.Fatalf("a held administrator arrived by a second change")
	}
	if list, err = s.Tenant().Approvals(ctx, false); err != nil || len(list) != 1 {
		t.Fatalf("approvals %+v %v", list, err)
	}
	if _, err := s.Tenant().Approve(ctx, adapter.Answer{ID: list[0].ID, Version: list[0].Version, By: "ops"}); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if m := s.App("GET", "/members", nil).Get("members.0"); m.Get("role").Str != "admin" {
		t.Errorf("approved, and the application has %s", m.Raw)
	}
}

// A policy that breaks refuses the request, keeps nothing, and says when to come again.
func TestBrokenPolicyFailsClosed(t *testing.T) {
	t.Parallel()
	module, err := plugins.New(plugins.Options{}).Load(t.Context(), trapOnDecide, plugins.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := module.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Policy = &adapter.Policy{Module: module} }})
	r := s.Want(http.StatusServiceUnavailable, "POST", "/Users", user("ann"))
	isError(t, r, "policy")
	if r.Header.Get("Retry-After") == "" {
		t.Errorf("no Retry-After: %v", r.Header)
	}
	if n := s.Want(200, "GET", "/Users", nil).Get("totalResults").Int(); n != 0 {
		t.Errorf("%d users are stored", n)
	}
}

// trapOnDecide is a policy whose decide hook traps.
var trapOnDecide = assemble("decide", nil, "", []byte{0x00}) // unreachable

// answering is a policy of one hook, which always gives the same answer.
func answering(hook, answer string) []byte {
	code := []byte{0x41, 0} // i32.const 0
	code = append(append(code, 0x41), leb(len(answer))...)
	code = append(code, 0x10, 0, 0x41, 0) // call 0, i32.const 0
	write := append(append([]byte{1}, name("scim_policy")...), name("write_output")...)
	return assemble(hook, append(write, 0, 2), answer, code)
}

// assemble makes a module with a memory that begins with data, and a hook of the code. imports is the content of the
// import section, empty for none.
func assemble(hook string, imports []byte, data string, code []byte) []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, content []byte) {
		out = append(append(append(out, id), leb(len(content))...), content...)
	}
	section(1, []byte{3, 0x60, 0, 0, 0x60, 0, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 0}) // () → (), () → i32, (i32, i32) → ()
	first := byte(0)
	if imports != nil {
		section(2, imports)
		first = 1
	}
	section(3, []byte{2, 0, 1})
	section(5, []byte{1, 0, 1})
	exports := append([]byte{3}, append(name("memory"), 2, 0)...)
	exports = append(exports, append(name("scim_policy_abi_1"), 0, first)...)
	section(7, append(exports, append(name(hook), 0, first+1)...))
	body := append(append([]byte{0}, code...), 0x0b)
	section(10, append([]byte{2, 2, 0, 0x0b}, append(leb(len(body)), body...)...))
	section(11, append([]byte{1, 0, 0x41, 0, 0x0b}, name(data)...))
	return out
}

// name is a text with its length in front.
func name(s string) []byte { return append(leb(len(s)), s...) }

// leb is a number below 8192 in LEB128, of a width that reads the same with a sign and without.
func leb(n int) []byte { return []byte{byte(n) | 0x80, byte(n >> 7)} }

// A policy that rewrites says what is stored: it must not leave somebody neither active nor inactive, and what it makes
// of a user must not be another one's.
func TestPolicyRewrites(t *testing.T) {
	t.Parallel()
	module, err := plugins.New(plugins.Options{}).Load(t.Context(), answering("decide", `{"verdict":"allow","after":{"userName":"fixed"}}`), plugins.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := module.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Policy = &adapter.Policy{Module: module} }})
	off := strings.Replace(user("ann"), `"active":true`, `"active":false`, 1)
	made := s.Want(http.StatusCreated, "POST", "/Users", off)
	if made.Get("userName").Str != "fixed" || !made.Get("active").Exists() || made.Get("active").Bool() {
		t.Errorf("stored %s", made.Body)
	}
	isError(t, s.Want(http.StatusConflict, "POST", "/Users", user("bob")), "userName")
}

// A request that a policy must not make is the policy's to mend: the change waits, and nothing is taken back.
func TestPolicyAsksForWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	module, err := plugins.New(plugins.Options{}).Load(t.Context(),
		answering("map", `{"requests":[{"method":"POST","path":"/members/%2e%2e/admin","body":{}}]}`), plugins.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := module.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Policy = &adapter.Policy{Module: module} }})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	if n := s.App("GET", "/requests", nil).Get("requests.#").Int(); n != 0 || s.Tenant().Backlog() != 1 {
		t.Errorf("%d requests, %d changes wait; want none and one", n, s.Tenant().Backlog())
	}
	s.Use(adaptertest.Options{}) // without the policy
	s.WaitIdle()
	if m := s.App("GET", "/members", nil).Get("members.0"); m.Get("ref").Str != id {
		t.Errorf("the application has %s", m.Raw)
	}
}
