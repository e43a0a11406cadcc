package filter_test

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// FuzzParse: whatever parses, prints to what parses to the same; whatever does
// not, says where.
func FuzzParse(f *testing.F) {
	for _, s := range seeds(f, "filters.txt", false) {
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
	for _, s := range seeds(f, "paths.txt", false) {
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

// FuzzMatch: every filter that compiles says of every JSON document what the
// naive evaluator says of it, and survives what is no document.
func FuzzMatch(f *testing.F) {
	doc := document(f, "user.json")
	for _, s := range seeds(f, "filters.txt", false) {
		f.Add(s, doc)
	}
	f.Add(`emails[primary eq false] and not (emails.type ne null)`, []byte(`{"emails":[{},null,{"type":["a"],"primary":null}]}`))
	f.Add(`userName eq "é"`, []byte(`{"user\u004eame":"E\u0301"}`))
	f.Add(`title pr`, []byte(`{"title":[[[`))
	rt := schema.User()
	f.Fuzz(func(t *testing.T, s string, data []byte) {
		e, err := filter.Parse(s)
		if err != nil {
			return
		}
		m, err := filter.Compile(e, rt)
		if err != nil {
			var se *scim.Error
			if !errors.As(err, &se) || se.ScimType != scim.InvalidFilter || se.Detail == "" {
				t.Fatalf("%q: %#v", s, err)
			}
			return
		}
		before := bytes.Clone(data)
		if first := m.Match(data); m.Match(data) != first {
			t.Fatalf("%q on %q: now so, now so", s, data)
		}
		if !bytes.Equal(data, before) {
			t.Fatalf("%q changed %q", s, before)
		}
		if doc, err := scim.Decode(data); err == nil {
			checkMatch(t, rt, e, m, doc)
		}
	})
}
