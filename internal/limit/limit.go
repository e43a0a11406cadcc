// Package limit keeps one tenant's requests from starving the others', and guesses of tokens from costing anything: a
// rate and a number of requests at once for each tenant, and a rate of failed authentications for each source address.
//
// What was used up is kept by a [Keeper] for as long as the process runs; what is allowed belongs to a configuration and
// is said by a [Limiter]. So a reload changes limits at once and gives nobody a full bucket.
package limit

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Defaults of a tenant, as [Default] returns them. Entra ID asks to be let send 25 requests a second, and one that waits
// five seconds for a slow application has 125 under way.
const (
	DefaultPerSecond  = 500
	DefaultBurst      = 2000
	DefaultConcurrent = 128
	// DefaultPolls are enough for a receiver that polls from several machines, or with a poll too many after a reset.
	DefaultPolls = 8
)

// Failed authentications of one source address: so many at once, then one each second.
const (
	FailuresBurst     = 100
	FailuresPerSecond = 1
)

// maxNumber bounds each number of Settings.
const maxNumber = 1_000_000

// maxSources bounds how many source addresses are remembered, those that failed last.
const maxSources = 8192

var failures = Rate{PerSecond: FailuresPerSecond, Burst: FailuresBurst}

// Settings are what one tenant may use. A zero field is no limit.
type Settings struct {
	Requests   Rate // all requests
	Writes     Rate // those that change something, which count as requests too
	Concurrent int  // requests under way at once, but for polls that wait
	Polls      int  // polls of one stream of events that wait at once
}

// Default is what a tenant may use where nothing is said.
func Default() Settings {
	return Settings{Requests: Rate{DefaultPerSecond, DefaultBurst}, Concurrent: DefaultConcurrent, Polls: DefaultPolls}
}

// Validate reports a number that cannot be meant.
func (s Settings) Validate() error {
	for name, r := range map[string]Rate{"requests": s.Requests, "writes": s.Writes} {
		if r == (Rate{}) {
			continue
		}
		if r.PerSecond < 1 || r.Burst < 1 || r.PerSecond > maxNumber || r.Burst > maxNumber {
			return fmt.Errorf("%s: %d a second and %d at once; each must be from 1 to %d", name, r.PerSecond, r.Burst, maxNumber)
		}
	}
	for name, n := range map[string]int{"concurrent": s.Concurrent, "polls": s.Polls} {
		if n < 0 || n > maxNumber {
			return fmt.Errorf("%s: %d is not from 1 to %d", name, n, maxNumber)
		}
	}
	return nil
}

// Reason is why a request was refused.
type Reason string

// The reasons.
const (
	TooFast   Reason = "rate"        // too many requests a second
	TooMany   Reason = "concurrency" // too many requests at once
	TooIdle   Reason = "polls"       // too many polls of a stream wait
	TooFailed Reason = "failures"    // too many failed authentications from the address
)

// Refusal says why a request is refused, and when to come back.
type Refusal struct {
	Reason     Reason
	RetryAfter time.Duration // above 0
}

// Options are what a Keeper needs from outside. The zero value is ready to use.
type Options struct {
	Clock func() time.Time // time.Now by default
	// Refused is told of every refusal; tenant is empty for TooFailed. It must be quick.
	Refused func(tenant string, reason Reason)
}

// Keeper remembers what tenants and source addresses have used up. It is safe for concurrent use.
type Keeper struct {
	clock   func() time.Time
	start   time.Time
	refused func(string, Reason)

	mu      sync.Mutex
	tenants map[string]*used // grows with the operator's tenants alone
	sources *lru.Cache[netip.Addr, *bucket]
}

// used is what a tenant has used up.
type used struct {
	requests, writes bucket
	running          atomic.Int64

	mu    sync.Mutex
	polls map[string]int // that wait, by stream
}

// NewKeeper returns a Keeper.
func NewKeeper(opts Options) *Keeper {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Refused == nil {
		opts.Refused = func(string, Reason) {}
	}
	sources, err := lru.New[netip.Addr, *bucket](maxSources)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &Keeper{clock: opts.Clock, start: opts.Clock(), refused: opts.Refused, tenants: map[string]*used{}, sources: sources}
}

// now is nanoseconds since the Keeper was made. Where the clock is time.Now, setting the machine's clock changes nothing.
func (k *Keeper) now() int64 { return int64(k.clock().Sub(k.start)) }

// Limiter applies one configuration's settings, by tenant. It is safe for concurrent use.
type Limiter struct {
	keeper  *Keeper
	tenants map[string]*Tenant
}

// Limiter returns one for a configuration. A tenant that settings do not hold is not limited.
func (k *Keeper) Limiter(settings map[string]Settings) *Limiter {
	l := &Limiter{keeper: k, tenants: make(map[string]*Tenant, len(settings))}
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, s := range settings {
		u := k.tenants[name]
		if u == nil {
			u = new(used)
			k.tenants[name] = u
		}
		l.tenants[name] = &Tenant{name: name, keeper: k, settings: s, used: u}
	}
	return l
}

// Tenant returns what limits a tenant; nil, which limits nothing, for one that is not limited.
func (l *Limiter) Tenant(name string) *Tenant {
	if l == nil {
		return nil
	}
	return l.tenants[name]
}

// Tenant limits one tenant. A nil Tenant limits nothing.
type Tenant struct {
	name     string
	keeper   *Keeper
	settings Settings
	used     *used
}

// retryConcurrent is when to come back after TooMany.
const retryConcurrent = time.Second

// Enter lets a request in, which must then Leave, or refuses it. A refused request uses nothing up.
func (t *Tenant) Enter(write bool) (r Refusal, ok bool) {
	if t == nil {
		return Refusal{}, true
	}
	running := t.used.running.Add(1)
	if most := t.settings.Concurrent; most > 0 && running > int64(most) {
		return t.refuse(TooMany, retryConcurrent), false
	}
	now := t.keeper.now()
	if rate := t.settings.Writes; write && rate.limited() {
		if wait, ok := t.used.writes.take(now, rate); !ok {
			return t.refuse(TooFast, wait), false
		}
	}
	if rate := t.settings.Requests; rate.limited() {
		if wait, ok := t.used.requests.take(now, rate); !ok {
			if write && t.settings.Writes.limited() {
				t.used.writes.giveBack(t.settings.Writes)
			}
			return t.refuse(TooFast, wait), false
		}
	}
	return Refusal{}, true
}

func (t *Tenant) refuse(why Reason, after time.Duration) Refusal {
	t.Leave()
	t.keeper.refused(t.name, why)
	return Refusal{Reason: why, RetryAfter: after}
}

// Leave says that a request which was let in has ended.
func (t *Tenant) Leave() {
	if t != nil {
		t.used.running.Add(-1)
	}
}

// Charge counts one more operation within a request that was let in, such as one of a Bulk request. It never refuses:
// half a Bulk request helps nobody. What it takes beyond the burst the tenant's next requests wait for, a minute at most.
func (t *Tenant) Charge(write bool) {
	if t == nil {
		return
	}
	now := t.keeper.now()
	if rate := t.settings.Writes; write && rate.limited() {
		t.used.writes.charge(now, rate)
	}
	if rate := t.settings.Requests; rate.limited() {
		t.used.requests.charge(now, rate)
	}
}

// Guess reports whether a source address may present a token that is not known to be good already.
func (l *Limiter) Guess(source netip.Addr) (r Refusal, ok bool) {
	if l == nil || !source.IsValid() {
		return Refusal{}, true
	}
	b, known := l.keeper.sources.Get(network(source))
	if !known {
		return Refusal{}, true
	}
	if wait := b.wait(l.keeper.now(), failures); wait > 0 {
		l.keeper.refused("", TooFailed)
		return Refusal{Reason: TooFailed, RetryAfter: wait}, false
	}
	return Refusal{}, true
}

// Failed counts a token of a source address that was not accepted.
func (l *Limiter) Failed(source netip.Addr) {
	if l == nil || !source.IsValid() {
		return
	}
	b, known := l.keeper.sources.Get(network(source))
	if !known {
		b = new(bucket)
		if first, ok, _ := l.keeper.sources.PeekOrAdd(network(source), b); ok {
			b = first
		}
	}
	b.charge(l.keeper.now(), failures)
}

// network is whom an address stands for: an IPv6 subscriber has the whole of a /64.
func network(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr
	}
	p, _ := addr.Prefix(64) // an IPv6 address always has one
	return p.Addr()
}
