package adapter_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// club is an application with accounts and teams of its own, which lists them page by page in the order of their numbers.
type club struct {
	t  *testing.T
	mu sync.Mutex
	// size is how many a page has.
	size    int
	last    int
	members map[int]map[string]any
	teams   map[int]map[string]any
	writes  []string // what changed something, in order: method and path
	// before is called before a page of members is answered, outside of the lock; nil for nothing. It can answer itself.
	before func(w http.ResponseWriter, after int) (answered bool)
}

func newClub(t *testing.T) *club {
	t.Helper()
	return &club{t: t, size: 10, members: map[int]map[string]any{}, teams: map[int]map[string]any{}}
}

// join adds an account whose number it returns. fields are names and values in turn.
func (c *club) join(login string, fields ...any) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.add(c.members, map[string]any{"login": login, "state": "active"}, fields)
}

func (c *club) team(name string, members ...int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.add(c.teams, map[string]any{"name": name, "members": members}, nil)
}

func (c *club) add(to map[int]map[string]any, record map[string]any, fields []any) int {
	c.last++
	record["no"] = c.last
	for i := 0; i+1 < len(fields); i += 2 {
		record[fmt.Sprint(fields[i])] = fields[i+1]
	}
	to[c.last] = record
	return c.last
}

func (c *club) written() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.writes...)
}

func (c *club) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if r.Method == http.MethodGet {
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		if c.before != nil && parts[0] == "members" && c.before(w, after) {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		from := c.members
		if parts[0] == "teams" {
			from = c.teams
		}
		c.list(w, from, after, r.URL.Query().Get("login"))
		return
	}
	if parts[0] == "down" {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes = append(c.writes, r.Method+" "+r.URL.Path)
	to := c.members
	if parts[0] == "teams" {
		to = c.teams
	}
	if r.Method == http.MethodPost && len(parts) == 1 {
		body["state"] = "active"
		no := c.add(to, body, nil)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"no":%d}`, no)
		return
	}
	no, _ := strconv.Atoi(parts[1])
	record := to[no]
	if record == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	switch {
	case len(parts) == 3:
		record["state"] = map[string]string{"suspend": "suspended", "restore": "active"}[parts[2]]
	case r.Method == http.MethodDelete && len(parts) == 2:
		delete(to, no)
	case r.Method == http.MethodPatch:
		for name, value := range body {
			record[name] = value
		}
	}
	fmt.Fprint(w, `{}`)
}

// list answers with a page. The caller holds mu.
func (c *club) list(w http.ResponseWriter, from map[int]map[string]any, after int, login string) {
	page := []map[string]any{}
	next := 0
	for no := after + 1; no <= c.last; no++ {
		record := from[no]
		if record == nil || login != "" && record["login"] != login {
			continue
		}
		if len(page) == c.size {
			next = no - 1
			break
		}
		page = append(page, record)
	}
	answer := map[string]any{"items": page}
	if next != 0 {
		answer["next"] = next
	}
	_ = json.NewEncoder(w).Encode(answer)
}

var byAfter = connector.Paging{Style: connector.PagingCursor, Path: "next", Parameter: "after"}

// configure says how the club is told and read.
func (c *club) configure(cc *connector.Config) {
	cc.Routes = map[abi.Action]connector.Route{
		abi.ActionCreate:     {Method: http.MethodPost, Path: "/members", ID: "no"},
		abi.ActionUpdate:     {Method: http.MethodPatch, Path: "/members/{legacy_id}"},
		abi.ActionSuspend:    {Method: http.MethodPost, Path: "/members/{legacy_id}/suspend"},
		abi.ActionDeactivate: {Method: http.MethodPost, Path: "/members/{legacy_id}/suspend"},
		abi.ActionReactivate: {Method: http.MethodPost, Path: "/members/{legacy_id}/restore"},
		abi.ActionDelete:     {Method: http.MethodDelete, Path: "/members/{legacy_id}"},
	}
	cc.Lookup = &connector.Route{Path: "/members?login={userName}", ID: "items.0.no"}
	cc.Fields = []connector.Field{{Target: "login", Source: "userName"}, {Target: "mail", Source: "emails.value"}, {Target: "hr", Source: "externalId"}}
	cc.List = &connector.ListRoute{
		Path: "/members", Items: "items", ID: "no", Next: byAfter, Active: &connector.ActiveWhen{Path: "state", Values: []string{"active"}},
		Map: []connector.Field{{Target: "userName", Source: "login"}, {Target: "emails.value", Source: "mail"}, {Target: "externalId", Source: "hr"}},
	}
	cc.Groups = &connector.Groups{
		Routes: map[abi.Action]connector.Route{
			abi.ActionCreate:        {Method: http.MethodPost, Path: "/teams", ID: "no"},
			abi.ActionUpdate:        {Method: http.MethodPatch, Path: "/teams/{legacy_id}"},
			abi.ActionDelete:        {Method: http.MethodDelete, Path: "/teams/{legacy_id}"},
			abi.ActionAddMembers:    {Method: http.MethodPut, Path: "/teams/{legacy_id}/members/{member.legacy_id}"},
			abi.ActionRemoveMembers: {Method: http.MethodDelete, Path: "/teams/{legacy_id}/members/{member.legacy_id}"},
		},
		Fields: []connector.Field{{Target: "name", Source: "displayName"}},
		List: &connector.ListRoute{
			Path: "/teams", Items: "items", ID: "no", Next: byAfter, Map: []connector.Field{{Target: "displayName", Source: "name"}},
			Members: &connector.ListMembers{IDs: "members"},
		},
	}
}

// clubStack is a stack in front of the club.
func clubStack(t *testing.T, c *club, change func(*adaptertest.Options)) *adaptertest.Stack {
	t.Helper()
	opts := adaptertest.Options{App: c, Connector: c.configure}
	if change != nil {
		change(&opts)
	}
	return adaptertest.Start(t, opts)
}

// runImport runs an import to its end.
func runImport(t *testing.T, tenant *adapter.Tenant, req adapter.JobRequest) *store.Job {
	t.Helper()
	job, err := tenant.StartJob(t.Context(), store.JobImport, req)
	if err != nil {
		t.Fatal(err)
	}
	return endOf(t, tenant, job.ID)
}

func endOf(t *testing.T, tenant *adapter.Tenant, id string) (ended *store.Job) {
	t.Helper()
	err := tenant.FollowJob(t.Context(), store.JobImport, id, func(j *store.Job) error {
		ended = j
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ended
}

// report is what a job names: kind, legacy id and reason, one line each.
func report(t *testing.T, tenant *adapter.Tenant, id string) (lines []string) {
	t.Helper()
	items, err := tenant.JobItems(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		lines = append(lines, strings.TrimSpace(item.Kind+" "+item.LegacyID+" "+item.Reason))
	}
	return lines
}
