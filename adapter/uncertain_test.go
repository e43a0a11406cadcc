package adapter_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// patient is a stack that does not try again by itself, so that a test can change its mind in between. drain ends that.
func patient(t *testing.T, opts adaptertest.Options) (s *adaptertest.Stack, drain func(adaptertest.Options)) {
	t.Helper()
	configure := opts.Configure
	opts.Configure = func(c *adapter.TenantConfig) {
		c.RetryMin, c.RetryMax = time.Hour, time.Hour
		if configure != nil {
			configure(c)
		}
	}
	s = adaptertest.Start(t, opts)
	return s, func(opts adaptertest.Options) {
		t.Helper()
		s.App("DELETE", "/faults", nil)
		s.Use(opts)
		s.WaitIdle()
	}
}

const (
	lostBefore = `{"status":500,"count":1}`
	lostAfter  = `{"status":500,"count":1,"after":true}`
)

// onlyMember returns the one account that the application must have.
func onlyMember(t *testing.T, s *adaptertest.Stack) adaptertest.Response {
	t.Helper()
	members := s.App("GET", "/members", nil)
	if n := members.Get("members.#").Int(); n != 1 {
		t.Fatalf("%d members: %s", n, members.Body)
	}
	members.Body = members.Get("members.0").Raw
	return members
}

// Whether a verb arrived is not known. Whatever is wanted next, the person must end in the right state.
func TestUncertainVerbIsNotTakenForDone(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{lostBefore, lostAfter} {
		for _, wanted := range []string{"true", "false"} {
			for _, then := range []string{"", wanted, "true", "false"} {
				t.Run(fmt.Sprintf("%s active %s then %s", fault, wanted, then), func(t *testing.T) {
					t.Parallel()
					s, drain := patient(t, adaptertest.Options{})
					id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
					if wanted == "true" {
						s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
					}
					s.App("POST", "/faults", fault)
					s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", wanted))
					s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
					if then != "" {
						s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", then))
					} else {
						then = wanted
					}
					drain(adaptertest.Options{})
					state := map[string]string{"true": "active", "false": "suspended"}[then]
					if m := onlyMember(t, s); m.Get("state").Str != state || m.Get("full_name").Str != "ann Roe" {
						t.Errorf("want %s, the application has %s", state, m.Body)
					}
				})
			}
		}
	}
}

// An application may say that the account is in that state already: when nobody knows what came of the first try,
// that is no refusal.
func TestUncertainVerbMeetsItself(t *testing.T) {
	t.Parallel()
	s, drain := patient(t, adaptertest.Options{Wrap: func(next http.Handler) http.Handler {
		suspended := false
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/suspend") {
				if suspended {
					w.WriteHeader(http.StatusConflict)
					return
				}
				suspended = true
			}
			next.ServeHTTP(w, r)
		})
	}})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.App("POST", "/faults", lostAfter)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	drain(adaptertest.Options{})
	if got := s.Want(200, "GET", "/Users/"+id, nil); got.Get("active").Bool() || got.Get("name.familyName").Str != "Roe" {
		t.Errorf("a read shows %s", got.Body)
	}
	if m := onlyMember(t, s); m.Get("state").Str != "suspended" || m.Get("full_name").Str != "ann Roe" {
		t.Errorf("the application has %s", m.Body)
	}
}

// What was sent is known only by the document that was desired then; approvals and rejections move that too.
func TestUncertainCreateIsLookedUpAsItWasSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, s *adaptertest.Stack, id string){
		"renamed": func(_ *testing.T, s *adaptertest.Stack, id string) {
			s.Use(patiently())
			s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userName", `"anna@acme.example"`))
		},
		"rename approved": func(t *testing.T, s *adaptertest.Stack, id string) {
			s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userName", `"anna@acme.example"`))
			if _, err := s.Tenant().Approve(context.Background(), adapter.Answer{ID: waiting(t, s).ID}); err != nil {
				t.Fatal(err)
			}
		},
		"renamed after a rejection": func(t *testing.T, s *adaptertest.Stack, id string) {
			s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"admin"`))
			if _, err := s.Tenant().Reject(context.Background(), adapter.Answer{ID: waiting(t, s).ID}); err != nil {
				t.Fatal(err)
			}
			s.Use(patiently())
			s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userName", `"anna@acme.example"`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var deaf atomic.Bool // lookups fail, so that a reload does not settle it early
			s, drain := patient(t, adaptertest.Options{
				Configure: func(c *adapter.TenantConfig) { c.Hold = []abi.Operation{abi.OpUpdate} },
				Wrap: func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if r.URL.Path == "/members" && r.Method == http.MethodGet && deaf.Load() {
							w.WriteHeader(http.StatusServiceUnavailable)
							return
						}
						next.ServeHTTP(w, r)
					})
				},
			})
			s.App("POST", "/faults", lostAfter)
			deaf.Store(true)
			id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
			change(t, s, id)
			deaf.Store(false)
			drain(adaptertest.Options{})
			if m := onlyMember(t, s); m.Get("login").Str != "anna@acme.example" || m.Get("ref").Str != id {
				t.Errorf("the application has %s", m.Body)
			}
		})
	}
}

func patiently() adaptertest.Options {
	return adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.RetryMin, c.RetryMax = time.Hour, time.Hour }}
}

// A lookup that this user has nothing for must not keep the user out for good.
func TestUncertainCreateThatCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Connector: func(c *connector.Config) { c.Lookup.Path = "/members?ref={externalId}" }})
	s.App("POST", "/faults", lostBefore)
	s.Want(http.StatusCreated, "POST", "/Users", `{"userName":"ann@acme.example","emails":[{"value":"ann@acme.example"}]}`)
	s.WaitIdle()
	onlyMember(t, s)
}

// A delete that may not have arrived is not forgotten when the rule changes.
func TestUncertainDeleteUnderAnotherRule(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{lostBefore, lostAfter} {
		for _, lookup := range []bool{false, true} {
			for _, again := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s lookup %v again %v", fault, lookup, again), func(t *testing.T) {
					t.Parallel()
					without := func(c *connector.Config) {
						if !lookup {
							c.Lookup = nil
						}
					}
					s, drain := patient(t, adaptertest.Options{Connector: without})
					s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
					id := s.Want(http.StatusOK, "GET", "/Users", nil).Get("Resources.0.id").Str
					s.App("POST", "/faults", fault)
					s.Want(http.StatusNoContent, "DELETE", "/Users/"+id, nil)
					if again {
						s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
					}
					drain(adaptertest.Options{Connector: without, Configure: func(c *adapter.TenantConfig) { c.Lifecycle.OnDelete = adapter.RuleSuspend }})
					members := s.App("GET", "/members", nil)
					n, state := members.Get("members.#").Int(), members.Get("members.0.state").Str
					switch {
					case again && (n != 1 || state != "active"):
						t.Errorf("a user who came back: %s", members.Body)
					case !again && fault == lostBefore && (n != 1 || state != "suspended"):
						t.Errorf("a user to be suspended: %s", members.Body)
					case !again && fault == lostAfter && n != 0:
						t.Errorf("a user who was deleted: %s", members.Body)
					}
				})
			}
		}
	}
}

// An account that was found has no document that it was told, and can be suspended all the same.
func TestFoundAccountIsSuspended(t *testing.T) {
	t.Parallel()
	var deaf atomic.Bool
	s, drain := patient(t, adaptertest.Options{Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch && deaf.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	s.App("POST", "/members", `{"login":"ann@acme.example","mail":"ann@acme.example"}`)
	deaf.Store(true)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	deaf.Store(false)
	drain(adaptertest.Options{})
	if n := len(writes(s)); n > 6 {
		t.Errorf("the application was told %d times: %v", n, writes(s))
	}
	if m := onlyMember(t, s); m.Get("state").Str != "suspended" || m.Get("full_name").Str != "ann Doe" {
		t.Errorf("the application has %s", m.Body)
	}
}

// A create that was carried out unseen stays, whatever is refused after it.
func TestRefusalAfterAnUncertainCreate(t *testing.T) {
	t.Parallel()
	s, drain := patient(t, adaptertest.Options{})
	s.App("POST", "/faults", lostAfter)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"emperor"`))
	drain(adaptertest.Options{})
	if got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil); got.Get("userType").Exists() {
		t.Errorf("a read shows %s", got.Body)
	}
	if m := onlyMember(t, s); m.Get("ref").Str != id || m.Get("role").Str != "member" {
		t.Errorf("the application has %s", m.Body)
	}
	if got := outcomes(t, s, id); got != "applied refused" && got != "refused refused" {
		t.Errorf("journal: %s", got)
	}
}
