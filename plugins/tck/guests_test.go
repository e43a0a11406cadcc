package tck_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

// TestDocumentsAreKept sends documents of any kind to the guests that read them into
// trees and write them again, and wants them back as they were.
func TestDocumentsAreKept(t *testing.T) {
	t.Parallel()
	for _, guest := range []string{"rust", "c"} {
		t.Run(guest, func(t *testing.T) {
			t.Parallel()
			policy := tck.Load(t, plugins.Options{}, read(t, filepath.Join("guests", guest), "guest.wasm"))
			rapid.Check(t, func(t *rapid.T) {
				want := map[string]any{"userName": rapid.String().Draw(t, "userName"), "x": value(4).Draw(t, "x")}
				doc, err := json.Marshal(want)
				if err != nil {
					t.Fatal(err)
				}
				d, _, err := policy.Decide(t.Context(), &abi.DecideInput{
					Operation: abi.OpCreate, ResourceType: "User", After: doc, Settings: json.RawMessage(`{"tck":"rewrite"}`),
				})
				// A text of C's own ends at a NUL, so what it would have to read there is refused.
				if guest == "c" && bytes.Contains(doc, []byte(`\u0000`)) && err != nil {
					return
				}
				if err != nil {
					t.Fatalf("%s: %v", doc, err)
				}
				if !reflect.DeepEqual(decode(t, d.After), decode(t, doc)) {
					t.Fatalf("%s came back as %s", doc, d.After)
				}
			})
		})
	}
}

// value draws a JSON value that is nested no deeper than depth.
func value(depth int) *rapid.Generator[any] {
	number := rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,5})?`),
		func(s string) json.Number { return json.Number(s) })
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), number.AsAny(), rapid.String().AsAny(), rapid.StringN(0, 200, -1).AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds, rapid.SliceOfN(value(depth-1), 0, 6).AsAny(),
			rapid.MapOfN(rapid.String(), value(depth-1), 0, 6).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func decode(t *rapid.T, doc []byte) (v any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
