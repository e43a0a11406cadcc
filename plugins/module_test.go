package plugins

import (
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// FuzzScanModule checks that no bytes make the scan panic, and that what it rewrites
// is a valid module whenever the original is, with each mutable global exported.
func FuzzScanModule(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "hostile", "*.wasm"))
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		f.Add(hostile(f, strings.TrimSuffix(filepath.Base(file), ".wasm")))
	}
	// The interpreter compiles at once, and a host's bounds keep its tables small.
	rt := wazero.NewRuntimeWithConfig(f.Context(), wazero.NewRuntimeConfigInterpreter().
		WithCoreFeatures(api.CoreFeaturesV2.SetEnabled(api.CoreFeatureReferenceTypes, false)).WithMemoryLimitPages(16))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		scan, err := scanModule(wasm)
		if err != nil || scan.check() != nil {
			return
		}
		if strings.Contains(string(wasm), globalExportPrefix) {
			return // the names are taken, which compilation refuses
		}
		// Without globals to export, only custom sections are left out.
		plain := *scan
		plain.mutable = nil
		bare, _ := plain.rewrite()
		original, err := rt.CompileModule(t.Context(), bare)
		if err != nil {
			return
		}
		rewritten, names := scan.rewrite()
		compiled, err := rt.CompileModule(t.Context(), rewritten)
		if err != nil {
			t.Fatalf("valid before it was rewritten, and after: %v", err)
		}
		if before, after := len(original.ExportedFunctions()), len(compiled.ExportedFunctions()); before != after {
			t.Fatalf("exported %d functions before it was rewritten, and %d after", before, after)
		}
		again, err := scanModule(rewritten)
		if err != nil || int(again.exports) != int(scan.exports)+len(names) || len(again.mutable) != len(names) {
			t.Fatalf("has %d exports and %d names more after it was rewritten, found %d (%v)", scan.exports, len(names), again.exports, err)
		}
		for _, c := range []wazero.CompiledModule{original, compiled} {
			if err := c.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestCountBombs loads modules of a few bytes that announce gigabytes to come. The
// runtime would make room for them first.
func TestCountBombs(t *testing.T) {
	t.Parallel()
	const huge = "\xff\xff\xff\xff\x0f" // 2^32-1
	sections := func(parts ...string) []byte {
		wasm := []byte(wasmHeader)
		for _, part := range parts {
			wasm = append(wasm, part[0])
			wasm = binary.AppendUvarint(wasm, uint64(len(part)-1))
			wasm = append(wasm, part[1:]...)
		}
		return wasm
	}
	h := newHost(t, Options{})
	for name, wasm := range map[string][]byte{
		"types":             sections("\x01" + huge),
		"parameters":        sections("\x01\x01\x60" + huge + "\x7f\x00"),
		"results":           sections("\x01\x01\x60\x00" + huge + "\x7f"),
		"group of types":    sections("\x01\x01\x4e" + huge + "\x60\x00\x00"),
		"imports":           sections("\x02" + huge),
		"import name":       sections("\x02\x01" + huge),
		"functions":         sections("\x03" + huge),
		"tables":            sections("\x04" + huge),
		"memories":          sections("\x05" + huge),
		"globals":           sections("\x06" + huge),
		"exports":           sections("\x07" + huge),
		"export name":       sections("\x07\x01" + huge),
		"element segments":  sections("\x09" + huge),
		"element entries":   sections("\x09\x01\x00\x41\x00\x0b" + huge),
		"element passive":   sections("\x09\x01\x01\x00" + huge),
		"code":              sections("\x0a" + huge),
		"locals":            sections("\x0a\x01\x08\x01" + huge + "\x7f\x0b"),
		"groups of locals":  sections("\x0a\x01\x08" + huge + "\x01\x7f\x0b"),
		"body":              sections("\x0a\x01" + huge + "\x00\x0b"),
		"data segments":     sections("\x0b" + huge),
		"data":              sections("\x0b\x01\x00\x41\x00\x0b" + huge),
		"data passive":      sections("\x0b\x01\x01" + huge),
		"tags":              sections("\x0d" + huge),
		"section":           []byte(wasmHeader + "\x01" + huge),
		"repeated section":  sections("\x01\x00", "\x01\x00"),
		"order of sections": sections("\x03\x00", "\x01\x00"),
		"more in a section": sections("\x01\x00\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := scanModule(wasm); err == nil {
				t.Error("the scan let it pass")
			}
			if _, err := h.Load(t.Context(), wasm, LoadOptions{}); !isLoadError(err) {
				t.Errorf("refused with %v, want a LoadError", err)
			}
		})
	}
	// Names of functions that never come do no harm, since nobody reads them.
	good := append(hostile(t, "good"), sections("\x00\x04name\x01\x05" + huge)[len(wasmHeader):]...)
	mustAllow(t, mustLoad(t, h, good))
}

func TestBinaryReader(t *testing.T) {
	t.Parallel()
	for _, n := range []uint32{0, 1, 127, 128, 1 << 20, 1<<32 - 1} {
		r := &binaryReader{data: binary.AppendUvarint(nil, uint64(n))}
		if got := r.u32(); got != n || r.err != nil || len(r.rest()) != 0 {
			t.Errorf("read %d, %v; want %d", got, r.err, n)
		}
	}
	for name, data := range map[string][]byte{
		"33 bits":      binary.AppendUvarint(nil, 1<<32),
		"six bytes":    {0x80, 0x80, 0x80, 0x80, 0x80, 0x00},
		"no last byte": {0x80},
		"nothing":      {},
	} {
		if r := (&binaryReader{data: data}); r.u32() != 0 || r.err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
	r := &binaryReader{data: []byte{5, 'a', 'b'}}
	if name := r.name(); name != "" || r.err == nil {
		t.Errorf("read the name %q, %v from too few bytes", name, r.err)
	}
	if r.byte() != 0 || r.bytes(1) != nil || r.err == nil {
		t.Error("read on after an error")
	}
}
