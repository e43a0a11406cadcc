package compile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/caddymodule/rego/internal/compile"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// load compiles a policy and loads it in a real host.
func load(tb testing.TB, source string) *plugins.Policy {
	tb.Helper()
	return tck.Load(tb, plugins.Options{}, compiled(tb, source))
}

func compiled(tb testing.TB, source string) []byte {
	tb.Helper()
	wasm, err := compile.Source(tb.Context(), "test.rego", []byte(source))
	if err != nil {
		tb.Fatal(err)
	}
	return wasm
}

// call asks a hook and returns its answer.
func call(t *testing.T, policy *plugins.Policy, hook, input string) string {
	t.Helper()
	answer, _, err := policy.Call(t.Context(), hook, []byte(input))
	if err != nil {
		t.Fatalf("%s of %s: %v", hook, input, err)
	}
	return canonical(t, answer)
}

const departments = `package scim

import data.scim

enterprise := "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

department := input.after[enterprise].department

default decide := {"verdict": "allow"}

decide := {"verdict": "deny", "status": 400, "scim_type": "invalidValue", "detail": $"{input.after.userName} has no department"} if {
	input.resource_type == "User"
	input.operation != "delete"
	not department
}

decide := {"verdict": "hold", "title": concat("", ["New board member: ", input.after.userName])} if scim.department == "Board"

decide := {"verdict": "allow", "after": object.union(input.after, {"nickName": upper(input.after.userName)})} if {
	department == "Capitals"
}
`

func TestDecide(t *testing.T) {
	t.Parallel()
	policy := load(t, departments)
	const dept = `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":%q}`
	for _, c := range []struct{ name, input, want string }{
		{"no department", `{"operation":"create","resource_type":"User","after":{"userName":"ada"}}`,
			`{"detail":"ada has no department","scim_type":"invalidValue","status":400,"verdict":"deny"}`},
		{"board", `{"operation":"create","resource_type":"User","after":{"userName":"ada",` + fmt.Sprintf(dept, "Board") + `}}`,
			`{"title":"New board member: ada","verdict":"hold"}`},
		{"rewritten", `{"operation":"create","resource_type":"User","after":{"userName":"ada",` + fmt.Sprintf(dept, "Capitals") + `}}`,
			`{"after":{"nickName":"ADA",` + fmt.Sprintf(dept, "Capitals") + `,"userName":"ada"},"verdict":"allow"}`},
		{"other department", `{"operation":"create","resource_type":"User","after":{"userName":"ada",` + fmt.Sprintf(dept, "IT") + `}}`,
			`{"verdict":"allow"}`},
		{"leaves", `{"operation":"delete","resource_type":"User","before":{"userName":"ada"}}`, `{"verdict":"allow"}`},
		{"group", `{"operation":"create","resource_type":"Group","after":{"displayName":"x"}}`, `{"verdict":"allow"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // the second finds the instance as the first found it
				if got := call(t, policy, abi.HookDecide, c.input); got != c.want {
					t.Errorf("answered\n%s, want\n%s", got, c.want)
				}
			}
		})
	}
}

// TestDocumentsSurvive sends documents there and back that are easily changed on the way.
func TestDocumentsSurvive(t *testing.T) {
	t.Parallel()
	policy := load(t, "package scim\ndecide := {\"verdict\": \"allow\", \"after\": input.after}\n")
	for _, after := range []string{
		`{}`,
		`{"n":[0,-1,1.5,1e3,12345678901234567890,0.1]}`,
		`{"s":"quote \" backslash \\ newline \n nul \u0000 tab \t slash / del ` + "\x7f" + `"}`,
		`{"s":"<b>&amp;</b> ä € 😀 \u2028"}`,
		`{"a":[[],{},null,true,false,"",[[[[[[[[]]]]]]]]]}`,
		`{"` + strings.Repeat("k", 5000) + `":"` + strings.Repeat("v", 30_000) + `"}`,
	} {
		d, _, err := policy.Decide(t.Context(), &abi.DecideInput{Operation: abi.OpCreate, ResourceType: "User", After: []byte(after)})
		if err != nil {
			t.Errorf("%.80s: %v", after, err)
			continue
		}
		if got, want := canonical(t, d.After), canonical(t, []byte(after)); got != want {
			t.Errorf("got back\n%.200s, want\n%.200s", got, want)
		}
	}
}

// canonical writes JSON in one way, with its numbers as they are.
func canonical(t *testing.T, raw []byte) string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

const everything = `package scim

describe := {
	"name": "everything",
	"version": "1.2.3",
	"needs": ["counts"],
	"settings": {"type": "object", "properties": {"domain": {"type": "string"}}, "required": ["domain"]},
}

decide := {"verdict": "hold", "title": "a seat", "expires_in": 3600} if input.tenant.counts.active_users >= input.tenant.seat_limit

else := {"verdict": "allow"}

default map := {"requests": []}

map := {"requests": [
	{"method": "POST", "path": "/accounts", "body": {"login": input.after.userName, "mail": $"{input.after.userName}@{input.settings.domain}"}},
	{"method": "PUT", "path": concat("", ["/welcome/", input.id])},
]} if input.action == "create"

import_record := {"skip": true, "reason": "a robot"} if input.record.kind == "robot"

else := {"resource": {"userName": input.record.login}, "legacy_id": format_int(input.record.id, 10)}
`

func TestHooks(t *testing.T) {
	t.Parallel()
	policy := load(t, everything)
	d := policy.Description()
	if d.Name != "everything" || d.Version != "1.2.3" || !slices.Equal(d.Needs, []string{abi.NeedCounts}) ||
		canonical(t, d.Settings) != `{"properties":{"domain":{"type":"string"}},"required":["domain"],"type":"object"}` ||
		!slices.Equal(d.Hooks, []string{"decide", "map", "import", "describe"}) {
		t.Errorf("described as %+v", d)
	}
	for _, c := range []struct{ hook, input, want string }{
		{abi.HookDecide, `{"operation":"create","resource_type":"User","tenant":{"id":"acme","seat_limit":5,"counts":{"active_users":5}}}`,
			`{"expires_in":3600,"title":"a seat","verdict":"hold"}`},
		{abi.HookDecide, `{"operation":"create","resource_type":"User","tenant":{"id":"acme","seat_limit":5,"counts":{"active_users":4}}}`,
			`{"verdict":"allow"}`},
		{abi.HookMap, `{"action":"create","id":"u1","after":{"userName":"ada"},"settings":{"domain":"acme.example"}}`,
			`{"requests":[{"body":{"login":"ada","mail":"ada@acme.example"},"method":"POST","path":"/accounts"},{"method":"PUT","path":"/welcome/u1"}]}`},
		{abi.HookMap, `{"action":"delete","id":"u1"}`, `{"requests":[]}`},
		{abi.HookImport, `{"resource_type":"User","record":{"kind":"robot"}}`, `{"reason":"a robot","skip":true}`},
		{abi.HookImport, `{"resource_type":"User","record":{"login":"ada","id":7}}`, `{"legacy_id":"7","resource":{"userName":"ada"}}`},
	} {
		if got := call(t, policy, c.hook, c.input); got != c.want {
			t.Errorf("%s of %s answered\n%s, want\n%s", c.hook, c.input, got, c.want)
		}
	}
}

// TestPiecewise has the object of a hook made by several rules.
func TestPiecewise(t *testing.T) {
	t.Parallel()
	policy := load(t, `package scim

decide.verdict := "deny"

decide.detail := "not today" if input.operation == "create"

decide.detail := "never" if input.operation == "delete"
`)
	if got, want := call(t, policy, abi.HookDecide, `{"operation":"create"}`), `{"detail":"not today","verdict":"deny"}`; got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
}

// TestNamesOfBuiltins has rules and variables that are called like builtins that there are not.
func TestNamesOfBuiltins(t *testing.T) {
	t.Parallel()
	policy := load(t, "package scim\n\nall := [x | some x in input.after.list]\n\ndecide := {\"verdict\": \"allow\", \"after\": {\"n\": count(all)}}\n")
	if got, want := call(t, policy, abi.HookDecide, `{"operation":"create","after":{"list":[1,2]}}`), `{"after":{"n":2},"verdict":"allow"}`; got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
}

// TestNoHooks checks that only rules that are there become exports.
func TestNoHooks(t *testing.T) {
	t.Parallel()
	policy := load(t, "package scim\nmap := {\"requests\": []}\n")
	if policy.Has(abi.HookDecide) || policy.Has(abi.HookImport) || !policy.Has(abi.HookMap) {
		t.Errorf("the policy has the hooks %q, want map", policy.Description().Hooks)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	const conflict = "package scim\n\ndecide := {\"verdict\": \"allow\"} if input.operation\n\ndecide := {\"verdict\": \"deny\", \"detail\": \"no\"} if input.operation\n"
	for _, c := range []struct {
		name, source string
		kind         error
		detail       string
	}{
		{"undefined", "package scim\ndecide := {\"verdict\": \"allow\"} if input.operation == \"delete\"\n", plugins.ErrPolicy, "decide has no value for this input"},
		{"conflict", conflict, plugins.ErrTrap, "policy.rego:5:1: var assignment conflict"},
		{"wrong field", "package scim\ndecide := {\"verdict\": \"allow\", \"detial\": \"x\"}\n", plugins.ErrOutput, "detial"},
		{"no object", "package scim\ndecide := input.operation\n", plugins.ErrOutput, "not a JSON object"},
		{"division by zero is undefined", "package scim\ndecide := {\"verdict\": \"allow\", \"x\": 1 / count([x | x := input.none])}\n", plugins.ErrPolicy, "no value"},
		{"memory", "package scim\ndecide := {\"verdict\": \"allow\", \"x\": count(numbers.range(1, 100000000))}\n", plugins.ErrFuel, ""},
		{"exponential", "package scim\nn := numbers.range(1, 100)\ndecide := {\"verdict\": \"allow\"} if count([1 | n[_]; n[_]; n[_]; n[_]; n[_]; n[_]]) == 7\n", plugins.ErrFuel, ""},
		{"regex", "package scim\ndecide := {\"verdict\": \"allow\"} if { every i in numbers.range(1, 1000000) { not regex.match($\"(a+)+{i}$\", \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\") } }\n", plugins.ErrFuel, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			policy := load(t, c.source)
			_, _, err := policy.Decide(t.Context(), &abi.DecideInput{Operation: abi.OpCreate, ResourceType: "User"})
			var failed *plugins.CallError
			if !errors.Is(err, c.kind) || !errors.As(err, &failed) || !strings.Contains(failed.Detail, c.detail) {
				t.Errorf("failed with %v, want %v with %q", err, c.kind, c.detail)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	const decide = "package scim\ndecide := {\"verdict\": \"allow\"}\n"
	for _, c := range []struct{ name, source, problem string }{
		{"empty", "", "test.rego"},
		{"no rule", "package scim\nx := 1\n", "package scim has no rule that a policy must have: decide or map, or both"},
		{"describe alone", "package scim\ndescribe := {\"name\": \"x\"}\n", "no rule that a policy must have"},
		{"other package", "package other\ndecide := {}\n", "test.rego:1: rego_compile_error: the package is other, want scim"},
		{"syntax", "package scim\ndecide := {\n", "test.rego:3"},
		{"old syntax", "package scim\ndecide[x] { x := 1 }\n", "test.rego:2"},
		{"builtins of the host", decide + "a := http.send({})\nb := time.now_ns()\nc := rand.intn(\"x\", 2)\nd := opa.runtime()\ne := io.jwt.decode(input.x)\nf := sprintf(\"%d\", [1])\n",
			"test.rego:3: rego_type_error: a policy cannot use http.send, io.jwt.decode, opa.runtime, rand.intn, sprintf, time.now_ns: it is a pure function"},
		{"unknown function", decide + "x := nonesuch(1)\n", "undefined function nonesuch"},
		{"mocked by a builtin of the host", decide + "x if count([1]) == 1 with count as rand.intn\n", "rand.intn"},
		{"data", decide + "x := data.settings.domain\n", "data.settings.domain: a policy has no data; what can be configured is in input.settings"},
		{"imported data", "package scim\nimport data.users\ndecide := {\"verdict\": users.x}\n", "a policy has no data"},
		{"all data", decide + "x := data\n", "recursive"},
		{"mocked data", decide + "x if input.y with data.z as 1\n", "a policy has no data"},
		{"strict", "package scim\nimport data.scim\ndecide := {\"verdict\": \"allow\"}\n", "unused"},
		{"unused variable", "package scim\ndecide := {\"verdict\": \"allow\"} if { x := 1 }\n", "unused"},
		{"recursion", "package scim\ndecide := {\"verdict\": x}\nx := y\ny := x\n", "recursi"},
		{"a function", "package scim\ndecide(x) := {\"verdict\": x}\n", "decide is a function"},
		{"a set", "package scim\ndecide contains \"allow\"\n", "want an object"},
		{"a string", "package scim\ndecide := \"allow\"\n", "decide is of the type string, want an object"},
		{"too large", decide + strings.Repeat("# comment\n", 30_000), "more than 262144 bytes"},
		{"too deep", "package scim\ndecide := " + strings.Repeat("[", 50_000) + strings.Repeat("]", 50_000), "recursion depth"},
		{"cases that are computed", decide + "cases := [x | x := 1]\n", "cases must be a constant"},
		{"cases of another kind", decide + "cases := [{\"name\": \"x\", \"hook\": \"decide\"}]\n", "cases"},
		{"no UTF-8", decide + "x := \"\xff\"\n", "test.rego:3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			wasm, err := compile.Source(t.Context(), "test.rego", []byte(c.source))
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%d bytes and the error %v, want %q", len(wasm), err, c.problem)
			}
		})
	}
}

// TestPrint checks that what an author left in for debugging has no effect.
func TestPrint(t *testing.T) {
	t.Parallel()
	var logged []string
	wasm := compiled(t, "package scim\ndecide := {\"verdict\": \"allow\"} if { print(\"secret\", input) }\n")
	policy := tck.Load(t, plugins.Options{Log: func(_ context.Context, e plugins.LogEntry) { logged = append(logged, e.Lines...) }}, wasm)
	if got := call(t, policy, abi.HookDecide, `{"operation":"create"}`); got != `{"verdict":"allow"}` || len(logged) > 0 {
		t.Errorf("answered %s and logged %q", got, logged)
	}
}

func TestSameBytes(t *testing.T) {
	t.Parallel()
	for _, source := range []string{departments, everything} {
		first := compiled(t, source)
		for i := range 10 {
			again, err := compile.Source(t.Context(), fmt.Sprintf("other%d.rego", i), []byte(source))
			if err != nil || !bytes.Equal(first, again) {
				t.Fatalf("the same source gives another module: %v", err)
			}
		}
	}
}

func TestCases(t *testing.T) {
	t.Parallel()
	wasm := compiled(t, departments+`
cases := [
	{"name": "no department", "hook": "decide", "input": {"operation": "create", "resource_type": "User", "after": {"userName": "ada"}},
	 "want": {"verdict": "deny", "status": 400, "scim_type": "invalidValue", "detail": "ada has no department"}},
	{"name": "a group", "hook": "decide", "input": {"operation": "create", "resource_type": "Group", "after": {"displayName": "x"}}, "want": {"verdict": "allow"}},
]
`)
	raw, ok, err := golden.Bundled(wasm)
	if err != nil || !ok {
		t.Fatalf("the module has no cases: %v", err)
	}
	cases, err := golden.ReadCases(raw)
	if err != nil || len(cases) != 2 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	report, err := golden.Run(t.Context(), cases, tck.Load(t, plugins.Options{}, wasm).Call)
	if err != nil || report.Err() != nil {
		t.Errorf("%v, %v", err, report.Err())
	}
}

func TestWasmOpt(t *testing.T) {
	t.Setenv("EXPERIMENTAL_WASM_OPT", "silent")
	if _, err := compile.Source(t.Context(), "test.rego", []byte(departments)); err == nil || !strings.Contains(err.Error(), "EXPERIMENTAL_WASM_OPT") {
		t.Errorf("the error is %v, want one about EXPERIMENTAL_WASM_OPT", err)
	}
}
