package adapter

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// JournalEntry is one entry of the journal as people are shown it: one of an operation, a call and a note.
type JournalEntry struct {
	// Cursor is where it stands in the order in which it was asked for.
	Cursor string `json:"cursor"`
	// Time is when it began.
	Time      time.Time         `json:"time"`
	Operation *JournalOperation `json:"operation,omitempty"` // what a client asked for, and what came of it
	Call      *store.Call       `json:"call,omitempty"`      // an attempt to tell the application
	Note      *store.Note       `json:"note,omitempty"`      // what else happened
}

// JournalOperation is an operation with what was asked for.
type JournalOperation struct {
	*store.Operation
	Request json.RawMessage `json:"request,omitempty"` // a store.Request
}

// newJournalEntry makes of a stored entry what is shown.
func newJournalEntry(e *store.JournalEntry, stamp uint64) JournalEntry {
	out := JournalEntry{Cursor: journalCursor(stamp)}
	switch {
	case e.Operation != nil:
		op := *e.Operation
		op.Place, op.Moved, op.Note = 0, 0, nil
		out.Time, out.Operation = op.Time, &JournalOperation{Operation: &op, Request: op.Request}
		if len(op.Request) <= len("{}") {
			out.Operation.Request = nil
		}
	case e.Call != nil:
		c := *e.Call
		c.Place, c.Moved, c.Run = 0, 0, 0
		out.Time, out.Call = c.Time, &c
	case e.Note != nil:
		n := *e.Note
		n.Place = 0
		out.Time, out.Note = n.Time, &n
	}
	return out
}

// journalCursor writes a stamp, so that cursors sort as stamps do.
func journalCursor(stamp uint64) string { return fmt.Sprintf("%016x", stamp) }

func parseJournalCursor(s string) (uint64, error) {
	stamp, err := strconv.ParseUint(s, 16, 64)
	if err != nil || len(s) != 16 {
		return 0, &JournalQueryError{"after", fmt.Sprintf("%.20q is no cursor of the journal", s)}
	}
	return stamp, nil
}

// JournalQueryError says what is wrong with a JournalQuery.
type JournalQueryError struct{ Field, Problem string }

// Error implements error.
func (e *JournalQueryError) Error() string { return e.Field + ": " + e.Problem }

// Interface guard.
var _ error = (*JournalQueryError)(nil)
