package endpoint_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"
)

// decode reads a JSON object; numbers stay as they are written.
func (r *corpusRun) decode(text string) map[string]any {
	r.t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var obj map[string]any
	if err := dec.Decode(&obj); err != nil {
		r.t.Fatalf("%s\n%v in %s", r.at, err, text)
	}
	return obj
}

// bare checks what of a resource differs from run to run and takes it away: id, meta, and the $ref of what it refers to.
func (r *corpusRun) bare(res *tracked, doc map[string]any) map[string]any {
	r.t.Helper()
	_, id, _ := strings.Cut(res.path[1:], "/")
	kind := strings.TrimSuffix(res.path[1:len(res.path)-len(id)-1], "s")
	meta, _ := doc["meta"].(map[string]any)
	if doc["id"] != id || meta["resourceType"] != kind || meta["location"] != r.stack.URL+res.path {
		r.errorf("id %v and meta %v of the %s %s", doc["id"], meta, kind, id)
	}
	delete(doc, "id")
	delete(doc, "meta")
	for name, element := range map[string]string{"members": "", "groups": "Group"} {
		list, _ := doc[name].([]any)
		for _, e := range list {
			e, _ := e.(map[string]any)
			if t, ok := e["type"].(string); ok && name == "members" {
				element = t
			}
			if ref, given := e["$ref"]; given && ref != fmt.Sprintf("%s/%ss/%s", r.stack.URL, element, e["value"]) {
				r.errorf("%s of %s: the $ref of %v", name, id, e)
			} else if !given && (name == "groups" || e["type"] != nil) {
				r.errorf("%s of %s: no $ref in %v", name, id, e)
			}
			delete(e, "$ref")
		}
		sortList(doc[name])
	}
	return doc
}

// checkVersion checks that a resource has another version just when it is another.
func (r *corpusRun) checkVersion(name string, got map[string]any, version string) {
	r.t.Helper()
	res := r.tracked[name]
	own := maps.Clone(got)
	delete(own, "groups") // which are the groups' affair
	if same := gocmp.Equal(res.seen, own); res.version != "" && same != (res.version == version) {
		r.errorf("%s: the version was %s and is %s; it is the same resource: %t", name, res.version, version, same)
	}
	res.seen, res.version = own, version
}

// sortList brings a list that has no order into one.
func sortList(list any) {
	elements, _ := list.([]any)
	slices.SortFunc(elements, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

// groupsOf is what "groups" of a user has to be, worked out from the members that the scenario's groups have to have.
func (r *corpusRun) groupsOf(id string) []any {
	found := map[string]bool{}
	var list []any
	level, how := []string{id}, "direct"
	for len(level) > 0 {
		var next []string
		for name, g := range r.tracked {
			group := r.names[name]
			if g.gone || found[group] || !strings.HasPrefix(g.path, "/Groups/") || !g.hasAny(level) {
				continue
			}
			found[group] = true
			next = append(next, group)
			list = append(list, map[string]any{"value": group, "display": g.state["displayName"], "type": how})
		}
		level, how = next, "indirect"
	}
	sortList(list)
	return list
}

// hasAny reports whether one of the ids is a member.
func (g *tracked) hasAny(ids []string) bool {
	members, _ := g.state["members"].([]any)
	return slices.ContainsFunc(members, func(e any) bool {
		member, _ := e.(map[string]any)
		id, _ := member["value"].(string)
		return slices.Contains(ids, id)
	})
}

// checkHolds checks that a JSON text holds what is wanted: members of objects by name, null for one that must not be
// there, and lists element by element.
func (r *corpusRun) checkHolds(what string, want map[string]any, text string) {
	r.t.Helper()
	got := r.decode(text)
	if diff := gocmp.Diff(want, common(want, got)); diff != "" {
		r.errorf("%s (-want +got):\n%s\nin %s", what, diff, text)
	}
}

// common is the part of got that want speaks of, in want's form.
func common(want, got any) any {
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		part := map[string]any{}
		for name, w := range want {
			if v, ok := g[name]; ok || w == nil {
				part[name] = common(w, v)
			}
		}
		return part
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			return got
		}
		part := make([]any, len(g))
		for i := range g {
			part[i] = common(want[i], g[i])
		}
		return part
	}
	return got
}
