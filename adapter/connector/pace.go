package connector

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/caddy-scim/caddy-scim/adapter/pace"
)

// paced says how fast requests are sent.
type paced struct {
	app  *pace.Application // nil sends as fast as they come
	stop <-chan struct{}
}

// Paced returns a connector that is the same as c, but for that each of its requests enters app before it is sent, and
// tells it what came of it. Those that wait to enter when stop is closed give up: the outcome's error, or that of the
// lookup, is then pace.ErrStopped, as it is where the application does not let them in. It needs no Close of its own.
func (c *Connector) Paced(app *pace.Application, stop <-chan struct{}) *Connector {
	own := *c
	own.owned = nil
	own.pace = paced{app, stop}
	if c.groups != nil {
		own.groups = c.groups.Paced(app, stop)
	}
	return &own
}

// Address is the base URL, such that two connectors of the same have it in common.
func (c *Connector) Address() string {
	return strings.ToLower(c.base.Scheme+"://"+c.base.Host) + c.basePath
}

func (p *paced) enter(ctx context.Context, req pace.Request) (pace.Ticket, error) {
	return p.app.Enter(ctx, p.stop, req)
}

// entry is what the pace is told of the requests of a call.
func (call *Call) entry() pace.Request {
	return pace.Request{Subject: call.ResourceID, Urgent: call.Urgent}
}

// held is the line for people about a request that was not let in.
func held(ctx context.Context, err error) string {
	if errors.Is(err, pace.ErrStopped) {
		return "nothing is sent to the application at the moment"
	}
	return explain(ctx, err)
}

// report tells the pace what came of a request.
func (c *Connector) report(ctx context.Context, p *prepared, ans *answered) pace.Answer {
	report := pace.Answer{Status: ans.Status, Unsent: !ans.sent, Reason: ans.detail, Interrupted: ans.Status == 0 && ctx.Err() != nil}
	if ans.Status == 429 || ans.Status >= 500 {
		report.RetryAfter = retryAfter(ans.header, c.now())
	}
	if ans.Status >= 400 {
		// What an answer says of the application, an operator's rule knows better than its status does.
		if by, how := ruleOn(p.rules, ans, func(Verdict) bool { return true }); how == ruled && by.verdict != VerdictRetry {
			report.Status, report.RetryAfter = http.StatusOK, 0
		}
	}
	return report
}
