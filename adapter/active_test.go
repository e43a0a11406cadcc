package adapter_test

import (
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
)

func TestSameName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Administrators", "administrators", true},
		{"Administrators", "Admini\u017ftrators", false}, // ſ
		{"kate", "\u212aate", false},                     // the Kelvin sign
		{"gate", "\uff47ate", false},                     // wide
		{"Änne", "änne", true},
		{"Änne", "anne", false},
		{"ann", "anna", false},
		{"", "", true},
	} {
		if got := adapter.SameName(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %t", c.a, c.b, got)
		}
	}
}
