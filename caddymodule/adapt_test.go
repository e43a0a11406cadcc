package caddymodule_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/caddymodule"
)

var update = flag.Bool("update", false, "write the golden files anew")

const separator = "\n----------\n"

// golden calls fn for every file in a folder, with what stands before the separator, and compares what it returns with
// what stands behind.
func golden(t *testing.T, folder string, fn func(t *testing.T, name, input string) string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.caddyfiletest"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".caddyfiletest"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(raw), separator)
			got := fn(t, name, input)
			if *update {
				if err := os.WriteFile(file, []byte(input+separator+got+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.TrimSuffix(want, "\n"), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAdapt(t *testing.T) {
	t.Parallel()
	golden(t, "adapt", func(t *testing.T, name, input string) string {
		out, err := adapt(t, name, input)
		if err != nil {
			t.Fatal(err)
		}
		return indented(t, out)
	})
}

func TestAdaptFails(t *testing.T) {
	t.Parallel()
	golden(t, "fail", func(t *testing.T, name, input string) string {
		out, err := adapt(t, name, input)
		if err == nil {
			t.Fatalf("no error, but %s", out)
		}
		if !strings.Contains(err.Error(), name+":") {
			t.Errorf("the error names no file and line: %v", err)
		}
		return err.Error()
	})
}

// TestJSONAndCaddyfileSayTheSame goes through all fields of the configuration: each is in the JSON of the Caddyfile
// that uses every option, and that JSON read and written again is the same.
func TestJSONAndCaddyfileSayTheSame(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/adapt/everything.caddyfiletest")
	if err != nil {
		t.Fatal(err)
	}
	_, out, _ := strings.Cut(string(raw), separator)
	const server = "apps.http.servers.srv0.routes.0.handle.0.routes.0.handle.0"
	for path, config := range map[string]any{
		"apps.scim":         new(caddymodule.App),
		"apps.scim.storage": new(caddymodule.Badger),
		server:              new(caddymodule.Handler),
	} {
		part := gjson.Get(out, path)
		if !part.IsObject() {
			t.Fatalf("%s is missing", path)
		}
		have := map[string]bool{}
		part.ForEach(func(key, _ gjson.Result) bool { have[key.Str] = true; return true })
		var doc any
		if err := json.Unmarshal([]byte(part.Raw), &doc); err != nil {
			t.Fatal(err)
		}
		object, _ := doc.(map[string]any)
		delete(object, "store")   // the name of the storage module
		delete(object, "handler") // and of the handler
		trimmed, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range missing(reflect.TypeOf(config).Elem(), object) {
			t.Errorf("%s: no option of the Caddyfile sets %s", path, field)
		}
		if err := caddy.StrictUnmarshalJSON(trimmed, config); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		var back any
		if err := json.Unmarshal(again, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(any(object), back); diff != "" {
			t.Errorf("%s: not the same after reading and writing:\n%s", path, diff)
		}
	}
}

// missing lists the JSON fields of a configuration type that no value in any of docs sets.
func missing(typ reflect.Type, docs ...any) []string {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	var list []string
	switch {
	case typ == reflect.TypeFor[json.RawMessage]():
	case typ.Kind() == reflect.Map:
		var values []any
		for _, d := range docs {
			object, _ := d.(map[string]any)
			for _, v := range object {
				values = append(values, v)
			}
		}
		return missing(typ.Elem(), values...)
	case typ.Kind() == reflect.Slice:
		var values []any
		for _, d := range docs {
			list, _ := d.([]any)
			values = append(values, list...)
		}
		return missing(typ.Elem(), values...)
	case typ.Kind() == reflect.Struct:
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name == "" {
				continue
			}
			var values []any
			for _, d := range docs {
				if object, ok := d.(map[string]any); ok && object[name] != nil {
					values = append(values, object[name])
				}
			}
			if values == nil {
				list = append(list, name)
				continue
			}
			for _, inner := range missing(typ.Field(i).Type, values...) {
				list = append(list, name+"."+inner)
			}
		}
	}
	return list
}
