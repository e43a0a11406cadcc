package tck_test

import (
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/sdk/c"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/sdktest"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// TestC runs the suite against the committed guest, which needs no compiler, and
// against what its source compiles to, which does.
func TestC(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("guests", "c")
	t.Run("rebuilt", func(t *testing.T) {
		t.Parallel()
		wasm := sdktest.Build(t, c.Files, map[string][]byte{"policy.c": read(t, dir, "guest.c"), "cases.json": []byte("[]\n")})
		rebuilt(t, filepath.Join(dir, "guest.wasm"), wasm, 25_000)
	})
	t.Run("with libc", func(t *testing.T) {
		t.Parallel()
		source := append([]byte("#include <stdlib.h>\n#include <stdio.h>\n"), read(t, dir, "guest.c")...)
		tck.Run(t, sdktest.Build(t, c.Files, map[string][]byte{"policy.c": source, "cases.json": []byte("[]\n")}, "LIBC=1"))
	})
	t.Run("committed", func(t *testing.T) {
		t.Parallel()
		tck.Run(t, read(t, dir, "guest.wasm"))
	})
}

// BenchmarkC judges a user of 1.5 KB, JSON in and out included.
func BenchmarkC(b *testing.B) { benchmarkGuest(b, "c") }
