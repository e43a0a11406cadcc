package filter_test

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// seeds reads a file of testdata with one filter or path a line. With known
// true it leaves out what comes after the heading "corners": lines that name
// attributes of no schema, or are broken.
func seeds(t testing.TB, file string, known bool) []string {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		switch line := s.Text(); {
		case strings.HasPrefix(line, "# corners") && known:
			return lines
		case line != "" && !strings.HasPrefix(line, "#"):
			lines = append(lines, line)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// Every filter of the RFC and of the identity providers compiles, for a user or
// a group.
func TestKnownFilters(t *testing.T) {
	t.Parallel()
	for _, s := range seeds(t, "filters.txt", true) {
		e, err := filter.Parse(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		if again, err := filter.Parse(e.String()); err != nil || again != e {
			t.Errorf("%s prints as %s: parsed again: %v, %v", s, e, again, err)
		}
		_, asUser := filter.Compile(e, schema.User())
		_, asGroup := filter.Compile(e, schema.Group())
		if asUser != nil && asGroup != nil {
			t.Errorf("%s: %v; %v", s, asUser, asGroup)
		}
	}
}

// Every path of the RFC and of the identity providers leads somewhere, in a user
// or a group.
func TestKnownPaths(t *testing.T) {
	t.Parallel()
	for _, s := range seeds(t, "paths.txt", true) {
		p, err := filter.ParsePath(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		if p.String() != s {
			t.Errorf("%s prints as %s", s, p)
		}
		found := false
		for _, rt := range []*schema.ResourceType{schema.User(), schema.Group()} {
			target := p.Target()
			if _, ok := rt.Lookup(target.URN, target.Name, target.Sub); !ok {
				continue
			}
			found = true
			if p.Filter == nil {
				continue
			}
			if _, err := filter.CompileElement(p.Attr, p.Filter, rt); err != nil {
				t.Errorf("%s: %v", s, err)
			}
		}
		// The RFC's own example asks for members.displayName, which its schema of
		// groups does not have.
		if want := !strings.HasSuffix(s, `"].displayName`); found != want {
			t.Errorf("%s: found: %v, want %v", s, found, want)
		}
	}
}
