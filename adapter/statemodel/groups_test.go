package statemodel_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// crowd is what a client wants of a group, which is what SCIM shows.
type crowd struct {
	Present bool
	Name    string
	Members string // ids, sorted, with spaces between
}

// band is a group of the model.
type band struct {
	name string
	id   string
	is   crowd
}

// drawRoutes draws how the application is told of members: one by one, some at once, or all of a group.
func (m *machine) drawRoutes() func(*connector.Config) {
	way := rapid.SampledFrom([]string{"one by one", "some", "all"}).Draw(m.draws, "members")
	return func(c *connector.Config) {
		switch way {
		case "some":
			adaptertest.BatchedGroups(c, 2)
		case "all":
			adaptertest.ListedGroups(c, 100)
		}
	}
}

// shownBand is what SCIM shows of a group.
func (m *machine) shownBand(g *band) crowd {
	path := "/Groups?filter=externalId+eq+%22ext-" + g.name + "%22"
	r := m.do("GET", path, "")
	for r.Status == 0 { // a delivery has met the end of the process
		m.revive()
		r = m.do("GET", path, "")
	}
	if r.Status != 200 || r.Get("totalResults").Int() > 1 {
		m.Fatalf("GET: %d %s", r.Status, r.Body)
	}
	x := r.Get("Resources.0")
	if !x.Exists() {
		return crowd{}
	}
	g.id = x.Get("id").Str
	var members []string
	for _, v := range x.Get("members").Array() {
		members = append(members, v.Get("value").Str)
	}
	slices.Sort(members)
	return crowd{true, x.Get("displayName").Str, strings.Join(members, " ")}
}

// changeBand draws a change of a group, or of its members.
func (m *machine) changeBand(g *band, members bool) {
	next := g.is
	next.Present = true
	set := map[string]bool{}
	for _, id := range strings.Fields(g.is.Members) {
		set[id] = true
	}
	send := func(method, body string) {
		path := "/Groups"
		if method != "POST" {
			path += "/" + g.id
		}
		if next.Present {
			next.Members = strings.Join(sorted(set), " ")
		}
		// The application may refuse whom it has no account of any more.
		transact(m, g.name, &g.is, next, m.refuses || m.lost(), func() crowd { return m.shownBand(g) }, method, path, body)
	}
	switch {
	case !g.is.Present:
		next.Name = g.name
		send("POST", fmt.Sprintf(`{"displayName":%q,"externalId":"ext-%s"}`, g.name, g.name))
	case members:
		u := rapid.SampledFrom(m.users).Draw(m.draws, "member")
		if !u.is.Present {
			return
		}
		if set[u.id] {
			delete(set, u.id)
			send("PATCH", fmt.Sprintf(`{"Operations":[{"op":"remove","path":"members[value eq \"%s\"]"}]}`, u.id))
			return
		}
		set[u.id] = true
		send("PATCH", fmt.Sprintf(`{"Operations":[{"op":"add","path":"members","value":[{"value":%q}]}]}`, u.id))
	case rapid.IntRange(0, 2).Draw(m.draws, "delete") == 0:
		next = crowd{}
		send("DELETE", "")
	default:
		next.Name = fmt.Sprintf("%s %s", g.name, m.title())
		send("PATCH", fmt.Sprintf(`{"Operations":[{"op":"replace","path":"displayName","value":%q}]}`, next.Name))
	}
}

func sorted(set map[string]bool) []string {
	var list []string
	for id := range set {
		list = append(list, id)
	}
	slices.Sort(list)
	return list
}

// vanish deletes an account in the application, as its own administrators can.
func (m *machine) vanish(u *dweller) {
	for _, a := range m.ask("/members").Get("members").Array() {
		if u.id != "" && a.Get("ref").Str == u.id {
			m.notef("account %s is deleted by hand", a.Get("no"))
			u.lost = true
			rec := httptest.NewRecorder()
			m.app.ServeHTTP(rec, httptest.NewRequestWithContext(context.Background(), "DELETE", "/members/"+a.Get("no").Raw, nil))
		}
	}
}

// lost reports whether somebody's account was deleted by hand.
func (m *machine) lost() bool {
	return slices.ContainsFunc(m.users, func(u *dweller) bool { return u.lost })
}

// compareBands checks the application's teams: they have the members that SCIM shows or may be delivered, as far as those
// have an account.
func (m *machine) compareBands(s *snapshot) {
	if m.lost() {
		return // a team may have forgotten a member, of which nobody knows
	}
	refs := map[string]string{}
	for _, a := range m.ask("/members").Get("members").Array() {
		refs[a.Get("no").Raw] = a.Get("ref").Str
	}
	teams := map[string]gjson.Result{}
	for _, team := range m.ask("/teams").Get("teams").Array() {
		if _, twice := teams[team.Get("ref").Str]; twice {
			m.Fatalf("two teams: %s", team.Raw)
		}
		teams[team.Get("ref").Str] = team
	}
	for id, rec := range s.records {
		if rec.Type != store.Group {
			continue
		}
		team, has := teams[id]
		delete(teams, id)
		if has != rec.Target().Present() || (has && team.Get("name").Str != gjson.GetBytes(rec.Target().Doc, "displayName").Str) {
			m.Fatalf("the application has %s; %s\n%s", team.Raw, told(rec), strings.Join(m.log, "\n"))
		}
		want, got := map[string]bool{}, map[string]bool{}
		for key, e := range s.edges {
			if member := s.records[key[1]]; key[0] == id && has && e.Target() && member != nil && member.Applied.LegacyID != "" {
				want[key[1]] = true
			}
		}
		for _, no := range team.Get("members").Array() {
			got[refs[no.Raw]] = true
		}
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			m.Fatalf("the team of %s: %s\n%s", told(rec), diff, strings.Join(m.log, "\n"))
		}
	}
	if len(teams) > 0 {
		m.Fatalf("teams of nobody: %v", teams)
	}
}
