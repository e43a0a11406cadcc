package adapter_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/clocktest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// Jobs with a schedule are started by themselves, when their time has passed for the first time and not before.
func TestJobsOnASchedule(t *testing.T) {
	t.Parallel()
	for _, kind := range []store.JobKind{store.JobImport, store.JobReconcile} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			clock := clocktest.New()
			listed := make(chan struct{}, 100)
			opts := adaptertest.Options{Clock: clock.Now, Connector: listsOf, Configure: func(c *adapter.TenantConfig) {
				if c.Import.Every = time.Hour; kind == store.JobReconcile {
					c.Import.Every, c.Reconcile.Every = 0, time.Hour
				}
			}, Wrap: func(app http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodGet && r.URL.Path == "/members" && r.URL.RawQuery == "" {
						listed <- struct{}{}
					}
					app.ServeHTTP(w, r)
				})
			}}
			s := adaptertest.Start(t, opts)
			began := clock.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			for running := false; !running; {
				select {
				case <-listed:
					running = true
				case <-ctx.Done():
					t.Fatal("it was never started")
				default:
					clock.Advance(20 * time.Minute)
					s.Use(opts) // which has the schedules looked at
				}
			}
			j, err := s.Tenant().Job(ctx, kind, "")
			if err != nil || j.By != adapter.ByUnattended || j.Started.Sub(began) < time.Hour {
				t.Fatalf("%+v, %v", j, err)
			}
			err = s.Tenant().FollowJob(ctx, kind, j.ID, func(now *store.Job) error { j = now; return nil })
			if err != nil || j.State != store.JobDone {
				t.Errorf("%+v, %v", j, err)
			}
		})
	}
}

// Where a policy has the hook import, it makes the users of an import, and the paths of a comparison.
func TestImportByPolicy(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Policies: adaptertest.Host(t), Connector: func(cfg *connector.Config) {
		listsOf(cfg)
		cfg.List.Map = nil
	}, Configure: func(c *adapter.TenantConfig) { c.Reconcile.Settle = 1 }})
	promote(t, s, push(t, s, adaptertest.Module(map[string]string{
		"decide": `{"verdict":"allow"}`, "import": `{"resource":{"userName":"hooked","title":"by the policy","active":true}}`,
	})), 100)
	s.App(http.MethodPost, "/members", `{"login":"local","mail":"local@acme.example"}`)
	follow := func(kind store.JobKind) *store.Job {
		t.Helper()
		j, err := s.Tenant().StartJob(t.Context(), kind, adapter.JobRequest{By: "ops"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := s.Tenant().FollowJob(ctx, kind, j.ID, func(now *store.Job) error { j = now; return nil }); err != nil || j.State != store.JobDone {
			t.Fatalf("%+v, %v", j, err)
		}
		return j
	}
	follow(store.JobImport)
	list := s.Want(200, "GET", "/Users", nil)
	if list.Get("totalResults").Int() != 1 || list.Get("Resources.0.userName").Str != "hooked" || list.Get("Resources.0.title").Str != "by the policy" {
		t.Fatalf("%s", list.Body)
	}
	if j := follow(store.JobReconcile); j.Counts["compared"] != 1 || j.Counts["fields"] != 0 {
		t.Errorf("%v", j.Counts)
	}
	promote(t, s, push(t, s, adaptertest.Module(map[string]string{
		"decide": `{"verdict":"allow"}`, "import": `{"resource":{"userName":"hooked","title":"another","active":true}}`,
	})), 100)
	j := follow(store.JobReconcile)
	items, err := s.Tenant().JobItems(t.Context(), j.ID, "fields")
	if err != nil || len(items) != 1 || !strings.Contains(items[0].Reason, `title is "another", was told "by the policy"`) {
		t.Errorf("%+v, %v", items, err)
	}
}
