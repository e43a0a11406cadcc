package adapter_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
)

// An import switches off no more accounts of users who are not to be active than the deprovision limit lets, foretells which,
// and links the rest when there is room again.
func TestImportWithinTheDeprovisionLimit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		limit adapter.DeprovisionLimit
		staff int // active people whom the application has besides, before the others
		off   int
	}{
		"a number":                     {hour(3, 0), 0, 3},
		"a percentage of few":          {hour(0, 50), 0, adapter.LeastDeprovisions},
		"a percentage of the imported": {hour(0, 50), 4, 4}, // 4 active, and whoever was switched off: 4 of 8
		"no limit":                     {adapter.DeprovisionLimit{}, 0, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const inactive = 6
			c := newClub(t)
			c.size = 4
			clock := clocktest.New()
			s := clubStack(t, c, func(o *adaptertest.Options) {
				o.Clock = clock.Now
				o.Configure = func(cfg *adapter.TenantConfig) { cfg.DeprovisionLimit = tc.limit }
			})
			for i := range tc.staff {
				c.join(fmt.Sprint("staff", i))
			}
			var accounts []int
			for i := range inactive {
				s.Want(http.StatusCreated, "POST", "/Users", fmt.Sprintf(`{"userName":"off%d","active":false}`, i))
				accounts = append(accounts, c.join(fmt.Sprint("off", i)))
			}

			// check compares what an import comes to with what it is to: the accounts before from are linked, those before to are
			// switched off now, and the others withheld.
			check := func(from, to, created int) {
				t.Helper()
				want := map[string]int64{
					"users.read": int64(inactive + tc.staff), "users.created": int64(created), "users.unchanged": int64(from + tc.staff - created),
					"users.adopted": int64(to - from), "users.suspends": int64(to - from), "users.withheld": int64(inactive - to),
				}
				for kind, n := range want {
					if n == 0 {
						delete(want, kind)
					}
				}
				var lines []string
				for i, no := range accounts[from:] {
					if from+i < to {
						lines = append(lines, fmt.Sprintf("users.adopted %d", no),
							fmt.Sprintf("users.suspends %d the account is active and the user is not to be; it is switched off", no))
						continue
					}
					lines = append(lines, fmt.Sprintf("users.withheld %d the deprovision limit lets no more accounts be switched off now; import again later", no))
				}
				slices.Sort(lines)
				before := state(t, s)
				for _, dry := range []bool{true, false} {
					job := runImport(t, s.Tenant(), adapter.JobRequest{By: "ops", DryRun: dry})
					if diff := cmp.Diff(want, job.Counts); diff != "" {
						t.Errorf("dry %v: %s", dry, diff)
					}
					got := slices.DeleteFunc(report(t, s.Tenant(), job.ID), func(line string) bool { return strings.HasPrefix(line, "users.created") })
					slices.Sort(got)
					if diff := cmp.Diff(lines, got); diff != "" {
						t.Errorf("dry %v: %s", dry, diff)
					}
					if now := state(t, s); dry && now != before {
						t.Errorf("a dry run took from the limit: %+v, before %+v", now, before)
					}
				}
				s.WaitIdle()
				var suspended []string
				for _, no := range accounts[:to] {
					suspended = append(suspended, fmt.Sprintf("POST /members/%d/suspend", no))
				}
				written := c.written()
				slices.Sort(suspended)
				slices.Sort(written)
				if diff := cmp.Diff(suspended, written); diff != "" {
					t.Errorf("the application was told: %s", diff)
				}
			}
			check(0, tc.off, tc.staff)
			if tc.off == inactive {
				return
			}
			if got := state(t, s); got.Taken != tc.off || got.Most != tc.off {
				t.Errorf("the limit stands at %+v", got)
			}
			check(tc.off, tc.off, 0) // there is no room by importing again
			clock.Advance(time.Hour)
			check(tc.off, inactive, 0)
			if got := state(t, s); got.Taken != inactive-tc.off {
				t.Errorf("after the window the limit stands at %+v", got)
			}
		})
	}
}
