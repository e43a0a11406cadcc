package plugins

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// BenchmarkTenants holds 500 policies of 500 tenants, each another module, on one host.
// It reports what one of them takes of memory while it is idle, what is left of it when
// it had to make room, and how long the first call after that takes, in which the module
// is read, metered, taken from the disk cache and instantiated.
//
//	go test ./plugins -run '^$' -bench Tenants -benchtime 1x
func BenchmarkTenants(b *testing.B) {
	const tenants = 500
	for language, path := range map[string]string{
		"rust":           "../examples/policies/approval/approval.wasm",
		"assemblyscript": "../examples/policies/split/split.wasm",
	} {
		b.Run(language, func(b *testing.B) {
			modules, err := variants(b, path, tenants)
			if err != nil {
				b.Fatal(err)
			}
			dir := b.TempDir()
			hold := func(idle int) (*Host, []*Policy) {
				h := newHost(b, Options{CacheDir: dir, MaxIdleBytes: idle})
				all := make([]*Policy, tenants)
				for n := range all {
					source := filepath.Join(modules, fmt.Sprint(n))
					wasm, err := os.ReadFile(source)
					if err != nil {
						b.Fatal(err)
					}
					all[n], err = h.Load(b.Context(), wasm, LoadOptions{
						Source: func(context.Context) ([]byte, error) { return os.ReadFile(source) },
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				return h, all
			}
			for b.Loop() {
				before := resident(b)
				h, all := hold(8 << 30)
				if s := h.Stats(); s.Idle != tenants || s.Compiled != tenants {
					b.Fatalf("holds %+v", s)
				}
				b.ReportMetric(float64(resident(b)-before)/tenants/1024, "idle-KiB/policy")
				runtime.KeepAlive(all)
				if err := h.Close(b.Context()); err != nil {
					b.Fatal(err)
				}

				before = resident(b)
				h, all = hold(1)
				if s := h.Stats(); s.Instances != 0 || s.Compiled != 0 {
					b.Fatalf("holds %+v", s)
				}
				b.ReportMetric(float64(resident(b)-before)/tenants/1024, "evicted-KiB/policy")
				start := time.Now()
				for _, p := range all {
					if _, _, err := p.Call(b.Context(), abi.HookDescribe, nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(time.Since(start).Microseconds())/tenants/1000, "back-ms")
				if err := h.Close(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// variants writes n modules that differ in the version that they describe, and returns
// the folder with them, by number.
func variants(b *testing.B, path string, n int) (dir string, err error) {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	version := mustLoad(b, newHost(b, Options{}), wasm).Description().Version
	dir = b.TempDir()
	for i := range n {
		other := fmt.Sprintf("%0*d", len(version), i)
		variant := bytes.ReplaceAll(bytes.ReplaceAll(wasm, []byte(version), []byte(other)), utf16(version), utf16(other))
		if i > 0 && bytes.Equal(variant, wasm) {
			return "", fmt.Errorf("%s does not hold its version %q", path, version)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), variant, 0o600); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// utf16 spells a text of ASCII as AssemblyScript keeps it.
func utf16(text string) (out []byte) {
	for _, c := range []byte(text) {
		out = append(out, c, 0)
	}
	return out
}

// resident is how much memory the process has, without what it has given back: of the
// system where that is known, as compiled code and instances are not on the heap.
func resident(b *testing.B) int {
	for range 3 {
		debug.FreeOSMemory()
	}
	stat, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("the memory of a process is read from /proc, which is not there")
	}
	var size, pages int
	if _, err := fmt.Sscan(string(stat), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}
