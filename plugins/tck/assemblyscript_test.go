package tck_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestAssemblyScript(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("guests", "assemblyscript")
	committed, err := os.ReadFile(filepath.Join(dir, "guest.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	tck.Run(t, committed)
}
