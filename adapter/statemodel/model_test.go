package statemodel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// asked is what a client wants of a user, which is what SCIM shows.
type asked struct {
	Present, Active bool
	Login, Title    string
}

// dweller is a user of the model.
type dweller struct {
	name string
	id   string
	is   asked
	lost bool // somebody has deleted the account in the application
}

// state machine under test, with the little that the model knows by itself.
type machine struct {
	reporter
	*rig
	draws    *rapid.T // nil where nothing is drawn
	users    []*dweller
	bands    []*band
	revision int
	refuses  bool     // the application refuses some changes
	lenient  bool     // some rule was changed on the way, so what is left of old deletions is not known
	rules    settings // of the configuration in use
}

// settings are what a reload changes.
type settings struct {
	lifecycle   adapter.Lifecycle
	hold        []abi.Operation
	revocations bool
	expiry      time.Duration
	wait        time.Duration
	limit       int
}

func (m *machine) draw() settings {
	s := settings{
		lifecycle: adapter.Lifecycle{
			OnDelete:   rapid.SampledFrom([]adapter.Rule{adapter.RuleDelete, adapter.RuleDelete, adapter.RuleSuspend, adapter.RuleNothing}).Draw(m.draws, "on delete"),
			OnInactive: rapid.SampledFrom([]adapter.Rule{adapter.RuleSuspend, adapter.RuleSuspend, adapter.RuleDeactivate, adapter.RuleNothing}).Draw(m.draws, "on inactive"),
		},
		hold: rapid.SampledFrom([][]abi.Operation{
			nil, nil, nil, {abi.OpUpdate}, {abi.OpCreate}, {abi.OpDelete, abi.OpUpdate}, {abi.OpCreate, abi.OpUpdate, abi.OpDelete},
		}).Draw(m.draws, "hold"),
		revocations: rapid.IntRange(0, 3).Draw(m.draws, "hold revocations") == 0,
		expiry:      rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(m.draws, "expiry"),
		wait:        rapid.SampledFrom([]time.Duration{time.Millisecond, 30 * time.Second}).Draw(m.draws, "wait"),
		limit:       rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(m.draws, "deprovision limit"),
	}
	if s.lifecycle.OnDelete == adapter.RuleSuspend {
		s.lifecycle.DeleteAfter = rapid.SampledFrom([]time.Duration{0, 20 * time.Minute}).Draw(m.draws, "delete after")
	}
	s.lifecycle.OnGone = rapid.SampledFrom([]adapter.Gone{adapter.GoneRefuse, adapter.GoneCreate}).Draw(m.draws, "on gone")
	return s
}

func (m *machine) configured(c *adapter.TenantConfig) {
	c.Lifecycle, c.Hold, c.HoldRevocations, c.HoldExpiry, c.DeliveryWait = m.rules.lifecycle, m.rules.hold, m.rules.revocations, m.rules.expiry, m.rules.wait
	if m.rules.limit > 0 {
		c.DeprovisionLimit = adapter.DeprovisionLimit{Users: m.rules.limit, Window: time.Hour}
	}
}

// stored is what the store has.
func (m *machine) stored() *snapshot {
	s, err := m.snapshot()
	if err != nil {
		m.Fatal(err)
	}
	return s
}

// shown is what SCIM shows of a user, who is found by their name where nobody knows the id.
func (m *machine) shown(u *dweller) asked {
	r := m.do("GET", "/Users?filter=externalId+eq+%22ext-"+u.name+"%22", "")
	for r.Status == 0 { // a delivery has met the end of the process
		m.revive()
		r = m.do("GET", "/Users?filter=externalId+eq+%22ext-"+u.name+"%22", "")
	}
	if r.Status != 200 || r.Get("totalResults").Int() > 1 {
		m.Fatalf("GET: %d %s", r.Status, r.Body)
	}
	x := r.Get("Resources.0")
	if !x.Exists() {
		if m.stored().records[u.id] == nil { // refused or rejected before it ever was, and so forgotten
			u.id = ""
		}
		return asked{}
	}
	if id := x.Get("id").Str; u.id == "" || m.stored().records[u.id] == nil {
		u.id = id
	} else if u.id != id {
		m.Fatalf("%s has come back as %s, and was %s\n%s", u.name, id, u.id, strings.Join(m.log, "\n"))
	}
	return asked{true, x.Get("active").Bool(), x.Get("userName").Str, x.Get("title").Str}
}

func (m *machine) document(u *dweller, a asked) string {
	return fmt.Sprintf(`{"userName":%q,"externalId":"ext-%s","title":%q,"active":%v,"emails":[{"value":"%s@acme.example"}]}`, a.Login, u.name, a.Title, a.Active, u.name)
}

// send sends a change of a user.
func (m *machine) send(u *dweller, method, body string, next asked) {
	path := "/Users"
	if method != "POST" {
		path += "/" + u.id
	}
	transact(m, u.name, &u.is, next, m.refuses || u.lost, func() asked { return m.shown(u) }, method, path, body)
	if !u.is.Present {
		for _, g := range m.bands {
			g.is = m.shownBand(g) // whoever is deleted is in no group any more
		}
	}
}

// transact sends a change of something. What is acknowledged is so, and what nobody answered has been carried out whole or
// not at all. Where the application may refuse it, what is applied by now is for the invariants to say.
func transact[T comparable](m *machine, name string, is *T, next T, refuses bool, shown func() T, method, path, body string) {
	before := *is
	r := m.do(method, path, body)
	m.revive()
	*is = shown()
	m.check(m.reporter)
	fail := func(format string, args ...any) {
		m.Helper()
		m.Fatalf("%s: %s\n%s", name, fmt.Sprintf(format, args...), strings.Join(m.log, "\n"))
	}
	switch done := *is == next; {
	case refuses:
	case r.Status/100 == 2 && !done:
		fail("acknowledged is %+v, and SCIM shows %+v", next, *is)
	case r.Status == 0 && !done && *is != before:
		fail("it was %+v, was to be %+v, which nobody answered, and is %+v", before, next, *is)
	case r.Status >= 400 && *is != before:
		fail("answered %d, and it was %+v and is %+v", r.Status, before, *is)
	case r.Status >= 400 && !slices.Contains([]int{403, 404, 409}, r.Status):
		fail("answered %d %s", r.Status, r.Body)
	}
}

// revive starts another process where the one before it has died.
func (m *machine) revive() {
	if m.life.gone() {
		m.restart(true)
	}
}

func (m *machine) title() string {
	m.revision++
	return fmt.Sprintf("r%d", m.revision)
}

func (m *machine) change(u *dweller, step string) {
	next := u.is
	next.Present = true
	logins := rapid.SampledFrom([]string{u.name, u.name + "b"})
	switch step {
	case "create", "replace":
		next.Title, next.Active = m.title(), rapid.IntRange(0, 4).Draw(m.draws, "active") > 0
		if !u.is.Present || step == "replace" { // by another name it would be somebody else
			next.Login = logins.Draw(m.draws, "login")
		}
		if method := map[string]string{"create": "POST", "replace": "PUT"}[step]; method == "POST" || u.id != "" {
			m.send(u, method, m.document(u, next), next)
		}
		return
	case "delete":
		if u.id != "" {
			m.send(u, "DELETE", "", asked{})
		}
		return
	}
	if !u.is.Present {
		return
	}
	switch step {
	case "title":
		next.Title = m.title()
		m.send(u, "PATCH", set("title", fmt.Sprintf("%q", next.Title)), next)
	case "rename":
		next.Login = logins.Draw(m.draws, "login")
		m.send(u, "PATCH", set("userName", fmt.Sprintf("%q", next.Login)), next)
	case "active":
		next.Active = !next.Active
		m.send(u, "PATCH", set("active", fmt.Sprint(next.Active)), next)
	}
}

// answer approves or rejects something that waits.
func (m *machine) answer(approve bool) {
	list, err := m.life.tenant.Approvals(context.Background(), false)
	if m.life.gone() {
		m.revive()
		return
	}
	if err != nil {
		m.Fatal(err)
	}
	if len(list) == 0 {
		return
	}
	a := rapid.SampledFrom(list).Draw(m.draws, "approval")
	m.notef("answer %v to %s", approve, a.ID)
	ans := adapter.Answer{ID: a.ID, Version: a.Version, By: "ops"}
	if approve {
		_, err = m.life.tenant.Approve(context.Background(), ans)
	} else {
		_, err = m.life.tenant.Reject(context.Background(), ans)
	}
	switch died := m.life.gone(); {
	case died:
		m.revive()
	case errors.Is(err, adapter.ErrApprovalMoved), errors.Is(err, adapter.ErrApprovalDecided): // it was refused meanwhile
	case err != nil:
		m.Fatal(err)
	}
	m.look()
}

// look takes over what SCIM shows, after something that is not a client's change.
func (m *machine) look() {
	m.revive()
	m.check(m.reporter)
	for _, u := range m.users {
		u.is = m.shown(u)
	}
	for _, g := range m.bands {
		g.is = m.shownBand(g)
	}
}

// settle lets everything come to its end, and compares what the application has with what it is to have.
func (m *machine) settle() {
	m.mu.Lock()
	m.faults, m.dieIn = nil, 0
	m.mu.Unlock()
	m.revive()
	for left := 0; ; left++ {
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if m.check(m.reporter); len(m.stored().dirty) == 0 && len(m.stored().chores) == 0 {
			break
		}
		if left > 5 {
			m.Fatalf("there is no end of it: %v %v\n%s", m.stored().dirty, m.stored().chores, strings.Join(m.log, "\n"))
		}
	}
	accounts := map[string]gjson.Result{}
	for _, a := range m.ask("/members").Get("members").Array() {
		ref := a.Get("ref").Str
		if _, twice := accounts[ref]; twice {
			m.Fatalf("two accounts: %s", a.Raw)
		}
		accounts[ref] = a
	}
	s := m.stored()
	for id, rec := range s.records {
		if rec.Type != store.User {
			continue
		}
		i := slices.IndexFunc(m.users, func(u *dweller) bool { return u.id == id })
		if lost := i >= 0 && m.users[i].lost; !lost || accounts[id].Exists() {
			m.compare(rec, accounts[id])
		}
		delete(accounts, id)
	}
	if len(accounts) > 0 {
		m.Fatalf("accounts of nobody: %v", accounts)
	}
	m.compareBands(s)
	m.check(m.reporter)
	m.look()
}

// compare checks the account of one user.
func (m *machine) compare(rec *store.Record, a gjson.Result) {
	m.Helper()
	target := rec.Target()
	gets := func(name string) string { return gjson.GetBytes(target.Doc, name).Str }
	fail := func(what string) {
		m.Helper()
		m.Fatalf("%s: the application has %s; %s\n%s", what, a.Raw, told(rec), strings.Join(m.log, "\n"))
	}
	state := a.Get("state").Str
	switch {
	case on(target) && state != "active":
		fail("the person has no access")
	case on(target) && (a.Get("login").Str != gets("userName") || a.Get("title").Str != gets("title")):
		fail("the account is not as it is to be")
	case on(target), !a.Exists(), m.lenient:
	case target.Deleted && (m.rules.lifecycle.OnDelete == adapter.RuleDelete || m.rules.lifecycle.DeleteAfter > 0):
		fail("the account is there still")
	case target.Deleted && m.rules.lifecycle.OnDelete == adapter.RuleNothing, target.Present() && m.rules.lifecycle.OnInactive == adapter.RuleNothing:
	case state == "active":
		fail("the person has access")
	}
}

// Whatever clients, approvers, the application and the operator do in whatever order, and wherever the process dies, the
// invariants hold after each transaction and at each call, what was acknowledged is so, and in the end the application has
// what it is to have.
func TestStateModel(t *testing.T) {
	t.Parallel()
	for name, refuses := range map[string]bool{"all accepted": false, "some refused": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { bubble(t, func() { stateModel(rt, refuses) }) })
		})
	}
}

func stateModel(t *rapid.T, refuses bool) {
	m := &machine{reporter: t, draws: t, refuses: refuses}
	m.rules = m.draw()
	m.rig = newRig(m.configured, m.drawRoutes())
	defer m.stop()
	for i := range 2 {
		m.users = append(m.users, &dweller{name: fmt.Sprintf("u%d", i)})
		m.bands = append(m.bands, &band{name: fmt.Sprintf("g%d", i)})
	}
	for range rapid.IntRange(1, 30).Draw(t, "steps") {
		u := rapid.SampledFrom(m.users).Draw(t, "who")
		switch step := rapid.SampledFrom([]string{
			"create", "create", "replace", "title", "title", "rename", "active", "active", "delete", "delete",
			"group", "group", "members", "members", "members", "vanish", "approve", "reject", "later", "fault", "fault", "fault", "die", "die", "kill", "restart", "reload", "settle",
		}).Draw(t, "step"); step {
		case "approve", "reject":
			m.answer(step == "approve")
		case "later":
			time.Sleep(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 40 * time.Minute}).Draw(t, "later"))
			synctest.Wait()
			m.look()
		case "group", "members":
			m.changeBand(rapid.SampledFrom(m.bands).Draw(t, "group"), step == "members")
		case "vanish":
			m.vanish(u)
		case "fault":
			list := []string{"", "500", "500 when done", "dropped", "dropped when done", "429", "slow", "slow and dropped when done"}
			if refuses {
				list = append(list, "422", "403")
			}
			m.mu.Lock()
			m.faults = rapid.SliceOfN(rapid.SampledFrom(list), 1, 6).Draw(t, "faults")
			m.log = append(m.log, fmt.Sprintf("faults %q", m.faults))
			m.mu.Unlock()
		case "die":
			m.mu.Lock()
			m.dieIn = rapid.IntRange(1, 12).Draw(t, "points")
			m.mu.Unlock()
		case "kill", "restart":
			m.restart(step == "kill")
			m.look()
		case "reload":
			m.rules, m.lenient = m.draw(), true
			m.notef("reload %+v", m.rules)
			m.life.use()
			m.look()
		case "settle":
			m.settle()
		default:
			m.change(u, step)
		}
		m.check(t)
	}
	m.settle()
}

// set is a PATCH message that sets one attribute.
func set(path, value string) string {
	return fmt.Sprintf(`{"Operations":[{"op":"replace","path":%q,"value":%s}]}`, path, value)
}
