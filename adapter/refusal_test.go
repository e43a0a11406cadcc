package adapter_test

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

// A refused activation leaves the user as before: inactive, not gone.
func TestRefusedActivationLeavesTheUser(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	body := strings.Replace(user("ann"), `"active":true`, `"active":false,"userType":"emperor"`, 1)
	id := s.Want(http.StatusCreated, "POST", "/Users", body).Get("id").Str
	s.Want(http.StatusBadRequest, "PATCH", "/Users/"+id, set("active", "true"))
	if got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil); got.Get("active").Bool() || got.Get("userType").Str != "emperor" {
		t.Errorf("a read shows %s", got.Body)
	}
}

// writes lists what changed something in the application, as "METHOD path status".
func writes(s *adaptertest.Stack) []string {
	var out []string
	for _, r := range s.App("GET", "/requests", nil).Get("requests").Array() {
		if r.Get("method").Str != "GET" {
			out = append(out, strings.Join([]string{r.Get("method").Str, r.Get("path").Str, strconv.FormatInt(r.Get("status").Int(), 10)}, " "))
		}
	}
	return out
}

// gate lets a test hold the application's next answer to a path back.
type gate struct {
	mu      sync.Mutex
	suffix  string
	method  string
	arrived chan struct{}
	open    chan struct{}
}

func (g *gate) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		arrived, open := g.arrived, g.open
		if r.Method == g.method && strings.HasSuffix(r.URL.Path, g.suffix) {
			g.method = ""
		} else {
			open = nil
		}
		g.mu.Unlock()
		if open != nil {
			close(arrived)
			<-open
		}
		next.ServeHTTP(w, r)
	})
}

func (g *gate) close(method, suffix string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.method, g.suffix, g.arrived, g.open = method, suffix, make(chan struct{}), make(chan struct{})
}

// The refusal of a second change is not the first one's, which the application has taken.
func TestRefusalOfASecondChangeSparesTheFirst(t *testing.T) {
	t.Parallel()
	g := new(gate)
	s := adaptertest.Start(t, adaptertest.Options{Wrap: g.wrap})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	g.close("PATCH", "")
	results := make(chan adaptertest.Response, 2)
	patch := func(body string) {
		r, err := s.Send("PATCH", s.URL+"/Users/"+id, body, "Authorization", "Bearer "+adaptertest.Token)
		if err != nil {
			t.Error(err)
		}
		results <- r
	}
	var wg sync.WaitGroup
	wg.Go(func() { patch(set("name.familyName", `"Roe"`)) })
	<-g.arrived
	wg.Go(func() { patch(set("userType", `"emperor"`)) })
	for s.Want(http.StatusOK, "GET", "/Users/"+id, nil).Get("userType").Str == "" {
	}
	close(g.open)
	wg.Wait()
	close(results)
	got := map[int]int{}
	for r := range results {
		got[r.Status]++
	}
	if got[200] != 1 || got[400] != 1 {
		t.Errorf("statuses: %v", got)
	}
	if got := outcomes(t, s, id); got != "applied applied refused" {
		t.Errorf("journal: %s", got)
	}
	if got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil); got.Get("name.familyName").Str != "Roe" || got.Get("userType").Exists() {
		t.Errorf("a read shows %s", got.Body)
	}
}

// What may have been carried out and is then refused leaves the application to be put right.
func TestRefusalAfterAnUncertainTryIsPutRight(t *testing.T) {
	t.Parallel()
	s, drain := patient(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.App("POST", "/faults", lostAfter)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	s.App("POST", "/faults", `{"status":422,"count":1}`)
	s.Use(adaptertest.Options{})
	s.WaitIdle()
	drain(adaptertest.Options{})
	got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil)
	if m := onlyMember(t, s); got.Get("name.familyName").Str != "Doe" || m.Get("full_name").Str != "ann Doe" {
		t.Errorf("a read shows %s, the application has %s", got.Body, m.Body)
	}
}

// An application that refuses even what it had must not be asked for ever.
func TestRefusedRepairEnds(t *testing.T) {
	t.Parallel()
	s, drain := patient(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	no := onlyMember(t, s).Get("no").Raw
	s.App("POST", "/faults", lostAfter)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Poe"`))
	s.App("DELETE", "/members/"+no, nil)
	drain(adaptertest.Options{})
	if n := len(writes(s)); n > 6 {
		t.Errorf("the application was told %d times", n)
	}
}

// A name that is only kept free for a resource to go back to does not make that resource the one who asks for it.
func TestReservedNameIsNotTheResource(t *testing.T) {
	t.Parallel()
	s, drain := patient(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.App("POST", "/faults", lostBefore)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, `{"Operations":[{"op":"replace","value":{"userName":"bob@acme.example","active":false}}]}`)
	s.Want(http.StatusConflict, "POST", "/Users", strings.Replace(user("ann"), `"ext-ann"`, `"ext-other"`, 1))
	if got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil).Get("userName").Str; got != "bob@acme.example" {
		t.Errorf("the user became %s", got)
	}
	drain(adaptertest.Options{})
	s.Want(http.StatusCreated, "POST", "/Users", strings.NewReplacer(`"ext-ann"`, `"ext-other"`, `"value":"ann@`, `"value":"ann2@`).Replace(user("ann")))
}

// A document grows by patches only as far as the store can take it.
func TestDocumentIsBounded(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	long := strings.Repeat("x", 60<<10)
	for i := range 40 {
		var adds []string
		for j := range 15 {
			adds = append(adds, `{"value":"`+strconv.Itoa(i*100+j)+long+`"}`)
		}
		r := s.Do("PATCH", "/Users/"+id, `{"Operations":[{"op":"add","path":"entitlements","value":[`+strings.Join(adds, ",")+`]}]}`)
		if r.Status == http.StatusRequestEntityTooLarge {
			return
		}
		if r.Status != http.StatusOK {
			t.Fatalf("patch %d: %d %.200s", i, r.Status, r.Body)
		}
	}
	t.Error("a document of 36 MB was taken")
}

// A person's access is not kept until the pause after another change's failure is over.
func TestRevocationDoesNotWaitOutAPause(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.RetryMin, c.RetryMax = time.Hour, time.Hour }})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	s.App("POST", "/faults", `{"status":503,"count":1,"retry_after":"3600"}`)
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	s.Want(http.StatusOK, "PATCH", "/Users/"+id, set("active", "false"))
	if m := s.App("GET", "/members", nil).Get("members.0"); m.Get("state").Str != "suspended" {
		t.Errorf("the application has %s", m.Raw)
	}
}
