package adapter_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
)

// thing is a user or a group of the model.
type thing struct {
	name    string // "u0", "g1"
	id      string // as it was given out first; a thing that comes back has it again
	present bool
	members map[string]bool // of a group: names of things that are there, or what pending members are called
}

func (x *thing) group() bool { return x.name[0] == 'g' }

func (x *thing) endpoint() string {
	if x.group() {
		return "/Groups"
	}
	return "/Users"
}

// society is the model of users and groups, and the stack that it is compared with.
type society struct {
	*world
	things map[string]*thing
}

func (w *society) names() []string { return slices.Sorted(maps.Keys(w.things)) }

// called returns the thing that a client's word for a member means, nil for nobody who is there.
func (w *society) called(word string) *thing {
	for _, x := range w.things {
		if x.present && (word == x.id || (!x.group() && word == "ext-"+x.name)) {
			return x
		}
	}
	return nil
}

// contains reports whether a group contains a thing, itself or by others.
func (w *society) contains(g, x *thing) bool {
	if g == x {
		return true
	}
	for m := range g.members {
		if other := w.things[m]; other != nil && w.contains(other, x) {
			return true
		}
	}
	return false
}

// born says that a thing is there now: those who awaited it have it.
func (w *society) born(x *thing) {
	for _, word := range []string{x.id, "ext-" + x.name} {
		for _, name := range w.names() {
			g := w.things[name]
			if !g.members[word] || (x.group() && word != x.id) {
				continue
			}
			delete(g.members, word)
			if !x.group() || !w.contains(x, g) {
				g.members[x.name] = true
			}
		}
	}
}

// join is what adding a word to a group does in the model; it is false where that is refused.
func (w *society) join(g *thing, word string) bool {
	switch x := w.called(word); {
	case x == nil:
		g.members[word] = true
	case x.group() && w.contains(x, g):
		return false
	default:
		g.members[x.name] = true
	}
	return true
}

func (w *society) leave(g *thing, word string) {
	if x := w.called(word); x != nil {
		delete(g.members, x.name)
		return
	}
	delete(g.members, word)
}

// wordFor draws a client's word for some member.
func (w *society) wordFor() string {
	x := w.things[rapid.SampledFrom(w.names()).Draw(w.T, "member")]
	if x.id == "" || (!x.group() && rapid.IntRange(0, 4).Draw(w.T, "by its own name") == 0) {
		return "ext-" + x.name
	}
	return x.id
}

func (w *society) words() []string {
	var list []string
	for range rapid.IntRange(0, 3).Draw(w.T, "members") {
		list = append(list, w.wordFor())
	}
	return list
}

func elements(words []string) string {
	var list []string
	for _, word := range words {
		list = append(list, fmt.Sprintf(`{"value":%q}`, word))
	}
	return "[" + strings.Join(list, ",") + "]"
}

func (x *thing) document(words []string) string {
	if !x.group() {
		return fmt.Sprintf(`{"userName":"%[1]s@acme.example","externalId":"ext-%[1]s","name":{"givenName":"X","familyName":"Y"},"emails":[{"value":"%[1]s@acme.example"}]}`, x.name)
	}
	return fmt.Sprintf(`{"displayName":%q,"externalId":"ext-%s","members":%s}`, x.name, x.name, elements(words))
}

// attempt carries a change of members out on a copy, and in the model only where the stack accepts it too.
func (w *society) attempt(g *thing, r adaptertest.Response, change func() bool) {
	w.Helper()
	before := maps.Clone(g.members)
	if w.refusing {
		return
	}
	want := 400
	if change() {
		want = 200
	} else {
		g.members = before
	}
	if r.Status/100 != want/100 {
		w.Fatalf("got %d %s, the model says %d", r.Status, r.Body, want)
	}
}

func (w *society) post(x *thing) {
	words := w.words()
	if !x.group() {
		words = nil
	}
	if x.group() && x.present {
		return // groups may share names, so this would be another one
	}
	r := w.do("POST", x.endpoint(), x.document(words))
	if x.present {
		if r.Status != 409 {
			w.Fatalf("got %d, want 409", r.Status)
		}
		return
	}
	if r.Status == 201 {
		if x.id != "" && r.Get("id").Str != x.id {
			w.Fatalf("%s came back as %s", x.id, r.Get("id").Str)
		}
		x.id = r.Get("id").Str
	}
	w.attempt(x, r, func() bool {
		// A group that contains itself by way of its new members is refused before it is there.
		x.members = map[string]bool{}
		for _, word := range words {
			if r.Status != 201 && word == x.id {
				return false
			}
			if !w.join(x, word) {
				return false
			}
		}
		return true
	})
	if w.refusing && x.group() {
		// The application may have refused a member of a group that is there all the same.
		list := w.do("GET", "/Groups?filter=externalId+eq+%22ext-"+x.name+"%22", "")
		if x.present = list.Get("totalResults").Int() == 1; x.present {
			x.id = list.Get("Resources.0.id").Str
		}
		return
	}
	if r.Status == 201 {
		x.present = true
		w.born(x)
	}
}

// shown lists the members that SCIM shows of a group, those of them who are there.
func (w *society) shown(g *thing) []string {
	want := []string{}
	if !g.present {
		return want
	}
	for _, m := range w.do("GET", "/Groups/"+g.id, "").Get("members").Array() {
		for _, x := range w.things {
			if x.present && x.id == m.Get("value").Str {
				want = append(want, x.id)
			}
		}
	}
	return want
}

func (w *society) remove(x *thing) {
	if x.id == "" {
		return
	}
	r := w.do("DELETE", x.endpoint()+"/"+x.id, "")
	if want := map[bool]int{true: 204, false: 404}[x.present]; r.Status != want {
		w.Fatalf("got %d, want %d", r.Status, want)
	}
	if x.present = false; x.group() {
		x.members = map[string]bool{}
	}
	for _, g := range w.things {
		delete(g.members, x.name)
	}
}

func (w *society) patch(g *thing) {
	if !g.present {
		return
	}
	type step struct {
		json  string
		apply func() bool
	}
	var steps []step
	for range rapid.IntRange(1, 3).Draw(w.T, "operations") {
		words := w.words()
		add := func() bool {
			for _, word := range words {
				if !w.join(g, word) {
					return false
				}
			}
			return true
		}
		drop := func() bool {
			for _, word := range words {
				w.leave(g, word)
			}
			return true
		}
		switch kind := rapid.SampledFrom([]string{"add", "add", "remove", "filter", "replace", "clear"}).Draw(w.T, "operation"); kind {
		case "add":
			steps = append(steps, step{`{"op":"add","path":"members","value":` + elements(words) + `}`, add})
		case "remove":
			if len(words) == 0 {
				continue // that would be a mistake of the client's
			}
			steps = append(steps, step{`{"op":"remove","path":"members","value":` + elements(words) + `}`, drop})
		case "filter":
			words = []string{w.wordFor()}
			steps = append(steps, step{fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, words[0]), drop})
		case "replace":
			steps = append(steps, step{`{"op":"replace","path":"members","value":` + elements(words) + `}`, func() bool {
				g.members = map[string]bool{}
				return add()
			}})
		case "clear":
			steps = append(steps, step{`{"op":"remove","path":"members"}`, func() bool {
				g.members = map[string]bool{}
				return true
			}})
		}
	}
	if len(steps) == 0 {
		return
	}
	var list []string
	for _, s := range steps {
		list = append(list, s.json)
	}
	r := w.do("PATCH", "/Groups/"+g.id, `{"Operations":[`+strings.Join(list, ",")+`]}`)
	w.attempt(g, r, func() bool {
		for _, s := range steps {
			if !s.apply() {
				return false
			}
		}
		return true
	})
}

// look compares what SCIM shows of everything with the model.
func (w *society) look() {
	w.Helper()
	if w.refusing {
		return
	}
	for _, name := range w.names() {
		x := w.things[name]
		if x.id == "" {
			continue
		}
		r := w.do("GET", x.endpoint()+"/"+x.id, "")
		if want := map[bool]int{true: 200, false: 404}[x.present]; r.Status != want {
			w.Fatalf("%s: got %d, want %d", name, r.Status, want)
		}
		if !x.present {
			continue
		}
		if x.group() {
			want := []string{}
			for m := range x.members {
				if other := w.things[m]; other != nil {
					m = other.id
				}
				want = append(want, m)
			}
			w.same(name+"'s members", want, r.Get("members.#.value"))
			continue
		}
		want := []string{}
		for _, g := range w.things {
			if g.group() && g.present && w.contains(g, x) {
				want = append(want, g.id)
			}
		}
		w.same(name+"'s groups", want, r.Get("groups.#.value"))
	}
}

func (w *society) same(what string, want []string, list gjson.Result) {
	w.Helper()
	got := []string{}
	for _, v := range list.Array() {
		got = append(got, v.Str)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		w.Fatalf("%s: %s", what, diff)
	}
}

// settle repairs everything, waits for the end of all deliveries, and compares the application with the model.
func (w *society) settle() {
	w.Helper()
	w.look()
	w.opts.NoGroups = false
	if _, err := w.s.Send("DELETE", w.s.AppURL+"/faults", nil); err != nil {
		w.Fatal(err)
	}
	w.reload(func(c *adapter.TenantConfig) { c.RetryMin, c.RetryMax = time.Millisecond, time.Millisecond })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := w.s.Tenant().Drained(ctx); err != nil {
		w.Fatalf("not drained: %v; requests: %v", err, writes(w.s))
	}
	w.noDirt()
	accounts := map[string]string{} // the application's number → the SCIM id
	for _, m := range w.s.App("GET", "/members", nil).Get("members").Array() {
		accounts[m.Get("no").Raw] = m.Get("ref").Str
	}
	teams := map[string]gjson.Result{}
	for _, team := range w.s.App("GET", "/teams", nil).Get("teams").Array() {
		if _, twice := teams[team.Get("ref").Str]; twice {
			w.Fatalf("two teams: %s", team.Raw)
		}
		teams[team.Get("ref").Str] = w.s.Team(team.Get("name").Str)
		accounts[team.Get("no").Str] = team.Get("ref").Str
	}
	for _, name := range w.names() {
		g := w.things[name]
		if !g.group() {
			continue
		}
		team, has := teams[g.id]
		delete(teams, g.id)
		if has != g.present {
			w.Fatalf("%s is there: %v; the application: %s", name, g.present, team.Raw)
		}
		got := []string{}
		for _, no := range append(team.Get("members").Array(), team.Get("teams").Array()...) {
			got = append(got, accounts[no.String()])
		}
		want := []string{}
		for m := range g.members {
			if x := w.things[m]; x != nil {
				want = append(want, x.id)
			}
		}
		if w.refusing {
			want = w.shown(g)
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			w.Fatalf("the team of %s: %s; requests: %v", name, diff, writes(w.s))
		}
	}
	if len(teams) > 0 {
		w.Fatalf("teams of nobody: %v", teams)
	}
}

// noDirt checks that nothing is left to do in the store.
func (w *society) noDirt() {
	w.Helper()
	acme, err := kv.NewTenant("acme")
	if err != nil {
		w.Fatal(err)
	}
	err = store.New(w.s.Store).View(context.Background(), acme, func(tx *store.Tx) error {
		for _, x := range w.things {
			for _, joins := range []bool{false, true} {
				err := tx.DirtyEdges(x.id, joins, func(e store.Edge) bool {
					w.Errorf("nothing is on its way, and there is %+v", e)
					return true
				})
				if err != nil {
					return err
				}
			}
		}
		return tx.Dirty(time.Time{}, func(item store.DirtyItem) bool {
			w.Errorf("the backlog is said to be empty, and has %+v", item)
			return true
		})
	})
	if err != nil {
		w.Fatal(err)
	}
	err = w.s.Tenant().Journal(context.Background(), func(op *store.Operation) bool {
		if op.Outcome == store.Pending {
			w.Errorf("nothing is on its way, and the journal has %+v", op)
		}
		return true
	})
	if err != nil {
		w.Fatal(err)
	}
}

// unwanted reports whether a request is about one of those whom an application that refuses will not have in a team, or
// will not let go: every third one who joins or leaves.
func unwanted(r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, "/teams/") || !strings.Contains(r.URL.Path, "/members") {
		return false
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	list := append(gjson.GetBytes(body, "members").Array(), gjson.Result{Type: gjson.String, Str: path.Base(r.URL.Path)})
	return slices.ContainsFunc(list, func(v gjson.Result) bool {
		no, err := strconv.Atoi(v.String())
		return err == nil && no%3 == 0
	})
}

// Whatever becomes of users and groups, and whatever fails on the way, SCIM shows what the client was told, and in the
// end the application's teams have the members that the groups have.
func TestGroupsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := &society{world: &world{T: rt, t: t, refusing: rapid.IntRange(0, 2).Draw(rt, "refusing") == 0}, things: map[string]*thing{}}
		for _, name := range []string{"u0", "u1", "u2", "g0", "g1", "g2"} {
			w.things[name] = &thing{name: name, members: map[string]bool{}}
		}
		pause := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Hour}).Draw(rt, "pause")
		wait := rapid.SampledFrom([]time.Duration{time.Microsecond, 30 * time.Second}).Draw(rt, "wait")
		batch := rapid.SampledFrom([]int{0, 1, 2, 100}).Draw(rt, "batch") // 0 for all that are in a group
		w.opts = adaptertest.Options{
			Policies: plugins.New(plugins.Options{}), // what is asked is recorded
			Dir:      t.TempDir(), App: adaptertest.NewApp(),
			Configure: func(c *adapter.TenantConfig) { c.RetryMin, c.RetryMax, c.DeliveryWait = pause, pause, wait },
			Wrap: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if w.refusing && unwanted(r) {
						rw.WriteHeader(http.StatusUnprocessableEntity)
						return
					}
					next.ServeHTTP(rw, r)
				})
			},
			Connector: func(c *connector.Config) {
				switch {
				case c.Groups == nil:
				case batch == 0:
					adaptertest.ListedGroups(c, 0)
				case batch > 1:
					adaptertest.BatchedGroups(c, batch)
				}
			},
		}
		w.s = adaptertest.Start(t, w.opts)
		defer func() { w.s.Stop() }()
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			x := w.things[rapid.SampledFrom(w.names()).Draw(rt, "who")]
			switch rapid.SampledFrom([]string{"post", "post", "patch", "patch", "patch", "patch", "delete", "fault", "fault", "restart", "reload", "silence", "settle"}).Draw(rt, "step") {
			case "post":
				w.post(x)
			case "patch":
				if x.group() {
					w.patch(x)
				}
			case "delete":
				w.remove(x)
			case "fault":
				w.fault(rapid.SampledFrom([]string{
					`{"status":500,"count":1}`, `{"status":500,"count":1,"after":true}`, `{"status":0,"count":1}`, `{"status":0,"count":1,"after":true}`,
					`{"status":503,"count":2}`, `{"status":502,"count":3,"after":true}`, `{"status":429,"count":1}`, `{"delay_ms":3,"count":2}`,
				}).Draw(rt, "fault"))
			case "restart":
				w.restart()
			case "reload":
				w.reload(nil)
			case "silence": // the application is told of groups no more, or again
				w.opts.NoGroups = !w.opts.NoGroups
				w.reload(nil)
			case "settle":
				w.settle()
				w.reload(nil)
			}
			w.look()
		}
		w.settle()
	})
}
