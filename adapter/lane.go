package adapter

import (
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// What is to be delivered goes in two lanes of the dirty index, each in the order in which it became due. What takes
// access away is in the first, so that it does not wait behind a backlog of everything else: it is due a century before
// it was asked for.
const (
	urgent = iota
	ordinary
	lanes
)

const century = 100 * 365 * 24 * time.Hour

// divide is the time that the lanes meet at.
var divide = time.Unix(0, 0).UTC()

// never is a time behind all that a delivery can be due at.
var never = time.Unix(1<<40, 0).UTC()

// laneOf is the lane of what is due at a time.
func laneOf(due time.Time) int {
	if !due.IsZero() && due.Before(divide) {
		return urgent
	}
	return ordinary
}

// urge puts a record into the first lane, where it is not there already.
func urge(rec *store.Record, now time.Time) {
	if laneOf(rec.Due) == ordinary {
		rec.Due = now.Add(-century)
	}
}

// urgedMeanwhile reports whether access was taken away while a call was under way that was about something else. What the
// call has come to is then no reason to wait.
func urgedMeanwhile(rec *store.Record, sent bool) bool { return !sent && laneOf(rec.Due) == urgent }

// asked is when what is due at a time was asked for, or is to be tried again.
func asked(due time.Time) time.Time {
	if laneOf(due) == urgent {
		return due.Add(century)
	}
	return due
}

// lows are, for each lane, times before which nothing is due but what is being delivered; zero where that is not known.
type lows [lanes]time.Time

// lower makes the lane begin at due or before it.
func (l *lows) lower(due time.Time) {
	if lane := laneOf(due); due.Before(l[lane]) {
		l[lane] = due
	}
}

// span returns from when to when a lane is to be looked at.
func (l *lows) span(lane int) (from, to time.Time) {
	if lane == urgent {
		return l[urgent], divide
	}
	if from = l[ordinary]; from.Before(divide) {
		from = divide
	}
	return from, never
}

// dueNow is what a look at the dirty index finds.
type dueNow struct {
	list  []resource    // to be delivered now
	rest  lows          // when the first of those is due that are not
	pause time.Duration // until then
}

// look reads what is due in the lanes that are open, at most so many.
func (d *dispatcher) look(tx *store.Tx, from lows, open int, now time.Time, most int) (dueNow, error) {
	found := dueNow{pause: idle, rest: lows{never, never}}
	for lane := range from {
		if lane >= open {
			found.rest[lane] = from[lane]
			continue
		}
		since, until := from.span(lane)
		if !since.Before(until) {
			continue
		}
		err := tx.DirtyBetween(since, until, func(item store.DirtyItem) bool {
			r := resource{item.Type, item.ID}
			switch wait := item.Due.Sub(now); {
			case d.delivering(r):
				return true
			case wait > 0:
				found.pause, found.rest[lane] = min(found.pause, wait), item.Due
				return false
			case len(found.list) == most:
				found.rest[lane] = item.Due
				return false
			}
			found.list = append(found.list, r)
			return true
		})
		if err != nil {
			return found, err
		}
	}
	return found, nil
}
