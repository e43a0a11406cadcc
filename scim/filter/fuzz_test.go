package filter_test

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/caddy-scim/caddy-scim/scim/filter"
)

// seeds reads a file of testdata with one filter or path a line.
func seeds(t testing.TB, file string) []string {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		if line := s.Text(); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// FuzzParse: whatever parses, prints to what parses to the same; whatever does
// not, says where.
func FuzzParse(f *testing.F) {
	for _, s := range seeds(f, "filters.txt") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := filter.Parse(s)
		if err != nil {
			checkSyntaxError(t, s, err)
			return
		}
		text := e.String()
		if len(text) > filter.MaxLength {
			return // canonical spacing made it too long
		}
		again, err := filter.Parse(text)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", s, text, err)
		}
		if again != e {
			t.Fatalf("%q prints as %q, which is another filter: %#v, %#v", s, text, e, again)
		}
		if again.String() != text {
			t.Fatalf("%q prints as %q, that as %q", s, text, again)
		}
	})
}

// FuzzParsePath is FuzzParse for paths.
func FuzzParsePath(f *testing.F) {
	for _, s := range seeds(f, "paths.txt") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := filter.ParsePath(s)
		if err != nil {
			checkSyntaxError(t, s, err)
			return
		}
		text := p.String()
		if len(text) > filter.MaxLength {
			return
		}
		again, err := filter.ParsePath(text)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", s, text, err)
		}
		if again != p || again.String() != text {
			t.Fatalf("%q prints as %q, which is another path: %#v, %#v", s, text, p, again)
		}
	})
}

func checkSyntaxError(t *testing.T, s string, err error) {
	t.Helper()
	var syntax *filter.SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("%q: got %T", s, err)
	}
	if syntax.Pos < 0 || syntax.Pos > len(s) {
		t.Errorf("%q: position %d is outside", s, syntax.Pos)
	}
	if syntax.Msg == "" || len(syntax.Msg) > 1000 || !utf8.ValidString(syntax.Msg) {
		t.Errorf("%q: message %q", s, syntax.Msg)
	}
}
