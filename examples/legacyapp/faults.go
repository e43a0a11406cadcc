package legacyapp

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// fault is what POST /faults asks for: how the next Count requests that would change something are to fail.
type fault struct {
	// Status is what they are answered, 200 to 599; 0 drops the connection without an answer; not said, they are only
	// delayed.
	Status *int `json:"status,omitempty"`
	// Count is how many; 1 when not said.
	Count int `json:"count"`
	// DelayMS is how long they wait first, in milliseconds, at most 10 minutes.
	DelayMS int `json:"delay_ms"`
	// RetryAfter is sent as the Retry-After header, when not empty.
	RetryAfter string `json:"retry_after,omitempty"`
	// After carries the request out before it fails, so that the caller cannot know what came of it.
	After bool `json:"after"`
	// Problem replaces the text of the answer.
	Problem string `json:"problem,omitempty"`
}

// maxDelay bounds DelayMS.
const maxDelay = 10 * time.Minute

func (f *fault) active() bool { return f.Count > 0 }

// take returns the fault for one request and counts it; inactive when none is left.
func (f *fault) take() fault {
	taken := *f
	if f.Count > 0 {
		f.Count--
	}
	return taken
}

// wait sits out the delay; false when the caller left meanwhile.
func (f *fault) wait(ctx context.Context) bool {
	if f.DelayMS <= 0 {
		return true
	}
	timer := time.NewTimer(time.Duration(f.DelayMS) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (f *fault) answer() answer {
	if *f.Status == http.StatusNoContent || *f.Status == http.StatusNotModified {
		return answer{status: *f.Status}
	}
	text := f.Problem
	if text == "" {
		text = "told to answer " + strconv.Itoa(*f.Status)
	}
	return problem(*f.Status, text)
}

func (a *App) setFault(_ *http.Request, body []byte) answer {
	f := fault{Count: 1}
	if ans, ok := decode(body, &f); !ok {
		return ans
	}
	if f.Status != nil && *f.Status != 0 && (*f.Status < 200 || *f.Status > 599) {
		return problem(http.StatusUnprocessableEntity, "status must be 0 or 200 to 599")
	}
	if f.Count < 0 || f.DelayMS < 0 || f.DelayMS > int(maxDelay/time.Millisecond) {
		return problem(http.StatusUnprocessableEntity, "count or delay_ms is out of range")
	}
	a.fault = f
	return a.showFault(nil, nil)
}

func (a *App) showFault(*http.Request, []byte) answer {
	return answer{http.StatusOK, map[string]any{"fault": a.fault}}
}

func (a *App) resetFault(*http.Request, []byte) answer {
	a.fault = fault{}
	return answer{status: http.StatusNoContent}
}
