package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// start makes a data set and opens a site on it, whose clock never shows the same time twice.
func start(t *testing.T, d data) *site {
	t.Helper()
	folder, err := prepare(t.Context(), t.TempDir(), d, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	var ticks atomic.Int64
	from := made(d.users + d.members).Add(time.Hour)
	clock := func() time.Time { return from.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }
	s, err := open(folder, d, settings{noSync: true, clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.tenant().Indexed(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// What is loaded past the endpoint is what would be stored had it come through it.
func TestDocuments(t *testing.T) {
	t.Parallel()
	types := schema.Standard()
	for n := range 100 {
		for typ, document := range map[string]func(int) ([]byte, error){"User": userDocument, "Group": groupDocument} {
			doc, err := document(n)
			if err != nil {
				t.Fatal(err)
			}
			obj, err := scim.Decode(doc)
			if err != nil {
				t.Fatal(err)
			}
			norm, err := types.ResourceType(typ).Normalize(obj, schema.FromClient)
			if err != nil {
				t.Fatal(err)
			}
			got, err := scim.Encode(norm.Doc)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(got), string(doc)); diff != "" {
				t.Fatalf("%s %d: %s", typ, n, diff)
			}
			if typ == "User" && (len(doc) < 1400 || len(doc) > 1800) {
				t.Errorf("user %d has %d bytes", n, len(doc))
			}
		}
		if userID(n) >= userID(n+1) {
			t.Errorf("the ids of users %d and %d are out of order", n, n+1)
		}
	}
}

// Every operation answers what it should, more than once.
func TestOperations(t *testing.T) {
	t.Parallel()
	s := start(t, data{users: 230, members: 150})
	for _, op := range s.operations() {
		if err := s.tell(op.told); err != nil {
			t.Fatal(err)
		}
		for n := range 5 {
			if err := op.check(n, op.do(n)); err != nil {
				t.Fatalf("%s, %d: %v", op.name, n, err)
			}
		}
	}
}

// What an operation reads and writes does not depend on how many users and members there are.
func TestCostDoesNotGrow(t *testing.T) {
	t.Parallel()
	// What goes on beside a request reads a little: the dispatcher looks for what is due, the more often the more it is
	// woken. What grows would do so by thousands.
	const slack = 10
	small, large := start(t, data{users: 1000, members: 100}), start(t, data{users: 10_000, members: 10_000})
	costs := func(s *site) (list []cost) {
		for _, op := range s.operations() {
			if err := s.tell(op.told); err != nil {
				t.Fatal(err)
			}
			var r result
			if err := r.probe(s, op, new(int)); err != nil {
				t.Fatalf("%s, %d users: %v", op.name, s.data.users, err)
			}
			list = append(list, r.cost)
		}
		return list
	}
	fewer, more := costs(small), costs(large)
	for i, op := range large.operations() {
		change := more[i].minus(fewer[i])
		switch grown := change.Read > slack || change.Written > slack; {
		case op.grows == "" && grown:
			t.Errorf("%s: %+v with 1,000 users and 100 members, %+v with 10,000 of each", op.name, fewer[i], more[i])
		case op.grows != "" && !grown:
			t.Errorf("%s: it does not grow any more, so say so: %+v and %+v", op.name, fewer[i], more[i])
		}
	}
	var adds []cost
	for i, op := range large.operations() {
		if strings.HasPrefix(op.name, "add a member") && op.told {
			adds = append(adds, more[i])
		}
	}
	if d := adds[1].minus(adds[0]); len(adds) != 2 || d.Read > slack || d.Written > slack {
		t.Errorf("adding a member to a group of 10 and of 10,000: %+v", adds)
	}
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	sites := []*site{start(t, data{users: 20, members: 10}), start(t, data{users: 40, members: 10})}
	o, err := parse([]string{"-users", "20,40", "-rounds", "2", "-time", "1ms", "-only", "GET a user|by index, the first"})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := o.measureAll(t.Context(), sites, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, res := range r.results {
			if len(res.rounds) != 2 || res.median <= 0 || res.p99 < res.median || res.cost.Read == 0 || res.allocs == 0 {
				t.Errorf("%s: %+v", r.op.name, res)
			}
		}
	}
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, fmt.Appendf(nil, "before\n%s\nold\n%s\nbehind\n", tableBegin, tableEnd), 0o600); err != nil {
		t.Fatal(err)
	}
	text := table(o, rows)
	for range 2 {
		if err := insert(page, text); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := "before\n" + tableBegin + "\n\n" + text + "\n" + tableEnd + "\nbehind\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if n := strings.Count(text, "\n| "); n != 4 { // two heads, two rows
		t.Errorf("%d lines: %s", n, text)
	}
	if err := os.WriteFile(page, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := insert(page, text); err == nil {
		t.Error("there was no place for the table, and no error")
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1.5 µs": duration(1500 * time.Nanosecond), "12.3 ms": duration(12345 * time.Microsecond), "2.5 s": duration(2500 * time.Millisecond),
		"1.2": ratio(1234, 1000), "1,000": ratio(1000, 1), "999": number(999), "1,234,567": number(1_234_567),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := quantile([]uint64{3, 1, 2}, 0.5); got != 2 {
		t.Errorf("the median is %d", got)
	}
	if got := quantile([]uint64{3, 1, 2}, 0.99); got != 3 {
		t.Errorf("the last percentile is %d", got)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-users", "ten"}, {"-users", "19"}, {"-users", ""}, {"-rounds", "0"}, {"-members", "0"}, {"-only", "("}, {"-no"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
