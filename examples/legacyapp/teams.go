package legacyapp

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// team is a named set of members.
type team struct {
	code   string
	label  string
	seq    int64
	people map[int64]struct{}
}

// teamView is a team as the API shows it.
type teamView struct {
	Code   string  `json:"code"`
	Label  string  `json:"label"`
	People []int64 `json:"people"` // numbers of members, ascending
}

func (t *team) view() teamView {
	v := teamView{Code: t.code, Label: t.label, People: make([]int64, 0, len(t.people))}
	for no := range t.people {
		v.People = append(v.People, no)
	}
	slices.Sort(v.People)
	return v
}

// teamTable holds the teams, and which teams each member is in.
type teamTable struct {
	byCode  map[string]*team
	byLabel map[string]*team // by the label in lower case; unique
	of      map[int64]map[*team]struct{}
	last    int64
}

func (t *teamTable) init() {
	t.byCode = make(map[string]*team)
	t.byLabel = make(map[string]*team)
	t.of = make(map[int64]map[*team]struct{})
}

// forget takes a member out of all teams.
func (t *teamTable) forget(no int64) {
	for team := range t.of[no] {
		delete(team.people, no)
	}
	delete(t.of, no)
}

func (t *teamTable) drop(tm *team, no int64) {
	delete(tm.people, no)
	delete(t.of[no], tm)
	if len(t.of[no]) == 0 {
		delete(t.of, no)
	}
}

func (a *App) withTeam(h func(r *http.Request, body []byte, t *team) answer) handler {
	return func(r *http.Request, body []byte) answer {
		t := a.teams.byCode[r.PathValue("code")]
		if t == nil {
			return problem(http.StatusNotFound, "there is no such team")
		}
		return h(r, body, t)
	}
}

// label reads {"label":…}; self may keep its own label.
func (a *App) label(body []byte, self *team) (string, answer, bool) {
	var in struct {
		Label text `json:"label"`
	}
	if ans, ok := decode(body, &in); !ok {
		return "", ans, false
	}
	label := strings.TrimSpace(in.Label.value)
	if label == "" || len(label) > maxText {
		return "", problem(http.StatusUnprocessableEntity, "label is missing or too long"), false
	}
	if other := a.teams.byLabel[strings.ToLower(label)]; other != nil && other != self {
		return "", problem(http.StatusConflict, fmt.Sprintf("label %q is taken", label)), false
	}
	return label, answer{}, true
}

func (a *App) createTeam(_ *http.Request, body []byte) answer {
	label, ans, ok := a.label(body, nil)
	if !ok {
		return ans
	}
	if len(a.teams.byCode) >= a.opts.MaxMembers {
		return problem(http.StatusInsufficientStorage, "there is no room for another team")
	}
	a.teams.last++
	t := &team{code: fmt.Sprintf("T%d", a.teams.last), label: label, seq: a.teams.last, people: make(map[int64]struct{})}
	a.teams.byCode[t.code] = t
	a.teams.byLabel[strings.ToLower(label)] = t
	return answer{http.StatusCreated, map[string]any{"team": t.view()}}
}

func (a *App) listTeams(r *http.Request, _ []byte) answer {
	var teams []*team
	if query := r.URL.Query(); query.Has("label") {
		if t := a.teams.byLabel[strings.ToLower(query.Get("label"))]; t != nil {
			teams = append(teams, t)
		}
	} else {
		for _, t := range a.teams.byCode {
			teams = append(teams, t)
		}
	}
	slices.SortFunc(teams, func(x, y *team) int { return int(x.seq - y.seq) })
	views := make([]teamView, 0, len(teams))
	for _, t := range teams {
		views = append(views, t.view())
	}
	return answer{http.StatusOK, map[string]any{"teams": views}}
}

func (a *App) showTeam(_ *http.Request, _ []byte, t *team) answer {
	return answer{http.StatusOK, map[string]any{"team": t.view()}}
}

func (a *App) renameTeam(_ *http.Request, body []byte, t *team) answer {
	label, ans, ok := a.label(body, t)
	if !ok {
		return ans
	}
	delete(a.teams.byLabel, strings.ToLower(t.label))
	t.label = label
	a.teams.byLabel[strings.ToLower(label)] = t
	return answer{http.StatusOK, map[string]any{"team": t.view()}}
}

func (a *App) deleteTeam(_ *http.Request, _ []byte, t *team) answer {
	for no := range t.people {
		a.teams.drop(t, no)
	}
	delete(a.teams.byCode, t.code)
	delete(a.teams.byLabel, strings.ToLower(t.label))
	return answer{status: http.StatusNoContent}
}

func (a *App) addPerson(r *http.Request, _ []byte, t *team) answer {
	m := a.memberAt(r)
	if m == nil {
		return problem(http.StatusNotFound, "there is no such member")
	}
	t.people[m.No] = struct{}{}
	if a.teams.of[m.No] == nil {
		a.teams.of[m.No] = make(map[*team]struct{})
	}
	a.teams.of[m.No][t] = struct{}{}
	return answer{status: http.StatusNoContent}
}

func (a *App) removePerson(r *http.Request, _ []byte, t *team) answer {
	m := a.memberAt(r)
	if m == nil {
		return problem(http.StatusNotFound, "there is no such member")
	}
	if _, in := t.people[m.No]; !in {
		return problem(http.StatusNotFound, "the member is not in this team")
	}
	a.teams.drop(t, m.No)
	return answer{status: http.StatusNoContent}
}
