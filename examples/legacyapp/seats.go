package legacyapp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// seat is what a team has: a member, by its number, or another team.
type seat struct {
	no   int64
	team *team
}

func (s seat) in(t *team) bool {
	if s.team != nil {
		_, in := t.teams[s.team]
		return in
	}
	_, in := t.people[s.no]
	return in
}

// join puts into a team who is not in it.
func (t *teamTable) join(tm *team, s seat) {
	t.seats++
	if s.team != nil {
		tm.teams[s.team] = struct{}{}
		s.team.in[tm] = struct{}{}
		return
	}
	tm.people[s.no] = struct{}{}
	if t.of[s.no] == nil {
		t.of[s.no] = make(map[*team]struct{})
	}
	t.of[s.no][tm] = struct{}{}
}

// leave takes out of a team who is in it.
func (t *teamTable) leave(tm *team, s seat) {
	t.seats--
	if s.team != nil {
		delete(tm.teams, s.team)
		delete(s.team.in, tm)
		return
	}
	delete(tm.people, s.no)
	delete(t.of[s.no], tm)
	if len(t.of[s.no]) == 0 {
		delete(t.of, s.no)
	}
}

// forget takes a member out of all teams.
func (t *teamTable) forget(no int64) {
	for tm := range t.of[no] {
		t.leave(tm, seat{no: no})
	}
}

// reaches reports whether to is from, or in it, or in a team that is in it, and so on.
func reaches(from, to *team) bool {
	seen := map[*team]bool{from: true}
	for open := []*team{from}; len(open) > 0; {
		t := open[len(open)-1]
		open = open[:len(open)-1]
		if t == to {
			return true
		}
		for nested := range t.teams {
			if !seen[nested] {
				seen[nested] = true
				open = append(open, nested)
			}
		}
	}
	return false
}

// seatAt finds a member, by a number such as 1001, or a team, by one such as T1.
func (a *App) seatAt(no string) (seat, bool) {
	if strings.HasPrefix(no, "T") {
		t := a.teams.byNo[no]
		return seat{team: t}, t != nil
	}
	n, err := strconv.ParseInt(no, 10, 64)
	if err != nil {
		return seat{}, false
	}
	return seat{no: n}, a.members.byNo[n] != nil
}

// seatIn wraps what is done with {who} in a team.
func (a *App) seatIn(h func(t *team, s seat) answer) handler {
	return a.withTeam(func(r *http.Request, _ []byte, t *team) answer {
		s, ok := a.seatAt(r.PathValue("who"))
		if !ok {
			return problem(http.StatusNotFound, "there is no such member")
		}
		return h(t, s)
	})
}

// seatsIn wraps what is done with the list {"members":[1001,"1002","T1"]} in a team. Nothing is done where one of them
// does not exist, or where there are fewer than least.
func (a *App) seatsIn(least int, h func(t *team, seats []seat) answer) handler {
	return a.withTeam(func(_ *http.Request, body []byte, t *team) answer {
		var in struct {
			Members []json.RawMessage `json:"members"`
		}
		if ans, ok := decode(body, &in); !ok {
			return ans
		}
		if in.Members == nil || len(in.Members) < least {
			return problem(http.StatusUnprocessableEntity, "members is missing")
		}
		seats := make([]seat, 0, len(in.Members))
		seen := make(map[seat]bool, len(in.Members))
		for _, raw := range in.Members {
			no := strings.Trim(string(raw), `"`)
			s, ok := a.seatAt(no)
			if !ok {
				return problem(http.StatusUnprocessableEntity, fmt.Sprintf("there is no member %.40q", no))
			}
			if !seen[s] {
				seen[s] = true
				seats = append(seats, s)
			}
		}
		return h(t, seats)
	})
}

func (a *App) addSeat(t *team, s seat) answer { return a.addSeats(t, []seat{s}) }

// addSeats puts all of them into the team, or none.
func (a *App) addSeats(t *team, seats []seat) answer {
	missing := seats[:0:0]
	for _, s := range seats {
		switch {
		case s.team != nil && reaches(s.team, t):
			return problem(http.StatusUnprocessableEntity, "a team cannot be in itself")
		case !s.in(t):
			missing = append(missing, s)
		case !a.opts.LenientTeams:
			return problem(http.StatusConflict, s.String()+" is in this team already")
		}
	}
	if a.teams.seats+len(missing) > a.opts.MaxSeats {
		return problem(http.StatusInsufficientStorage, "there is no room for more members of teams")
	}
	for _, s := range missing {
		a.teams.join(t, s)
	}
	return answer{status: http.StatusNoContent}
}

// setSeats makes all of them, and nobody else, the members of the team.
func (a *App) setSeats(t *team, seats []seat) answer {
	stay := make(map[seat]bool, len(seats))
	for _, s := range seats {
		if s.team != nil && reaches(s.team, t) {
			return problem(http.StatusUnprocessableEntity, "a team cannot be in itself")
		}
		stay[s] = true
	}
	if a.teams.seats-len(t.people)-len(t.teams)+len(seats) > a.opts.MaxSeats {
		return problem(http.StatusInsufficientStorage, "there is no room for more members of teams")
	}
	for no := range t.people {
		if s := (seat{no: no}); !stay[s] {
			a.teams.leave(t, s)
		}
	}
	for nested := range t.teams {
		if s := (seat{team: nested}); !stay[s] {
			a.teams.leave(t, s)
		}
	}
	for _, s := range seats {
		if !s.in(t) {
			a.teams.join(t, s)
		}
	}
	return answer{status: http.StatusNoContent}
}

func (a *App) removeSeat(t *team, s seat) answer { return a.removeSeats(t, []seat{s}) }

// removeSeats takes all of them out of the team, or none.
func (a *App) removeSeats(t *team, seats []seat) answer {
	for _, s := range seats {
		if !s.in(t) && !a.opts.LenientTeams {
			return problem(http.StatusNotFound, s.String()+" is not in this team")
		}
	}
	for _, s := range seats {
		if s.in(t) {
			a.teams.leave(t, s)
		}
	}
	return answer{status: http.StatusNoContent}
}

// String implements fmt.Stringer.
func (s seat) String() string {
	if s.team != nil {
		return "team " + s.team.no
	}
	return "member " + strconv.FormatInt(s.no, 10)
}

var _ fmt.Stringer = seat{}
