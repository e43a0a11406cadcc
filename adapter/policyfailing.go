package adapter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// PolicyFailing says of a policy that rules that it keeps failing: what it was last asked was not answered.
type PolicyFailing struct {
	Release uint64    `json:"release,omitempty"` // 0 for a policy of the configuration
	Hook    string    `json:"hook"`              // of the last failure
	Kind    string    `json:"kind"`              // fuel, timeout, suspended, trap, output, policy, input, failed
	Count   uint64    `json:"count"`             // failures since the last answer
	Since   time.Time `json:"since"`             // the first of them
	Last    time.Time `json:"last"`              // the newest of them
	// Answered is when it last answered; absent where it has not since the server started.
	Answered time.Time `json:"answered,omitzero"`
}

const (
	// failureEvery is how often a failure of a kind becomes a line of a release's log.
	failureEvery = time.Second
	// maxFailing bounds the releases whose failures are remembered.
	maxFailing = 8
)

// failures remembers how the policies of a tenant fail.
type failures struct {
	mu   sync.Mutex
	list []failing // of releases that were asked
}

// failing is how one release fails.
type failing struct {
	PolicyFailing
	quiet map[string]*unsaid // by kind
	// alarming means that it has failed as often as an alarm takes, and not answered since.
	alarming bool
	known    bool // something was made of it in this process
}

// unsaid is what no line speaks of yet.
type unsaid struct {
	until time.Time // no line before
	count int
}

// asked takes note of what came of asking a policy that rules. What a failure says goes to the tenant's log alone: it may
// name people.
func (s *shelf) asked(ctx context.Context, release uint64, version, hook string, err error) {
	if err != nil && ctx.Err() != nil {
		return // whoever asked has gone
	}
	text, ok := s.fails.note(release, hook, err, s.engine.now())
	if s.fails.turned(release, err != nil) {
		s.engine.couriers.poke()
	}
	if ok {
		s.lines.add(release, false, plugins.LogEntry{Version: version, Hook: hook, Lines: []string{text}})
	}
}

// note returns the line that a failure is worth, if it is.
func (f *failures) note(release uint64, hook string, err error, now time.Time) (text string, worth bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.list, func(x failing) bool { return x.Release == release })
	if i < 0 {
		if len(f.list) == maxFailing {
			f.list = slices.Delete(f.list, 0, 1)
		}
		i = len(f.list)
		f.list = append(f.list, failing{PolicyFailing: PolicyFailing{Release: release}, quiet: map[string]*unsaid{}})
	}
	x := &f.list[i]
	if err == nil {
		x.Count, x.Answered = 0, now
		return "", false
	}
	if x.Count++; x.Count == 1 {
		x.Since = now
	}
	x.Hook, x.Kind, x.Last = hook, errorName(err), now
	q := x.quiet[x.Kind]
	if q == nil {
		q = new(unsaid)
		x.quiet[x.Kind] = q
	}
	if now.Before(q.until) && q.until.Sub(now) <= failureEvery { // a clock that was set back keeps nobody quiet
		q.count++
		return "", false
	}
	text = fmt.Sprintf("%s failed: %s", hook, x.Kind)
	if call, ok := errors.AsType[*plugins.CallError](err); ok && call.Detail != "" {
		text += ": " + call.Detail
	}
	if q.count > 0 {
		text = fmt.Sprintf("(%d more failures of this kind before) %s", q.count, text)
	}
	q.until, q.count = now.Add(failureEvery), 0
	return abi.CleanText(text, maxProblem), true
}

// of returns how a release keeps failing, nil where it does not.
func (f *failures) of(release uint64) *PolicyFailing {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		if x := f.list[i].PolicyFailing; x.Release == release && x.Count > 0 {
			return &x
		}
	}
	return nil
}

// turned reports whether the failures have become so many that an alarm is raised, or are over, since it was asked last.
func (f *failures) turned(release uint64, failed bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		x := &f.list[i]
		if x.Release != release {
			continue
		}
		if failed && x.Count < failuresInARow {
			return false
		}
		turned := x.alarming != failed || !x.known // what an earlier process has raised is not known
		x.alarming, x.known = failed, true
		return turned
	}
	return false
}
