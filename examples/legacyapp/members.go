package legacyapp

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// firstNo is the number of the first account; old applications rarely start at 1.
const firstNo = 1001

// maxText bounds each text of a member or team, in bytes.
const maxText = 512

// roles are the roles that the application knows.
var roles = []string{"member", "engineer", "accountant", "admin"}

// member is an account, as the API shows it.
type member struct {
	No       int64     `json:"no"`
	State    string    `json:"state"` // active or suspended
	Login    string    `json:"login"`
	Mail     string    `json:"mail"`
	FullName string    `json:"full_name,omitempty"`
	Given    string    `json:"given,omitempty"`
	Family   string    `json:"family,omitempty"`
	Role     string    `json:"role"`
	Dept     string    `json:"dept,omitempty"`
	Title    string    `json:"title,omitempty"`
	Phone    string    `json:"phone,omitempty"`
	Ref      string    `json:"ref,omitempty"` // whatever the caller wants to find the account by
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"`

	Personal      bool              `json:"personal"`                // the person has signed up, and keeps the account whatever organisations do
	Organisations map[string]string `json:"organisations,omitempty"` // those that the account is in, with its state there
}

// memberFields are the fields that a caller can set; PATCH changes only what it names.
// JSON's null counts as the empty text.
type memberFields struct {
	Login    text `json:"login"`
	Mail     text `json:"mail"`
	FullName text `json:"full_name"`
	Given    text `json:"given"`
	Family   text `json:"family"`
	Role     text `json:"role"`
	Dept     text `json:"dept"`
	Title    text `json:"title"`
	Phone    text `json:"phone"`
	Ref      text `json:"ref"`
}

// apply writes the named fields into m.
func (f *memberFields) apply(m *member) {
	for _, p := range []struct {
		from text
		to   *string
	}{
		{f.Login, &m.Login}, {f.Mail, &m.Mail}, {f.FullName, &m.FullName}, {f.Given, &m.Given}, {f.Family, &m.Family},
		{f.Role, &m.Role}, {f.Dept, &m.Dept}, {f.Title, &m.Title}, {f.Phone, &m.Phone}, {f.Ref, &m.Ref},
	} {
		if p.from.said {
			*p.to = strings.TrimSpace(p.from.value)
		}
	}
}

// memberTable holds the accounts and finds them by number, login, mail and ref.
type memberTable struct {
	byNo    map[int64]*member
	byLogin map[string]*member // by the login in lower case; unique
	byMail  map[string]*member // by the mail in lower case; unique
	byRef   map[string][]*member
	last    int64
}

func (t *memberTable) init() {
	t.byNo = make(map[int64]*member)
	t.byLogin = make(map[string]*member)
	t.byMail = make(map[string]*member)
	t.byRef = make(map[string][]*member)
	t.last = firstNo - 1
}

// check says what is wrong with m, which may be about to take the place of the account with the same number.
func (t *memberTable) check(m *member) (answer, bool) {
	for _, s := range []string{m.Login, m.Mail, m.FullName, m.Given, m.Family, m.Role, m.Dept, m.Title, m.Phone, m.Ref} {
		if len(s) > maxText {
			return problem(http.StatusUnprocessableEntity, fmt.Sprintf("a text is longer than %d", maxText)), false
		}
	}
	if m.Login == "" {
		return problem(http.StatusUnprocessableEntity, "login is missing"), false
	}
	if !strings.Contains(m.Mail, "@") {
		return problem(http.StatusUnprocessableEntity, fmt.Sprintf("mail %q is not an address", m.Mail)), false
	}
	if !slices.Contains(roles, m.Role) {
		return problem(http.StatusUnprocessableEntity, fmt.Sprintf("role %q is not known", m.Role)), false
	}
	if other := t.byLogin[strings.ToLower(m.Login)]; other != nil && other.No != m.No {
		return problem(http.StatusConflict, fmt.Sprintf("login %q is taken", m.Login)), false
	}
	if other := t.byMail[strings.ToLower(m.Mail)]; other != nil && other.No != m.No {
		return problem(http.StatusConflict, fmt.Sprintf("mail %q is taken", m.Mail)), false
	}
	return answer{}, true
}

func (t *memberTable) insert(m *member) {
	t.byNo[m.No] = m
	t.byLogin[strings.ToLower(m.Login)] = m
	t.byMail[strings.ToLower(m.Mail)] = m
	if m.Ref != "" {
		t.byRef[m.Ref] = append(t.byRef[m.Ref], m)
	}
}

func (t *memberTable) remove(m *member) {
	delete(t.byNo, m.No)
	delete(t.byLogin, strings.ToLower(m.Login))
	delete(t.byMail, strings.ToLower(m.Mail))
	rest := slices.DeleteFunc(t.byRef[m.Ref], func(o *member) bool { return o == m })
	if len(rest) == 0 {
		delete(t.byRef, m.Ref)
	} else {
		t.byRef[m.Ref] = rest
	}
}

// find returns the accounts that match what is asked for, in the order of their numbers; with nothing asked for, all.
func (t *memberTable) find(login, mail, ref string) []member {
	var candidates []*member
	switch {
	case login != "":
		candidates = one(t.byLogin[strings.ToLower(login)])
	case mail != "":
		candidates = one(t.byMail[strings.ToLower(mail)])
	case ref != "":
		candidates = t.byRef[ref]
	default:
		candidates = make([]*member, 0, len(t.byNo))
		for _, m := range t.byNo {
			candidates = append(candidates, m)
		}
	}
	found := make([]member, 0, len(candidates))
	for _, m := range candidates {
		if (login == "" || strings.EqualFold(m.Login, login)) && (mail == "" || strings.EqualFold(m.Mail, mail)) && (ref == "" || m.Ref == ref) {
			found = append(found, *m)
		}
	}
	slices.SortFunc(found, func(a, b member) int { return int(a.No - b.No) })
	return found
}

func one(m *member) []*member {
	if m == nil {
		return nil
	}
	return []*member{m}
}

// shown is how every answer about one account looks.
func shown(m *member) map[string]any { return map[string]any{"member": *m} }

// withMember looks up {no}; an account that is not there is 404 before h is asked.
func (a *App) withMember(h func(r *http.Request, body []byte, m *member) answer) handler {
	return func(r *http.Request, body []byte) answer {
		m := a.memberAt(r)
		if m == nil {
			return problem(http.StatusNotFound, "there is no such member")
		}
		return h(r, body, m)
	}
}

func (a *App) memberAt(r *http.Request) *member {
	no, err := strconv.ParseInt(r.PathValue("no"), 10, 64)
	if err != nil {
		return nil
	}
	return a.members.byNo[no]
}

func (a *App) listMembers(r *http.Request, _ []byte) answer {
	query := r.URL.Query()
	// A question with an empty value matches nobody; only no question at all lists everyone.
	for _, name := range []string{"login", "mail", "ref"} {
		if query.Has(name) && query.Get(name) == "" {
			return answer{http.StatusOK, map[string]any{"members": []member{}}}
		}
	}
	return answer{http.StatusOK, map[string]any{"members": a.members.find(query.Get("login"), query.Get("mail"), query.Get("ref"))}}
}

func (a *App) showMember(_ *http.Request, _ []byte, m *member) answer {
	return answer{http.StatusOK, shown(m)}
}

func (a *App) createMember(_ *http.Request, body []byte) answer {
	var fields struct {
		memberFields

		Personal     bool `json:"personal"`
		Organisation text `json:"organisation"` // to be in from the beginning
	}
	if ans, ok := decode(body, &fields); !ok {
		return ans
	}
	if len(a.members.byNo) >= a.opts.MaxMembers {
		return problem(http.StatusInsufficientStorage, "there is no room for another member")
	}
	now := a.opts.Now().UTC()
	m := &member{State: stateActive, Personal: fields.Personal, Created: now, Changed: now}
	if org := fields.Organisation.value; org != "" {
		if ans, ok := m.canJoin(org); !ok {
			return ans
		}
		m.place(org, stateActive)
	}
	fields.apply(m)
	if m.Role == "" {
		m.Role = "member"
	}
	if ans, ok := a.members.check(m); !ok {
		return ans
	}
	a.members.last++
	m.No = a.members.last
	a.members.insert(m)
	return answer{http.StatusCreated, shown(m)}
}

func (a *App) changeMember(_ *http.Request, body []byte, m *member) answer {
	var fields memberFields
	if ans, ok := decode(body, &fields); !ok {
		return ans
	}
	changed := *m
	fields.apply(&changed)
	if ans, ok := a.members.check(&changed); !ok {
		return ans
	}
	changed.Changed = a.opts.Now().UTC()
	a.members.remove(m)
	a.members.insert(&changed)
	return answer{http.StatusOK, shown(&changed)}
}

func (a *App) deleteMember(_ *http.Request, _ []byte, m *member) answer {
	a.members.remove(m)
	a.teams.forget(m.No)
	return answer{status: http.StatusNoContent}
}

func (a *App) suspendMember(_ *http.Request, _ []byte, m *member) answer {
	return a.setState(m, stateSuspended)
}

func (a *App) restoreMember(_ *http.Request, _ []byte, m *member) answer {
	return a.setState(m, stateActive)
}

func (a *App) setState(m *member, state string) answer {
	if m.State != state {
		m.State = state
		m.Changed = a.opts.Now().UTC()
	}
	return answer{http.StatusOK, shown(m)}
}
