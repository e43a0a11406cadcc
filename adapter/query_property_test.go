package adapter_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/fold"
	"github.com/caddy-scim/caddy-scim/scim/patch"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// queried is a tenant whose resources come and go, and are queried in between.
type queried struct {
	*rapid.T
	tenant *adapter.Tenant
	ids    map[string]string // id → "User" or "Group", in no order
	times  []string          // when something was modified
}

const queryRoot = "https://scim.example/v2"

func (w *queried) kind(name string) adapter.Kind {
	if name == "Group" {
		return w.tenant.Groups()
	}
	return w.tenant.Users()
}

// done fails on an error that is not a client's own fault.
func (w *queried) done(err error) {
	var e *scim.Error
	if err != nil && (!errors.As(err, &e) || e.Status >= 500) {
		w.Fatalf("%v", err)
	}
}

func (w *queried) draw(name string, from ...string) string {
	return rapid.SampledFrom(from).Draw(w.T, name)
}

// anyID is the id of something that is there, or of nothing.
func (w *queried) anyID(kind string) string {
	var list []string
	for id, k := range w.ids {
		if kind == "" || k == kind {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	if kind == "" || list == nil {
		list = append(list, "nobody")
	}
	return w.draw("id", list...)
}

func (w *queried) userDoc() scim.Object {
	maybe := func(o scim.Object, name string, values ...string) {
		if v := w.draw(name, append(values, "")...); v != "" {
			o[name] = v
		}
	}
	doc := scim.Object{"userName": w.draw("userName", "Ann", "bob", "Bert", "carl", "Ünal", "dora"), "active": false}
	maybe(doc, "externalId", "e1", "E1", "e2")
	maybe(doc, "title", "boss", "Boss", "clerk", "Ärztin")
	maybe(doc, "displayName", "team", "x")
	var emails []any
	for range rapid.IntRange(0, 3).Draw(w.T, "emails") {
		e := scim.Object{"value": w.draw("email", "a@x", "A@x", "b@x", "c@y"), "type": w.draw("type", "work", "home")}
		if rapid.Bool().Draw(w.T, "primary") {
			e["primary"] = true
		}
		emails = append(emails, e)
	}
	if emails != nil {
		doc["emails"] = emails
	}
	return doc
}

func (w *queried) member() scim.Object { return scim.Object{"value": w.anyID("")} }

// change does something to the resources.
func (w *queried) change(what string) {
	ctx, caller := context.Background(), adapter.Caller{Connection: "main", Profile: "generic"}
	id := w.anyID("")
	kind := w.kind(w.ids[id])
	switch what {
	case "user":
		res, err := w.tenant.Create(ctx, caller, w.kind("User"), w.userDoc())
		if w.done(err); err == nil {
			w.ids[res.Record.ID] = "User"
		}
	case "group":
		doc := scim.Object{"displayName": w.draw("displayName", "team", "Team", "x")}
		var members []any
		for range rapid.IntRange(0, 2).Draw(w.T, "members") {
			members = append(members, w.member())
		}
		if members != nil {
			doc["members"] = members
		}
		res, err := w.tenant.Create(ctx, caller, w.kind("Group"), doc)
		if w.done(err); err == nil {
			w.ids[res.Record.ID] = "Group"
		}
	case "put":
		if w.ids[id] == "User" {
			_, err := w.tenant.Replace(ctx, caller, kind, id, w.userDoc())
			w.done(err)
		}
	case "patch":
		w.patch(id, fmt.Sprintf(`{"op":"replace","path":"displayName","value":%q}`, w.draw("displayName", "team", "x", "y")))
	case "join":
		w.patch(w.anyID("Group"), fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, w.anyID(w.draw("of", "Group", "User", ""))))
	case "leave":
		w.patch(w.anyID("Group"), fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, w.anyID("")))
	case "delete":
		if _, err := w.tenant.Delete(ctx, caller, kind, id); err == nil {
			delete(w.ids, id)
		} else {
			w.done(err)
		}
	}
}

func (w *queried) patch(id, op string) {
	ops, err := patch.Parse([]byte(`{"Operations":[` + op + `]}`))
	if err != nil {
		w.Fatalf("%v", err)
	}
	_, err = w.tenant.Patch(context.Background(), adapter.Caller{Connection: "main", Profile: "generic"}, w.kind(w.ids[id]), id, ops)
	w.done(err)
}

// filter draws a filter. Some of what it compares with is there.
func (w *queried) filter(depth int) string {
	if depth > 0 {
		switch w.draw("node", "and", "and", "or", "not", "term", "term") {
		case "and":
			return w.filter(depth-1) + " and " + w.filter(depth-1)
		case "or":
			return "(" + w.filter(depth-1) + " or " + w.filter(depth-1) + ")"
		case "not":
			return "not (" + w.filter(depth-1) + ")"
		}
	}
	// The first of a list are drawn more often than the last.
	term := map[string]func() string{
		"edges": func() string {
			return w.draw("term", `groups.value eq "%s"`, `members.value eq "%s"`, `members[value eq "%s"]`, `groups[value eq "%s" and type eq "direct"]`,
				`members[value eq "%s" and type eq "User"]`, `members[value eq "%s" or type eq "Group"]`)
		},
		"more edges": func() string {
			return w.draw("term", `members pr`, `members.type eq "User"`, `members.value ne "nobody"`, `groups pr`, `groups.type eq "indirect"`,
				`groups.display eq "team"`, `members.$ref ew "%s"`)
		},
		"index": func() string {
			return w.draw("term", `id eq "%s"`, `userName eq "ANN"`, `externalId eq "e1"`, `externalId eq "E1"`, `displayName eq "TEAM"`, `displayName eq "x"`,
				`emails.value eq "a@x"`, `emails[type eq "work" and value eq "a@x"]`, `emails[type eq "home"].value eq "b@x"`, `userName eq "ünal"`)
		},
		"text": func() string {
			return w.draw("term", `title pr`, `title eq "boss"`, `title co "s"`, `userName sw "b"`, `userName pr`, `userName gt "bob"`, `externalId ne "e1"`, `emails[value ew "y"]`)
		},
		"other": func() string {
			return w.draw("term", `meta.resourceType eq "User"`, `meta.resourceType eq "Group"`, `active eq false`, `active eq true`, `id ne "%s"`,
				`meta.lastModified ge "%t"`, `meta.lastModified lt "%t"`, `meta.created gt "2020-01-01T00:00:00Z"`, `meta.location co "/Users/"`, `schemas eq "urn:ietf:params:scim:schemas:core:2.0:Group"`)
		},
	}[w.draw("about", "edges", "index", "text", "other", "more edges")]()
	if strings.Contains(term, "%t") && len(w.times) > 0 {
		term = strings.Replace(term, "%t", w.draw("time", w.times...), 1)
	}
	term = strings.Replace(term, "%t", "2020-01-01T00:00:00Z", 1)
	if strings.Contains(term, "%s") {
		term = fmt.Sprintf(term, w.anyID(w.draw("of", "", "User", "Group", "Group")))
	}
	return term
}

// list asks for a page of the kinds.
func (w *queried) list(q adapter.Query, kinds []adapter.Kind) adapter.Page {
	q.Root = queryRoot
	page, err := w.tenant.List(context.Background(), q, kinds...)
	if err != nil {
		w.Fatalf("%+v: %v", q, err)
	}
	return page
}

func idsOf(docs []json.RawMessage) []string {
	ids := make([]string, len(docs))
	for i, doc := range docs {
		ids[i] = gjson.GetBytes(doc, "id").Str
	}
	return ids
}

// check compares a query's pages with what a look at everything says.
func (w *queried) check() {
	kinds := map[string][]adapter.Kind{
		"users": {w.tenant.Users()}, "groups": {w.tenant.Groups()}, "all": {w.tenant.Users(), w.tenant.Groups()},
	}[w.draw("kinds", "users", "groups", "all")]
	q := adapter.Query{Filter: w.filter(2)}
	expr, err := filter.Parse(q.Filter)
	if err != nil {
		w.Fatalf("%s: %v", q.Filter, err)
	}
	var types []*schema.ResourceType
	for _, kind := range kinds {
		types = append(types, kind.Schema)
	}
	matchers, err := filter.CompileEach(expr, types...)
	if err != nil {
		return // of attributes that none of the kinds has
	}
	most := adapter.MaxPageSize
	var want []json.RawMessage
	for i, kind := range kinds {
		for _, doc := range w.list(adapter.Query{Count: &most}, []adapter.Kind{kind}).Resources {
			if matchers[i].Match(doc) {
				want = append(want, doc)
			}
		}
	}
	if by := w.draw("sortBy", "", "", "title", "displayName", "emails", "emails.type", "active", "meta.created", "id", "groups.display", "members"); by != "" && sortable(by, types) {
		q.SortBy, q.Descending = by, rapid.Bool().Draw(w.T, "descending")
		slices.SortStableFunc(want, func(a, b json.RawMessage) int { return compareBy(q.SortBy, q.Descending, a, b) })
	}
	w.checkIndex(q, kinds, idsOf(want))
	w.checkCursors(q, kinds, idsOf(want))
}

func sortable(by string, types []*schema.ResourceType) bool {
	path, err := filter.ParsePath(by)
	return err == nil && slices.ContainsFunc(types, func(rt *schema.ResourceType) bool {
		_, ok := rt.Lookup("", path.Attr.Name, path.Attr.Sub)
		return ok
	})
}

// compareBy is the order of RFC 7644 section 3.4.2.3 in the plainest way.
func compareBy(by string, descending bool, a, b json.RawMessage) int {
	value := func(doc json.RawMessage) string {
		name, sub, _ := strings.Cut(by, ".")
		v := gjson.GetBytes(doc, name)
		if v.IsArray() {
			at := v.Get("0")
			if p := v.Get("#(primary==true)"); p.Exists() {
				at = p
			}
			if sub == "" {
				sub = "value"
			}
			return fold.String(at.Get(sub).String())
		}
		if sub != "" {
			v = v.Get(sub)
		}
		return fold.String(v.String())
	}
	x, y := value(a), value(b)
	c := 0
	switch {
	case x == y:
	case x == "":
		c = 1
	case y == "":
		c = -1
	default:
		c = strings.Compare(x, y)
	}
	if descending {
		c = -c
	}
	return cmp.Or(c, strings.Compare(gjson.GetBytes(a, "id").Str, gjson.GetBytes(b, "id").Str))
}

func (w *queried) checkIndex(q adapter.Query, kinds []adapter.Kind, want []string) {
	q.StartIndex = rapid.IntRange(-1, len(want)+2).Draw(w.T, "startIndex")
	count := rapid.IntRange(0, len(want)+1).Draw(w.T, "count")
	q.Count = &count
	page := w.list(q, kinds)
	from := min(max(q.StartIndex, 1)-1, len(want))
	if diff := gocmp.Diff(want[from:min(from+count, len(want))], idsOf(page.Resources)); diff != "" || page.Total != len(want) {
		w.Fatalf("%+v: total %d of %d: %s", q, page.Total, len(want), diff)
	}
}

// checkCursors walks through the pages to the end and back.
func (w *queried) checkCursors(q adapter.Query, kinds []adapter.Kind, want []string) {
	count, first := rapid.IntRange(1, 4).Draw(w.T, "page"), ""
	q.Count, q.Cursor = &count, &first
	if q.SortBy == "" && !strings.Contains(q.Filter, "members") && !strings.Contains(q.Filter, "groups") {
		q.Limit(rapid.IntRange(16, 60).Draw(w.T, "budget")) // pages that end early; one resource costs 8 at most
	}
	seen := []string{}
	var page adapter.Page
	for n := 0; ; n++ {
		page = w.list(q, kinds)
		seen = append(seen, idsOf(page.Resources)...)
		if (n == 0) != (page.Previous == "") || page.StartIndex != 0 || page.Total != adapter.NotCounted && page.Total != len(want) || len(page.Resources) > count {
			w.Fatalf("%+v: page %d is %+v", q, n, page)
		}
		if page.Next == "" {
			break
		}
		next := page.Next
		q.Cursor = &next
	}
	if diff := gocmp.Diff(want, seen); diff != "" {
		w.Fatalf("%+v: pages: %s", q, diff)
	}
	back := idsOf(page.Resources)
	for page.Previous != "" {
		previous := page.Previous
		q.Cursor = &previous
		page = w.list(q, kinds)
		back = append(idsOf(page.Resources), back...)
		if page.Next == "" {
			w.Fatalf("%+v: no way forward from %+v", q, page)
		}
	}
	if diff := gocmp.Diff(want, back); diff != "" {
		w.Fatalf("%+v: back: %s", q, diff)
	}
}

// Whatever happened to the resources, a query's pages hold what a look at every resource finds, in the same order,
// whether an index served them or not.
func TestQueryProperty(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true})
	rapid.Check(t, func(t *rapid.T) {
		w := &queried{T: t, tenant: s.Tenant(), ids: map[string]string{}}
		most := adapter.MaxPageSize
		for _, doc := range w.list(adapter.Query{Count: &most}, w.tenant.Kinds()).Resources {
			kind := w.kind(gjson.GetBytes(doc, "meta.resourceType").Str)
			_, err := w.tenant.Delete(context.Background(), adapter.Caller{Connection: "main", Profile: "generic"}, kind, gjson.GetBytes(doc, "id").Str)
			w.done(err)
		}
		for _, what := range []string{"user", "user", "group", "user", "group", "group", "join", "join", "join"} {
			w.change(what)
		}
		for range rapid.IntRange(1, 3).Draw(t, "rounds") {
			for range rapid.IntRange(0, 6).Draw(t, "changes") {
				w.change(w.draw("change", "user", "user", "group", "put", "patch", "join", "join", "join", "leave", "delete"))
			}
			w.times = nil
			for _, doc := range w.list(adapter.Query{Count: &most}, w.tenant.Kinds()).Resources {
				w.times = append(w.times, gjson.GetBytes(doc, "meta.lastModified").Str)
			}
			for range 6 {
				w.check()
			}
		}
	})
}
