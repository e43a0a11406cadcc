package filter_test

import (
	"errors"
	"maps"
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
		"password", "unknown", "name.unknown", "groups", "groups.value", "groups.type", "members.value", "displayName", "count", "level",
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
		"emails": several(entry), "photos": several(entry), "roles": several(entry), "groups": several(entry), "displayName": word, "members": several(entry), "x509Certificates": several(entry),
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
	checkPlan(t, rt, e, m, decoded, got)
}

// checkPlan compares what the filter tells a planner with the document, which matches it or not.
func checkPlan(t failer, rt *schema.ResourceType, e filter.Expr, m *filter.Matcher, doc scim.Object, matches bool) {
	for _, indexed := range []func(string) bool{
		func(string) bool { return true },
		func(path string) bool { return path == "userName" || path == "emails.value" },
	} {
		alternatives, ok := m.Alternatives(indexed)
		if !ok || !matches {
			continue
		}
		if !slices.ContainsFunc(alternatives, func(all []filter.Equality) bool { return len(all) > 0 && meets(t, rt, all, doc) }) {
			t.Fatalf("%s matches %v, which meets no alternative of %v", e, doc, alternatives)
		}
	}
	meta, _ := doc["meta"].(scim.Object)
	if created, _ := meta["created"].(string); matches {
		from, to := m.Between("meta.created")
		if at, ok := instant(created); (ok || !from.IsZero() || !to.IsZero()) && (!ok || at.Before(from) || !to.IsZero() && at.After(to)) {
			t.Fatalf("%s wants meta.created between %v and %v, and matches %v", e, from, to, doc)
		}
	}
	if typ, ok := meta["resourceType"].(string); ok && matches && m.Excludes("meta.resourceType", typ) {
		t.Fatalf("%s excludes the resource type of %v, which it matches", e, doc)
	}
	checkNeeds(t, e, m, doc, matches)
}

// meets reports whether each attribute, looked up anew by its path, has the key among its values.
func meets(t failer, rt *schema.ResourceType, all []filter.Equality, doc scim.Object) bool {
	for _, eq := range all {
		p, err := filter.ParsePath(eq.Path)
		if err != nil {
			t.Fatalf("path %q: %v", eq.Path, err)
		}
		if !(naive{rt}).match(filter.Compare{Attr: p.Attr, Op: filter.Equal, Value: text(eq.Key)}, doc) {
			return false
		}
	}
	return true
}

// checkNeeds leaves out of the document what the filter says that it does not need.
func checkNeeds(t failer, e filter.Expr, m *filter.Matcher, doc scim.Object, matches bool) {
	groups, ok := doc["groups"].([]any)
	need := m.Needs("groups")
	if !ok || need.All {
		return
	}
	var some []any
	for _, g := range groups {
		v, ok := get(g, "value").(string)
		if !ok || v == "" {
			return // no real one is like that
		}
		if need.One && some == nil || slices.Contains(need.Values, v) {
			some = append(some, g)
		}
	}
	less := maps.Clone(doc)
	if less["groups"] = some; some == nil {
		delete(less, "groups")
	}
	data, err := scim.Encode(less)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	if m.Match(data) != matches {
		t.Fatalf("%s needs %+v, but without the rest of %v it matches: %v", e, need, doc, !matches)
	}
}

// A filter over several types says of each what the naive evaluator says.
func TestMatchEachProperty(t *testing.T) {
	t.Parallel()
	types := []*schema.ResourceType{schema.User(), schema.Group(), custom(t)}
	rapid.Check(t, func(t *rapid.T) {
		e := genExpr(3, false).Draw(t, "filter")
		ms, err := filter.CompileEach(e, types...)
		if err != nil {
			return
		}
		for range 4 {
			doc := genUser().Draw(t, "doc")
			for i, m := range ms {
				checkMatch(t, types[i], e, m, doc)
			}
		}
	})
}
