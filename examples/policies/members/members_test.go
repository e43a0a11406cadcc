package members_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/caddy-scim/caddy-scim/examples/policies/members"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
	policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// TestGolden runs the same cases against the Go code, the module that is committed
// and one that is built anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	t.Run("native", func(t *testing.T) {
		t.Parallel()
		check(t, golden.Native(native))
	})
	t.Run("modules", func(t *testing.T) {
		t.Parallel()
		// One host compiles but once what turns out to be the same module.
		host := tck.NewHost(t, plugins.Options{})
		for _, wasm := range [][]byte{members.Wasm, tck.BuildGo(t, "guest")} {
			policy, err := host.Load(t.Context(), wasm, plugins.LoadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			check(t, policy.Call)
			description(t, policy.Description())
		}
	})
}

func check(t *testing.T, runner golden.Runner) {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := golden.ReadCases(data)
	if err != nil {
		t.Fatal(err)
	}
	report, err := golden.Run(t.Context(), cases, runner)
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Results {
		if !result.Passed() {
			t.Errorf("%s: %s", result.Name, result.Problem)
		}
	}
}

func native(hook string, input []byte) ([]byte, error) {
	return policy.Run(members.Policy(), hook, input)
}

func description(t *testing.T, d abi.Description) {
	t.Helper()
	if d.Name != "members" || d.Version == "" || !slices.Equal(d.Hooks, []string{abi.HookDecide, abi.HookMap}) {
		t.Errorf("described as %+v", d)
	}
	var schema struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(d.Settings, &schema); err != nil {
		t.Fatal(err)
	}
	if len(schema.Properties) != 2 || schema.Properties["domain"] == nil || schema.Properties["domains"] == nil {
		t.Errorf("the settings are %s", d.Settings)
	}
}

func TestBadDocuments(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]policy.DecideInput{
		"user":     {ResourceType: policy.TypeUser, Operation: policy.OpCreate, After: json.RawMessage(`{"userName":1}`)},
		"settings": {ResourceType: policy.TypeUser, Operation: policy.OpCreate, After: json.RawMessage(`{}`), Settings: json.RawMessage(`{"domain":1}`)},
	} {
		if d, err := members.Decide(&in); err == nil {
			t.Errorf("%s: decided %+v, want an error", name, d)
		}
	}
}
