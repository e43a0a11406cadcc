package simulate

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// fakeGroup is a group of the fake.
type fakeGroup struct {
	id, name string
	members  map[string]bool
}

func (g *fakeGroup) shown() object {
	members := []object{}
	for _, id := range slices.Sorted(maps.Keys(g.members)) {
		members = append(members, object{"value": id})
	}
	return object{"schemas": []string{groupURN}, "id": g.id, "displayName": g.name, "members": members}
}

// serveGroups is the fake's /Groups. What it does not know it answers with 400.
func (f *fake) serveGroups(w http.ResponseWriter, r *http.Request, id string, body object) {
	group := f.groups[id]
	switch {
	case id == "" && r.Method == http.MethodPost:
		f.count++
		group = &fakeGroup{id: fmt.Sprintf("g%d", f.count), name: body["displayName"].(string), members: map[string]bool{}}
		f.groups[group.id] = group
		answer(w, r, http.StatusCreated, group.shown())
	case id == "":
		found := []object{}
		for _, group := range f.groups {
			if filter := r.URL.Query().Get("filter"); filter == "" || filter == fmt.Sprintf("displayName eq %q", group.name) {
				found = append(found, group.shown())
			}
		}
		answer(w, r, http.StatusOK, object{"schemas": []string{listURN}, "totalResults": len(found), "Resources": found})
	case group == nil:
		fail(w, r, http.StatusNotFound, "no such group")
	case r.Method == http.MethodGet:
		answer(w, r, http.StatusOK, group.shown())
	case r.Method == http.MethodDelete:
		delete(f.groups, id)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodPatch:
		for _, operation := range body["Operations"].([]any) {
			if !group.apply(operation.(object)) {
				fail(w, r, http.StatusBadRequest, "no such operation")
				return
			}
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		fail(w, r, http.StatusBadRequest, "no such method")
	}
}

func (g *fakeGroup) apply(operation object) bool {
	path, _ := operation["path"].(string)
	what := fmt.Sprint(operation["op"], " ", path)
	listed, _ := operation["value"].([]any)
	switch whole, _ := operation["value"].(object); {
	case what == "add members", what == "replace members":
		if what == "replace members" {
			clear(g.members)
		}
		for _, member := range listed {
			g.members[member.(object)["value"].(string)] = true
		}
	case what == "remove members":
		for _, member := range listed {
			delete(g.members, member.(object)["value"].(string))
		}
	case strings.HasPrefix(what, "remove members[value eq "):
		delete(g.members, strings.Split(path, `"`)[1])
	case what == "replace displayName":
		g.name = operation["value"].(string)
	case what == "replace " && whole != nil:
		g.name = whole["displayName"].(string)
	default:
		return false
	}
	return true
}
