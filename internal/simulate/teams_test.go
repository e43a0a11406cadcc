package simulate

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// operationOf is the first operation of a PATCH of a group, in one line; empty for another request.
func operationOf(r *http.Request, body object) string {
	if r.Method != http.MethodPatch || !strings.HasPrefix(r.URL.Path, "/scim/v2/Groups/") {
		return ""
	}
	operation, _ := body["Operations"].([]any)[0].(object)
	op, _ := operation["op"].(string)
	path, _ := operation["path"].(string)
	return op + " " + path
}

// Each way of getting groups wrong must show in its step.
func TestGroupMisbehaviour(t *testing.T) {
	t.Parallel()
	of := func(f *fake, r *http.Request) *fakeGroup {
		return f.groups[strings.TrimPrefix(r.URL.Path, "/scim/v2/Groups/")]
	}
	for _, c := range []struct {
		name     string
		idp      IDP
		sabotage func(*fake, http.ResponseWriter, *http.Request, object) bool
		step     string // the first that fails
		failure  string
		skipped  bool // the groups' next step
	}{
		{
			"no groups", Okta,
			func(_ *fake, w http.ResponseWriter, r *http.Request, _ object) bool {
				if strings.Contains(r.URL.Path, "/Groups") {
					fail(w, r, http.StatusNotFound, "no such page")
					return true
				}
				return false
			},
			"group create", "answered 404, want 200: invalidValue no such page", true,
		},
		{
			"a group without an id", OneLogin,
			func(_ *fake, w http.ResponseWriter, r *http.Request, body object) bool {
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/Groups") {
					answer(w, r, http.StatusCreated, body)
					return true
				}
				return false
			},
			"group create", "POST /Groups: the answer has no id", true,
		},
		{
			"an add that does nothing", Okta,
			func(_ *fake, w http.ResponseWriter, r *http.Request, body object) bool {
				if operationOf(r, body) == "add members" {
					w.WriteHeader(http.StatusNoContent)
					return true
				}
				return false
			},
			"group add", "has 0 members, want 3", false,
		},
		{
			"an add that replaces", OneLogin,
			func(f *fake, _ http.ResponseWriter, r *http.Request, body object) bool {
				if operationOf(r, body) == "add members" {
					clear(of(f, r).members)
				}
				return false
			},
			"group add", "has 1 members, want 2", false,
		},
		{
			"a rename that empties", Okta,
			func(f *fake, _ http.ResponseWriter, r *http.Request, body object) bool {
				if operationOf(r, body) == "replace " {
					clear(of(f, r).members)
				}
				return false
			},
			"group rename", "has 0 members, want 3", false,
		},
		{
			"a remove that empties", OneLogin,
			func(f *fake, _ http.ResponseWriter, r *http.Request, body object) bool {
				if operationOf(r, body) == "remove members" {
					clear(of(f, r).members)
				}
				return false
			},
			"group remove", "has 0 members, want 2", false,
		},
		{
			"an empty push that is passed over", Okta,
			func(_ *fake, w http.ResponseWriter, r *http.Request, body object) bool {
				if operationOf(r, body) == "replace members" {
					w.WriteHeader(http.StatusNoContent)
					return true
				}
				return false
			},
			"group remove", "has 2 members, want 0", false,
		},
		{
			"a deleted group that can be read", OneLogin,
			func(_ *fake, w http.ResponseWriter, r *http.Request, _ object) bool {
				if r.Method == http.MethodDelete && strings.HasPrefix(r.URL.Path, "/scim/v2/Groups/") {
					w.WriteHeader(http.StatusNoContent)
					return true
				}
				return false
			},
			"group delete", "answered 200, want 404", false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, url := startFake(t, c.sabotage)
			report := playAgainst(t, url, c.idp, 3)
			at := slices.IndexFunc(report.Rows, func(r *Row) bool { return r.Failed > 0 })
			if report.OK() || at < 0 || report.Rows[at].Step != c.step || !strings.Contains(report.Rows[at].Failure, c.failure) {
				t.Fatalf("rows %s, want %q in %s", render(t, report), c.failure, c.step)
			}
			if next := report.Rows[at+1]; strings.HasPrefix(next.Step, "group ") && (next.Skipped == 1) != c.skipped {
				t.Errorf("the next row is %+v", *next)
			}
			if last := report.Rows[len(report.Rows)-1]; last.Step != "delete" || last.Passed != 3 {
				t.Errorf("the users were not played to their end: %+v", *last)
			}
		})
	}
}

func TestUsersOnly(t *testing.T) {
	t.Parallel()
	f, url := startFake(t, nil)
	report := playAgainst(t, url, Okta, 3, usersOnly)
	for _, r := range f.seen {
		if strings.Contains(r.URL.Path, "Groups") {
			t.Errorf("%s %s was sent", r.Method, r.URL)
		}
	}
	if !report.OK() || len(report.Rows) != 7 {
		t.Errorf("%s", render(t, report))
	}
}
