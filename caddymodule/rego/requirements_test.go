package rego_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/release"
)

// TestRequirements keeps this module in step with the release that it is an addition to: who builds both must get the
// Caddy that the tests ran with, and this module must ask for a version of the other that there will be.
func TestRequirements(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.FromSlash("../../xcaddy.json"))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := release.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"github.com/caddyserver/caddy/v2": manifest.Caddy}
	for _, m := range manifest.Modules {
		want[m.Path] = m.Version
	}
	for path, version := range want {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", path).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != version {
			t.Errorf("go.mod has %s %s (%v), xcaddy.json %s", path, got, err, version)
		}
	}
}
