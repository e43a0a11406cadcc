package filter_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/scim/filter"
)

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in  string
		pos int
		msg string // a part of the message
	}{
		{``, 0, "the filter is empty"},
		{`   `, 3, "the filter is empty"},
		{`userName`, 8, `found the end, expected one of the operators eq`},
		{`userName regex "x"`, 9, `found "regex", expected one of the operators`},
		{`userName is "x"`, 9, `found "is"`},
		{"title co \"\ufffd\xff\"", 13, "not valid UTF-8"},
		{`userName eqx "x"`, 9, `found "eqx"`},
		{`userName eq5`, 9, `found "eq5"`},
		{`userName eq`, 11, `found the end, expected a text in double quotes`},
		{`userName eq bob`, 12, `found "bob", expected a text in double quotes`},
		{`userName eq 'bob'`, 12, `found "'bob'", expected a text in double quotes`},
		{`userName eq “bob”`, 12, `found "“", expected a text in double quotes`},
		{`userName eq "bob`, 12, `no closing "`},
		{`userName eq "bob\`, 12, `no closing "`},
		{`userName eq "bob\"`, 12, `no closing "`},
		{`userName eq "\x"`, 13, `unknown escape`},
		{`userName eq "\u12g4"`, 13, `broken \u escape`},
		{`userName eq "\u123`, 13, `broken \u escape`},
		{`userName eq "\ud800"`, 13, `broken \u escape`},
		{`userName eq "\ud800\u0041"`, 13, `broken \u escape`},
		{`userName eq "\udc00\ud800"`, 13, `broken \u escape`},
		{"userName eq \"a\nb\"", 14, `no raw control characters`},
		{"userName eq \"\\t\nb\"", 15, `no raw control characters`},
		{"userName eq \"\xff\"", 13, `not valid UTF-8`},
		{`a eq 01`, 5, `found "01"`},
		{`a eq -`, 5, `found "-"`},
		{`a eq 1.`, 5, `found "1."`},
		{`a eq 1e`, 5, `found "1e"`},
		{`a eq .5`, 5, `found ".5"`},
		{`a eq truest`, 5, `found "truest"`},
		{`a eq {}`, 5, `found "{"`},
		{`a pr "x"`, 5, `found "\"", expected "and", "or" or the end`},
		{`a pr b pr`, 5, `found "b", expected "and", "or" or the end`},
		{`a pr and`, 8, `found the end, expected an attribute`},
		{`a pr and or b pr`, 9, `found "or", expected an attribute`},
		{`and a pr`, 0, `found "and", expected an attribute`},
		{`not a pr`, 4, `found "a", expected "(" after "not"`},
		{`not`, 3, `found the end, expected "(" after "not"`},
		{`(a pr`, 5, `the ")" for the "(" at position 0`},
		{`a pr)`, 4, `found ")"`},
		{`()`, 1, `found ")", expected an attribute`},
		{`emails[type eq "work"`, 21, `the "]" for the "[" at position 6`},
		{`emails[type eq "work")`, 21, `found ")"`},
		{`emails[]`, 7, `found "]", expected an attribute`},
		{`emails[(type pr]`, 15, `the ")" for the "(" at position 7`},
		{`emails.value[type pr]`, 12, `not a sub-attribute`},
		{`emails[a[b pr]]`, 7, `a value path inside`},
		{`emails[type pr].value`, 21, `expected one of the operators`},
		{`emails[type pr]. pr`, 16, `expected a sub-attribute`},
		{`emails[type pr].a.b pr`, 16, `expected a sub-attribute`},
		{`emails[type pr] eq "x"`, 16, `found "eq"`},
		{`a.b.c pr`, 0, `found "a.b.c"`},
		{`a. pr`, 0, `found "a."`},
		{`.a pr`, 0, `found ".a"`},
		{`:a pr`, 0, `found ":a"`},
		{`2a pr`, 0, `found "2a"`},
		{`_a pr`, 0, `found "_a"`},
		{`urn:example:ext:2.0 pr`, 0, `found "urn:example:ext:2.0"`},
		{`é pr`, 0, `found "é"`},
		{`"a" eq "b"`, 0, `found "\""`},
		{strings.Repeat("z", 40) + `! pr`, 0, `found "` + strings.Repeat("z", 32) + `"…`},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			e, err := filter.Parse(tt.in)
			wantSyntaxError(t, e, err, tt.pos, tt.msg)
		})
	}
}

func TestPathSyntaxErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in  string
		pos int
		msg string
	}{
		{``, 0, "the path is empty"},
		{`/members`, 0, `found "/members"`},
		{`members/1`, 0, `found "members/1"`},
		{`members[`, 8, `found the end, expected an attribute`},
		{`members[value eq "x"`, 20, `the "]" for the "["`},
		{`members[0]`, 8, `found "0"`},
		{`members[value eq "x"]x`, 21, `found "x", expected the end of the path`},
		{`members[value eq "x"].`, 22, `expected a sub-attribute`},
		{`members[value eq "x"].a.b`, 22, `found "a.b", expected a sub-attribute`},
		{`name.givenName[a pr]`, 14, `not a sub-attribute`},
		{`urn:example:ext:2.0[a pr]`, 19, `not a sub-attribute or a schema`},
		{`userName eq "x"`, 9, `expected the end of the path`},
		{`a b`, 2, `found "b"`},
		{`urn:example:`, 0, `found "urn:example:"`},
		{`:a`, 0, `found ":a"`},
		{"a\xff", 1, `the path is not valid UTF-8`},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			p, err := filter.ParsePath(tt.in)
			wantSyntaxError(t, p, err, tt.pos, tt.msg)
		})
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return strings.Repeat("(", n) + "a pr" + strings.Repeat(")", n) }
	terms := func(n int) string { return strings.TrimSuffix(strings.Repeat("a pr or ", n), " or ") }
	long := func(n int) string { return `a eq "` + strings.Repeat("x", n-7) + `"` }
	tests := []struct {
		name string
		in   string
		msg  string // empty: it is accepted
	}{
		{"deepest", nested(filter.MaxDepth), ""},
		{"too deep", nested(filter.MaxDepth + 1), "nested more than 64 deep"},
		{"much too deep", nested(4000), "nested more than 64 deep"},
		{"only opened", strings.Repeat("(", 8000), "nested more than 64 deep"},
		{"only nots", strings.Repeat("not(", 2000), "nested more than 64 deep"},
		{"value path counts", strings.Repeat("(", 64) + `a[b pr]` + strings.Repeat(")", 64), "nested more than 64 deep"},
		{"brackets that printing adds count", strings.Repeat("not (", 63) + `a[b pr or c pr].d pr` + strings.Repeat(")", 63), "nested more than 64 deep"},
		{"most terms", terms(filter.MaxTerms), ""},
		{"too many terms", terms(filter.MaxTerms + 1), "more than 256 terms"},
		{"longest", long(filter.MaxLength), ""},
		{"too long", long(filter.MaxLength + 1), "8193 bytes; at most 8192"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, err := filter.Parse(tt.in)
			if tt.msg == "" {
				if err != nil {
					t.Fatal(err)
				}
				if again, err := filter.Parse(e.String()); err != nil || again != e {
					t.Fatalf("parsed again: %v", err)
				}
				return
			}
			wantSyntaxError(t, e, err, -1, tt.msg)
		})
	}
	p, err := filter.ParsePath("a[" + nested(filter.MaxDepth) + "]")
	wantSyntaxError(t, p, err, -1, "nested more than 64 deep")
	p, err = filter.ParsePath(strings.Repeat("a", filter.MaxLength+1))
	wantSyntaxError(t, p, err, filter.MaxLength, "the path has 8193 bytes")
}

// wantSyntaxError checks that there is no result and an error at pos (any, if
// negative) whose message has msg in it.
func wantSyntaxError(t *testing.T, got any, err error, pos int, msg string) {
	t.Helper()
	var syntax *filter.SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("got %v and %v, want a *SyntaxError", got, err)
	}
	if pos >= 0 && syntax.Pos != pos {
		t.Errorf("got position %d in %q, want %d", syntax.Pos, err, pos)
	}
	if !strings.Contains(syntax.Msg, msg) {
		t.Errorf("got %q, want something with %q", err, msg)
	}
	if len(err.Error()) > 400 {
		t.Errorf("the message has %d bytes: it repeats too much of the input", len(err.Error()))
	}
}
