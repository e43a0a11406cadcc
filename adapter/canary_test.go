package adapter_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// Who is refused by a canary is refused by it again, and who is let in meets the same release afterwards, also when the
// canary's share grows.
func TestCreatesMeetTheSameRelease(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{App: new(obliging)})
	yes, no := push(t, s, allowing), push(t, s, denying)
	promote(t, s, yes, 100)
	promote(t, s, no, 30)
	var refused, in int
	for i := range 30 {
		body := user(fmt.Sprintf("u%d", i))
		resp := s.Do("POST", "/Users", body)
		if resp.Status == http.StatusForbidden {
			refused++
			for range 3 {
				s.Want(http.StatusForbidden, "POST", "/Users", body)
			}
			continue
		}
		in++
		path := "/Users/" + resp.Get("id").Str
		s.Want(http.StatusOK, "PATCH", path, set("name.familyName", `"Roe"`))
	}
	if refused == 0 || in == 0 {
		t.Fatalf("%d refused, %d let in", refused, in)
	}
	promote(t, s, yes, 100)
	promote(t, s, no, 60)
	more := 0
	for i := range 30 {
		other := strings.Replace(user(fmt.Sprintf("u%d", i)), fmt.Sprintf("u%d", i), strings.ToUpper(fmt.Sprintf("u%d", i)), 1)
		if s.Do("POST", "/Users", other).Status == http.StatusForbidden {
			more++
		}
	}
	if more < refused {
		t.Errorf("%d are refused by a canary of 60 percent, %d were by one of 30", more, refused)
	}
	ids := map[string]uint64{}
	for _, op := range journal(t, s, func(op *store.Operation) bool { return !aboutPolicies(op) && op.ResourceID != "" }) {
		if was, ok := ids[op.ResourceID]; ok && was != op.Release {
			t.Errorf("%s met release %d, then %d", op.ResourceID, was, op.Release)
		}
		ids[op.ResourceID] = op.Release
	}
}
