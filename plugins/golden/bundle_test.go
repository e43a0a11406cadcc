package golden_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/golden"
)

const (
	header = "\x00asm\x01\x00\x00\x00"
	// types is a section with one type.
	types = "\x01\x04\x01\x60\x00\x00"
	// names is another custom section, whose length takes more bytes than it must.
	names = "\x00\x86\x80\x00\x04name\x00"
)

// custom is a custom section of less than 128 bytes.
func custom(name, payload string) string {
	return "\x00" + string(rune(1+len(name)+len(payload))) + string(rune(len(name))) + name + payload
}

func TestBundle(t *testing.T) {
	t.Parallel()
	first := `[{"name":"a",` + input + `,"error":"fuel"}]`
	wasm := []byte(header + types + names)
	one, err := golden.Bundle(wasm, []byte(first))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(one, wasm) {
		t.Error("the module is not what it was")
	}
	// A later section moves to the end with what replaces it.
	two, err := golden.Bundle(append(bytes.Clone(one), types...), []byte(`[]`))
	if err != nil {
		t.Fatal(err)
	}
	if want := header + types + names + types + custom(golden.Section, `[]`); string(two) != want {
		t.Errorf("bundled %q, want %q", two, want)
	}
	for want, bundle := range map[string][]byte{first: one, "[]": two} {
		if got, ok, err := golden.Bundled(bundle); err != nil || !ok || string(got) != want {
			t.Errorf("holds %q, %t, %v, want %q", got, ok, err, want)
		}
	}
	none, err := golden.Bundle(one, nil)
	if err != nil || !bytes.Equal(none, wasm) {
		t.Errorf("without cases it is %q, %v, want what it was", none, err)
	}
	if got, ok, err := golden.Bundled(none); got != nil || ok || err != nil {
		t.Errorf("holds %q, %t, %v, want nothing", got, ok, err)
	}
	if _, err := golden.Bundle(wasm, []byte(`[{}]`)); err == nil {
		t.Error("bundled a broken case")
	}
}

func TestBundledRefuses(t *testing.T) {
	t.Parallel()
	large := "\x00\x93\x80\xc0\x00" + "\x11" + golden.Section + strings.Repeat(" ", golden.MaxBytes+1)
	for name, c := range map[string]struct{ wasm, want string }{
		"nothing":                    {"", "not a WebAssembly module of version 1"},
		"text":                       {"(module)", "not a WebAssembly module of version 1"},
		"component":                  {"\x00asm\x0d\x00\x01\x00", "not a WebAssembly module of version 1"},
		"section without length":     {header + "\x01", "does not fit"},
		"length that never ends":     {header + "\x01\xff\xff\xff\xff\xff\xff", "does not fit"},
		"length of more than 32 bit": {header + "\x01\xff\xff\xff\xff\x1f", "does not fit"},
		"length beyond the module":   {header + "\x01\xff\xff\xff\xff\x0f", "does not fit"},
		"cut off":                    {header + types[:4], "does not fit"},
		"custom without name":        {header + "\x00\x00", "does not fit"},
		"name beyond its section":    {header + "\x00\x02\x7fa" + types, "does not fit"},
		"two":                        {header + custom(golden.Section, "[]") + custom(golden.Section, "[]"), "two sections"},
		"too large":                  {header + large, "want at most 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok, err := golden.Bundled([]byte(c.wasm))
			if err == nil || !strings.Contains(err.Error(), c.want) || ok || got != nil {
				t.Errorf("holds %.20q, %t, %v, want the error %q", got, ok, err, c.want)
			}
		})
	}
}

// FuzzBundled reads modules and lists of cases that strangers made. What can be read
// can be bundled again.
func FuzzBundled(f *testing.F) {
	cases := `[{"name":"a",` + input + `,"want":{"verdict":"allow"}}]`
	f.Add([]byte(header + types + custom(golden.Section, "[]") + names))
	f.Add([]byte(header + "\x00\x9a\x01" + "\x11" + golden.Section + cases))
	f.Add([]byte(header + "\x01\xff\xff\xff\xff\x0f"))
	f.Add([]byte(cases))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, casesErr := golden.ReadCases(data)
		list, ok, err := golden.Bundled(data)
		if err != nil {
			return
		}
		if !ok {
			list = []byte("[]")
			if casesErr == nil {
				list = data
			}
		}
		if _, err := golden.ReadCases(list); err != nil {
			return
		}
		bundled, err := golden.Bundle(data, list)
		if err != nil {
			t.Fatal(err)
		}
		got, ok, err := golden.Bundled(bundled)
		if err != nil || !ok || !bytes.Equal(got, list) {
			t.Fatalf("bundled %q, read %q, %t, %v", list, got, ok, err)
		}
	})
}

// FuzzReadCases reads lists that strangers made.
func FuzzReadCases(f *testing.F) {
	f.Add([]byte(`[{"name":"a",` + input + `,"want":{"verdict":"allow"}}]`))
	f.Add([]byte(`[{"name":"a","hook":"map","input":{},"error":"trap"},{"name":"b","hook":"import","input":{"record":[]},"want":{"skip":true}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		cases, err := golden.ReadCases(data)
		if err != nil {
			return
		}
		// Whatever a policy answers, a case has an opinion on it.
		report, err := golden.Run(t.Context(), cases, answering(`{"verdict":"allow"}`, nil))
		if err != nil {
			t.Fatal(err)
		}
		if report.Passed+report.Failed != len(cases) || (report.Err() == nil) != (report.Failed == 0) {
			t.Fatalf("reported %+v of %d cases", report, len(cases))
		}
	})
}
