package caddymodule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
)

// patient returns the request's context for something that takes long, which ends with the configuration as well, and
// takes away the time that Caddy gives a request to be read: it has been, and would be broken off.
func (c *adminCall) patient() (context.Context, context.CancelFunc) {
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Time{}) // where there is none to be set there is none
	ctx, cancel := context.WithCancelCause(c.Context())
	go func() {
		select {
		case <-c.session.ending:
			cancel(errReplaced)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}

// errReplaced ends what waits or takes long on a configuration that ends.
var errReplaced = errors.New("the configuration was replaced or Caddy stops; start it again")

// Bounds of a wait for the log.
const maxLogWait = time.Minute

// policyLogAnswer is what policies logged.
type policyLogAnswer struct {
	Lines []adapter.PolicyLogLine `json:"lines"`
	Next  uint64                  `json:"next"` // to go on from, as after
}

func (c *adminCall) policyLog() error {
	after, err := c.number("after", 1<<63)
	if err != nil {
		return err
	}
	var wait time.Duration
	if value := c.URL.Query().Get("wait"); value != "" {
		if wait, err = time.ParseDuration(value); err != nil || wait < 0 || wait > maxLogWait {
			return apiError(http.StatusBadRequest, "wait: %.20q is not a duration from 0s to %s", value, maxLogWait)
		}
	}
	ctx, cancel := c.patient()
	defer cancel()
	lines, next, err := c.tenant.PolicyLog(ctx, after, wait)
	switch {
	case errors.Is(context.Cause(ctx), errReplaced): // what there is now is told by the next configuration
		lines, next = nil, after
	case err != nil:
		return policyError(err, 0)
	}
	if lines == nil {
		lines = []adapter.PolicyLogLine{}
	}
	return c.answer(http.StatusOK, policyLogAnswer{Lines: lines, Next: next})
}

// replayLine is one line of the answer to a replay. Each has one of progress, Replay and Error.
type replayLine struct {
	Done   *int            `json:"done,omitempty"`
	Total  *int            `json:"total,omitempty"`
	Replay *adapter.Replay `json:"replay,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// progressPause is the least time between two lines about the progress of a replay.
const progressPause = 100 * time.Millisecond

func (c *adminCall) replayPolicy() error {
	done, err := c.wait(replays)
	if err != nil {
		return err
	}
	defer done()
	up, err := c.readUpload()
	switch {
	case err != nil:
		return err
	case up.Note != "":
		return apiError(http.StatusBadRequest, "note: a replay stores nothing")
	case up.Since.IsZero():
		return apiError(http.StatusBadRequest, "since: missing")
	}
	ctx, cancel := c.patient()
	defer cancel()
	lines := &lineWriter{w: c.w}
	replay, err := c.tenant.ReplayPolicy(ctx, up.upload(), up.Since, lines.progress)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errReplaced) {
		err = apiError(http.StatusServiceUnavailable, "%w", cause)
	}
	switch {
	case err != nil && !lines.begun:
		return policyError(err, 0)
	case err != nil && c.Context().Err() != nil:
		return nil // nobody is listening
	case err != nil:
		lines.write(replayLine{Error: policyError(err, 0).Error()})
		return nil
	}
	if replay.Changes == nil {
		replay.Changes = []adapter.ReplayChange{}
	}
	c.audit().Info("policy replayed", "version", replay.Version, "ran", replay.Ran, "different", replay.Different)
	lines.write(replayLine{Replay: replay})
	return nil
}

// lineWriter answers with lines of JSON, each of which is sent at once. It is for one goroutine.
type lineWriter struct {
	w     http.ResponseWriter
	begun bool
	last  time.Time
}

func (l *lineWriter) write(line any) {
	if !l.begun {
		l.w.Header().Set("Content-Type", "application/x-ndjson")
		l.begun = true
	}
	data, err := json.Marshal(line)
	if err != nil {
		data = fmt.Appendf(nil, `{"error":%q}`, "the report cannot be written")
	}
	_, _ = l.w.Write(append(data, '\n'))
	_ = http.NewResponseController(l.w).Flush()
}

func (l *lineWriter) progress(done, total int) {
	if now := time.Now(); done == total || now.Sub(l.last) >= progressPause {
		l.last = now
		l.write(replayLine{Done: &done, Total: &total})
	}
}
