// Package policytest tests the example policies in Rust and C: that the module which lies beside the source does what its
// golden cases say, and what the source does that it was built from.
package policytest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/settings"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// Required is the environment variable that makes a test fail, and not be skipped, where a compiler is missing: its value
// is then "required".
const Required = "CADDY_SCIM_COMPILERS"

// Check tests the policy of the folder that the test runs in, whose module has its name. It returns the policy.
func Check(t *testing.T, name string, wasm []byte) *plugins.Policy {
	t.Helper()
	data, err := os.ReadFile("cases.json")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := golden.ReadCases(data)
	if err != nil {
		t.Fatal(err)
	}
	host := tck.NewHost(t, plugins.Options{})
	policy := load(t, host, wasm, data)
	if policy.Description().Name != name {
		t.Errorf("the policy calls itself %q, want %q", policy.Description().Name, name)
	}
	answers := run(t, policy, cases)
	t.Run("the settings of the cases fit their schema", func(t *testing.T) { checkSettings(t, policy.Description(), cases) })
	t.Run("is built from its source", func(t *testing.T) {
		t.Parallel()
		rebuilt := load(t, host, build(t, name), data)
		if again := run(t, rebuilt, cases); !reflect.DeepEqual(again, answers) {
			t.Errorf("%s.wasm does not answer as its source does; run make in examples/policies", name)
		}
		if !reflect.DeepEqual(rebuilt.Description(), policy.Description()) {
			t.Errorf("%s.wasm describes itself as %+v, its source as %+v", name, policy.Description(), rebuilt.Description())
		}
	})
	return policy
}

// load loads a module that has to carry its golden cases along.
func load(t *testing.T, host *plugins.Host, wasm, cases []byte) *plugins.Policy {
	t.Helper()
	if bundled, ok, err := golden.Bundled(wasm); err != nil || !ok || !bytes.Equal(bundled, cases) {
		t.Errorf("the module does not carry the cases of cases.json along (%v, %v)", ok, err)
	}
	policy, err := host.Load(t.Context(), wasm, plugins.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// run runs the cases and returns what came of each.
func run(t *testing.T, policy *plugins.Policy, cases []golden.Case) []string {
	t.Helper()
	var answers []string
	for _, c := range cases {
		if result := c.Check(t.Context(), policy.Call); !result.Passed() {
			t.Errorf("%s: %s", c.Name, result.Problem)
		}
		answer, _, err := policy.Call(t.Context(), c.Hook, c.Input)
		if err != nil {
			answer = []byte(err.Error())
		}
		answers = append(answers, string(answer))
	}
	return answers
}

// checkSettings wants the schema to take the settings of the cases that are answered, and no others.
func checkSettings(t *testing.T, d abi.Description, cases []golden.Case) {
	t.Helper()
	for _, c := range cases {
		var in abi.DecideInput
		if err := json.Unmarshal(c.Input, &in); err != nil {
			t.Fatal(err)
		}
		if in.Settings == nil {
			continue
		}
		if _, err := settings.Check(d.Settings, in.Settings); (err != nil) != (c.Error != "") {
			t.Errorf("%s: the case expects the error %q, and of its settings the schema says: %v", c.Name, c.Error, err)
		}
	}
}

// build builds an example anew. The test is skipped where there is no compiler for it: "apt-get install make rustc
// libstd-rust-dev-wasm32 lld-14 clang-19 lld-19 wasi-libc" installs them.
func build(t *testing.T, name string) []byte {
	t.Helper()
	examples, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	goal := filepath.Join(out, name+".wasm")
	command := exec.CommandContext(t.Context(), "make", "-C", examples, "OUT="+out, "can-build-"+name) //nolint:gosec // the name is a test's own
	if text, err := command.CombinedOutput(); err != nil {
		if os.Getenv(Required) == "required" {
			t.Fatalf("there is no compiler for %s: %v\n%s", name, err, text)
		}
		t.Skipf("there is no compiler for %s: %v\n%s", name, err, text)
	}
	command = exec.CommandContext(t.Context(), "make", "-C", examples, "OUT="+out, goal) //nolint:gosec // as above
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, text)
	}
	wasm, err := os.ReadFile(goal)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}
