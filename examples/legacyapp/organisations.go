package legacyapp

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// An account belongs to a person, not to an organisation: one can sign up by oneself, for a personal account, and be a
// member of any number of organisations beside. Whoever is taken out of an organisation keeps the account with all else
// that it is in. An organisation is there as soon as somebody is in it.

const (
	// maxOrganisations bounds how many organisations one account is in.
	maxOrganisations = 100
	// maxOrganisation bounds an organisation's name, in bytes.
	maxOrganisation = 63
)

// The states of an account, and of its place in an organisation.
const (
	stateActive    = "active"
	stateSuspended = "suspended"
)

// place puts the account into an organisation, or changes its state there; with no state it takes it out. The list is
// never changed in place: answers that are being written have it too.
func (m *member) place(org, state string) {
	next := maps.Clone(m.Organisations)
	if next == nil {
		next = make(map[string]string)
	}
	if next[org] = state; state == "" {
		delete(next, org)
	}
	m.Organisations = next
}

// canJoin says why the account cannot be put into an organisation.
func (m *member) canJoin(org string) (answer, bool) {
	if !validOrganisation(org) {
		return problem(http.StatusUnprocessableEntity, fmt.Sprintf("organisation %.80q is not a name of a-z, 0-9 and -", org)), false
	}
	if _, in := m.Organisations[org]; !in && len(m.Organisations) >= maxOrganisations {
		return problem(http.StatusUnprocessableEntity, "the account is in too many organisations"), false
	}
	return answer{}, true
}

func validOrganisation(name string) bool {
	return name != "" && len(name) <= maxOrganisation && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

// listPlaces lists who is in an organisation.
func (a *App) listPlaces(r *http.Request, _ []byte) answer {
	org := r.PathValue("org")
	list := slices.DeleteFunc(a.members.find("", "", ""), func(m member) bool { return m.Organisations[org] == "" })
	return answer{http.StatusOK, map[string]any{"members": list}}
}

// showPlace is how the application finds out whether an account may enter an organisation.
func (a *App) showPlace(r *http.Request, _ []byte, m *member) answer {
	state := m.Organisations[r.PathValue("org")]
	if state == "" {
		return problem(http.StatusNotFound, fmt.Sprintf("member %d is not in this organisation", m.No))
	}
	if m.State != stateActive {
		state = m.State // the account as a whole is switched off
	}
	return answer{http.StatusOK, map[string]any{"state": state}}
}

// join puts an account into an organisation, or lets it in again.
func (a *App) join(r *http.Request, _ []byte, m *member) answer {
	org := r.PathValue("org")
	if ans, ok := m.canJoin(org); !ok {
		return ans
	}
	return a.move(m, org, stateActive)
}

// suspendPlace keeps an account's place in an organisation and lets it in no more.
func (a *App) suspendPlace(r *http.Request, _ []byte, m *member) answer {
	org := r.PathValue("org")
	if m.Organisations[org] == "" {
		return problem(http.StatusConflict, fmt.Sprintf("member %d is not in this organisation", m.No))
	}
	return a.move(m, org, stateSuspended)
}

// leave takes an account out of an organisation. Nobody minds if it was not in it.
func (a *App) leave(r *http.Request, _ []byte, m *member) answer {
	a.move(m, r.PathValue("org"), "")
	return answer{status: http.StatusNoContent}
}

func (a *App) move(m *member, org, state string) answer {
	if m.Organisations[org] != state {
		m.place(org, state)
		m.Changed = a.opts.Now().UTC()
	}
	return answer{http.StatusOK, shown(m)}
}
