package adapter_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// An application that carries a change out and then fails to say so must not be told to make a second account.
func TestUnknownOutcomeMakesNoDouble(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]string{
		"status 500":              `{"status":500,"count":1,"after":true}`,
		"connection dropped":      `{"status":0,"count":1,"after":true}`,
		"dropped before":          `{"status":0,"count":1}`,
		"several times unknown":   `{"status":502,"count":3,"after":true}`,
		"overloaded, then normal": `{"status":429,"count":2,"retry_after":0}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{})
			for i, step := range []struct{ method, body, state, fullName string }{
				{"POST", user("ann"), "active", "ann Doe"},
				{"PATCH", set("name.familyName", `"Roe"`), "active", "ann Roe"},
				{"PATCH", set("active", "false"), "suspended", "ann Roe"},
				{"PATCH", set("active", "true"), "active", "ann Roe"},
				{"DELETE", "", "", ""},
			} {
				s.App("POST", "/faults", fault)
				path := "/Users"
				if i > 0 {
					list := s.Want(http.StatusOK, "GET", `/Users?filter=userName%20eq%20"ann@acme.example"`, nil)
					path += "/" + list.Get("Resources.0.id").Str
				}
				var body any = step.body
				if step.body == "" {
					body = nil
				}
				if r := s.Do(step.method, path, body); r.Status >= 300 {
					t.Fatalf("%s %s: %d %s", step.method, path, r.Status, r.Body)
				}
				s.WaitIdle()
				s.App("DELETE", "/faults", nil)
				members := s.App("GET", "/members", nil)
				if n := members.Get("members.#").Int(); (step.state == "" && n != 0) || (step.state != "" && n != 1) {
					t.Fatalf("after step %d there are %d members: %s", i, n, members.Body)
				}
				m := members.Get("members.0")
				if m.Get("state").Str != step.state || m.Get("full_name").Str != step.fullName {
					t.Fatalf("after step %d: %s", i, m.Raw)
				}
			}
		})
	}
}

func TestAccountThatExistsIsAdopted(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	made := s.App("POST", "/members", `{"login":"ann@acme.example","mail":"ann@acme.example","full_name":"Old Name"}`)
	no := made.Get("member.no").Int()
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	members := s.App("GET", "/members", nil)
	m := members.Get("members.0")
	if members.Get("members.#").Int() != 1 || m.Get("no").Int() != no || m.Get("full_name").Str != "ann Doe" || m.Get("ref").Str != id {
		t.Fatalf("not adopted and brought up to date: %s", members.Body)
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	if state := s.App("GET", "/members", nil).Get("members.0.state").Str; state != "suspended" {
		t.Errorf("the adopted account is %q", state)
	}
}

// Two SCIM users must never share one account: what the second may do would be what the first is.
func TestAccountOfAnotherUserIsNotAdopted(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Connector: func(c *connector.Config) {
		c.Lookup.Path = "/members?mail={emails.value}"
	}})
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	thief := strings.Replace(user("bob"), `"value":"bob@`, `"value":"ann@`, 1)
	r := s.Want(http.StatusConflict, "POST", "/Users", thief)
	if r.Get("scimType").Str != "uniqueness" {
		t.Errorf("%s", r.Body)
	}
	if m := s.App("GET", "/members", nil); m.Get("members.#").Int() != 1 || m.Get("members.0.login").Str != "ann@acme.example" {
		t.Errorf("members: %s", m.Body)
	}
	if n := s.Want(200, "GET", "/Users", nil).Get("totalResults").Int(); n != 1 {
		t.Errorf("%d users", n)
	}
}

// While the application is down, changes coalesce: it is told of the last state, not of each.
func TestChangesCoalesce(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		c.RetryMin, c.RetryMax = time.Hour, time.Hour
	}})
	s.App("POST", "/faults", `{"status":503,"count":1}`)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	for i := range 20 {
		s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", fmt.Sprintf(`"Doe%d"`, i)))
	}
	if n := s.App("GET", "/requests", nil).Get("requests.#").Int(); n != 1 {
		t.Fatalf("the pause was not kept: %d requests", n)
	}
	s.Use(adaptertest.Options{}) // a new configuration, of which the retries come sooner
	s.WaitIdle()
	var writes []string
	for _, r := range s.App("GET", "/requests", nil).Get("requests").Array() {
		if r.Get("method").Str != "GET" {
			writes = append(writes, r.Get("method").Str)
		}
	}
	if got := strings.Join(writes, " "); got != "POST POST" {
		t.Errorf("the application was told: %s", got)
	}
	if name := s.App("GET", "/members", nil).Get("members.0.full_name").Str; name != "ann Doe19" {
		t.Errorf("full name is %q", name)
	}
	if got, want := outcomes(t, s, id), strings.TrimSpace(strings.Repeat("applied ", 21)); got != want {
		t.Errorf("journal: %s", got)
	}
}

func TestRestartDeliversWhatWaits(t *testing.T) {
	t.Parallel()
	app := adaptertest.NewApp()
	dir := t.TempDir()
	s := adaptertest.Start(t, adaptertest.Options{Dir: dir, App: app, Configure: func(c *adapter.TenantConfig) { c.RetryMin, c.RetryMax = time.Hour, time.Hour }})
	for i := range 10 {
		s.App("POST", "/faults", `{"status":500,"count":1,"after":true}`)
		s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprintf("u%d", i)))
	}
	if s.Tenant().Backlog() != 10 {
		t.Fatalf("backlog is %d", s.Tenant().Backlog())
	}
	s.Stop()
	s = adaptertest.Start(t, adaptertest.Options{Dir: dir, App: app})
	if err := s.Tenant().Retry(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 10 {
		t.Errorf("%d members", n)
	}
}

// Nothing that two clients change at once is lost, and the application ends with what SCIM shows.
func TestConcurrentWritersLoseNothing(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	const writers = 16
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			body := fmt.Sprintf(`{"Operations":[{"op":"add","path":"phoneNumbers","value":[{"value":"+1555%04d","type":"work%d"}]}]}`, i, i)
			r, err := s.Send("PATCH", s.URL+"/Users/"+id, body, "Authorization", "Bearer "+adaptertest.Token)
			if err != nil || r.Status != http.StatusOK {
				t.Errorf("writer %d: %v %+v", i, err, r)
			}
		})
	}
	wg.Wait()
	if n := s.Want(200, "GET", "/Users/"+id, nil).Get("phoneNumbers.#").Int(); n != writers {
		t.Errorf("%d of %d changes are left", n, writers)
	}
	s.WaitIdle()
}

func TestConcurrentCreatesOfOneUser(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	var created, taken atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			r, err := s.Send("POST", s.URL+"/Users", user("ann"), "Authorization", "Bearer "+adaptertest.Token)
			switch {
			case err != nil:
				t.Error(err)
			case r.Status == http.StatusCreated:
				created.Add(1)
			case r.Status == http.StatusConflict:
				taken.Add(1)
			default:
				t.Errorf("%d %s", r.Status, r.Body)
			}
		})
	}
	wg.Wait()
	if created.Load() != 1 || taken.Load() != 15 {
		t.Errorf("%d created, %d refused", created.Load(), taken.Load())
	}
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 1 {
		t.Errorf("%d members", n)
	}
}

func TestReactivationByPost(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	again := s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	if again.Get("id").Str != id || !again.Get("active").Bool() {
		t.Errorf("got %s", again.Body)
	}
	m := s.App("GET", "/members", nil)
	if m.Get("members.#").Int() != 1 || m.Get("members.0.state").Str != "active" {
		t.Errorf("members: %s", m.Body)
	}
}

func TestInactiveUserIsNotMadeInTheApplication(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	body := strings.Replace(user("ann"), `"active":true`, `"active":false`, 1)
	id := s.Want(http.StatusCreated, "POST", "/Users", body).Get("id").Str
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 0 {
		t.Errorf("%d members", n)
	}
	if got := outcomes(t, s, id); got != "applied" {
		t.Errorf("journal: %s", got)
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "true"))
	if state := s.App("GET", "/members", nil).Get("members.0.state").Str; state != "active" {
		t.Errorf("state is %q", state)
	}
}

func TestBacklogIsBounded(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) {
		c.RetryMin, c.RetryMax, c.MaxBacklog = time.Hour, time.Hour, 3
	}})
	s.App("POST", "/faults", `{"status":503,"count":100}`)
	for i := range 3 {
		s.Want(http.StatusCreated, "POST", "/Users", user(fmt.Sprintf("u%d", i)))
	}
	r := s.Want(http.StatusServiceUnavailable, "POST", "/Users", user("u3"))
	if r.Header.Get("Retry-After") == "" || r.Get("schemas.0").Str == "" {
		t.Errorf("%v %s", r.Header, r.Body)
	}
	if n := s.Want(200, "GET", "/Users", nil).Get("totalResults").Int(); n != 3 {
		t.Errorf("%d users are stored", n)
	}
}

// The application's own unavailability must not look like a bad token, nor undo what the IdP wants.
func TestApplicationRefusesTheConnector(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	broken.Store(true)
	s := adaptertest.Start(t, adaptertest.Options{Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if broken.Load() {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	broken.Store(false)
	s.WaitIdle()
	if got := outcomes(t, s, id); got != "applied" {
		t.Errorf("journal: %s", got)
	}
}

// A refusal that comes after the answer takes desired back, and the journal says so.
func TestLateRefusal(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.App("POST", "/faults", `{"status":503,"count":1}`)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("userType", `"emperor"`))
	s.WaitIdle()
	if got := s.Want(200, "GET", "/Users/"+id, nil); got.Get("userType").Exists() {
		t.Errorf("a read shows what was refused: %s", got.Body)
	}
	var last *store.Operation
	err := s.Tenant().Journal(context.Background(), func(op *store.Operation) bool { last = op; return false })
	if err != nil || last.Outcome != store.Refused || last.Status != 422 || !strings.Contains(last.Detail, "emperor") {
		t.Errorf("journal: %+v %v", last, err)
	}
}

// An account that is found may be suspended there; who is to be active gets it back.
func TestSuspendedAccountIsAdopted(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	no := s.App("POST", "/members", `{"login":"ann@acme.example","mail":"ann@acme.example"}`).Get("member.no").String()
	s.App("POST", "/members/"+no+"/suspend", nil)
	s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	s.WaitIdle()
	if m := s.App("GET", "/members", nil).Get("members.0"); m.Get("state").Str != "active" || m.Get("full_name").Str != "ann Doe" {
		t.Errorf("the application has %s", m.Raw)
	}
}

// Entra ID renames whom it deletes and switches them off; a new create under the old name is the same person.
func TestSoftDeletedUserComesBack(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, `{"Operations":[{"op":"Replace","path":"active","value":"False"},
		{"op":"Replace","path":"userName","value":"0123abcdann@acme.example"}]}`)
	again := s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
	if again.Get("id").Str != id || !again.Get("active").Bool() || again.Get("userName").Str != "ann@acme.example" {
		t.Errorf("got %s", again.Body)
	}
	m := s.App("GET", "/members", nil)
	if m.Get("members.#").Int() != 1 || m.Get("members.0.state").Str != "active" || m.Get("members.0.login").Str != "ann@acme.example" {
		t.Errorf("the application has %s", m.Body)
	}
}

// An id by which no later call could name the account is none: access could never be taken away again.
func TestUnusableAccountID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{`"/../x"`, `".."`, `"%2e%2e"`, `"a\u0000"`} {
		var asked atomic.Int32
		s := adaptertest.Start(t, adaptertest.Options{
			Configure: func(c *adapter.TenantConfig) { c.RetryMin, c.RetryMax = time.Hour, time.Hour },
			App: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				_, _ = fmt.Fprintf(w, `{"member":{"no":%s},"members":[]}`, id)
			}),
		})
		s.Want(http.StatusCreated, "POST", "/Users", user("ann"))
		if n := s.Tenant().Backlog(); n != 1 || asked.Load() == 0 {
			t.Errorf("id %s: %d changes wait, want 1", id, n)
		}
	}
}

// An application may refuse to restore who is not suspended; that is no reason to switch the person off.
func TestAdoptedAccountIsActiveAlready(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/restore") {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	s.App("POST", "/members", `{"login":"ann@acme.example","mail":"ann@acme.example"}`)
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	if got := outcomes(t, s, id); got != "applied" {
		t.Errorf("journal: %s", got)
	}
	if got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil); !got.Get("active").Bool() {
		t.Errorf("a read shows %s", got.Body)
	}
}
