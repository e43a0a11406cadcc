package asctest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/settings"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// CheckPolicy tests the policy whose module is in file, beside its project: the module
// is compiled from its source, carries the cases of cases.json along and answers them,
// and the schema of its settings takes those of the cases that it answers, and no
// others. It returns the policy.
func CheckPolicy(t *testing.T, file string) *plugins.Policy {
	t.Helper()
	wasm := CheckCommitted(t, file)
	data, err := os.ReadFile(filepath.Join(filepath.Dir(file), "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	if bundled, _, err := golden.Bundled(wasm); err != nil || !bytes.Equal(bundled, data) {
		t.Errorf("the module does not carry the cases of cases.json along: %v", err)
	}
	cases, err := golden.ReadCases(data)
	if err != nil {
		t.Fatal(err)
	}
	policy := tck.Load(t, plugins.Options{}, wasm)
	for _, c := range cases {
		if result := c.Check(t.Context(), policy.Call); !result.Passed() {
			t.Errorf("%s: %s", c.Name, result.Problem)
		}
		var in struct {
			Settings json.RawMessage `json:"settings"`
		}
		if err := json.Unmarshal(c.Input, &in); err != nil {
			t.Fatal(err)
		}
		if in.Settings == nil {
			continue
		}
		if _, err := settings.Check(policy.Description().Settings, in.Settings); (err != nil) != (c.Error != "") {
			t.Errorf("%s: the case expects the error %q, and of its settings the schema says: %v", c.Name, c.Error, err)
		}
	}
	return policy
}
