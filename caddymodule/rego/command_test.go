package rego_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestCommands checks that the commands of policies take a source.
func TestCommands(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"check example/contractors.rego", `"name":"contractors"`},
		{"test example/contractors.rego", `"passed":11`},
	} {
		args := append([]string{"scim", "policy"}, append(strings.Fields(c.args), "--json")...)
		out, err := exec.CommandContext(t.Context(), exe, args...).CombinedOutput()
		if text := strings.ReplaceAll(string(out), " ", ""); err != nil || !strings.Contains(text, c.want) {
			t.Errorf("%s: %v\n%s\nwant %s", c.args, err, out, c.want)
		}
	}
}
