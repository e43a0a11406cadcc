package adapter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

// Whoever looks after a policy sees that it keeps failing, and how, without a flood of lines.
func TestFailingPoliciesAreSeen(t *testing.T) {
	t.Parallel()
	s := released(t, adaptertest.Options{App: new(obliging)})
	bad := push(t, s, adaptertest.Module(map[string]string{"decide": adaptertest.Trap}))
	promote(t, s, bad, 100)
	if st := status(t, s); len(st.Failing) != 0 || st.Trouble != "" {
		t.Errorf("nothing was asked, and the status is %+v", st)
	}
	const writes = 20
	for i := range writes {
		s.Want(503, "POST", "/Users", user(fmt.Sprintf("u%d", i)))
	}
	st := status(t, s)
	if len(st.Failing) != 1 || !strings.HasPrefix(st.Trouble, "release 1 keeps failing: decide, ") {
		t.Fatalf("the status is %+v", st)
	}
	if f := st.Failing[0]; f.Release != bad || f.Hook != "decide" || f.Count < writes || f.Since.IsZero() || f.Last.Before(f.Since) || !f.Answered.IsZero() {
		t.Errorf("failing: %+v", f)
	}
	lines, _, err := s.Tenant().PolicyLog(t.Context(), 0, 0)
	if err != nil || len(lines) == 0 || len(lines) > writes/2 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if l := lines[0]; l.Release != bad || l.Hook != "decide" || !strings.HasPrefix(l.Text, "decide failed: trap") {
		t.Errorf("the first line is %+v", l)
	}
	promote(t, s, push(t, s, allowing), 100)
	s.Want(201, "POST", "/Users", user("ann"))
	if st := status(t, s); len(st.Failing) != 0 || st.Trouble != "" {
		t.Errorf("all is well, and the status is %+v", st)
	}
}
