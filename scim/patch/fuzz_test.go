package patch_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// user is a canonical User of about 1.5 KB.
func user(t testing.TB) scim.Object {
	t.Helper()
	data, err := os.ReadFile("../schema/testdata/user.json")
	if err != nil {
		t.Fatal(err)
	}
	return canonical(t, schema.User(), string(data))
}

// FuzzPatch: no body makes it panic, every failure is a SCIM error, the document given stays as it is,
// and the result is in canonical form: normalised again it stays the same.
func FuzzPatch(f *testing.F) {
	files, err := filepath.Glob("../testdata/idp/*/patch-*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		body, err := scim.Encode(scim.Object{"Operations": decode(f, string(data))["body"].(scim.Object)["Operations"]})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, uint8(0))
		f.Add(body, uint8(1))
	}
	f.Add([]byte(`{"Operations":[{"op":"add","value":{"serial":"1","batches":["1"],"tags":["a"],"origin":{"pin":"1","mine":"N"},"size":"7"}},{"op":"remove","path":"tags[value sw \"a\"]"}]}`), uint8(2))
	f.Add([]byte(`{"Operations":[{"op":"add","value":{"urn:example:staff":{"keys":[{"value":"b","primary":true,"room":"3"}]},"urn:example:staff:level":"JUNIOR"}},{"op":"replace","path":"urn:example:staff:keys[room eq \"1\" or primary eq true].serial","value":"s"},{"op":"remove","path":"urn:example:staff:desk"},{"op":"replace","path":"URN:example:STAFF","value":{"Skills":["x"]}}]}`), uint8(3))
	targets := []struct {
		rt  *schema.ResourceType
		doc scim.Object
	}{
		{schema.User(), user(f)},
		{schema.Group(), canonical(f, schema.Group(), `{"displayName":"g","members":[{"value":"u1","type":"User"},{"value":"u2"}]}`)},
		{asset(f), canonical(f, asset(f), `{"label":"l","tags":["a","b"],"origin":{"country":"DE"}}`)},
		{staff(f), canonical(f, staff(f), in(`{"number":"1","skills":["go"],"level":"senior","keys":[{"value":"a","room":"1","primary":true},{"value":"b","room":"2"}],"desk":{"room":"1"}}`))},
	}
	f.Fuzz(func(t *testing.T, body []byte, kind uint8) {
		rt, doc := targets[int(kind)%len(targets)].rt, targets[int(kind)%len(targets)].doc
		ops, err := patch.Parse(body)
		if err != nil {
			checkError(t, err)
			return
		}
		routed, rest := patch.Split(rt, ops, "members")
		if len(routed)+len(rest) < len(ops) {
			t.Fatalf("%d operations became %d and %d", len(ops), len(routed), len(rest))
		}
		if _, err := patch.ElementChanges(rt, routed); err != nil {
			checkError(t, err)
		}
		before := scim.Clone(doc)
		n, err := patch.Apply(rt, doc, ops)
		if !scim.Equal(before, doc) {
			t.Fatalf("the document given became %v", doc)
		}
		if err != nil {
			checkError(t, err)
			return
		}
		again, err := rt.Normalize(n.Doc, schema.FromServer)
		if err != nil {
			t.Fatalf("%v is refused: %v", n.Doc, err)
		}
		if !scim.Equal(n.Doc, again.Doc) {
			t.Fatalf("%v became %v", n.Doc, again.Doc)
		}
		enc, err := scim.Encode(n.Doc)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := scim.Decode(enc); err != nil || !scim.Equal(back, n.Doc) {
			t.Fatalf("%s became %v, %v", enc, back, err)
		}
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	if e, ok := errors.AsType[*scim.Error](err); !ok || e.Status != 400 || e.ScimType == "" || e.Detail == "" {
		t.Fatalf("%v", err)
	}
}

func BenchmarkApply(b *testing.B) {
	doc := user(b)
	for _, bc := range []struct{ name, ops string }{
		{"active", `{"op":"Replace","path":"active","value":"False"}`},
		{"email", `{"op":"Replace","path":"emails[type eq \"work\"].value","value":"new@example.com"}`},
		{"several", `{"op":"replace","value":{"displayName":"B","name.givenName":"K","` + ent + `:department":"D"}},{"op":"add","path":"roles","value":[{"value":"x"}]},{"op":"remove","path":"title"}`},
	} {
		b.Run(bc.name, func(b *testing.B) {
			body := []byte(`{"Operations":[` + bc.ops + `]}`)
			b.ReportAllocs()
			for b.Loop() {
				ops, err := patch.Parse(body)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := patch.Apply(schema.User(), doc, ops); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
