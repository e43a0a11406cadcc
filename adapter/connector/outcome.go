package connector

import (
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Kind is what an attempt comes to.
type Kind string

// The kinds of outcome.
const (
	// Done: the application has carried the action out, or there was nothing left to do.
	Done Kind = "done"
	// Retry: try again later. The application could not be reached, is overloaded or broken, or refused the connector
	// itself rather than the change.
	Retry Kind = "retry"
	// Refused: the application, or what the resource looks like, says no for good.
	Refused Kind = "refused"
	// Conflict: a create met an account that exists already. Lookup finds it.
	Conflict Kind = "conflict"
)

// Outcome is what came of a call.
type Outcome struct {
	Kind Kind

	// LegacyID is the account's id that the application told; empty if it told none. It is set even where a later
	// request of the same call failed.
	LegacyID string

	// Status is that of the last answer, 0 if there was none.
	Status int

	// Detail is one line for people: the application's own message where it gave one. It is at most 300 bytes, has no
	// control characters, no markup, and no address or secret of the operator's.
	Detail string

	// RetryAfter is how long the application asks to be left alone, at most an hour; 0 if it does not say.
	RetryAfter time.Duration

	// Unknown means that the application may have carried the action out although the outcome is not Done: the
	// connection broke or time ran out after the request had left, or the answer was a 5xx or a redirect.
	Unknown bool

	// Gone means that the application answered 404 or 410: it has no such account. An action that takes access away
	// is then Done, any other Refused. Of add_members and remove_members it may be the group that is not there, or the
	// member, or the membership.
	Gone bool

	// Split means that a call with several members was Refused and that this may be about some of them only: one who is
	// a member already (409), or is none any more (404), or whom the application does not want. What became of the
	// others is not known. Call again with fewer members, in the end with one at a time: of one member each such answer
	// tells for sure, and where there is nothing left to do it is Done.
	Split bool

	// Err is the error under Detail, for the operator's log; nil if there is none. It may name internal addresses.
	Err error

	// Exchanges are the requests that were sent and what was answered, in order.
	Exchanges []Exchange
}

// Exchange is one request and its answer, without bodies, for the record.
type Exchange struct {
	Method   string
	Path     string // escaped, below the base URL, with the query
	Key      string // the Idempotency-Key
	Status   int    // 0 if there was no answer
	Duration time.Duration
}

// kindOf classifies a status that answers an action.
func kindOf(action abi.Action, status int) (kind Kind, unknown, gone bool) {
	switch {
	case status >= 200 && status < 300:
		return Done, false, false
	case status < 400:
		// A redirect is never followed: it may lead anywhere. It mostly means a wrong base URL or a login page, which is
		// the operator's to repair and must not undo the client's change; and some old applications redirect when they
		// are done.
		return Retry, true, false
	case status == 401 || status == 407:
		return Retry, false, false // the connector's credentials are the operator's problem, not the client's
	case status == 408 || status == 425 || status == 429:
		return Retry, false, false
	case status >= 500:
		return Retry, true, false
	case status == 404 || status == 410:
		if takesAway(action) {
			return Done, false, true
		}
		return Refused, false, true
	case status == 409 && action == abi.ActionCreate:
		return Conflict, false, false
	case status == 409 && action == abi.ActionAddMembers:
		return Done, false, false // is a member already
	default:
		return Refused, false, false
	}
}

// takesAway reports whether action is done when its object is not there.
func takesAway(action abi.Action) bool {
	switch action {
	case abi.ActionDelete, abi.ActionSuspend, abi.ActionDeactivate, abi.ActionRemoveMembers:
		return true
	}
	return false
}
