package adapter_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// person is what the model knows of a document.
type person struct {
	Name, Family, Type string
	Active             bool
}

// emperor is a type of user that the application refuses.
const emperor = "emperor"

// aspect is a state of a resource in the model.
type aspect struct {
	person
	present bool
	never   bool // there is nothing, not even a tombstone
}

// human is one resource of the model, whatever lives it has had.
type human struct {
	no       int
	id       string
	desired  aspect
	base     *aspect       // what may be delivered while a change is held
	expires  time.Duration // when that counts as rejected, as far as the clock is ahead by then; 0 for never
	rejected map[string]bool
	touched  time.Duration // how far the clock was ahead when something was last wanted of it
}

func (h *human) target() aspect {
	if h.base != nil {
		return *h.base
	}
	return h.desired
}

// world is the model and the stack that it is compared with.
type world struct {
	*rapid.T
	t        *testing.T
	s        *adaptertest.Stack
	opts     adaptertest.Options
	rules    adapter.TenantConfig // those of its fields that the model knows
	refusing bool                 // there are changes that the application refuses, so reads are not known beforehand
	people   []*human
	ahead    atomic.Int64 // of the time, the stack's clock
}

func (w *world) do(method, path, body string) adaptertest.Response {
	w.Helper()
	var b any
	if body != "" {
		b = body
	}
	r, err := w.s.Send(method, w.s.URL+path, b, "Authorization", "Bearer "+adaptertest.Token)
	if err != nil {
		w.Fatalf("%s %s: %v", method, path, err)
	}
	w.Logf("%s %s %s: %d %s", method, path, body, r.Status, r.Body)
	return r
}

func (h *human) document(p person) string {
	doc := map[string]any{
		"userName": p.Name, "externalId": fmt.Sprintf("ext-%d", h.no), "name": map[string]any{"givenName": "X", "familyName": p.Family},
		"active": p.Active, "userType": p.Type, "emails": []any{map[string]any{"value": fmt.Sprintf("mail%d@acme.example", h.no)}},
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err) // it has nothing that JSON does not know
	}
	return string(b)
}

// want is what the model says of a change: the status, and whether the desired state is the next one afterwards.
func (w *world) want(h *human, next aspect) (status int, apply func()) {
	before := h.target()
	op := abi.OpUpdate
	switch {
	case !next.present:
		op = abi.OpDelete
	case !before.present:
		op = abi.OpCreate
	}
	revokes := before.present && before.Active && (!next.present || !next.Active)
	set := func(base *aspect) func() {
		return func() {
			h.desired, h.base, h.touched = next, base, time.Duration(w.ahead.Load())
			if h.expires = 0; base != nil && w.rules.HoldExpiry > 0 {
				h.expires = time.Duration(w.ahead.Load()) + w.rules.HoldExpiry
			}
		}
	}
	if !slices.Contains(w.rules.Hold, op) || before == next {
		return 200, set(nil) // what takes back what waits has nothing to ask
	}
	if h.rejected[change(op, next)] {
		return 403, func() {}
	}
	switch {
	case w.rules.HoldRevocations || !revokes:
		return 200, set(&before)
	case !next.present:
		return 200, set(nil)
	}
	before.Active = false
	if before == next {
		return 200, set(nil)
	}
	return 200, set(&before)
}

func change(op abi.Operation, to aspect) string {
	if op == abi.OpDelete {
		return "delete"
	}
	return fmt.Sprint(op, to.person)
}

// send sends a change and compares the answer with the model's.
func (w *world) send(h *human, method, body string, next aspect) {
	w.Helper()
	path := "/Users"
	if method != "POST" {
		path += "/" + h.id
	}
	status, apply := 404, func() {}
	switch {
	case method == "POST" && h.desired.present && h.desired.Active:
		status = 409
	case method != "POST" && !h.desired.present:
	case next.present && h.desired.present && next.person == h.desired.person:
		status = 200
	default:
		status, apply = w.want(h, next)
	}
	r := w.do(method, path, body)
	if r.Status/100 == 2 && method == "POST" {
		if id := r.Get("id").Str; h.id == "" || h.desired.never || w.refusing {
			h.id = id
		} else if h.id != id {
			w.Fatalf("%s came back as %s", h.id, id)
		}
	}
	if w.refusing {
		return
	}
	if got := r.Status; got != status && (status != 200 || got/100 != 2) {
		w.Fatalf("%s %s %s: got %d, the model says %d: %s", method, path, body, got, status, r.Body)
	}
	apply()
	w.read(h)
}

// read compares what SCIM shows with the model.
func (w *world) read(h *human) {
	w.Helper()
	if h.id == "" {
		return
	}
	r := w.do("GET", "/Users/"+h.id, "")
	if r.Status != map[bool]int{true: 200, false: 404}[h.desired.present] {
		w.Fatalf("a read says %d, the model %+v", r.Status, h.desired)
	}
	if !h.desired.present {
		return
	}
	if diff := cmp.Diff(h.desired.person, seen(r)); diff != "" {
		w.Fatalf("a read shows %s: %s", r.Body, diff)
	}
	list := w.do("GET", "/Users?filter=userName+eq+%22"+strings.ToUpper(h.desired.Name)+"%22", "")
	if list.Get("totalResults").Int() != 1 || list.Get("Resources.0.id").Str != h.id {
		w.Fatalf("the filter finds %s", list.Body)
	}
}

func seen(r adaptertest.Response) person {
	return person{
		Name: r.Get("userName").Str, Family: r.Get("name.familyName").Str, Type: r.Get("userType").Str, Active: r.Get("active").Bool(),
	}
}

// answer approves or rejects what waits for an approval.
func (w *world) answer(h *human, approve bool) {
	list, err := w.s.Tenant().Approvals(context.Background(), false)
	if err != nil {
		w.Fatal(err)
	}
	i := slices.IndexFunc(list, func(a *store.Approval) bool { return a.ResourceID == h.id })
	if w.refusing {
		if i < 0 {
			return
		}
	} else if (i >= 0) != (h.base != nil) {
		w.Fatalf("waits: %v, the model says %v", i >= 0, h.base != nil)
	}
	if i < 0 {
		return
	}
	w.Logf("approve %v: %+v", approve, list[i])
	h.touched = time.Duration(w.ahead.Load())
	a := adapter.Answer{ID: list[i].ID, Version: list[i].Version, By: "ops"}
	if approve {
		_, err = w.s.Tenant().Approve(context.Background(), a)
		h.base = nil
	} else {
		_, err = w.s.Tenant().Reject(context.Background(), a)
		if !w.refusing {
			op := abi.Operation(list[i].Operation)
			h.rejected[change(op, h.desired)] = true
			h.desired, h.base = *h.base, nil
		}
	}
	if err != nil && !(w.refusing && strings.Contains(err.Error(), "moved")) {
		w.Fatal(err)
	}
	if !w.refusing {
		w.read(h)
	}
}

// later moves the clock. What expires by that is back to what it was, and may come again.
func (w *world) later(d time.Duration) {
	now := time.Duration(w.ahead.Add(int64(d)))
	for _, h := range w.people {
		if !w.refusing && h.base != nil && h.expires > 0 && h.expires <= now {
			h.desired, h.base, h.touched = *h.base, nil, now
		}
	}
}

func (w *world) fault(f string) {
	if _, err := w.s.Send("POST", w.s.AppURL+"/faults", f); err != nil {
		w.Fatal(err)
	}
}

// settle repairs everything, waits for the end of all deliveries, and checks what must then be so.
func (w *world) settle() {
	w.Helper()
	if _, err := w.s.Send("DELETE", w.s.AppURL+"/faults", nil); err != nil {
		w.Fatal(err)
	}
	if _, err := w.s.Tenant().Approvals(context.Background(), false); err != nil { // ends what has expired
		w.Fatal(err)
	}
	if err := w.s.Tenant().Retry(context.Background()); err != nil {
		w.Fatal(err)
	}
	w.reload(func(c *adapter.TenantConfig) { c.RetryMin, c.RetryMax = time.Millisecond, time.Millisecond })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for range 2 {
		if err := w.s.Tenant().Drained(ctx); err != nil {
			w.Fatalf("not drained: %v", err)
		}
		if _, err := w.s.Tenant().Part(ctx); err != nil { // once more for those who were not suspended before
			w.Fatal(err)
		}
	}
	if err := w.s.Tenant().Drained(ctx); err != nil {
		w.Fatalf("not drained: %v", err)
	}
	acme, err := kv.NewTenant("acme")
	if err != nil {
		w.Fatal(err)
	}
	held := map[string]*store.Approval{}
	list, err := w.s.Tenant().Approvals(ctx, false)
	if err != nil {
		w.Fatal(err)
	}
	for _, a := range list {
		held[a.ResourceID] = a
	}
	err = store.New(w.s.Store).View(ctx, acme, func(tx *store.Tx) error {
		return tx.Dirty(time.Time{}, func(item store.DirtyItem) bool {
			w.Errorf("the backlog is said to be empty, and has %+v", item)
			return true
		})
	})
	if err != nil {
		w.Fatal(err)
	}
	err = w.s.Tenant().Journal(ctx, func(op *store.Operation) bool {
		if open := op.Outcome == store.Pending || (op.Outcome == store.Held && held[op.ResourceID] == nil); open {
			w.Errorf("nothing is on its way, and the journal has %+v", op)
		}
		return true
	})
	if err != nil {
		w.Fatal(err)
	}
	members, err := w.s.Send("GET", w.s.AppURL+"/members", nil)
	if err != nil {
		w.Fatal(err)
	}
	accounts := map[string]gjson.Result{}
	for _, m := range members.Get("members").Array() {
		ref := m.Get("ref").Str
		if _, twice := accounts[ref]; twice {
			w.Errorf("%s has two accounts: %s", ref, members.Body)
		}
		accounts[ref] = m
	}
	for _, h := range w.people {
		if h.id == "" {
			continue
		}
		var target aspect
		if r := w.do("GET", "/Users/"+h.id, ""); r.Status == 200 {
			target = aspect{person: seen(r), present: true}
		}
		if a := held[h.id]; a != nil {
			target = aspect{present: a.Before != nil}
			target.person = seen(adaptertest.Response{Body: string(a.Before)})
		}
		if !w.refusing {
			want := h.target()
			if !want.present {
				want.person = person{}
			}
			if want.present != target.present || want.person != target.person {
				w.Errorf("to be delivered is %+v, the model says %+v", target, want)
			}
			w.read(h)
		}
		m, has := accounts[h.id]
		delete(accounts, h.id)
		w.compare(target, m, has)
		over := w.rules.Lifecycle.DeleteAfter > 0 && time.Duration(w.ahead.Load())-h.touched > w.rules.Lifecycle.DeleteAfter
		if has && over && !target.present && !h.desired.present && !w.refusing {
			w.Errorf("deleted long ago, and the application has %s", m.Raw)
		}
	}
	counted(w, w.s)
	if len(accounts) > 0 {
		w.Errorf("accounts of nobody: %v", accounts)
	}
	if w.Failed() {
		w.Fatalf("requests: %v\nmembers: %s", writes(w.s), members.Body)
	}
}

// compare checks the account that the application has for what it is to have.
func (w *world) compare(target aspect, m gjson.Result, has bool) {
	w.Helper()
	if target.present && target.Active && !has {
		w.Errorf("the application lacks %+v", target)
	}
	if !has {
		return
	}
	state := m.Get("state").Str
	switch {
	case !target.present:
		switch rule := w.rules.Lifecycle.OnDelete; {
		case rule == adapter.RuleDelete, rule == adapter.RuleSuspend && state != "suspended":
			w.Errorf("deleted, and the application has %s", m.Raw)
		}
		return
	case target.Active && state != "active", !target.Active && w.rules.Lifecycle.OnInactive == adapter.RuleSuspend && state != "suspended":
		w.Errorf("active is %v, the application has %s", target.Active, m.Raw)
	}
	if target.Type == emperor {
		return // of an inactive user, which the application was not asked about before; it keeps what it had
	}
	if m.Get("login").Str != target.Name || m.Get("full_name").Str != "X "+target.Family || m.Get("role").Str != target.Type {
		w.Errorf("to be delivered is %+v, the application has %s", target, m.Raw)
	}
}

func (w *world) reload(change func(*adapter.TenantConfig)) {
	old, opts := w.s.Generation, w.opts
	configure := opts.Configure
	opts.Configure = func(c *adapter.TenantConfig) {
		configure(c)
		if change != nil {
			change(c)
		}
	}
	w.s.Use(opts)
	if err := old.Close(context.Background()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) restart() {
	w.s.Stop()
	w.s = adaptertest.Start(w.t, w.opts)
}

// Whatever a client, approvers, failures and restarts do in whatever order, in the end the application has what SCIM
// shows, or what may be delivered while a change is held, and on the way SCIM shows what the client was told.
func TestPipelineModel(t *testing.T) {
	t.Parallel()
	for name, refusing := range map[string]bool{"all accepted": false, "some refused": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { pipeline(rt, t, refusing) })
		})
	}
}

func pipeline(rt *rapid.T, t *testing.T, refusing bool) {
	w := &world{T: rt, t: t, refusing: refusing}
	w.rules.Hold = rapid.SampledFrom([][]abi.Operation{
		nil, nil, {abi.OpUpdate}, {abi.OpCreate}, {abi.OpDelete, abi.OpUpdate}, {abi.OpCreate, abi.OpUpdate, abi.OpDelete},
	}).Draw(rt, "hold")
	w.rules.HoldRevocations = rapid.Bool().Draw(rt, "hold revocations")
	w.rules.HoldExpiry = rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(rt, "expiry")
	w.rules.Lifecycle.OnDelete = rapid.SampledFrom([]adapter.Rule{adapter.RuleDelete, adapter.RuleSuspend, adapter.RuleNothing}).Draw(rt, "on delete")
	w.rules.Lifecycle.OnInactive = rapid.SampledFrom([]adapter.Rule{adapter.RuleSuspend, adapter.RuleSuspend, adapter.RuleNothing}).Draw(rt, "on inactive")
	if w.rules.Lifecycle.OnDelete == adapter.RuleSuspend {
		w.rules.Lifecycle.DeleteAfter = rapid.SampledFrom([]time.Duration{0, 35 * time.Minute}).Draw(rt, "delete after")
	}
	w.rules.Lifecycle.OnGone = rapid.SampledFrom([]adapter.Gone{adapter.GoneRefuse, adapter.GoneCreate}).Draw(rt, "on gone")
	pause := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Hour}).Draw(rt, "pause")
	wait := rapid.SampledFrom([]time.Duration{time.Microsecond, 30 * time.Second}).Draw(rt, "wait")
	w.opts = adaptertest.Options{Policies: plugins.New(plugins.Options{}), Dir: t.TempDir(), App: adaptertest.NewApp(), Configure: func(c *adapter.TenantConfig) {
		c.Hold, c.HoldRevocations, c.HoldExpiry, c.Lifecycle = w.rules.Hold, w.rules.HoldRevocations, w.rules.HoldExpiry, w.rules.Lifecycle
		c.RetryMin, c.RetryMax, c.DeliveryWait = pause, pause, wait
	}, Clock: func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }}
	w.s = adaptertest.Start(t, w.opts)
	defer func() { w.s.Stop() }()
	for i := range 2 {
		w.people = append(w.people, &human{no: i, desired: aspect{never: true}, rejected: map[string]bool{}})
	}
	types := []string{"member", "admin", "engineer"}
	if refusing {
		types = append(types, emperor)
	}
	families := rapid.SampledFrom([]string{"Doe", "Roe", "Poe"})
	for range rapid.IntRange(1, 25).Draw(rt, "steps") {
		h := rapid.SampledFrom(w.people).Draw(rt, "who")
		next := h.desired
		next.present, next.never = true, false
		switch step := rapid.SampledFrom([]string{
			"post", "post", "put", "family", "name", "type", "active", "inactive", "active", "inactive", "delete",
			"approve", "reject", "later", "fault", "fault", "restart", "reload", "settle",
		}).Draw(rt, "step"); step {
		case "post", "put":
			if !h.desired.present || h.desired.Name == "" {
				next.Name = fmt.Sprintf("name%d", h.no)
			}
			next.Family, next.Type = families.Draw(rt, "family"), rapid.SampledFrom(types).Draw(rt, "type")
			next.Active = rapid.Bool().Draw(rt, "active")
			if refusing && next.Name == "" {
				next.Name = fmt.Sprintf("name%d", h.no)
			}
			method := map[string]string{"post": "POST", "put": "PUT"}[step]
			if method == "PUT" && h.id == "" {
				continue
			}
			w.send(h, method, h.document(next.person), next)
		case "family", "name", "type", "active", "inactive", "delete":
			if h.id == "" {
				continue
			}
			body := ""
			switch step {
			case "family":
				next.Family = families.Draw(rt, "family")
				body = set("name.familyName", fmt.Sprintf("%q", next.Family))
			case "name":
				if refusing {
					continue // which name a later POST has to use would not be known
				}
				next.Name = fmt.Sprintf("%s%d", rapid.SampledFrom([]string{"name", "other"}).Draw(rt, "name"), h.no)
				body = set("userName", fmt.Sprintf("%q", next.Name))
			case "type":
				next.Type = rapid.SampledFrom(types).Draw(rt, "type")
				body = set("userType", fmt.Sprintf("%q", next.Type))
			case "active", "inactive":
				next.Active = step == "active"
				body = set("active", fmt.Sprint(next.Active))
			case "delete":
				next = aspect{}
				w.send(h, "DELETE", "", next)
				continue
			}
			w.send(h, "PATCH", body, next)
		case "approve", "reject":
			w.answer(h, step == "approve")
		case "later": // never to within minutes of when something is due
			w.later(rapid.SampledFrom([]time.Duration{25 * time.Minute, 50 * time.Minute}).Draw(rt, "later"))
		case "fault":
			w.fault(rapid.SampledFrom([]string{
				`{"status":500,"count":1}`, `{"status":500,"count":1,"after":true}`, `{"status":0,"count":1}`, `{"status":0,"count":1,"after":true}`,
				`{"status":503,"count":2}`, `{"status":502,"count":3,"after":true}`, `{"status":429,"count":1}`, `{"delay_ms":3,"count":2}`,
			}).Draw(rt, "fault"))
		case "restart":
			w.restart()
		case "reload":
			w.reload(nil)
		case "settle":
			w.settle()
			w.reload(nil)
		}
	}
	w.settle()
}
