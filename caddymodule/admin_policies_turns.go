package caddymodule

import (
	"io"
	"net/http"
	"time"
)

// Each of these is how many requests with a module are at work at once in the process, from the first byte of the body to
// the answer: each holds a module several times over, as text, as bytes and compiled. Replays can take minutes, and an
// upload that repairs something does not wait for them.
var (
	uploads = make(chan struct{}, 2)
	replays = make(chan struct{}, 2)
)

// turnPatience is how long a request waits for its turn; an upload has it for as long as a module takes to compile, or
// several. bodyPatience is how long its body may take from then on: the time that Caddy gives a request is over by then.
var turnPatience = 30 * time.Second

const bodyPatience = time.Minute

// wait waits for a turn, which done ends. It fails when none has come for turnPatience.
func (c *adminCall) wait(turns chan struct{}) (done func(), err error) {
	select {
	case turns <- struct{}{}:
		return func() { <-turns }, nil
	default:
	}
	patience := time.NewTimer(turnPatience)
	defer patience.Stop()
	body := http.NewResponseController(c.w)
	_ = body.SetReadDeadline(time.Time{}) // where there is none to be set there is none
	select {
	case turns <- struct{}{}:
		_ = body.SetReadDeadline(time.Now().Add(bodyPatience))
		return func() { <-turns }, nil
	case <-c.Context().Done():
		return nil, c.Context().Err()
	case <-patience.C:
		// Else the connection would end before the caller has read why.
		_ = body.SetReadDeadline(time.Now().Add(bodyPatience))
		_, _ = io.Copy(io.Discard, http.MaxBytesReader(c.w, c.Body, maxUploadBody))
		c.w.Header().Set("Retry-After", "5")
		return nil, apiError(http.StatusServiceUnavailable, "%d uploads or replays are at work already; try again", cap(turns))
	}
}
