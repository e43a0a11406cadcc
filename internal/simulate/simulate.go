// Package simulate plays an identity provider against a SCIM server: the requests that Okta, Microsoft Entra ID or
// OneLogin really send, in their order and with their habits, for a number of made-up users and groups of them.
//
// After each step it reads back what the server made of it, as the provider would, and counts. It knows nothing of
// this project's server and can be pointed at any.
package simulate

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// IDP names an identity provider.
type IDP string

// The identity providers.
const (
	Okta     IDP = "okta"
	Entra    IDP = "entra"
	OneLogin IDP = "onelogin"
)

// IDPs returns all identity providers. The slice is the caller's.
func IDPs() []IDP { return []IDP{Okta, Entra, OneLogin} }

// Options say what to play and against whom.
type Options struct {
	// IDP is who to be.
	IDP IDP

	// Users is how many users are provisioned, 10 if 0, at most 1,000,000.
	Users int

	// BaseURL is the root of the SCIM server, such as "https://app.example/scim/v2".
	BaseURL string

	// Token is the bearer token. It is never printed.
	Token string

	// HTTPClient sends the requests; one with a timeout of 30 seconds if nil. Redirects are not followed.
	HTTPClient *http.Client

	// Domain is the domain of the users' addresses, "acme.example" if empty.
	Domain string

	// Seed decides all the users' data. The same seed makes the same users again, which a server still has if a run
	// was cut short; 0 takes a random one, so that runs do not meet.
	Seed uint64

	// Parallel is how many users are worked on at once: 1 for OneLogin and 4 for the others, if 0.
	Parallel int

	// UsersOnly leaves groups out, for servers that have none. By default everybody is put into one, ten in each.
	UsersOnly bool

	// Progress, if not nil, is told after each piece of work how many of how many are done. It is called by one
	// goroutine at a time.
	Progress func(done, total int)

	pause func(context.Context, time.Duration) error // for tests
}

const maxUsers = 1_000_000

// ErrOptions means that Options make no sense; the message says which.
var ErrOptions = errors.New("simulate")

func (o *Options) complete() error {
	switch o.IDP {
	case Okta, Entra, OneLogin:
	default:
		return fmt.Errorf("%w: the identity provider is %q, want one of okta, entra, onelogin", ErrOptions, o.IDP)
	}
	u, err := url.Parse(o.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%w: the URL must be http or https, without user, query and fragment", ErrOptions)
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) || o.Token == "" {
		return fmt.Errorf("%w: the token is missing or has characters that no token has", ErrOptions)
	}
	if o.Users < 0 || o.Users > maxUsers {
		return fmt.Errorf("%w: the number of users must be 1 to %d", ErrOptions, maxUsers)
	}
	if o.Users == 0 {
		o.Users = 10
	}
	if o.Parallel <= 0 {
		o.Parallel = 4
		if o.IDP == OneLogin {
			o.Parallel = 1
		}
	}
	if o.Domain == "" {
		o.Domain = "acme.example"
	}
	for o.Seed == 0 {
		var random [8]byte
		_, _ = rand.Read(random[:]) // never fails
		o.Seed = binary.LittleEndian.Uint64(random[:])
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: 30 * time.Second}
	}
	if o.pause == nil {
		o.pause = pause
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// dialect is how one identity provider speaks.
type dialect interface {
	// connect are the checks of "test connection". If the first fails the provider gives up.
	connect() []func(context.Context, *session) error
	match(context.Context, *session, *person) error
	create(context.Context, *session, *person) error
	update(context.Context, *session, *person) error
	deactivate(context.Context, *session, *person) error
	reactivate(context.Context, *session, *person) error
	remove(context.Context, *session, *person) error

	// Those of groups come between update and deactivate, but for the last, which comes before remove. A team has
	// somebody in it who was created.
	createTeam(context.Context, *session, *team) error
	addMembers(context.Context, *session, *team) error
	renameTeam(context.Context, *session, *team) error
	removeMembers(context.Context, *session, *team) error
	removeTeam(context.Context, *session, *team) error
}

// Run plays the whole sequence and reports. What the server does wrong is in the report; an error means that there was
// nothing to play or that ctx ended. In the latter case the report tells what was done until then.
func Run(ctx context.Context, opts Options) (*Report, error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	var d dialect
	client := newClient(&opts)
	switch opts.IDP {
	case Okta:
		d = okta{}
		client.header = http.Header{
			"User-Agent": {"Okta SCIM Client 1.0.0"}, "Accept": {"application/scim+json"}, "Accept-Charset": {"utf-8"},
			"Content-Type": {"application/scim+json; charset=utf-8"},
		}
	case Entra:
		d = entra{}
		client.header = http.Header{
			"User-Agent": {""}, "Accept": {"application/scim+json"}, "Content-Type": {"application/scim+json; charset=utf-8"},
		}
	case OneLogin:
		d = onelogin{}
		client.header = http.Header{"User-Agent": {""}, "Accept": {"application/json"}, "Content-Type": {"application/json"}}
	}
	r := &run{opts: &opts, client: client, report: &Report{IDP: opts.IDP, Users: opts.Users, Seed: opts.Seed}}
	start := time.Now()
	err := r.play(ctx, d)
	r.report.Duration = time.Since(start)
	return r.report, err
}

// run is a run under way.
type run struct {
	opts   *Options
	client *client
	report *Report

	mu   sync.Mutex // guards done and the call of Progress
	done int
}

func (r *run) play(ctx context.Context, d dialect) error {
	people := makePeople(r.opts)
	teams := makeTeams(r.opts, people)
	users := func(name string, do func(context.Context, *session, *person) error) step {
		return step{name, len(people), func(i int) func(context.Context, *session) error {
			if p := people[i]; p.id != "" || name == "match" || name == "create" {
				return func(ctx context.Context, s *session) error { return do(ctx, s, p) }
			}
			return nil
		}}
	}
	groups := func(name string, do func(context.Context, *session, *team) error) step {
		return step{name, len(teams), func(i int) func(context.Context, *session) error {
			if t := teams[i]; len(t.there()) > 0 && (t.id != "" || name == "group create") {
				return func(ctx context.Context, s *session) error { return do(ctx, s, t) }
			}
			return nil
		}}
	}
	steps := []step{
		users("match", d.match), users("create", d.create), users("update", d.update),
		groups("group create", d.createTeam), groups("group add", d.addMembers), groups("group rename", d.renameTeam),
		groups("group remove", d.removeMembers),
		users("deactivate", d.deactivate), users("reactivate", d.reactivate),
		groups("group delete", d.removeTeam), users("delete", d.remove),
	}
	steps = slices.DeleteFunc(steps, func(s step) bool { return s.size == 0 })
	checks := d.connect()
	total := len(checks)
	for _, step := range steps {
		total += step.size
	}
	r.report.steps = 1 + len(steps)

	s := r.step("connection test")
	givenUp := false
	for i, check := range checks {
		err := check(ctx, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.count(err)
		r.progress(total)
		if err != nil && i == 0 {
			givenUp = true
			break
		}
	}
	for _, step := range steps {
		s := r.step(step.name)
		if givenUp {
			s.row.Skipped = step.size
			continue
		}
		r.each(ctx, step.size, func(i int) {
			if do := step.of(i); do == nil {
				s.skip() // its create failed; one failure is enough
			} else if err := do(ctx, s); ctx.Err() == nil {
				s.count(err)
			}
			r.progress(total)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// step is something that is done for each of so many users or groups.
type step struct {
	name string
	size int
	of   func(i int) func(context.Context, *session) error // nil where there is nothing to do it with
}

// each calls do with 0 to n-1, Parallel at a time, and returns when all are done or ctx ends.
func (r *run) each(ctx context.Context, n int, do func(i int)) {
	work := make(chan int)
	var group sync.WaitGroup
	for range min(r.opts.Parallel, n) {
		group.Go(func() {
			for i := range work {
				do(i)
			}
		})
	}
feed:
	for i := range n {
		select {
		case work <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(work)
	group.Wait()
}

func (r *run) progress(total int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	if r.opts.Progress != nil {
		r.opts.Progress(r.done, total)
	}
}

// step begins a row of the report.
func (r *run) step(name string) *session {
	r.report.Rows = append(r.report.Rows, &Row{Step: name})
	return &session{client: r.client, row: r.report.Rows[len(r.report.Rows)-1]}
}
