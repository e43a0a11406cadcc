package schema_test

import (
	"errors"
	"os"
	"testing"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// user is a User of about 1.5 KB as a provisioning client sends it.
func user(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/user.json")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzNormalize: no body makes it panic, every failure is a SCIM error, and what it makes is a fixed
// point: normalised again, from either side, it stays the same.
func FuzzNormalize(f *testing.F) {
	f.Add(user(f), uint8(0))
	f.Add([]byte(`{"userName":"a","emails":["x",{"value":"X","primary":"true"},{"value":"y","Primary":true},{"type":"work","value":""}]}`), uint8(0))
	f.Add([]byte(`{"displayName":"g","members":["1",{"value":"2","$ref":null,"type":"User"}],"urn:ietf:params:scim:schemas:core:2.0:Group:externalId":"e"}`), uint8(1))
	f.Add([]byte(`{"label":"x","urn:example:paint":[{"colour":"red"}],"size":"-0","weight":"1e3","made":"2008-01-23T04:56:22Z","tags":["A","a"],"ratings":["1",1],"origin":{"pin":"1"},"parts":[{"value":"","type":"x"}]}`), uint8(2))
	types := []*schema.ResourceType{schema.User(), schema.Group(), widget(f)}
	f.Fuzz(func(t *testing.T, data []byte, kind uint8) {
		rt := types[int(kind)%len(types)]
		obj, err := scim.Decode(data)
		if err != nil {
			return
		}
		n, err := rt.Normalize(obj, schema.FromClient)
		if err != nil {
			if e, ok := errors.AsType[*scim.Error](err); !ok || e.Status != 400 || e.Detail == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, mode := range []schema.Mode{schema.FromClient, schema.FromServer} {
			enc, err := scim.Encode(n.Doc)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := scim.Decode(enc)
			if err != nil {
				t.Fatalf("%s: %v", enc, err)
			}
			again, err := rt.Normalize(doc, mode)
			if err != nil {
				// A required writeOnly attribute is in no document.
				t.Fatalf("%s: %v", enc, err)
			}
			if !scim.Equal(n.Doc, again.Doc) {
				t.Fatalf("%s became %v", enc, again.Doc)
			}
			if _, err := rt.Replace(n.Doc, doc); err != nil {
				t.Fatalf("replaced by itself: %v", err)
			}
			p, err := rt.Projection("", "meta")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := scim.Decode(p.Apply(enc)); err != nil {
				t.Fatalf("projected: %v", err)
			}
		}
	})
}

func BenchmarkNormalize(b *testing.B) {
	data := user(b)
	obj, err := scim.Decode(data)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decoded", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := schema.User().Normalize(obj, schema.FromClient); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bytes to bytes", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			obj, err := scim.Decode(data)
			if err != nil {
				b.Fatal(err)
			}
			n, err := schema.User().Normalize(obj, schema.FromClient)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := scim.Encode(n.Doc); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkProjection(b *testing.B) {
	for name, attributes := range map[string]string{"everything": "", "three": "userName,emails.value,active"} {
		b.Run(name, func(b *testing.B) {
			p, err := schema.User().Projection(attributes, "")
			if err != nil {
				b.Fatal(err)
			}
			doc := user(b)
			b.ReportAllocs()
			for b.Loop() {
				p.Apply(doc)
			}
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	rt := schema.User()
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := rt.Lookup(schema.EnterpriseUserURN, "manager", "value"); !ok {
			b.Fatal("not found")
		}
	}
}

// FuzzParse: no document makes it panic, and what it accepts can be served, read back, and used for a resource type.
func FuzzParse(f *testing.F) {
	for _, file := range []string{"badge.json", "widget.json", "paint.json"} {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"ID":"urn:x:y","Attributes":[{"NAME":"$ref","Type":"REFERENCE"},{"name":"a","subAttributes":null}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := schema.ParseExtension(data)
		if err != nil {
			return
		}
		again, err := schema.ParseExtension(s.Document("https://example.com"))
		if err != nil {
			t.Fatalf("%s: %v", s.Document(""), err)
		}
		if string(again.Document("")) != string(s.Document("")) {
			t.Fatalf("%s became %s", s.Document(""), again.Document(""))
		}
		rt, err := schema.Group().Extend(schema.Extension{Schema: s})
		if err != nil {
			return
		}
		for ref := range rt.Attributes() {
			if found, ok := rt.Path(ref.String()); !ok || found.String() != ref.String() {
				t.Fatalf("%s is found as %v", ref, found)
			}
		}
	})
}
