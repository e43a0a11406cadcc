package adapter

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/caddy-scim/caddy-scim/scim"
)

const (
	// healthSlots is how many parts the window slides in.
	healthSlots = 12
	// healthReasons is how many reasons of failures are told apart in one part; what comes after them is counted alone.
	healthReasons = 4
	// allFailed is how many requests must have failed for an alarm where none went well: a connection with a bad token
	// does not try often.
	allFailed = 5
)

// health is how the requests of one connection go, as this process sees them. It is bounded whatever comes.
type health struct {
	mu     sync.Mutex
	width  time.Duration // of a slot
	newest int64         // the number of the newest slot, counted from 1970
	slots  [healthSlots]healthSlot
	streak int       // requests that went well since the last that failed
	seen   time.Time // when the last one came; zero where none did
	stored time.Time // what the store says of that
	raised bool      // the alarm of failures is raised, as far as is known
}

type healthSlot struct {
	ok, failed uint64
	why        [healthReasons]healthReason
}

type healthReason struct {
	status int
	why    scim.Type
	n      uint64
}

// failedFor reports whether an answer counts as a failure of the connection. Answers that identity providers ask for on
// purpose do not: that there is no such resource, where they read or delete it, that a condition does not hold, and,
// but for Entra ID, which looks first, that there is one already.
func failedFor(profile, method string, status int) bool {
	switch {
	case status < http.StatusBadRequest:
		return false
	case status == http.StatusNotFound:
		return method != http.MethodGet && method != http.MethodHead && method != http.MethodDelete
	case status == http.StatusConflict:
		return method != http.MethodPost || profile == "entra"
	case status == http.StatusPreconditionFailed:
		return false
	}
	return true
}

// Answered is told how each request of a connection was answered. It allocates nothing.
func (t *Tenant) Answered(connection, method string, status int, why scim.Type) {
	h := t.courier.health(connection)
	if h == nil {
		return // it is of no connection that is configured
	}
	profile := ""
	for i := range t.cfg.Connections {
		if t.cfg.Connections[i].ID == connection {
			profile = t.cfg.Connections[i].Profile
		}
	}
	failed := failedFor(profile, method, status)
	now := t.engine.clock()
	h.mu.Lock()
	h.slide(now, t.cfg.Alarms.Window)
	h.seen = now
	s := &h.slots[h.newest%healthSlots]
	if failed {
		s.failed++
		s.blame(status, why)
		h.streak = 0
	} else {
		s.ok++
		h.streak++
	}
	moves := !t.cfg.Alarms.FailuresOff && (failed || h.raised) && h.failing(&t.cfg.Alarms) != h.raised
	h.mu.Unlock()
	if moves {
		t.engine.couriers.poke()
	}
}

func (s *healthSlot) blame(status int, why scim.Type) {
	for i := range s.why {
		r := &s.why[i]
		if r.n == 0 || (r.status == status && r.why == why) {
			r.status, r.why = status, why
			r.n++
			return
		}
	}
}

// slide forgets what is older than the window. The caller holds mu.
func (h *health) slide(now time.Time, window time.Duration) {
	width := window / healthSlots
	number := now.UnixNano() / int64(width)
	if width != h.width || number < h.newest { // it was configured anew, or the clock was set back
		h.width, h.newest, h.slots = width, number, [healthSlots]healthSlot{}
		return
	}
	for range min(number-h.newest, healthSlots) {
		h.newest++
		h.slots[h.newest%healthSlots] = healthSlot{}
	}
	h.newest = number
}

func (h *health) sums() (ok, failed uint64) {
	for i := range h.slots {
		ok, failed = ok+h.slots[i].ok, failed+h.slots[i].failed
	}
	return ok, failed
}

// failing reports whether the alarm is to be raised. One that is stays so until requests go well again: a connection that
// has fallen silent may have been given up. The caller holds mu, and has slid.
func (h *health) failing(c *AlarmsConfig) bool {
	ok, failed := h.sums()
	most := uint64(c.Failures)
	holds := (failed >= most && failed*100 >= uint64(c.Percent)*(ok+failed)) || (ok == 0 && failed >= min(allFailed, most))
	if !h.raised {
		return holds
	}
	return h.streak < 3*c.Failures && (holds || ok == 0)
}

// describe says for people what fails. The caller holds mu.
func (h *health) describe(id, profile string, window time.Duration) string {
	ok, failed := h.sums()
	var reasons []healthReason
	for i := range h.slots {
		for _, r := range h.slots[i].why {
			if r.n == 0 {
				continue
			}
			if at := slices.IndexFunc(reasons, func(x healthReason) bool { return x.status == r.status && x.why == r.why }); at >= 0 {
				reasons[at].n += r.n
			} else {
				reasons = append(reasons, r)
			}
		}
	}
	text := fmt.Sprintf("connection %s: %d of %d requests failed within %s", id, failed, ok+failed, spell(window))
	if ok+failed > 0 {
		text += fmt.Sprintf(" (%d%%)", failed*100/(ok+failed))
	}
	if len(reasons) > 0 {
		top := slices.MaxFunc(reasons, func(a, b healthReason) int { return int(a.n) - int(b.n) })
		text += fmt.Sprintf(", %d of them with %d", top.n, top.status)
		switch {
		case top.why != "":
			text += " " + string(top.why)
		case top.status == http.StatusUnauthorized:
			text += ": its token has expired or was revoked"
		}
	}
	switch profile {
	case "entra":
		text += "; Microsoft Entra ID puts a job into quarantine at once when it is refused (401, 403), and from 5,000 failures on when more than 40% fail"
	case "okta":
		text += "; Okta shows each as a failed task, which somebody has to retry there"
	default:
		text += "; many identity providers stop a job that keeps failing"
	}
	return text
}

// spell writes a duration without parts that are zero.
func spell(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	if d%time.Minute == 0 {
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
