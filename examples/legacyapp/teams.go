package legacyapp

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// team is a named set of members and of other teams.
type team struct {
	no               string // "T" and seq, so that nobody takes it for a member's number
	name             string
	ref              string // whatever the caller wants to remember it by
	seq              int64
	created, changed time.Time

	people map[int64]struct{}
	teams  map[*team]struct{} // the teams in it
	in     map[*team]struct{} // the teams that it is in
}

// teamView is a team as the API shows it.
type teamView struct {
	No      string    `json:"no"`
	Name    string    `json:"name"`
	Ref     string    `json:"ref,omitempty"`
	Size    int       `json:"size"`    // how many members and teams are in it
	Created time.Time `json:"created"` // RFC 3339, UTC
	Changed time.Time `json:"changed"`
}

// teamDetails is a team with who is in it.
type teamDetails struct {
	teamView
	Members []int64  `json:"members"` // numbers of members, ascending
	Teams   []string `json:"teams"`   // numbers of teams, in the order of their making
}

func (t *team) view() teamView {
	return teamView{No: t.no, Name: t.name, Ref: t.ref, Size: len(t.people) + len(t.teams), Created: t.created, Changed: t.changed}
}

func (t *team) details() teamDetails {
	d := teamDetails{teamView: t.view(), Members: make([]int64, 0, len(t.people)), Teams: make([]string, 0, len(t.teams))}
	for no := range t.people {
		d.Members = append(d.Members, no)
	}
	slices.Sort(d.Members)
	nested := make([]*team, 0, len(t.teams))
	for other := range t.teams {
		nested = append(nested, other)
	}
	sortTeams(nested)
	for _, other := range nested {
		d.Teams = append(d.Teams, other.no)
	}
	return d
}

func sortTeams(teams []*team) {
	slices.SortFunc(teams, func(x, y *team) int { return int(x.seq - y.seq) })
}

// teamTable holds the teams, and which teams each member is in.
type teamTable struct {
	byNo   map[string]*team
	byName map[string]*team // by the name in lower case; unique
	of     map[int64]map[*team]struct{}
	seats  int // how many members and teams are in teams, all together
	last   int64
}

func (t *teamTable) init() {
	t.byNo = make(map[string]*team)
	t.byName = make(map[string]*team)
	t.of = make(map[int64]map[*team]struct{})
}

func (a *App) withTeam(h func(r *http.Request, body []byte, t *team) answer) handler {
	return func(r *http.Request, body []byte) answer {
		t := a.teams.byNo[r.PathValue("no")]
		if t == nil {
			return problem(http.StatusNotFound, "there is no such team")
		}
		return h(r, body, t)
	}
}

// change writes what the body says of name and ref into t, which may not have a number yet.
func (a *App) change(t *team, body []byte) (answer, bool) {
	in := struct {
		Name text `json:"name"`
		Ref  text `json:"ref"`
	}{Name: text{value: t.name}, Ref: text{value: t.ref}}
	if ans, ok := decode(body, &in); !ok {
		return ans, false
	}
	name, ref := strings.TrimSpace(in.Name.value), strings.TrimSpace(in.Ref.value)
	if name == "" || len(name) > maxText || len(ref) > maxText {
		return problem(http.StatusUnprocessableEntity, "name is missing, or a text is too long"), false
	}
	if other := a.teams.byName[strings.ToLower(name)]; other != nil && other != t {
		return problem(http.StatusConflict, fmt.Sprintf("name %q is taken", name)), false
	}
	delete(a.teams.byName, strings.ToLower(t.name))
	t.name, t.ref, t.changed = name, ref, a.opts.Now().UTC()
	a.teams.byName[strings.ToLower(name)] = t
	return answer{}, true
}

func (a *App) createTeam(_ *http.Request, body []byte) answer {
	if len(a.teams.byNo) >= a.opts.MaxMembers {
		return problem(http.StatusInsufficientStorage, "there is no room for another team")
	}
	t := &team{people: make(map[int64]struct{}), teams: make(map[*team]struct{}), in: make(map[*team]struct{})}
	if ans, ok := a.change(t, body); !ok {
		return ans
	}
	a.teams.last++
	t.seq, t.no, t.created = a.teams.last, fmt.Sprintf("T%d", a.teams.last), t.changed
	a.teams.byNo[t.no] = t
	return answer{http.StatusCreated, map[string]any{"team": t.view()}}
}

func (a *App) listTeams(r *http.Request, _ []byte) answer {
	var teams []*team
	if query := r.URL.Query(); query.Has("name") {
		if t := a.teams.byName[strings.ToLower(query.Get("name"))]; t != nil {
			teams = append(teams, t)
		}
	} else {
		for _, t := range a.teams.byNo {
			teams = append(teams, t)
		}
	}
	sortTeams(teams)
	list := make([]teamDetails, 0, len(teams))
	for _, t := range teams {
		list = append(list, t.details())
	}
	return answer{http.StatusOK, map[string]any{"teams": list}}
}

func (a *App) showTeam(_ *http.Request, _ []byte, t *team) answer {
	return answer{http.StatusOK, map[string]any{"team": t.details()}}
}

func (a *App) changeTeam(_ *http.Request, body []byte, t *team) answer {
	if ans, ok := a.change(t, body); !ok {
		return ans
	}
	return answer{http.StatusOK, map[string]any{"team": t.view()}}
}

func (a *App) deleteTeam(_ *http.Request, _ []byte, t *team) answer {
	for no := range t.people {
		a.teams.leave(t, seat{no: no})
	}
	for nested := range t.teams {
		a.teams.leave(t, seat{team: nested})
	}
	for outer := range t.in {
		a.teams.leave(outer, seat{team: t})
	}
	delete(a.teams.byNo, t.no)
	delete(a.teams.byName, strings.ToLower(t.name))
	return answer{status: http.StatusNoContent}
}
