package filter_test

import (
	"os"
	"testing"

	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// hotFilters are what clients send most, and one of everything.
var hotFilters = []struct{ name, filter string }{
	{"userName", `userName eq "bjensen@example.com"`},
	{"workEmail", `emails[type eq "work"].value eq "bjensen@example.com"`},
	{"contains", `emails co "@EXAMPLE.com"`},
	{"extension", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26118915-6090-4610-87e4-49d8ca9f808d"`},
	{"delta", `meta.lastModified ge "2010-05-13T04:42:34Z"`},
	{"rich", `active eq true and (title pr or userType eq "Intern") and not (name.familyName sw "X") and meta.created lt "2030-01-01T00:00:00Z" and addresses[type eq "work" and country eq "USA"]`},
}

func document(t testing.TB, file string) []byte {
	t.Helper()
	doc, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func BenchmarkParse(b *testing.B) {
	for _, f := range hotFilters {
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := filter.Parse(f.filter); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, f := range hotFilters {
		e, err := filter.Parse(f.filter)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := filter.Compile(e, schema.User()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	doc := document(b, "user.json")
	for _, f := range hotFilters {
		m := compile(b, f.filter, schema.User())
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if !m.Match(doc) {
					b.Fatal("no match")
				}
			}
		})
	}
}

func compile(t testing.TB, s string, rt *schema.ResourceType) *filter.Matcher {
	t.Helper()
	e, err := filter.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	m, err := filter.Compile(e, rt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
