package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// What a tenant has of policies. The names are part of the stored format.
const (
	tableReleases    kv.Table = "pr" // number → release
	tableModules     kv.Table = "pm" // version → the module's bytes, shared by all releases of that version
	tablePolicies    kv.Table = "ps" // → which releases rule
	tableShadowStats kv.Table = "pt" // → what came of the shadow
)

const (
	// MaxReleases bounds the releases that a tenant has.
	MaxReleases = 50
	// MaxHistory bounds how many rollbacks a tenant can do one after the other.
	MaxHistory = 10
)

// Policies says which of a tenant's releases do what. Numbers are 0 for none.
type Policies struct {
	Last          uint64 `json:"last"` // the newest release's number
	Active        uint64 `json:"active,omitempty"`
	Canary        uint64 `json:"canary,omitempty"`
	CanaryPercent int    `json:"canary_percent,omitempty"` // 1 to 99 with a canary
	Shadow        uint64 `json:"shadow,omitempty"`
	// History are the releases that were active before, the last one last. Each is there once.
	History []uint64 `json:"history,omitempty"`
	// Revision grows with every change of what does what.
	Revision uint64 `json:"revision"`
}

// Previous is the release that was active before the one that is now, 0 for none.
func (p *Policies) Previous() uint64 {
	if len(p.History) == 0 {
		return 0
	}
	return p.History[len(p.History)-1]
}

// Activate makes a release the active one, and its predecessor the one to go back to.
func (p *Policies) Activate(number uint64) {
	p.History = slices.DeleteFunc(slices.Clone(p.History), func(n uint64) bool { return n == number || n == p.Active })
	if p.Active != 0 && p.Active != number {
		p.History = append(p.History, p.Active)
	}
	p.History = p.History[max(0, len(p.History)-MaxHistory):]
	p.Active = number
}

// Rules reports whether requests are judged by the release.
func (p *Policies) Rules(number uint64) bool {
	return number != 0 && (number == p.Active || number == p.Canary)
}

// EndShadow ends the shadow if it is the release: what rules has nothing to be compared with.
func (p *Policies) EndShadow(number uint64) {
	if p.Shadow == number {
		p.Shadow = 0
	}
}

// Needed reports whether the release is in use or can come back by a rollback.
func (p *Policies) Needed(number uint64) bool {
	return p.Rules(number) || number == p.Shadow || slices.Contains(p.History, number)
}

// stateOf is how far a release has come.
func (p *Policies) stateOf(r *Release) ReleaseState {
	switch {
	case r.Number == p.Active:
		return ReleaseActive
	case r.Number == p.Canary:
		return ReleaseCanary
	case r.Number == p.Shadow:
		return ReleaseShadow
	case !r.Retired.IsZero():
		return ReleaseRetired
	}
	return ReleaseUploaded
}

// Policies returns which of the tenant's releases do what.
func (tx *Tx) Policies() (Policies, error) {
	var p Policies
	err := tx.getJSON(tx.key(tablePolicies), &p)
	if errors.Is(err, ErrNotFound) {
		return Policies{}, nil
	}
	return p, err
}

// SetPolicies stores which of the tenant's releases do what, under the next revision, and says of those that stop or
// begin to rule when they did.
func (tx *Tx) SetPolicies(p *Policies, now time.Time) error {
	was, err := tx.Policies()
	if err != nil {
		return err
	}
	p.Revision = was.Revision + 1
	seen := map[uint64]bool{0: true}
	for _, number := range []uint64{was.Active, was.Canary, p.Active, p.Canary} {
		if seen[number] {
			continue
		}
		seen[number] = true
		r, err := tx.Release(number)
		if err != nil {
			return fmt.Errorf("release %d: %w", number, err)
		}
		switch {
		case was.Rules(number) && !p.Rules(number):
			r.Retired = now
		case r.Number == p.Active && was.Active != number, !was.Rules(number):
			r.Promoted, r.Retired = now, time.Time{}
		default:
			continue
		}
		if err := tx.putRelease(r); err != nil {
			return err
		}
	}
	return tx.setJSON(tx.key(tablePolicies), p)
}

// AddRelease stores an upload under the next number, which it sets, and forgets old releases where there are too many.
func (tx *Tx) AddRelease(r *Release, module []byte) error {
	p, err := tx.Policies()
	if err != nil {
		return err
	}
	p.Last++
	r.Number = p.Last
	if err := tx.setJSON(tx.key(tablePolicies), &p); err != nil {
		return err
	}
	if _, err := tx.get(tx.key(tableModules).String(r.Version)); errors.Is(err, ErrNotFound) {
		err = tx.kv.Set(tx.key(tableModules).String(r.Version), module)
		if err != nil {
			return fmt.Errorf("module: %w", err)
		}
	} else if err != nil {
		return err
	}
	if err := tx.putRelease(r); err != nil {
		return err
	}
	return tx.pruneReleases(&p)
}

// pruneReleases forgets releases beyond MaxReleases that nothing uses and no rollback comes back to: those that have ruled
// before those that never did, and the oldest first.
func (tx *Tx) pruneReleases(p *Policies) error {
	list, err := tx.Releases()
	if err != nil {
		return err
	}
	slices.Reverse(list)
	for excess := len(list) - MaxReleases; excess > 0; excess-- {
		i := slices.IndexFunc(list, func(r Release) bool { return r.State == ReleaseRetired && !p.Needed(r.Number) })
		if i < 0 {
			i = slices.IndexFunc(list, func(r Release) bool { return r.Number != p.Last && !p.Needed(r.Number) })
		}
		if i < 0 {
			return nil // there cannot be so many in use
		}
		gone := list[i]
		list = slices.Delete(list, i, i+1)
		if err := tx.kv.Delete(tx.key(tableReleases).Uint64(gone.Number)); err != nil {
			return err
		}
		if slices.ContainsFunc(list, func(r Release) bool { return r.Version == gone.Version }) {
			continue
		}
		if err := tx.kv.Delete(tx.key(tableModules).String(gone.Version)); err != nil {
			return err
		}
	}
	return nil
}

// Release returns one release, or ErrNotFound.
func (tx *Tx) Release(number uint64) (*Release, error) {
	p, err := tx.Policies()
	if err != nil {
		return nil, err
	}
	r := new(Release)
	if err := tx.getJSON(tx.key(tableReleases).Uint64(number), r); err != nil {
		return nil, err
	}
	r.State = p.stateOf(r)
	return r, nil
}

// Releases returns the tenant's releases, newest first.
func (tx *Tx) Releases() ([]Release, error) {
	p, err := tx.Policies()
	if err != nil {
		return nil, err
	}
	var list []Release
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableReleases)), kv.ScanOptions{Reverse: true}) {
		if err != nil {
			return nil, err
		}
		var r Release
		if err := json.Unmarshal(entry.Value, &r); err != nil {
			return nil, fmt.Errorf("release: %w: %w", errCorrupt, err)
		}
		r.State = p.stateOf(&r)
		list = append(list, r)
	}
	return list, nil
}

func (tx *Tx) putRelease(r *Release) error {
	stored := *r
	stored.State = ""
	return tx.setJSON(tx.key(tableReleases).Uint64(r.Number), &stored)
}

// Module returns the bytes of a module by its version, or ErrNotFound.
func (tx *Tx) Module(version string) ([]byte, error) {
	return tx.get(tx.key(tableModules).String(version))
}

// ShadowStats returns what came of the tenant's last shadow as far as it is stored.
func (tx *Tx) ShadowStats() (ShadowStats, error) {
	var s ShadowStats
	err := tx.getJSON(tx.key(tableShadowStats), &s)
	if errors.Is(err, ErrNotFound) {
		return ShadowStats{}, nil
	}
	return s, err
}

// SetShadowStats stores what came of the tenant's shadow.
func (tx *Tx) SetShadowStats(s *ShadowStats) error { return tx.setJSON(tx.key(tableShadowStats), s) }

// getJSON reads the value under k into v, or returns ErrNotFound.
func (tx *Tx) getJSON(k kv.Key, v any) error {
	b, err := tx.get(k)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%v: %w: %w", k, errCorrupt, err)
	}
	return nil
}

func (tx *Tx) setJSON(k kv.Key, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %v: %w", k, err)
	}
	return tx.kv.Set(k, b)
}
