package filter_test

import (
	"testing"

	"github.com/caddy-scim/caddy-scim/scim/filter"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func name(n string) filter.AttrPath { return filter.AttrPath{Name: n} }

func sub(n, s string) filter.AttrPath { return filter.AttrPath{Name: n, Sub: s} }

func text(s string) filter.Value { return filter.Value{Kind: filter.String, Text: s} }

func number(s string) filter.Value { return filter.Value{Kind: filter.Number, Text: s} }

func boolean(b bool) filter.Value { return filter.Value{Kind: filter.Bool, Bool: b} }

func term(a filter.AttrPath, op filter.Op, v filter.Value) filter.Compare {
	return filter.Compare{Attr: a, Op: op, Value: v}
}

func pr(n string) filter.Present { return filter.Present{Attr: name(n)} }

func TestParse(t *testing.T) {
	t.Parallel()
	work := term(name("type"), filter.Equal, text("work"))
	tests := []struct {
		in   string
		want filter.Expr
		text string // canonical form, where it differs from in
	}{
		// Operators.
		{in: `a eq "x"`, want: term(name("a"), filter.Equal, text("x"))},
		{in: `a ne "x"`, want: term(name("a"), filter.NotEqual, text("x"))},
		{in: `a co "x"`, want: term(name("a"), filter.Contains, text("x"))},
		{in: `a sw "x"`, want: term(name("a"), filter.StartsWith, text("x"))},
		{in: `a ew "x"`, want: term(name("a"), filter.EndsWith, text("x"))},
		{in: `a gt "x"`, want: term(name("a"), filter.Greater, text("x"))},
		{in: `a ge "x"`, want: term(name("a"), filter.GreaterOrEqual, text("x"))},
		{in: `a lt "x"`, want: term(name("a"), filter.Less, text("x"))},
		{in: `a le "x"`, want: term(name("a"), filter.LessOrEqual, text("x"))},
		{in: `a pr`, want: pr("a")},
		{in: `a EQ "x"`, want: term(name("a"), filter.Equal, text("x")), text: `a eq "x"`},
		{in: `a Pr`, want: pr("a"), text: `a pr`},

		// Precedence and grouping.
		{in: `a pr and b pr or c pr`, want: filter.Or{L: filter.And{L: pr("a"), R: pr("b")}, R: pr("c")}},
		{in: `a pr or b pr and c pr`, want: filter.Or{L: pr("a"), R: filter.And{L: pr("b"), R: pr("c")}}},
		{in: `(a pr or b pr) and c pr`, want: filter.And{L: filter.Or{L: pr("a"), R: pr("b")}, R: pr("c")}},
		{in: `not (a pr) and b pr`, want: filter.And{L: filter.Not{X: pr("a")}, R: pr("b")}},
		{in: `not (a pr and b pr)`, want: filter.Not{X: filter.And{L: pr("a"), R: pr("b")}}},
		{in: `a pr and b pr and c pr`, want: filter.And{L: filter.And{L: pr("a"), R: pr("b")}, R: pr("c")}},
		{in: `a pr and (b pr and c pr)`, want: filter.And{L: pr("a"), R: filter.And{L: pr("b"), R: pr("c")}}},
		{in: `a pr or (b pr or c pr)`, want: filter.Or{L: pr("a"), R: filter.Or{L: pr("b"), R: pr("c")}}},
		{in: `((a pr))`, want: pr("a"), text: `a pr`},
		{in: `NOT(a pr)AND(b pr)Or(c pr)`, want: filter.Or{L: filter.And{L: filter.Not{X: pr("a")}, R: pr("b")}, R: pr("c")}, text: `not (a pr) and b pr or c pr`},
		{in: "\t a \r\n pr  ", want: pr("a"), text: `a pr`},
		{in: `( a  eq"x" )`, want: term(name("a"), filter.Equal, text("x")), text: `a eq "x"`},

		// Value paths.
		{in: `emails[type eq "work"]`, want: filter.ValuePath{Attr: name("emails"), Filter: work}},
		{in: `emails [ type eq "work" ]`, want: filter.ValuePath{Attr: name("emails"), Filter: work}, text: `emails[type eq "work"]`},
		{
			in: `emails[type eq "work" and value co "@x"]`,
			want: filter.ValuePath{Attr: name("emails"), Filter: filter.And{
				L: work, R: term(name("value"), filter.Contains, text("@x"))}},
		},
		{
			in: `emails[type eq "work"].value eq "x"`,
			want: filter.ValuePath{Attr: name("emails"), Filter: filter.And{
				L: work, R: term(name("value"), filter.Equal, text("x"))}},
			text: `emails[type eq "work" and value eq "x"]`,
		},
		{
			in: `emails[type eq "work" or primary pr].value pr and a pr`,
			want: filter.And{
				L: filter.ValuePath{Attr: name("emails"), Filter: filter.And{L: filter.Or{L: work, R: pr("primary")}, R: pr("value")}},
				R: pr("a")},
			text: `emails[(type eq "work" or primary pr) and value pr] and a pr`,
		},
		{
			in: enterprise + `:x[not (a pr)]`,
			want: filter.ValuePath{
				Attr: filter.AttrPath{URN: enterprise, Name: "x"}, Filter: filter.Not{X: pr("a")}},
		},

		// Attributes.
		{in: `name.givenName pr`, want: filter.Present{Attr: sub("name", "givenName")}},
		{in: `manager.$ref pr`, want: filter.Present{Attr: sub("manager", "$ref")}},
		{in: `members[$ref pr]`, want: filter.ValuePath{Attr: name("members"), Filter: pr("$ref")}},
		{in: `my-attr_2 pr`, want: pr("my-attr_2")},
		{in: `not.x pr`, want: filter.Present{Attr: sub("not", "x")}},
		{in: `android pr and order pr or nothing pr`, want: filter.Or{L: filter.And{L: pr("android"), R: pr("order")}, R: pr("nothing")}},
		{in: enterprise + `:department eq "x"`, want: term(filter.AttrPath{URN: enterprise, Name: "department"}, filter.Equal, text("x"))},
		{
			in:   `urn:ietf:params:scim:schemas:core:2.0:User:name.givenName pr`,
			want: filter.Present{Attr: filter.AttrPath{URN: "urn:ietf:params:scim:schemas:core:2.0:User", Name: "name", Sub: "givenName"}},
		},
		{in: `https://example.com/s/1.0:x.y pr`, want: filter.Present{Attr: filter.AttrPath{URN: "https://example.com/s/1.0", Name: "x", Sub: "y"}}},

		// Literals.
		{in: `a eq true`, want: term(name("a"), filter.Equal, boolean(true))},
		{in: `a eq False`, want: term(name("a"), filter.Equal, boolean(false)), text: `a eq false`},
		{in: `a eq NULL`, want: term(name("a"), filter.Equal, filter.Value{}), text: `a eq null`},
		{in: `a eq 0`, want: term(name("a"), filter.Equal, number("0"))},
		{in: `a eq -12.50e+3`, want: term(name("a"), filter.Equal, number("-12.50e+3"))},
		{in: `(a eq 10)`, want: term(name("a"), filter.Equal, number("10")), text: `a eq 10`},
		{in: `a eq ""`, want: term(name("a"), filter.Equal, text(""))},
		{in: `a eq "\"\\\/\b\f\n\r\t"`, want: term(name("a"), filter.Equal, text("\"\\/\b\f\n\r\t")), text: `a eq "\"\\/\b\f\n\r\t"`},
		{in: `a eq "\u0041\u00e9\u20AC"`, want: term(name("a"), filter.Equal, text("Aé€")), text: `a eq "Aé€"`},
		{in: `a eq "x\ud83d\uDE00y"`, want: term(name("a"), filter.Equal, text("x😀y")), text: `a eq "x😀y"`},
		{in: `a eq "\u0000\u001f"`, want: term(name("a"), filter.Equal, text("\x00\x1f"))},
		{in: `a eq "[(and)] \u005d"`, want: term(name("a"), filter.Equal, text("[(and)] ]")), text: `a eq "[(and)] ]"`},
		{in: `a eq "<&>"`, want: term(name("a"), filter.Equal, text("<&>"))},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := filter.Parse(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Fatalf("got %#v, want %#v", got, tt.want)
			}
			if tt.text == "" {
				tt.text = tt.in
			}
			if got.String() != tt.text {
				t.Errorf("prints %s, want %s", got, tt.text)
			}
			if again, err := filter.Parse(got.String()); err != nil || again != got {
				t.Errorf("parsed again: %v, %v", again, err)
			}
		})
	}
}

func TestParsePath(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want filter.Path
	}{
		{`members`, filter.Path{Attr: name("members")}},
		{`name.familyName`, filter.Path{Attr: sub("name", "familyName")}},
		{`manager.$ref`, filter.Path{Attr: sub("manager", "$ref")}},
		{`and`, filter.Path{Attr: name("and")}},
		{`addresses[type eq "work"]`, filter.Path{Attr: name("addresses"), Filter: term(name("type"), filter.Equal, text("work"))}},
		{
			`addresses[type eq "work"].streetAddress`,
			filter.Path{Attr: name("addresses"), Filter: term(name("type"), filter.Equal, text("work")), Sub: "streetAddress"},
		},
		{
			`emails[type eq "work" and value ew "example.com"]`,
			filter.Path{Attr: name("emails"), Filter: filter.And{
				L: term(name("type"), filter.Equal, text("work")), R: term(name("value"), filter.EndsWith, text("example.com"))}},
		},
		{enterprise + `:department`, filter.Path{Attr: filter.AttrPath{URN: enterprise, Name: "department"}}},
		{enterprise + `:manager.value`, filter.Path{Attr: filter.AttrPath{URN: enterprise, Name: "manager", Sub: "value"}}},
		{
			`urn:ietf:params:scim:schemas:core:2.0:User:emails[primary eq true].value`,
			filter.Path{
				Attr:   filter.AttrPath{URN: "urn:ietf:params:scim:schemas:core:2.0:User", Name: "emails"},
				Filter: term(name("primary"), filter.Equal, boolean(true)), Sub: "value"},
		},
		{enterprise, filter.Path{Attr: filter.AttrPath{URN: "urn:ietf:params:scim:schemas:extension:enterprise:2.0", Name: "User"}}},
		{`urn:example:ext:2.0`, filter.Path{Attr: filter.AttrPath{URN: `urn:example:ext:2.0`}}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			for _, in := range []string{tt.in, " \t" + tt.in + "\n "} {
				got, err := filter.ParsePath(in)
				if err != nil {
					t.Fatal(err)
				}
				if got != tt.want {
					t.Fatalf("got %#v, want %#v", got, tt.want)
				}
				if got.String() != tt.in {
					t.Errorf("prints %s, want %s", got, tt.in)
				}
			}
		})
	}
}

func TestOpString(t *testing.T) {
	t.Parallel()
	for op, want := range map[filter.Op]string{0: "op(0)", filter.Equal: "eq", filter.LessOrEqual: "le", 99: "op(99)"} {
		if op.String() != want {
			t.Errorf("got %s, want %s", op, want)
		}
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]filter.AttrPath{
		`members`:                   name("members"),
		`name.givenName`:            sub("name", "givenName"),
		`emails[type pr]`:           name("emails"),
		`emails[type pr].value`:     sub("emails", "value"),
		enterprise + ":x[a pr].val": {URN: enterprise, Name: "x", Sub: "val"},
	} {
		p, err := filter.ParsePath(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Target(); got != want {
			t.Errorf("%s: got %v, want %v", in, got, want)
		}
	}
}
