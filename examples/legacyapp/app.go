// Package legacyapp is an old membership application, kept in memory, for examples, demonstrations and tests.
//
// It stands for the applications that caddy-scim exists for: it has an HTTP API of its own, with its own words (members,
// logins, teams, organisations), numeric account numbers, suspend and restore as verbs, and it has never heard of SCIM. It imports
// nothing of the project and must stay so.
//
// What an application would not have, and an example needs: GET /requests tells everything that reached it, and
// POST /faults makes it fail on demand.
package legacyapp

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options configure an App. The zero value is an open application with the default bounds.
type Options struct {
	// Key, when not empty, must come with every request as "Authorization: Bearer <Key>"; others get 401.
	Key string

	// HonourIdempotencyKeys makes the application answer a repeated Idempotency-Key (same method and path) with its
	// first answer and do nothing. Off by default: old applications do not know the header, they only record it here.
	HonourIdempotencyKeys bool

	// LenientTeams makes it no mistake to put somebody into a team who is in it, or to take somebody out who is not: 204
	// instead of 409 and 404. Off by default.
	LenientTeams bool

	// MaxMembers bounds the accounts, and the teams, 1,000,000 by default; one more is refused with 507.
	MaxMembers int

	// MaxSeats bounds how many members there are in teams, all together, 5,000,000 by default.
	MaxSeats int

	// MaxBody bounds the body of a request, in bytes, 1 MiB by default; more is refused with 413.
	MaxBody int64

	// MaxRequests bounds how many requests GET /requests remembers, 100,000 by default; the oldest are forgotten first.
	MaxRequests int

	// MaxRequestBytes bounds the bodies that GET /requests remembers, all together, 64 MiB by default.
	MaxRequestBytes int

	// Now is the clock, time.Now by default.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.MaxMembers <= 0 {
		o.MaxMembers = 1_000_000
	}
	if o.MaxSeats <= 0 {
		o.MaxSeats = 5_000_000
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 1 << 20
	}
	if o.MaxRequests <= 0 {
		o.MaxRequests = 100_000
	}
	if o.MaxRequestBytes <= 0 {
		o.MaxRequestBytes = 64 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// App is the application. It is an http.Handler, safe for concurrent use. Use New.
type App struct {
	opts Options
	mux  *http.ServeMux

	mu      sync.Mutex // guards everything below
	members memberTable
	teams   teamTable
	log     requestLog
	fault   fault
	answers answerCache
	journal *journal // nil where nothing is kept
}

// New returns an empty application.
func New(opts Options) *App {
	a := &App{opts: opts.withDefaults()}
	a.members.init()
	a.teams.init()
	a.log.limit, a.log.byteLimit = a.opts.MaxRequests, a.opts.MaxRequestBytes
	a.mux = http.NewServeMux()
	a.routes()
	return a
}

// answer is what a handler says: a status and a value that becomes JSON, or no body when the value is nil.
type answer struct {
	status int
	body   any
}

// problem is the application's way of saying no.
func problem(status int, text string) answer {
	return answer{status, map[string]string{"problem": text}}
}

// handler carries a request out. It runs with the application's lock held.
type handler func(r *http.Request, body []byte) answer

func (a *App) routes() {
	a.mux.HandleFunc("GET /requests", a.control(a.listRequests))
	a.mux.HandleFunc("DELETE /requests", a.control(a.resetRequests))
	a.mux.HandleFunc("GET /faults", a.control(a.showFault))
	a.mux.HandleFunc("POST /faults", a.control(a.setFault))
	a.mux.HandleFunc("DELETE /faults", a.control(a.resetFault))

	a.mux.HandleFunc("GET /{$}", a.business(a.home))
	a.mux.HandleFunc("GET /members", a.business(a.listMembers))
	a.mux.HandleFunc("POST /members", a.business(a.createMember))
	a.mux.HandleFunc("GET /members/{no}", a.business(a.withMember(a.showMember)))
	a.mux.HandleFunc("PATCH /members/{no}", a.business(a.withMember(a.changeMember)))
	a.mux.HandleFunc("DELETE /members/{no}", a.business(a.withMember(a.deleteMember)))
	a.mux.HandleFunc("POST /members/{no}/suspend", a.business(a.withMember(a.suspendMember)))
	a.mux.HandleFunc("POST /members/{no}/restore", a.business(a.withMember(a.restoreMember)))

	a.mux.HandleFunc("GET /organisations/{org}/members", a.business(a.listPlaces))
	a.mux.HandleFunc("GET /organisations/{org}/members/{no}", a.business(a.withMember(a.showPlace)))
	a.mux.HandleFunc("PUT /organisations/{org}/members/{no}", a.business(a.withMember(a.join)))
	a.mux.HandleFunc("DELETE /organisations/{org}/members/{no}", a.business(a.withMember(a.leave)))
	a.mux.HandleFunc("POST /organisations/{org}/members/{no}/suspend", a.business(a.withMember(a.suspendPlace)))

	a.mux.HandleFunc("GET /teams", a.business(a.listTeams))
	a.mux.HandleFunc("POST /teams", a.business(a.createTeam))
	a.mux.HandleFunc("GET /teams/{no}", a.business(a.withTeam(a.showTeam)))
	a.mux.HandleFunc("PUT /teams/{no}", a.business(a.withTeam(a.changeTeam)))
	a.mux.HandleFunc("PATCH /teams/{no}", a.business(a.withTeam(a.changeTeam)))
	a.mux.HandleFunc("DELETE /teams/{no}", a.business(a.withTeam(a.deleteTeam)))
	a.mux.HandleFunc("PUT /teams/{no}/members/{who}", a.business(a.seatIn(a.addSeat)))
	a.mux.HandleFunc("DELETE /teams/{no}/members/{who}", a.business(a.seatIn(a.removeSeat)))
	a.mux.HandleFunc("POST /teams/{no}/members", a.business(a.seatsIn(1, a.addSeats)))
	a.mux.HandleFunc("POST /teams/{no}/members/remove", a.business(a.seatsIn(1, a.removeSeats)))
	a.mux.HandleFunc("PUT /teams/{no}/members", a.business(a.seatsIn(0, a.setSeats)))

	// Without these the mux would answer in plain text; everything here speaks JSON.
	for _, path := range []string{
		"/requests", "/faults", "/{$}", "/members", "/members/{no}", "/members/{no}/suspend", "/members/{no}/restore",
		"/organisations/{org}/members", "/organisations/{org}/members/{no}", "/organisations/{org}/members/{no}/suspend",
		"/teams", "/teams/{no}", "/teams/{no}/members", "/teams/{no}/members/{who}",
	} {
		a.mux.HandleFunc(path, a.business(func(r *http.Request, _ []byte) answer {
			return problem(http.StatusMethodNotAllowed, r.Method+" is not possible here")
		}))
	}
	a.mux.HandleFunc("/", a.business(func(*http.Request, []byte) answer {
		return problem(http.StatusNotFound, "there is no such page")
	}))
}

// ServeHTTP implements http.Handler.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// control wraps what is about the example and not part of the application: it is not recorded and never made to fail.
func (a *App) control(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !a.authorized(r) {
			write(w, unauthorized())
			return
		}
		body, refusal := a.read(w, r)
		if refusal != nil {
			write(w, *refusal)
			return
		}
		a.mu.Lock()
		ans := h(r, body)
		a.mu.Unlock()
		write(w, ans)
	}
}

// business wraps the application proper: the request is recorded, may be made to fail, and is then carried out.
func (a *App) business(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, refusal := a.read(w, r)

		a.mu.Lock()
		entry := a.log.add(r, body, a.opts.Now())
		var f fault
		if refusal == nil && a.authorized(r) && r.Method != http.MethodGet && r.Method != http.MethodHead {
			f = a.fault.take()
		}
		a.mu.Unlock()

		ans, ok := a.serve(r, body, refusal, f, h)

		a.mu.Lock()
		entry.Answered = true
		if ok {
			entry.Status = ans.status
		}
		a.mu.Unlock()
		if !ok {
			panic(http.ErrAbortHandler) // net/http's way to drop the connection without an answer
		}
		if f.active() && f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		write(w, ans)
	}
}

// serve returns the answer to a request; ok is false when the connection is to be dropped instead.
func (a *App) serve(r *http.Request, body []byte, refusal *answer, f fault, h handler) (ans answer, ok bool) {
	switch {
	case !a.authorized(r):
		return unauthorized(), true
	case refusal != nil:
		return *refusal, true
	case !f.active():
		return a.carryOut(r, body, h), true
	}
	if f.After {
		ans = a.carryOut(r, body, h)
	}
	if !f.wait(r.Context()) {
		return answer{}, false
	}
	switch {
	case f.Status == nil && f.After:
		return ans, true
	case f.Status == nil:
		return a.carryOut(r, body, h), true
	case *f.Status == 0:
		return answer{}, false
	default:
		return f.answer(), true
	}
}

// carryOut runs the handler under the lock, so that a check and the change that rests on it are one step.
func (a *App) carryOut(r *http.Request, body []byte, h handler) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := r.Header.Get("Idempotency-Key")
	if !a.opts.HonourIdempotencyKeys || key == "" {
		return a.keep(r, body, h)
	}
	key = r.Method + " " + r.URL.Path + " " + key
	if ans, ok := a.answers.get(key); ok {
		return ans
	}
	ans := a.keep(r, body, h)
	a.answers.put(key, ans)
	return ans
}

func (a *App) read(w http.ResponseWriter, r *http.Request) ([]byte, *answer) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, a.opts.MaxBody))
	if err != nil {
		refusal := problem(http.StatusRequestEntityTooLarge, "the request is too large or was cut off")
		return nil, &refusal
	}
	return body, nil
}

func (a *App) authorized(r *http.Request) bool {
	if a.opts.Key == "" {
		return true
	}
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(key), []byte(a.opts.Key)) == 1
}

func unauthorized() answer { return problem(http.StatusUnauthorized, "the key is missing or wrong") }

func (a *App) home(*http.Request, []byte) answer {
	return answer{http.StatusOK, map[string]any{"application": "membership", "members": len(a.members.byNo), "teams": len(a.teams.byNo)}}
}

func write(w http.ResponseWriter, ans answer) {
	if ans.body == nil {
		w.WriteHeader(ans.status)
		return
	}
	data, err := json.Marshal(ans.body)
	if err != nil { // cannot happen with the types used here
		http.Error(w, `{"problem":"the answer could not be written"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(ans.status)
	_, _ = w.Write(append(data, '\n'))
}

// decode reads a JSON object with known and unknown fields; unknown ones are ignored, as old applications do.
func decode(body []byte, into any) (answer, bool) {
	if err := json.Unmarshal(body, into); err != nil {
		return problem(http.StatusBadRequest, "the body is not the JSON that belongs here"), false
	}
	return answer{}, true
}

var _ http.Handler = (*App)(nil)
