package adapter_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// While an import runs the identity provider makes the same people. Each is there once in the end, with one account.
func TestImportBesideTheIdentityProvider(t *testing.T) {
	t.Parallel()
	const n = 120
	c := newClub(t)
	c.size = 20
	for i := range n {
		c.join("u" + strconv.Itoa(i))
	}
	s := clubStack(t, c, nil)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := worker; i < n; i += 4 {
				login := "u" + strconv.Itoa(n-1-i)
				resp := s.Do(http.MethodPost, "/Users", fmt.Sprintf(`{"userName":%q}`, login))
				if resp.Status != http.StatusCreated && resp.Status != http.StatusConflict {
					t.Errorf("%s: %d %s", login, resp.Status, resp.Body)
				}
			}
		})
	}
	job := runImport(t, s.Tenant(), adapter.JobRequest{})
	all.Wait()
	s.WaitIdle()
	if job.State != store.JobDone {
		t.Errorf("%+v", job)
	}
	// Whom the import passed over as a delivery was on its way is found linked, or linked now.
	job = runImport(t, s.Tenant(), adapter.JobRequest{})
	s.WaitIdle()
	seen := map[string]int{}
	for _, u := range s.Want(200, "GET", "/Users?count=500", nil).Get("Resources.#.userName").Array() {
		seen[u.Str]++
	}
	if len(seen) != n {
		t.Errorf("there are %d users, want %d", len(seen), n)
	}
	for login, times := range seen {
		if times != 1 {
			t.Errorf("%s is there %d times", login, times)
		}
	}
	if job.Counts["users.created"] != 0 || job.Counts["users.waiting"] != 0 {
		t.Errorf("the import after it: %v", job.Counts)
	}
}

// Where the application does not accept a cursor any more the list begins anew, and where it never does that is the end.
func TestImportBeginsAnewWhenACursorLapses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lapses int
		state  store.JobState
		want   map[string]int64
	}{
		"once":  {1, store.JobDone, map[string]int64{"users.read": 8, "users.created": 6, "users.unchanged": 2, "restarts": 1}},
		"never": {100, store.JobFailed, map[string]int64{"users.read": 8, "users.created": 2, "users.unchanged": 6, "restarts": 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClub(t)
			c.size = 2
			for i := range 6 {
				c.join("u" + strconv.Itoa(i))
			}
			lapsed := 0
			c.before = func(w http.ResponseWriter, after int) bool {
				if after != 2 || lapsed == tc.lapses {
					return false
				}
				lapsed++
				w.WriteHeader(http.StatusGone)
				return true
			}
			s := clubStack(t, c, nil)
			job := runImport(t, s.Tenant(), adapter.JobRequest{})
			if diff := cmp.Diff(tc.want, job.Counts); diff != "" || job.State != tc.state {
				t.Errorf("%s %s: %s", job.State, job.Detail, diff)
			}
		})
	}
}

// What cannot be configured is told by the field's name.
func TestImportConfigIsChecked(t *testing.T) {
	t.Parallel()
	list := func(fields ...connector.Field) func(*connector.Config) {
		return func(cc *connector.Config) { cc.List = &connector.ListRoute{Path: "/members", ID: "no", Map: fields} }
	}
	name := connector.Field{Target: "userName", Source: "login"}
	for want, tc := range map[string]struct {
		connector func(*connector.Config)
		imports   adapter.ImportConfig
	}{
		"import.match":                  {list(name), adapter.ImportConfig{Match: []string{"nickName"}}},
		"import.match: \"userName\"":    {list(name), adapter.ImportConfig{Match: []string{"userName", "userName"}}},
		"import.match_groups":           {list(name), adapter.ImportConfig{MatchGroups: []string{"userName"}}},
		"import.every: 1s":              {list(name), adapter.ImportConfig{Every: 1e9}},
		"import.every: application":     {func(*connector.Config) {}, adapter.ImportConfig{Every: 3600e9}},
		"list.map: it has no userName":  {list(connector.Field{Target: "title", Source: "x"}), adapter.ImportConfig{}},
		"list.map: \"nothing\" is no":   {list(name, connector.Field{Target: "nothing", Source: "x"}), adapter.ImportConfig{}},
		"list.map: \"meta\" cannot":     {list(name, connector.Field{Target: "meta", Source: "x"}), adapter.ImportConfig{}},
		"list.map: \"password\" cannot": {list(name, connector.Field{Target: "password", Source: "x"}), adapter.ImportConfig{}},
		`list.map: "name[type eq`:       {list(name, connector.Field{Target: `name[type eq "x"].givenName`, Source: "x"}), adapter.ImportConfig{}},
		`list.map: "emails[value eq 1]`: {list(name, connector.Field{Target: `emails[value eq 1].value`, Source: "x"}), adapter.ImportConfig{}},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			c := newClub(t)
			cc := connector.Config{BaseURL: "http://127.0.0.1:1"}
			c.configure(&cc)
			cc.List, cc.Groups = nil, nil
			tc.connector(&cc)
			conn, err := connector.New(cc, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(conn.Close)
			id, err := kv.NewTenant("acme")
			if err != nil {
				t.Fatal(err)
			}
			cfg := adapter.TenantConfig{ID: id, Connector: conn, Import: tc.imports}
			err = cfg.Validate()
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want one about %s", err, want)
			}
		})
	}
}
