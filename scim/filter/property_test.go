package filter_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// Few values, so that documents and filters meet often. The generators are made
// anew for every test, as rapid's may not be shared by parallel ones.

func words() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"", "a", "A", "ab", "aB", "b", "é", "E\u0301", "work", "Work", "home", "\n\"\\", "<&>", "😀"})
}

func instants() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00.5Z", "2019-12-31T23:59:59Z", "2020-01-01T00:00:00"})
}

func attributes() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{
		"userName", "USERNAME", "externalId", "id", "title", "active", "schemas", "profileUrl",
		"name", "name.givenName", "name.familyName", "meta.created", "meta.resourceType", "meta",
		"emails", "emails.value", "emails.type", "emails.primary", "photos.value", "x509Certificates", "groups.$ref", "roles",
		"manager", "manager.value", "manager.$ref", "department",
		enterprise + ":department", enterprise + ":manager.displayName", enterprise, schema.UserURN + ":emails.type",
		"password", "unknown", "name.unknown",
	})
}

func subAttributes() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"value", "type", "primary", "display", "$ref", "VALUE", "givenName", "unknown"})
}

func genValue() *rapid.Generator[filter.Value] {
	return rapid.OneOf(
		rapid.Map(words(), text), rapid.Map(words(), text), rapid.Map(instants(), text),
		rapid.Map(rapid.Bool(), boolean),
		rapid.Map(rapid.SampledFrom([]string{"true", "False"}), text),
		rapid.Map(rapid.SampledFrom([]string{"0", "1", "-2.5", "1e2"}), number),
		rapid.Just(filter.Value{}),
	)
}

func genTerm(names *rapid.Generator[string]) *rapid.Generator[filter.Expr] {
	return rapid.Custom(func(t *rapid.T) filter.Expr {
		p, err := filter.ParsePath(names.Draw(t, "attr"))
		if err != nil {
			t.Fatal(err)
		}
		if rapid.IntRange(0, 4).Draw(t, "pr") == 0 {
			return filter.Present{Attr: p.Attr}
		}
		op := rapid.OneOf(rapid.Just(filter.Equal), rapid.Custom(func(t *rapid.T) filter.Op {
			return filter.Op(rapid.IntRange(int(filter.Equal), int(filter.LessOrEqual)).Draw(t, "op"))
		})).Draw(t, "op")
		return filter.Compare{Attr: p.Attr, Op: op, Value: genValue().Draw(t, "value")}
	})
}

func genExpr(depth int, inElement bool) *rapid.Generator[filter.Expr] {
	return rapid.Custom(func(t *rapid.T) filter.Expr {
		kind := rapid.IntRange(0, 9).Draw(t, "kind")
		switch {
		case depth == 0 || kind > 5:
			if inElement {
				return genTerm(subAttributes()).Draw(t, "term")
			}
			return genTerm(attributes()).Draw(t, "term")
		case kind < 2:
			return filter.And{L: genExpr(depth-1, inElement).Draw(t, "l"), R: genExpr(depth-1, inElement).Draw(t, "r")}
		case kind < 4:
			return filter.Or{L: genExpr(depth-1, inElement).Draw(t, "l"), R: genExpr(depth-1, inElement).Draw(t, "r")}
		case kind == 4 || inElement:
			return filter.Not{X: genExpr(depth-1, inElement).Draw(t, "x")}
		default:
			attr := rapid.SampledFrom([]string{"emails", "photos", "roles", "name", "schemas", "manager", "groups"}).Draw(t, "parent")
			return filter.ValuePath{Attr: name(attr), Filter: genExpr(depth-1, true).Draw(t, "filter")}
		}
	})
}

// genUser draws a document. Some of its values are of the wrong type.
func genUser() *rapid.Generator[scim.Object] {
	word := rapid.Map(words(), func(s string) any { return s })
	at := rapid.Map(instants(), func(s string) any { return s })
	truth := rapid.Map(rapid.Bool(), func(b bool) any { return b })
	odd := rapid.SampledFrom([]any{nil, 1, true, "", []any{}, map[string]any{}, []any{nil}, []any{"a", "b"}, map[string]any{"value": "a"}})
	maybe := func(t *rapid.T, o scim.Object, name string, g *rapid.Generator[any]) {
		switch rapid.IntRange(0, 9).Draw(t, name+"?") {
		case 0:
			o[name] = odd.Draw(t, name)
		case 1, 2, 3, 4, 5, 6:
			o[name] = g.Draw(t, name)
		}
	}
	object := func(of map[string]*rapid.Generator[any]) *rapid.Generator[any] {
		keys := make([]string, 0, len(of))
		for k := range of {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		return rapid.Custom(func(t *rapid.T) any {
			o := scim.Object{}
			for _, k := range keys {
				maybe(t, o, k, of[k])
			}
			return o
		})
	}
	several := func(g *rapid.Generator[any]) *rapid.Generator[any] {
		return rapid.Map(rapid.SliceOfN(g, 0, 3), func(l []any) any { return l })
	}
	type members = map[string]*rapid.Generator[any]
	entry := object(members{"value": word, "type": word, "primary": truth, "display": word, "$ref": word})
	return rapid.Map(object(members{
		"userName": word, "externalId": word, "id": word, "title": word, "active": truth, "schemas": several(word), "profileUrl": word,
		"name":   object(members{"givenName": word, "familyName": word}),
		"meta":   object(members{"created": at, "resourceType": word}),
		"emails": several(entry), "photos": several(entry), "roles": several(entry), "groups": several(entry), "x509Certificates": several(entry),
		enterprise: object(members{"department": word, "manager": object(members{"value": word, "$ref": word, "displayName": word})}),
	}), func(v any) scim.Object {
		o, _ := v.(scim.Object)
		return o
	})
}

// A compiled filter says of a document what the naive evaluator says, and what
// it says does not contradict what it tells an index planner.
func TestMatchProperty(t *testing.T) {
	t.Parallel()
	rt := schema.User()
	rapid.Check(t, func(t *rapid.T) {
		e := genExpr(3, false).Draw(t, "filter")
		m, err := filter.Compile(e, rt)
		if err != nil {
			var se *scim.Error
			if !errors.As(err, &se) || se.ScimType != scim.InvalidFilter {
				t.Fatalf("%s: %v", e, err)
			}
			return
		}
		for range 8 {
			checkMatch(t, rt, e, m, genUser().Draw(t, "doc"))
		}
	})
}

// Any expression prints to what parses to the same expression.
func TestPrintProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := genExpr(6, false).Draw(t, "filter")
		if again, err := filter.Parse(e.String()); err != nil || again != e {
			t.Fatalf("%s: parsed again: %v, %v", e, again, err)
		}
		p := filter.Path{Attr: name("emails"), Filter: genExpr(6, true).Draw(t, "elements"), Sub: rapid.SampledFrom([]string{"", "value", "$ref"}).Draw(t, "sub")}
		if again, err := filter.ParsePath(p.String()); err != nil || again != p {
			t.Fatalf("%s: parsed again: %v, %v", p, again, err)
		}
	})
}

type failer interface {
	Fatalf(format string, args ...any)
}

func checkMatch(t failer, rt *schema.ResourceType, e filter.Expr, m *filter.Matcher, doc scim.Object) {
	data, err := scim.Encode(doc)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	decoded, err := scim.Decode(data)
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	got := m.Match(data)
	if want := (naive{rt}).match(e, decoded); got != want {
		t.Fatalf("%s on %s: got %v, want %v", e, data, got, want)
	}
	if !got {
		return
	}
	for _, eq := range m.Equalities() {
		// The attribute, looked up anew by its path, has the key among its values.
		p, err := filter.ParsePath(eq.Path)
		if err != nil {
			t.Fatalf("%s: path %q: %v", e, eq.Path, err)
		}
		one := filter.Compare{Attr: p.Attr, Op: filter.Equal, Value: text(eq.Key)}
		if !(naive{rt}).match(one, decoded) {
			t.Fatalf("%s matches %s, but %s does not", e, data, one)
		}
	}
}
