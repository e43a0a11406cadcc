package tck_test

import (
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/asctest"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestAssemblyScript(t *testing.T) {
	t.Parallel()
	wasm := asctest.CheckCommitted(t, filepath.Join("guests", "assemblyscript", "guest.wasm"))
	tck.Run(t, wasm)
}
