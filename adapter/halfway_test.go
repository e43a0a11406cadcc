package adapter_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// second gives the stack's create a second call, which the tests answer.
func second(cfg *connector.Config) {
	create := cfg.Routes[abi.ActionCreate]
	create.Then = []connector.Route{{Method: "PUT", Path: "/second/{legacy_id}", Body: json.RawMessage(`{"who":"{userName}"}`)}}
	cfg.Routes[abi.ActionCreate] = create
}

// answering answers the second call with one status after the other, and then with 204.
func answering(statuses ...int) func(http.Handler) http.Handler {
	next := make(chan int, len(statuses))
	for _, s := range statuses {
		next <- s
	}
	return func(app http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPut || len(r.URL.Path) < 8 || r.URL.Path[:8] != "/second/" {
				app.ServeHTTP(w, r)
				return
			}
			select {
			case status := <-next:
				w.WriteHeader(status)
			default:
				w.WriteHeader(http.StatusNoContent)
			}
		})
	}
}

// Of an account that was made before a later call was refused nothing is left, and nobody can use it.
func TestCreateRefusedHalfway(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Connector: second, Wrap: answering(http.StatusUnprocessableEntity)})
	s.Want(http.StatusBadRequest, "POST", "/Users", user("ann"))
	s.WaitIdle()
	want := []string{"POST /members 201", "DELETE /members/1001 204"}
	if got := writes(s); !slices.Equal(got, want) {
		t.Errorf("the application was told %q, want %q", got, want)
	}
	if got := s.Want(http.StatusOK, "GET", "/Users", nil); got.Get("totalResults").Int() != 0 {
		t.Errorf("a read shows %s", got.Body)
	}
	// The same person can come afterwards.
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	s.WaitIdle()
	if got := s.App("GET", "/members", nil).Get("members").Array(); len(got) != 1 {
		t.Errorf("the application has %v", got)
	}
}

// An account that was made before a later call failed is there, and what is left is an update, and to let the person in.
func TestCreateFailsHalfway(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{
		Connector: second, Wrap: answering(http.StatusServiceUnavailable),
		Configure: func(cfg *adapter.TenantConfig) { cfg.RetryMin, cfg.RetryMax = time.Millisecond, time.Millisecond },
	})
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	s.WaitIdle()
	want := []string{"POST /members 201", "PATCH /members/1001 200", "POST /members/1001/restore 200"}
	if diff := cmp.Diff(want, writes(s)); diff != "" {
		t.Errorf("the application was told, -want +got:\n%s", diff)
	}
}
