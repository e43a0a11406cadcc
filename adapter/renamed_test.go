package adapter_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

// Somebody gets another name, which may have arrived, is deleted, which may have arrived, and comes back. By which name
// the application knows the account is not known, and yet there is to be one account.
func TestUncertainDeleteAfterUncertainName(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{{}, {lostBefore}, {lostAfter}, {lostBefore, lostAfter}, {lostAfter, lostBefore}, {lostAfter, lostAfter}} {
		for _, deleting := range []string{lostBefore, lostAfter} {
			t.Run(fmt.Sprintf("%v then delete %s", names, deleting), func(t *testing.T) {
				t.Parallel()
				posts := 0
				s, drain := patient(t, adaptertest.Options{Wrap: func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if r.Method == http.MethodPost && r.URL.Path == "/members" {
							posts++
						}
						next.ServeHTTP(w, r)
					})
				}})
				id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
				no := onlyMember(t, s).Get("no").Int()
				for i, fault := range names {
					s.App("POST", "/faults", fault)
					s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userName", fmt.Sprintf(`"ann%d"`, i)))
					if i < len(names)-1 {
						s.App("POST", "/faults", fault)
						s.Tenant().Retry(t.Context()) // told again
					}
				}
				s.App("POST", "/faults", deleting)
				s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
				s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
				drain(adaptertest.Options{})
				m := onlyMember(t, s)
				if kept := m.Get("no").Int() == no; kept != (deleting == lostBefore) {
					t.Errorf("the account was %d, and is %s", no, m.Body)
				}
				if want := map[string]int{lostBefore: 1, lostAfter: 2}[deleting]; posts != want {
					t.Errorf("%d creates, want %d", posts, want)
				}
				if m.Get("ref").Str != id || m.Get("state").Str != "active" || m.Get("full_name").Str != "ann Doe" {
					t.Errorf("the application has %s", m.Body)
				}
			})
		}
	}
}
