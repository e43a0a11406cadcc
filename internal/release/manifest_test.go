package release_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/internal/release"
)

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := release.Parse([]byte(`{"caddy_version":"v2.0.0","go":"1.26","modules":[
		{"module":"example.com/a","version":"v1.0.0"},
		{"module":"example.com/b","package":"example.com/b/caddy","version":"v2.0.0"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &release.Manifest{Caddy: "v2.0.0", Go: "1.26", Modules: []release.Module{
		{Path: "example.com/a", Version: "v1.0.0"},
		{Path: "example.com/b", Package: "example.com/b/caddy", Version: "v2.0.0"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, want := got.Modules[0].Import(), "example.com/a"; got != want {
		t.Errorf("Import() = %q, want %q", got, want)
	}
	if got, want := got.Modules[1].Import(), "example.com/b/caddy"; got != want {
		t.Errorf("Import() = %q, want %q", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"no JSON":       {`{`, "unexpected EOF"},
		"unknown field": {`{"caddy":"v2.0.0"}`, "unknown field"},
		"two values":    {`{"caddy_version":"v2.0.0","go":"1.26","modules":[{"module":"a","version":"v1"}]}{}`, "more than one"},
		"no Caddy":      {`{"go":"1.26","modules":[{"module":"a","version":"v1"}]}`, "are needed"},
		"no modules":    {`{"caddy_version":"v2.0.0","go":"1.26"}`, "are needed"},
		"no version":    {`{"caddy_version":"v2.0.0","go":"1.26","modules":[{"module":"a"}]}`, "needs module and version"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := release.Parse([]byte(tc.in))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Parse() = %v, want an error with %q", err, tc.want)
			}
		})
	}
}
