package adapter_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// read returns the entries that a query finds, page by page.
func read(t *testing.T, s *adaptertest.Stack, q adapter.JournalQuery) (all []adapter.JournalEntry) {
	t.Helper()
	for {
		page, err := s.Tenant().ReadJournal(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, page.Entries...); !page.More {
			return all
		}
		q.After = page.Next
	}
}

// line is an entry in short.
func line(e adapter.JournalEntry) string {
	switch {
	case e.Operation != nil:
		return fmt.Sprintf("%s %s: %s", e.Operation.Operation.Operation, e.Operation.Subject, e.Operation.Outcome)
	case e.Call != nil:
		var sent []string
		for _, x := range e.Call.Exchanges {
			sent = append(sent, fmt.Sprintf("%s %s %d", x.Method, x.Path, x.Status))
		}
		times := ""
		if e.Call.Count > 1 {
			times = fmt.Sprintf(" x%d", e.Call.Count)
		}
		return fmt.Sprintf("call %s: %s%s (%s)", e.Call.Action, e.Call.Outcome, times, strings.Join(sent, ", "))
	}
	return fmt.Sprintf("%s %s by %s", e.Note.Kind, e.Note.State, e.Note.By)
}

func lines(list []adapter.JournalEntry) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, line(e))
	}
	return out
}

func sameLines(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// flaky answers with a status, as often as it is told to, before it lets requests through.
type flaky struct {
	status, times atomic.Int64
	body          string
}

func (f *flaky) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && f.times.Add(-1) >= 0 {
			w.WriteHeader(int(f.status.Load()))
			_, _ = io.WriteString(w, f.body)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (f *flaky) fail(status, times int) {
	f.status.Store(int64(status))
	f.times.Store(int64(times))
}

func TestJournalTimeline(t *testing.T) {
	t.Parallel()
	app := &flaky{}
	s := adaptertest.Start(t, adaptertest.Options{Wrap: app.wrap, Configure: func(c *adapter.TenantConfig) { c.Hold = []abi.Operation{abi.OpDelete}; c.HoldRevocations = true }})
	other := s.Want(201, "POST", "/Users", user("bob")).Get("id").Str
	id := s.Want(201, "POST", "/Users", user("ann")).Get("id").Str
	no := s.App("GET", "/members?login=ann@acme.example", nil).Get("members.0.no").Raw
	app.fail(503, 3)
	s.Want(200, "PATCH", "/Users/"+id, set("name.familyName", `"Roe"`))
	s.WaitIdle()
	app.fail(422, 1)
	s.Want(400, "PATCH", "/Users/"+id, set("name.familyName", `"Zoe"`))
	s.Want(204, "DELETE", "/Users/"+id, nil)
	a := waiting(t, s)
	if _, err := s.Tenant().Approve(t.Context(), adapter.Answer{ID: a.ID, By: "ops"}); err != nil {
		t.Fatal(err)
	}
	s.WaitIdle()
	want := []string{
		"create ann@acme.example: applied",
		"call create: done (POST /members 201)",
		"update ann@acme.example: applied",
		"call update: retry x3 (PATCH /members/" + no + " 503)",
		"call update: done (PATCH /members/" + no + " 200)",
		"update ann@acme.example: refused",
		"call update: refused (PATCH /members/" + no + " 422)",
		"delete ann@acme.example: applied",
		"approval approved by ops",
		"call delete: done (DELETE /members/" + no + " 204)",
	}
	for _, name := range []string{id, "ann@acme.example", "ANN@acme.example", "ext-ann"} {
		got := read(t, s, adapter.JournalQuery{User: name})
		sameLines(t, "the timeline of "+name, want, lines(got))
		for limit := 1; limit < 5; limit++ {
			sameLines(t, fmt.Sprintf("the timeline of %s in pages of %d", name, limit), want, lines(read(t, s, adapter.JournalQuery{User: name, Limit: limit})))
		}
	}
	newest := read(t, s, adapter.JournalQuery{Resource: id, Newest: true, Limit: 3})
	for i, e := range newest {
		if got := line(e); got != want[len(want)-1-i] {
			t.Errorf("newest first, %d: %s", i, got)
		}
	}
	sameLines(t, "the other's", []string{"create bob@acme.example: applied", "call create: done (POST /members 201)"},
		lines(read(t, s, adapter.JournalQuery{User: other})))
	sameLines(t, "what failed", []string{want[3], want[6], want[5]}, lines(read(t, s, adapter.JournalQuery{Failed: true})))
	if n := len(read(t, s, adapter.JournalQuery{Connection: "main"})); n != 5 {
		t.Errorf("%d operations of the connection", n)
	}
	if n := len(read(t, s, adapter.JournalQuery{Connection: "other"})); n != 0 {
		t.Errorf("%d operations of another connection", n)
	}
	if n := len(read(t, s, adapter.JournalQuery{Outcome: "refused"})); n != 2 {
		t.Errorf("%d were refused", n)
	}
	// In the order of changes a call comes before what it led to, and all are there once.
	all := lines(read(t, s, adapter.JournalQuery{Limit: 3}))
	if len(all) != len(want)+2 || all[len(all)-2] != want[9] || all[len(all)-1] != want[7] {
		t.Errorf("the feed: %s", strings.Join(all, "\n"))
	}
	// An operation with what belongs to it, and nothing else.
	all2 := read(t, s, adapter.JournalQuery{Resource: id})
	rec, err := s.Tenant().ReadOperation(t.Context(), all2[2].Operation.ID)
	if err != nil {
		t.Fatal(err)
	}
	sameLines(t, "the update's calls", want[3:5], lines(rec.Related))
	if got := string(rec.Operation.Request); got != `{"changes":[{"path":"name.familyName","old":"Doe","new":"Roe"}]}` {
		t.Errorf("the request is %s", got)
	}
}

// Who has never become a resource is found by the name that they were to have.
func TestJournalOfWhoIsNot(t *testing.T) {
	t.Parallel()
	app := &flaky{}
	s := adaptertest.Start(t, adaptertest.Options{Wrap: app.wrap, Configure: func(c *adapter.TenantConfig) { c.Hold = []abi.Operation{abi.OpCreate} }})
	reject := func() {
		t.Helper()
		if _, err := s.Tenant().Reject(t.Context(), adapter.Answer{ID: waiting(t, s).ID, By: "ops"}); err != nil {
			t.Fatal(err)
		}
	}
	s.Want(201, "POST", "/Users", user("eve"))
	reject()
	s.Want(403, "POST", "/Users", user("eve")) // denied, as it was rejected before
	sameLines(t, "eve", []string{
		"create eve@acme.example: rejected", "approval rejected by ops", "create eve@acme.example: denied",
	}, lines(read(t, s, adapter.JournalQuery{User: "eve@acme.example"})))
	if got := read(t, s, adapter.JournalQuery{User: "nobody@acme.example"}); len(got) != 0 {
		t.Errorf("nobody: %v", lines(got))
	}
}

func TestJournalOfMembers(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	var ids []string
	for i := range 60 {
		ids = append(ids, s.Want(201, "POST", "/Users", user(fmt.Sprintf("m%d", i))).Get("id").Str)
	}
	values := func(ids []string) string {
		var list []string
		for _, id := range ids {
			list = append(list, fmt.Sprintf(`{"value":%q}`, id))
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	group := s.Want(201, "POST", "/Groups", `{"displayName":"Team","members":`+values(ids[:2])+`}`).Get("id").Str
	s.Want(204, "PATCH", "/Groups/"+group, `{"Operations":[{"op":"add","path":"members","value":`+values(ids)+`},{"op":"remove","path":"members[value eq \"`+ids[0]+`\"]"}]}`)
	s.WaitIdle()
	var requests []string
	for _, e := range read(t, s, adapter.JournalQuery{Resource: group}) {
		if e.Operation != nil {
			requests = append(requests, string(e.Operation.Request))
		} else if e.Call.Action == abi.ActionAddMembers && (len(e.Call.Members) == 0 || e.Call.Subject != "Team") {
			t.Errorf("call %+v", e.Call)
		}
	}
	if len(requests) != 2 {
		t.Fatalf("%d operations", len(requests))
	}
	first, second := gjson.Parse(requests[0]), gjson.Parse(requests[1])
	if n := first.Get("members.added.#").Int(); n != 2 || first.Get(`changes.#(path=="displayName").new`).Str != "Team" {
		t.Errorf("the create asked for %s", requests[0])
	}
	if second.Get("members.added.#").Int() != 50 || second.Get("members.more_added").Int() != 8 || second.Get("members.removed.0").Str != ids[0] {
		t.Errorf("the change asked for %s", requests[1])
	}
}

// sensitive is a user's schema with an extension that has secrets.
func sensitive(t *testing.T) *schema.Registry {
	t.Helper()
	ext, err := schema.Parse([]byte(`{"id":"urn:acme:hr","name":"HR","attributes":[
		{"name":"pin","returned":"never"},{"name":"iban","sensitive":true},{"name":"desk"},
		{"name":"bank","type":"complex","subAttributes":[{"name":"bic"},{"name":"account","sensitive":true}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	rt, err := schema.User().Extend(schema.Extension{Schema: ext})
	if err != nil {
		t.Fatal(err)
	}
	types, err := schema.NewRegistry(rt, schema.Group())
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// Nothing that is secret lies in the journal, or anywhere in the store where nobody needs it.
func TestJournalHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	const planted = "pl4nted"
	app := &flaky{body: `{"error":"the password pl4nted-password is bad, and so is PL4NTED-PASSWORD"}`}
	s := adaptertest.Start(t, adaptertest.Options{
		Wrap: app.wrap,
		Configure: func(c *adapter.TenantConfig) {
			c.Passwords, c.Types = true, sensitive(t)
		},
		Connector: func(c *connector.Config) {
			c.Auth = connector.Auth{Bearer: planted + "-bearer"}
			c.Header = http.Header{"X-Key": {planted + "-header"}}
			c.Routes[abi.ActionSetPassword] = connector.Route{
				Method: "PUT", Path: "/members/{legacy_id}/suspend?key=" + planted + "-query", Body: json.RawMessage(`{"new":"{password}"}`),
			}
		},
	})
	secrets := `"password":"` + planted + `-password","urn:acme:hr":{"pin":"` + planted + `-pin","iban":"` + planted + `-iban","desk":"D1","bank":{"bic":"B","account":"` + planted + `-account"}}`
	app.fail(500, 0)
	s.Do("POST", "/Users", strings.Replace(user("ann"), `"active":true`, `"active":true,`+secrets, 1))
	id := s.Want(200, "GET", "/Users", nil).Get("Resources.0.id").Str
	app.fail(503, 2)
	s.Do("PATCH", "/Users/"+id, set("password", `"`+planted+`-password"`))
	s.WaitIdle()
	app.fail(422, 1)
	s.Do("PATCH", "/Users/"+id, set("password", `"`+planted+`-password"`))
	s.WaitIdle()
	s.Want(200, "PATCH", "/Users/"+id, set("urn:acme:hr:iban", `"`+planted+`-other"`))
	s.WaitIdle()
	entries := read(t, s, adapter.JournalQuery{})
	b, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{
		`{"path":"password","new":"[redacted]"}`, `{"path":"urn:acme:hr:iban","old":"[redacted]","new":"[redacted]"}`,
		`{"path":"urn:acme:hr:desk","new":"D1"}`, `{"path":"urn:acme:hr:bank","new":"[redacted]"}`, "?key=…",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
	tenant := s.Tenant().ID()
	rng := kv.Range{From: tenant.Key("0"), To: tenant.Key("zzzz")}
	tables := map[kv.Table]int{}
	err = s.Store.View(t.Context(), func(tx kv.Tx) error {
		for entry, err := range tx.Scan(rng, kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			table := entry.Key.Table()
			tables[table]++
			key, err := entry.Key.Encoded()
			if err != nil {
				return err
			}
			// The documents of the user have what the application is to be told of.
			if table != "r" && strings.Contains(strings.ToLower(key+string(entry.Value)), planted) {
				t.Errorf("something secret lies in the table %s: %q", table, entry.Value)
			}
			if strings.Contains(strings.ToLower(string(entry.Value)), planted+"-password") {
				t.Errorf("the password lies in the table %s", table)
			}
		}
		return nil
	})
	if err != nil || tables["jr"] == 0 || tables["ju"] == 0 || tables["r"] == 0 {
		t.Errorf("looked at %v: %v", tables, err)
	}
}

func TestJournalValues(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	long := strings.Repeat("ü", 400)
	id := s.Want(201, "POST", "/Users", strings.Replace(user("ann"), `"active":true`, `"active":true,"title":"`+long+`"`, 1)).Get("id").Str
	s.Want(200, "PATCH", "/Users/"+id, `{"Operations":[{"op":"remove","path":"title"},{"op":"add","path":"nickName","value":"a\u0007\"<b"}]}`)
	list := read(t, s, adapter.JournalQuery{Resource: id, Connection: "main"})
	if len(list) != 2 || !json.Valid(list[0].Operation.Request) {
		t.Fatalf("%d operations: %s", len(list), list[0].Operation.Request)
	}
	if got := gjson.GetBytes(list[0].Operation.Request, `changes.#(path=="title").new`).Str; got != strings.Repeat("ü", 128)+"…" {
		t.Errorf("a long value is %q", got)
	}
	if got := gjson.GetBytes(list[1].Operation.Request, `changes.#(path=="nickName")`); got.Get("new").Str != "a\a\"<b" || got.Get("old").Exists() {
		t.Errorf("a value is %s", got)
	}
	if got := gjson.GetBytes(list[1].Operation.Request, `changes.#(path=="title")`); got.Get("new").Exists() || !strings.HasSuffix(got.Get("old").Str, "ü…") {
		t.Errorf("a value that is gone is %s", got)
	}
}
