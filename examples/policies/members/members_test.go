package members_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/caddy-scim/caddy-scim/examples/policies/members"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// TestGolden runs the same cases against the Go code, the module that is committed
// and one that is built anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	t.Run("native", func(t *testing.T) {
		t.Parallel()
		golden(t, native{})
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
			golden(t, policy)
			description(t, policy.Description())
		}
	})
}

func golden(t *testing.T, hooks tck.Hooks) {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := tck.ReadCases(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if err := c.Check(t.Context(), hooks); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// native runs the policy as ordinary Go and treats its answers as the host does.
type native struct{}

func (native) Decide(_ context.Context, in *abi.DecideInput) (*abi.Decision, plugins.Usage, error) {
	answer, err := run(abi.HookDecide, in)
	if err != nil {
		return nil, plugins.Usage{}, err
	}
	out, err := abi.ParseDecision(answer, in)
	return out, plugins.Usage{}, err
}

func (native) Map(_ context.Context, in *abi.MapInput) (*abi.MapOutput, plugins.Usage, error) {
	answer, err := run(abi.HookMap, in)
	if err != nil {
		return nil, plugins.Usage{}, err
	}
	out, err := abi.ParseMapOutput(answer)
	return out, plugins.Usage{}, err
}

func (native) Import(context.Context, *abi.ImportInput) (*abi.ImportOutput, plugins.Usage, error) {
	return nil, plugins.Usage{}, plugins.ErrNoHook
}

func run(hook string, in any) ([]byte, error) {
	input, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	answer, err := policy.Run(members.Policy(), hook, input)
	if err != nil {
		return nil, &plugins.CallError{Hook: hook, Kind: plugins.ErrPolicy, Detail: err.Error()}
	}
	return answer, nil
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
