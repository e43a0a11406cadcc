package adapter_test

import (
	"testing"

	"github.com/tidwall/gjson"
)

// What the gate costs each request of the application's own people.
func BenchmarkActive(b *testing.B) {
	s, _ := filled(b)
	serve(b, s.Handler, 201, "POST", "/Users", user("ann"))
	for _, c := range []struct {
		who   string
		there bool
	}{{"ann@acme.example", true}, {"nobody@acme.example", false}} {
		b.Run(c.who, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p, err := s.Tenant().Active(b.Context(), c.who, nil); err != nil || (p != nil) != c.there {
					b.Fatal(p, err)
				}
			}
		})
	}
}

// What it costs to know the groups as well, of a user who is in one.
func BenchmarkActiveGroups(b *testing.B) {
	s, _ := filled(b)
	id := gjson.Get(serve(b, s.Handler, 201, "POST", "/Users", user("ann")), "id").Str
	serve(b, s.Handler, 201, "POST", "/Groups?attributes=id", `{"displayName":"all","members":[{"value":"`+id+`"}]}`)
	b.ReportAllocs()
	for b.Loop() {
		p, err := s.Tenant().Active(b.Context(), id, nil)
		if err != nil || p == nil {
			b.Fatal(p, err)
		}
		if groups, err := p.Groups(b.Context()); err != nil || len(groups) != 1 {
			b.Fatal(groups, err)
		}
	}
}
