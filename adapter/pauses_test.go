package adapter_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// failing waits until a delivery of a user has failed, and returns when it is tried again.
func failing(t *testing.T, s *adaptertest.Stack, id string) time.Time {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		var rec *store.Record
		err := store.New(s.Store).View(ctx, s.Tenant().ID(), func(tx *store.Tx) (err error) {
			rec, err = tx.Load(store.User, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if rec.Failures > 0 {
			return rec.Due
		}
	}
}

// An application that is left alone for a while is so whatever becomes of a shadow, which is in nobody's way.
func TestShadowsEndNoPauses(t *testing.T) {
	t.Parallel()
	down := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	s := released(t, adaptertest.Options{App: down, Configure: func(c *adapter.TenantConfig) {
		c.RetryMin, c.RetryMax, c.DeliveryWait = time.Hour, time.Hour, time.Nanosecond
	}})
	create := func(name string) string {
		return s.Want(http.StatusCreated, "POST", "/Users", user(name)).Get("id").Str
	}
	first := create("ann")
	due := failing(t, s, first)
	n := push(t, s, denying)
	for _, c := range []struct {
		what string
		step func()
	}{
		{"begins", func() { shadow(t, s, n) }},
		{"ends", func() { shadow(t, s, 0) }},
		{"cannot be loaded", func() {
			err := store.New(s.Store).Update(t.Context(), s.Tenant().ID(), func(tx *store.Tx) error {
				r := &store.Release{Version: strings.Repeat("0", 64), Name: "broken", Hooks: []string{"decide"}, Uploaded: time.Now()}
				if err := tx.AddRelease(r, []byte("garbage")); err != nil {
					return err
				}
				p, err := tx.Policies()
				if err != nil {
					return err
				}
				p.Shadow = r.Number
				return tx.SetPolicies(&p, time.Now())
			})
			if err != nil {
				t.Fatal(err)
			}
			s.Tenant().Refresh(t.Context())
			s.Tenant().Refresh(t.Context())
		}},
	} {
		c.step()
		failing(t, s, create(strings.ReplaceAll(c.what, " ", ""))) // pauses are ended before what is new is told
		if again := failing(t, s, first); !again.Equal(due) {
			t.Errorf("a shadow that %s ends the pause until %v", c.what, due)
			due = again
		}
	}
}
