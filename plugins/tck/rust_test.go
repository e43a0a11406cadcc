package tck_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/sdk/rust"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/sdktest"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

var update = flag.Bool("update", false, "replace the committed guests in Rust and C by what their sources compile to")

// TestRust runs the suite against the committed guest, which needs no compiler, and
// against what its source compiles to, which does.
func TestRust(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("guests", "rust")
	t.Run("rebuilt", func(t *testing.T) {
		t.Parallel()
		wasm := sdktest.Build(t, rust.Files, map[string][]byte{"src/lib.rs": read(t, dir, "lib.rs"), "cases.json": []byte("[]\n")})
		rebuilt(t, filepath.Join(dir, "guest.wasm"), wasm, 100_000)
	})
	t.Run("committed", func(t *testing.T) {
		t.Parallel()
		tck.Run(t, read(t, dir, "guest.wasm"))
	})
}

// rebuilt runs the suite against a guest that was just compiled. Other versions of a
// compiler give other bytes, so these are not compared with what is committed.
func rebuilt(t *testing.T, committed string, wasm []byte, maxBytes int) {
	t.Helper()
	tck.Run(t, wasm)
	if len(wasm) > maxBytes {
		t.Errorf("the guest has %d bytes, want at most %d", len(wasm), maxBytes)
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(committed, wasm, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, dir, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
