package connector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

var (
	// ErrNoLookup means that no lookup route is configured.
	ErrNoLookup = errors.New("no lookup route is configured")
	// ErrAmbiguous means that a lookup found more than one account, so that none can be taken for the right one.
	ErrAmbiguous = errors.New("the application found more than one account")
)

// LookupError says that the application gave no usable answer to a lookup.
type LookupError struct {
	Status     int           // 0 if there was no answer
	Detail     string        // as Outcome.Detail
	RetryAfter time.Duration // as Outcome.RetryAfter
	Err        error         // as Outcome.Err
}

// Error implements error.
func (e *LookupError) Error() string { return "lookup: " + e.Detail }

// Unwrap returns the error under it.
func (e *LookupError) Unwrap() error { return e.Err }

// Lookup finds the account that the application has for the call's resource already. found is false if the
// application says that there is none, or finds one that Route.Match does not accept.
//
// # Errors
//
// ErrNoLookup; ErrAmbiguous; a *MissingError where the resource lacks what the lookup goes by; a *LookupError where the
// application did not answer, or not with 2xx, 404 or 410, unless a rule makes something else of it.
func (c *Connector) Lookup(ctx context.Context, call Call) (legacyID string, found bool, err error) {
	if c.lookup == nil {
		return "", false, ErrNoLookup
	}
	s, err := newScope(&call)
	if err != nil {
		return "", false, err
	}
	p := prepared{method: c.lookup.method, entry: call.entry(), rules: c.lookup.rules}
	if err = c.point(&p, c.lookup.path, &s); err != nil {
		return "", false, fmt.Errorf("lookup: %w", err)
	}
	ans := c.exchange(ctx, &p, "")
	by, how := (*rule)(nil), unruled
	if ans.Status != 0 {
		by, how = ruleOn(c.lookup.rules, &ans, lookupSense)
	}
	switch {
	case how == ruled && by.verdict == VerdictGone:
		return "", false, nil
	case how == ruled && by.verdict == VerdictDone && ans.err == nil:
		return c.lookup.read(ans.body, &s)
	case how == ruled || how == unreadable: // it is to be tried again
	case ans.Status == http.StatusNotFound || ans.Status == http.StatusGone:
		return "", false, nil
	case ans.Status >= 200 && ans.Status < 300 && ans.err == nil:
		return c.lookup.read(ans.body, &s)
	}
	failed := &LookupError{Status: ans.Status, Detail: ans.detail, RetryAfter: retryAfter(ans.header, c.now()), Err: ans.err}
	if ans.Status != 0 {
		failed.Detail = c.describe(&ans)
	}
	if errors.Is(ans.err, errAnswerTooLarge) {
		failed.Detail = errAnswerTooLarge.Error()
	}
	if how == ruled {
		failed.RetryAfter = max(failed.RetryAfter, by.after)
	}
	return "", false, failed
}

// read takes the account out of the answer.
func (r *route) read(body []byte, s *scope) (legacyID string, found bool, err error) {
	if isNull(body) {
		return "", false, nil
	}
	if !gjson.ValidBytes(body) {
		return "", false, &LookupError{Status: http.StatusOK, Detail: "the application's answer is not JSON"}
	}
	if list, ok := listOf(r.id); ok {
		if all := gjson.GetBytes(body, list); all.IsArray() && all.Get("#").Int() > 1 {
			return "", false, ErrAmbiguous
		}
	}
	legacyID = idAt(body, r.id)
	if legacyID == "" {
		return "", false, nil
	}
	for _, m := range r.match {
		want := m.source.text(s)
		if want == "" || !strings.EqualFold(scalar(gjson.GetBytes(body, m.target)), want) {
			return "", false, nil
		}
	}
	return legacyID, true, nil
}

// listOf returns the path of the list whose first element an id path such as "members.0.no" takes.
func listOf(idPath string) (string, bool) {
	if rest, ok := strings.CutPrefix(idPath, "0."); ok && rest != "" {
		return "@this", true
	}
	list, _, ok := strings.Cut(idPath, ".0.")
	return list, ok
}

// lookupSense says which verdicts the answer to a lookup can have.
func lookupSense(v Verdict) bool { return v == VerdictDone || v == VerdictGone || v == VerdictRetry }

var _ error = (*LookupError)(nil)
