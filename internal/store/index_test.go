package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// body is what the index test knows of a user's document.
type body struct {
	UserName   string              `json:"userName,omitempty"`
	ExternalID string              `json:"externalId,omitempty"`
	Emails     []map[string]string `json:"emails,omitempty"`
}

func (b body) encode(t *rapid.T) []byte {
	doc, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func read(doc []byte) (b body) {
	if doc != nil {
		if err := json.Unmarshal(doc, &b); err != nil {
			panic(err) // the test made it
		}
	}
	return b
}

// userIndexes are those of a user by the standard schemas.
var userIndexes = Indexes{User: {
	{Attribute: "externalId", Path: []string{"externalId"}, CaseExact: true, Revives: true},
	{Attribute: "emails.value", Path: []string{"emails", Each, "value"}},
	{Attribute: "userName", Path: []string{"userName"}, Unique: true, Revives: true},
}}

// use makes indexes the tenant's, and builds them.
func use(t interface{ Fatal(...any) }, s *Store, tenant kv.Tenant, want Indexes) {
	unfinished, err := s.UseIndexes(context.Background(), tenant, want)
	if err != nil {
		t.Fatal(err)
	}
	if unfinished {
		build(t, s, tenant)
	}
}

func build(t interface{ Fatal(...any) }, s *Store, tenant kv.Tenant) (twice []Duplicate) {
	if err := s.BuildIndexes(context.Background(), tenant, func(d Duplicate) { twice = append(twice, d) }); err != nil {
		t.Fatal(err)
	}
	return twice
}

// long is a value that fits no key.
var long = strings.Repeat("long-", 1000)

func drawBody(t *rapid.T) body {
	b := body{
		UserName:   rapid.SampledFrom([]string{"ann", "ANN", "Bob", "carl", long, "d\x00n"}).Draw(t, "userName"),
		ExternalID: rapid.SampledFrom([]string{"", "x1", "X1", long}).Draw(t, "externalId"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "emails") {
		b.Emails = append(b.Emails, map[string]string{"value": rapid.SampledFrom([]string{"a@x", "A@X", "b@x", long + "@x"}).Draw(t, "email")})
	}
	return b
}

// expected works out from the records alone which keys there have to be, in words.
func expected(records map[string]*Record) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for id, r := range records {
		live := !r.Desired.Deleted
		table := map[bool]string{true: "index", false: "buried"}[live]
		add("record live=%v %s", live, id)
		b := read(r.Desired.Doc)
		names := []string{b.UserName}
		if live {
			if r.Applied.Version != r.Desired.Version {
				names = append(names, read(r.Applied.Doc).UserName)
			}
			if r.Hold != nil {
				names = append(names, read(r.Hold.Base.Doc).UserName)
			}
			for _, e := range b.Emails {
				add("%s emails.value %s %s", table, keyPart(strings.ToLower(e["value"])), id)
			}
			if r.Hold != nil { // it is found by what counts until somebody approves
				base := read(r.Hold.Base.Doc)
				for _, e := range base.Emails {
					add("%s emails.value %s %s", table, keyPart(strings.ToLower(e["value"])), id)
				}
				if base.ExternalID != "" {
					add("%s externalId %s %s", table, keyPart(base.ExternalID), id)
				}
			}
			add("modified %d %s", r.Modified.UnixMilli(), id)
		}
		for _, name := range names {
			if name != "" {
				add("%s userName %s %s", table, keyPart(strings.ToLower(name)), id)
			}
		}
		if b.ExternalID != "" {
			add("%s externalId %s %s", table, keyPart(b.ExternalID), id)
		}
		if !r.Due.IsZero() {
			add("dirty %d %s", r.Due.UnixMilli(), id)
		}
		if r.Applied.LegacyID != "" {
			add("account %s %s", keyPart(r.Applied.LegacyID), id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// stored reads all keys of a tenant in the same words.
func stored(t *rapid.T, s *Store, tenant kv.Tenant) []string {
	var out []string
	view(t, s, tenant, func(tx *Tx) error {
		each := func(table kv.Table, fn func(d *kv.Decoder, value []byte) string) {
			for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(table)), kv.ScanOptions{}) {
				if err != nil {
					t.Fatal(err)
				}
				d := entry.Key.Decoder()
				out = append(out, fn(d, entry.Value))
				if d.Err() != nil {
					t.Fatal(d.Err())
				}
			}
		}
		typed := func(d *kv.Decoder) {
			if typ := d.String(); typ != string(User) {
				t.Fatalf("a key of type %q", typ)
			}
		}
		each(tableResources, func(d *kv.Decoder, _ []byte) string { typed(d); return "record live=true " + d.String() })
		each(tableTombstones, func(d *kv.Decoder, _ []byte) string { typed(d); return "record live=false " + d.String() })
		for table, name := range map[kv.Table]string{tableIndex: "index", tableBuried: "buried"} {
			each(table, func(d *kv.Decoder, _ []byte) string {
				typed(d)
				return fmt.Sprintf("%s %s %s %s", name, d.String(), d.String(), d.String())
			})
		}
		each(tableModified, func(d *kv.Decoder, _ []byte) string {
			typed(d)
			return fmt.Sprintf("modified %d %s", d.Time().UnixMilli(), d.String())
		})
		each(tableDirty, func(d *kv.Decoder, _ []byte) string {
			due := d.Time()
			typed(d)
			return fmt.Sprintf("dirty %d %s", due.UnixMilli(), d.String())
		})
		each(tableAccounts, func(d *kv.Decoder, id []byte) string {
			typed(d)
			return fmt.Sprintf("account %s %s", d.String(), id)
		})
		return nil
	})
	slices.Sort(out)
	return out
}

// Whatever is stored, changed, deleted, brought back and forgotten: there are exactly the keys that the records ask for,
// no two resources show one unique value, and lookups find what they should.
func TestIndexesKeepInStep(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		rapid.Check(t, func(t *rapid.T) { indexSteps(t, New(backend), freshTenant(t)) })
	})
}

func indexSteps(t *rapid.T, s *Store, tenant kv.Tenant) {
	use(t, s, tenant, userIndexes)
	records := map[string]*Record{}
	moment := func(label string) time.Time {
		return time.Unix(1000+rapid.Int64Range(0, 3).Draw(t, label), int64(rapid.IntRange(0, 1).Draw(t, label+" ms"))*1e6).UTC()
	}
	for range rapid.IntRange(1, 15).Draw(t, "steps") {
		id := rapid.SampledFrom([]string{"u1", "u2", "u3"}).Draw(t, "id")
		prev := records[id]
		if prev != nil && rapid.IntRange(0, 9).Draw(t, "forget") == 0 {
			update(t, s, tenant, func(tx *Tx) error { return tx.Forget(prev) })
			delete(records, id)
			continue
		}
		next := &Record{Type: User, ID: id, Created: moment("created")}
		if prev != nil {
			next = prev.Clone()
		}
		next.Modified = moment("modified")
		if prev == nil || rapid.Bool().Draw(t, "new document") {
			next.Desired = State{Version: next.Desired.Version + 1, Doc: drawBody(t).encode(t), Deleted: rapid.IntRange(0, 3).Draw(t, "deleted") == 0}
		}
		if next.Due = (time.Time{}); rapid.Bool().Draw(t, "dirty") {
			next.Due = moment("due")
		}
		switch rapid.SampledFrom([]string{"", "deliver", "hold", "release"}).Draw(t, "and") {
		case "deliver":
			next.Applied = Applied{State: next.Desired, LegacyID: rapid.SampledFrom([]string{"", id + "-1001", long + id}).Draw(t, "legacy id")}
		case "hold":
			next.Hold = &Hold{ID: "h", Base: next.Applied.State}
		case "release":
			next.Hold = nil
		}
		shows := func(r *Record) string { return strings.ToLower(read(r.Desired.Doc).UserName) }
		claims := !next.Desired.Deleted && (prev == nil || prev.Desired.Deleted || shows(prev) != shows(next))
		holder := ""
		if claims {
			for _, key := range expected(records) {
				other, ok := strings.CutPrefix(key, "index userName "+keyPart(shows(next))+" ")
				if ok && other != id {
					holder = other
					break
				}
			}
		}
		err := s.Update(context.Background(), tenant, func(tx *Tx) error { return tx.Put(prev, next) })
		var taken *UniquenessError
		switch {
		case holder == "" && err != nil:
			t.Fatalf("put: %v", err)
		case holder == "":
			records[id] = next
		case !errors.As(err, &taken) || taken.HolderID != holder || taken.Attribute != "userName":
			t.Fatalf("%s has the userName, and the error is %v", holder, err)
		case taken.Reserved != (shows(records[holder]) != shows(next)):
			t.Fatalf("reserved is %v, the holder shows %q", taken.Reserved, shows(records[holder]))
		}
		for i, r := range records {
			// An applied name comes back with a deleted resource, so it can be reserved twice; shown it is once.
			for j, q := range records {
				if i != j && !r.Desired.Deleted && !q.Desired.Deleted && shows(r) == shows(q) {
					t.Fatalf("%s and %s have the same userName", i, j)
				}
			}
		}
	}
	if diff := cmp.Diff(expected(records), stored(t, s, tenant)); diff != "" {
		t.Fatalf("keys (-expected +stored): %s", diff)
	}
	view(t, s, tenant, func(tx *Tx) error {
		live := 0
		for id, r := range records {
			got, err := tx.Load(User, id)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(r, got); diff != "" {
				t.Fatal(diff)
			}
			_, err = tx.Get(User, id)
			if errors.Is(err, ErrNotFound) != r.Desired.Deleted {
				t.Fatalf("get of %s: %v", id, err)
			}
			b := read(r.Desired.Doc)
			if r.Desired.Deleted {
				back, err := tx.Buried(User, r.Desired.Doc)
				if err != nil || (b.ExternalID != "" && read(back.Desired.Doc).ExternalID != b.ExternalID) {
					t.Fatalf("%s does not come back: %v", id, err)
				}
				continue
			}
			live++
			ix, ok := tx.Index(User, "userName")
			if !ok {
				t.Fatal("no index on userName")
			}
			found := false
			if err := tx.Find(User, ix, strings.ToUpper(b.UserName), func(other string) bool { found = found || other == id; return true }); err != nil {
				return err
			}
			if !found {
				t.Fatalf("%s is not found by %q", id, b.UserName)
			}
		}
		n := 0
		err := tx.IDs(User, func(string) bool { n++; return true })
		if n != live {
			t.Fatalf("%d ids of %d", n, live)
		}
		return err
	})
	var due []time.Time
	view(t, s, tenant, func(tx *Tx) error {
		return tx.Dirty(time.Unix(1001, 0), func(item DirtyItem) bool { due = append(due, item.Due); return true })
	})
	if !slices.IsSortedFunc(due, time.Time.Compare) || slices.ContainsFunc(due, func(d time.Time) bool { return d.Before(time.Unix(1001, 0)) }) {
		t.Fatalf("dirty from 1001 on: %v", due)
	}
}

// A resource whose name is claimed twice, once by another that may go back to it, can still be delivered.
func TestPutOfTheSameDocumentAsksForNothing(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		use(t, s, tenant, userIndexes)
		ann, bob := []byte(`{"userName":"ann"}`), []byte(`{"userName":"bob"}`)
		buried := &Record{Type: User, ID: "u1", Desired: State{Version: 2, Doc: ann, Deleted: true}, Applied: Applied{State: State{Version: 1, Doc: ann}}}
		holder := &Record{Type: User, ID: "u2", Desired: State{Version: 1, Doc: ann}}
		update(t, s, tenant, func(tx *Tx) error { return errors.Join(tx.Put(nil, buried), tx.Put(nil, holder)) })
		back := buried.Clone()
		back.Desired = State{Version: 3, Doc: bob}
		update(t, s, tenant, func(tx *Tx) error { return tx.Put(buried, back) })
		delivered := holder.Clone()
		delivered.Applied.State = holder.Desired
		update(t, s, tenant, func(tx *Tx) error { return tx.Put(holder, delivered) })
		reverted := back.Clone()
		reverted.Desired = State{Version: 4, Doc: ann}
		err := s.Update(context.Background(), tenant, func(tx *Tx) error { return tx.Put(back, reverted) })
		if !errors.Is(err, ErrUniqueness) {
			t.Errorf("going back to a name that another shows: %v", err)
		}
	})
}
