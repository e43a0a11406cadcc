package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func versionOf(n int) string { return fmt.Sprintf("%064x", n) }

// addRelease stores a release of a module that n stands for.
func addRelease(t *testing.T, s *Store, tenant kv.Tenant, n int) uint64 {
	t.Helper()
	r := &Release{Version: versionOf(n), Name: "p", Hooks: []string{"decide"}, Uploaded: epoch}
	update(t, s, tenant, func(tx *Tx) error {
		r.Number = 0
		return tx.AddRelease(r, []byte(versionOf(n)))
	})
	return r.Number
}

func states(t *testing.T, s *Store, tenant kv.Tenant) (list []string) {
	t.Helper()
	view(t, s, tenant, func(tx *Tx) error {
		releases, err := tx.Releases()
		for _, r := range releases {
			list = append(list, fmt.Sprint(r.Number, r.State))
		}
		return err
	})
	return list
}

func TestReleases(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant, other := New(backend), freshTenant(t), freshTenant(t)
		for i := range 4 {
			if n := addRelease(t, s, tenant, i/2); n != uint64(i+1) { // two releases of each module
				t.Fatalf("release %d is number %d", i+1, n)
			}
		}
		if n := addRelease(t, s, other, 0); n != 1 {
			t.Errorf("another tenant's first release is number %d", n)
		}
		set := func(change func(p *Policies)) {
			t.Helper()
			update(t, s, tenant, func(tx *Tx) error {
				p, err := tx.Policies()
				if err != nil {
					return err
				}
				change(&p)
				epoch := epoch.Add(time.Hour)
				return tx.SetPolicies(&p, epoch)
			})
		}
		for _, step := range []struct {
			change func(p *Policies)
			want   string
		}{
			{func(*Policies) {}, "4uploaded 3uploaded 2uploaded 1uploaded"},
			{func(p *Policies) { p.Activate(2) }, "4uploaded 3uploaded 2active 1uploaded"},
			{func(p *Policies) { p.Canary, p.CanaryPercent, p.Shadow = 3, 10, 4 }, "4shadow 3canary 2active 1uploaded"},
			{func(p *Policies) { p.Activate(3); p.Canary, p.CanaryPercent = 0, 0 }, "4shadow 3active 2retired 1uploaded"},
			{func(p *Policies) { p.Activate(2); p.Shadow = 0 }, "4uploaded 3retired 2active 1uploaded"},
			{func(p *Policies) { p.Activate(4) }, "4active 3retired 2retired 1uploaded"},
		} {
			set(step.change)
			if got := strings.Join(states(t, s, tenant), " "); got != step.want {
				t.Errorf("got %s, want %s", got, step.want)
			}
		}
		view(t, s, tenant, func(tx *Tx) error {
			p, err := tx.Policies()
			if diff := cmp.Diff(Policies{Last: 4, Active: 4, History: []uint64{3, 2}, Revision: 6}, p); diff != "" {
				t.Error(diff)
			}
			r, rErr := tx.Release(2)
			if r.Promoted != epoch.Add(time.Hour) || r.Retired != epoch.Add(time.Hour) {
				t.Errorf("promoted %s, retired %s", r.Promoted, r.Retired)
			}
			module, mErr := tx.Module(r.Version)
			if string(module) != versionOf(0) {
				t.Errorf("the module is %s", module)
			}
			if _, err := tx.Release(5); !errors.Is(err, ErrNotFound) {
				t.Errorf("release 5: %v", err)
			}
			return errors.Join(err, rErr, mErr)
		})
		if got := states(t, s, other); !slices.Equal(got, []string{"1uploaded"}) {
			t.Errorf("another tenant has %v", got)
		}
		err := s.Update(t.Context(), tenant, func(tx *Tx) error { return tx.SetPolicies(&Policies{Active: 9}, epoch) })
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("a release became active that is not there: %v", err)
		}
	})
}

// Beyond the bound those go that nobody needs; a module goes with the last release of it.
func TestReleasesAreBounded(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		activate := func(n uint64) {
			update(t, s, tenant, func(tx *Tx) error {
				p, err := tx.Policies()
				if err != nil {
					return err
				}
				p.Activate(n)
				return tx.SetPolicies(&p, epoch)
			})
		}
		const early = MaxHistory + 5
		for i := range early {
			activate(addRelease(t, s, tenant, i%7))
		}
		for i := range 2 * MaxReleases {
			addRelease(t, s, tenant, 100+i)
		}
		list := states(t, s, tenant)
		if len(list) != MaxReleases || list[0] != fmt.Sprint(early+2*MaxReleases, ReleaseUploaded) {
			t.Errorf("%d releases: %v", len(list), list)
		}
		kept := 0
		for n := range early {
			switch i := n + 1; {
			case i == early && slices.Contains(list, fmt.Sprint(i, ReleaseActive)):
				kept++
			case slices.Contains(list, fmt.Sprint(i, ReleaseRetired)):
				kept++
			}
		}
		if kept != MaxHistory+1 {
			t.Errorf("%d of the releases that a rollback needs are kept, want %d: %v", kept, MaxHistory+1, list)
		}
		view(t, s, tenant, func(tx *Tx) error {
			modules := map[string]bool{}
			for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableModules)), kv.ScanOptions{}) {
				if err != nil {
					return err
				}
				modules[string(entry.Value)] = false
			}
			releases, err := tx.Releases()
			for _, r := range releases {
				if _, there := modules[r.Version]; !there {
					t.Errorf("release %d has no module", r.Number)
				}
				modules[r.Version] = true
			}
			for version, used := range modules {
				if !used {
					t.Errorf("module %s is nobody's", version)
				}
			}
			return err
		})
	})
}

func TestRecordings(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		var want []*Recording
		for i := range 10 {
			r := &Recording{
				ID: fmt.Sprintf("%02d", i), Time: epoch.Add(time.Duration(i/2) * time.Minute), Hook: "decide", Operation: "op", ResourceID: "r",
				Input: []byte(`{"operation":"create"}`), After: []byte(`{"userName":"` + strings.Repeat("ann", i*1000) + `"}`), Answer: []byte(`{"verdict":"allow"}`),
				Version: versionOf(1), Release: 3, Fuel: 12345,
			}
			want = append(want, r)
			encoded, err := r.Encode()
			if err != nil {
				t.Fatal(err)
			}
			update(t, s, tenant, func(tx *Tx) error { return errors.Join(tx.PutRecording(encoded), tx.PutRecording(nil)) })
		}
		read := func(from RecordingMark, before time.Time) (list []*Recording) {
			view(t, s, tenant, func(tx *Tx) error {
				list = nil
				return tx.Recordings(from, before, func(r *Recording) bool {
					list = append(list, r)
					return true
				})
			})
			return list
		}
		if diff := cmp.Diff(want, read(RecordingMark{}, time.Time{})); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want[3:6], read(RecordingMark{Time: want[2].Time, ID: want[2].ID}, epoch.Add(3*time.Minute))); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want[2:], read(RecordingMark{Time: want[2].Time}, time.Time{})); diff != "" {
			t.Error(diff)
		}
		view(t, s, tenant, func(tx *Tx) error {
			all, err := tx.CountRecordings(time.Time{}, time.Time{})
			some, err2 := tx.CountRecordings(epoch.Add(time.Minute), epoch.Add(3*time.Minute))
			if all != 10 || some != 4 {
				t.Errorf("counted %d and %d", all, some)
			}
			return errors.Join(err, err2)
		})
		mark := RecordingMark{}
		for _, step := range []struct {
			most, left int
			more       bool
		}{{0, 10, true}, {3, 7, true}, {3, 4, false}, {3, 4, false}} {
			update(t, s, tenant, func(tx *Tx) error {
				last, more, err := tx.PruneRecordings(mark, epoch.Add(3*time.Minute), step.most)
				if more != step.more {
					t.Errorf("more is %v", more)
				}
				mark = last
				return err
			})
			if got := read(RecordingMark{}, time.Time{}); len(got) != step.left {
				t.Errorf("%d are left, want %d", len(got), step.left)
			}
		}
	})
}

func TestDifferencesAreBounded(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		for from := 0; from < MaxDifferences+200; from += 200 {
			update(t, s, tenant, func(tx *Tx) error {
				for i := range 200 {
					if err := tx.PutDifference(&Difference{ID: fmt.Sprintf("%05d", from+i), Time: epoch.Add(time.Duration(from+i) * time.Second), Hook: "decide", What: []string{"verdict"}}); err != nil {
						return err
					}
				}
				return tx.PruneDifferences(time.Time{})
			})
		}
		check := func(n int, newest, oldest string) {
			t.Helper()
			var ids []string
			view(t, s, tenant, func(tx *Tx) error {
				ids = nil
				return tx.Differences(func(d *Difference) bool {
					ids = append(ids, d.ID)
					return true
				})
			})
			if len(ids) != n || ids[0] != newest || ids[len(ids)-1] != oldest {
				t.Errorf("%d differences from %s to %s", len(ids), ids[0], ids[len(ids)-1])
			}
		}
		check(MaxDifferences, "01199", "00200")
		before := epoch.Add(1150 * time.Second)
		for _, want := range []bool{true, false} {
			view(t, s, tenant, func(tx *Tx) error {
				old, err := tx.HasDifferences(before)
				if old != want {
					t.Errorf("there are old ones: %v, want %v", old, want)
				}
				return err
			})
			update(t, s, tenant, func(tx *Tx) error { return tx.PruneDifferences(before) })
			check(50, "01199", "01150")
		}
	})
}

func TestShadowStats(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, tenant := New(backend), freshTenant(t)
		want := ShadowStats{Release: 3, Since: epoch, Runs: 5, Same: 3, Different: 2, Failed: 1, Dropped: 9, Fuel: 10}
		update(t, s, tenant, func(tx *Tx) error { return tx.SetShadowStats(&want) })
		view(t, s, tenant, func(tx *Tx) error {
			got, err := tx.ShadowStats()
			if got != want {
				t.Errorf("got %+v", got)
			}
			return err
		})
	})
}

// Steps of a policy's life are in the journal, and no client hears of them.
func TestStepsAreNoEvents(t *testing.T) {
	t.Parallel()
	backends(t, func(t *testing.T, backend kv.Store) {
		s, w, tenant := New(backend), new(watcher), freshTenant(t)
		s.Watch(w)
		update(t, s, tenant, func(tx *Tx) error {
			return tx.AppendOperation(&Operation{ID: "1", ResourceType: PolicyType, ResourceID: "3", Operation: "policy.promote", Outcome: Done})
		})
		if got := queue(t, s, tenant, "all", ""); len(got) != 0 || len(w.queued) != 0 {
			t.Errorf("queued %v, told %v", got, w.queued)
		}
		view(t, s, tenant, func(tx *Tx) error {
			_, err := tx.Operation("1")
			return err
		})
	})
}

// A recording of two documents that are nearly alike is small.
func TestRecordingsAreCompact(t *testing.T) {
	t.Parallel()
	r := sampleRecording()
	encoded, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if plain := len(r.Input) + len(r.Before) + len(r.After); len(encoded.value) > plain/3 {
		t.Errorf("of %d bytes %d are stored", plain, len(encoded.value))
	}
}

func sampleRecording() *Recording {
	doc := func(title string) string {
		return `{"active":true,"addresses":[{"country":"NL","formatted":"Keizersgracht 1\nAmsterdam","locality":"Amsterdam","postalCode":"1015 CN",` +
			`"streetAddress":"Keizersgracht 1","type":"work"}],"displayName":"Ann Bakker","emails":[{"primary":true,"type":"work","value":"ann@acme.example"},` +
			`{"type":"home","value":"ann@home.example"}],"externalId":"00u1abcdEFGhij2345k7","locale":"nl-NL","name":{"familyName":"Bakker","formatted":"Ann Bakker",` +
			`"givenName":"Ann"},"phoneNumbers":[{"type":"work","value":"+31 20 555 0100"},{"type":"mobile","value":"+31 6 5550 0100"}],"preferredLanguage":"nl",` +
			`"roles":[{"primary":true,"value":"engineer"}],"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",` +
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"timezone":"Europe/Amsterdam","title":"` + title + `",` +
			`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"costCenter":"4130","department":"Platform","division":"Engineering",` +
			`"employeeNumber":"701984","manager":{"displayName":"Bob de Vries","value":"26118915-6090-4610-87e4-49d8ca9f808d"},"organization":"Acme"},` +
			`"userName":"ann@acme.example","userType":"Employee"}`
	}
	return &Recording{
		ID: "01a200a6-dfed-7db9-9c75-7f9e3c7912bc", Time: epoch, Operation: "01a200a6-dfed-7db9-9c75-7f9e3c7912bd", Hook: "decide",
		ResourceID: "01a200a6-dfed-7b3a-a11d-ecde0c5b8a7c",
		Input:      []byte(`{"abi":1,"operation":"update","resource_type":"User","changed":["title"],"connection":{"id":"main","profile":"okta"},"tenant":{"id":"acme"}}`),
		Before:     []byte(doc("Engineer")), After: []byte(doc("Lead")),
		Answer: []byte(`{"verdict":"allow"}`), Version: versionOf(1), Release: 3, Fuel: 12345,
	}
}

func BenchmarkEncodeRecording(b *testing.B) {
	r := sampleRecording()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		encoded, err := r.Encode()
		if err != nil {
			b.Fatal(err)
		}
		n = len(encoded.value)
	}
	b.ReportMetric(float64(n), "bytes")
	b.ReportMetric(float64(len(r.Input)+len(r.Before)+len(r.After)), "plain-bytes")
}
