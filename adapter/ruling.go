package adapter

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// ruling is the policy that rules a resource, on loan: done gives it back.
type ruling struct {
	*Policy         // nil where none does
	release uint64  // 0 for a policy of the configuration
	handle  *handle // of a release
}

func (r ruling) done() {
	if r.handle != nil {
		r.handle.free()
	}
}

// version is the SHA-256 of the policy's module, "" where there is none.
func (r ruling) version() string {
	if r.Policy == nil {
		return ""
	}
	return r.Module.Version()
}

// has reports whether there is a policy that has a hook.
func (p *Policy) has(hook string) bool { return p != nil && p.Module.Has(hook) }

// ErrPolicyBroken means that a release which rules cannot be run, so that nothing can be decided.
var ErrPolicyBroken = errors.New("the tenant's policy cannot be run")

// policyPatience bounds how long a request waits for releases that are being compiled.
const policyPatience = 20 * time.Second

// rule returns the policy that rules a resource, whether it decides or maps: the one that the configuration sets, or
// else the canary or the active release. The same resource has the same one until a step of a release's life.
func (t *Tenant) rule(ctx context.Context, id string) (ruling, error) {
	if t.cfg.Policy != nil {
		return ruling{Policy: t.cfg.Policy}, nil
	}
	for {
		set := t.shelf.current.Load()
		if !set.complete() {
			if err := set.gone(ctx); err != nil {
				return ruling{}, err
			}
			continue
		}
		h := set.active
		if set.canary != nil && id != "" && inCanary(set.canary.release, id, set.percent) {
			h = set.canary
		}
		if h == nil || set.err != nil {
			return ruling{}, set.err
		}
		if h.acquire() {
			return ruling{Policy: &h.Policy, release: h.release, handle: h}, nil
		}
	}
}

// inCanary reports whether a canary rules a resource. Raising the percentage takes no resource out of it.
func inCanary(release uint64, id string, percent int) bool {
	return share(release, id) < uint64(max(0, percent))
}

// share draws which percent of all something belongs to: 0 to 99.
func share(release uint64, name string) uint64 {
	sum := sha256.Sum256([]byte(strconv.FormatUint(release, 10) + "\x00" + name))
	return binary.BigEndian.Uint64(sum[:8]) % 100
}

// maxDraws bounds how many ids are drawn for a resource that is to be; one in a hundred is as good as its name.
const maxDraws = 2_000

// newResource returns an id for a resource that is to be. Beside a canary it is one that falls to the release which the
// resource falls to by the name that the client has for it: a create that is refused and comes again meets the same
// release, and so does the resource when it is there.
func (t *Tenant) newResource(kind Kind, doc []byte) string {
	id := newID()
	set := t.shelf.current.Load()
	if t.cfg.Policy != nil || set.policies.Canary == 0 {
		return id
	}
	var names struct{ ExternalID, UserName, DisplayName string }
	if json.Unmarshal(doc, &names) != nil {
		return id
	}
	name := "externalId\x00" + names.ExternalID
	if names.ExternalID == "" {
		name = "name\x00" + strings.ToLower(cmp.Or(names.UserName, names.DisplayName))
	}
	want := share(set.policies.Canary, string(kind.Type)+"\x00"+name)
	for i := 0; share(set.policies.Canary, id) != want && i < maxDraws; i++ {
		id = newID()
	}
	return id
}

// asksPolicies reports whether anybody may ask what a change does to the members of a group.
func (t *Tenant) asksPolicies() bool {
	return t.cfg.Policy != nil || t.cfg.Guard != nil || t.shelf.current.Load().inUse()
}

// records reports whether what policies are asked is kept.
func (t *Tenant) records() bool { return t.engine.policies != nil && t.cfg.Policies.Keep > 0 }

// handle is a loaded release. It closes when its shelf and the last call have given it back.
type handle struct {
	Policy
	release uint64
	shadow  bool
	limits  limitsKey
	shelf   *shelf
	refs    atomic.Int64
}

// acquire borrows the handle, unless it is closed.
func (h *handle) acquire() bool {
	for {
		n := h.refs.Load()
		if n == 0 {
			return false
		}
		if h.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// free gives the handle back.
func (h *handle) free() {
	if h == nil || h.refs.Add(-1) > 0 {
		return
	}
	h.shelf.closing.Go(func() {
		if err := h.Module.Close(context.Background()); err != nil {
			h.shelf.log.Error("closing a release of the policy failed", "release", h.release, "error", err)
		}
	})
}

// ruled is which releases do what from one step of their life to the next. It does not change once it is in use.
type ruled struct {
	policies  store.Policies
	limits    limitsKey
	loaded    bool // as far as it can be
	pinned    bool // the configuration rules: nobody asks but the shadow, and no other need be loaded
	active    *handle
	canary    *handle
	percent   int
	shadow    *handle
	err       error         // why nothing can be decided
	shadowErr error         // why the shadow does not run
	replaced  chan struct{} // closed when another has taken its place
}

// rulesAs reports whether what rules is what it was in another set. The shadow does not matter.
func (s *ruled) rulesAs(was *ruled) bool {
	return s.active == was.active && s.canary == was.canary && s.percent == was.percent && s.loaded == was.loaded && (s.err == nil) == (was.err == nil)
}

// complete reports whether the set can say who rules.
func (s *ruled) complete() bool {
	return s.loaded && (!s.pinned || ((s.policies.Active == 0 || s.active != nil) && (s.policies.Canary == 0 || s.canary != nil)))
}

// gone waits until another set has taken this one's place.
func (s *ruled) gone(ctx context.Context) error {
	timer := time.NewTimer(policyPatience)
	defer timer.Stop()
	select {
	case <-s.replaced:
		return nil
	case <-timer.C:
		return fmt.Errorf("%w: it is still being compiled", ErrPolicyBroken)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// inUse reports whether there is any release that is asked.
func (s *ruled) inUse() bool {
	return s.policies.Active != 0 || s.policies.Canary != 0 || s.policies.Shadow != 0
}

// handles lists what the set has loaded.
func (s *ruled) handles() []*handle {
	return slices.DeleteFunc([]*handle{s.active, s.canary, s.shadow}, func(h *handle) bool { return h == nil })
}

// wantCounts says how much the policies that a change may be put to want to know how many resources there are. A shadow
// has to take what there is: nobody waits for it.
func (t *Tenant) wantCounts(r ruling) need {
	if t.cfg.Guard.counts() || r.Policy.counts() {
		return exact
	}
	if set := t.shelf.current.Load(); set.shadow != nil && set.shadow.counts() {
		return known
	}
	return nothing
}

// forPolicy is what a policy is told of the tenant, of all that is known.
func forPolicy(tenant abi.Tenant, p *Policy) abi.Tenant {
	if !p.counts() {
		tenant.Counts = nil
	}
	return tenant
}
