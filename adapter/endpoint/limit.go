package endpoint

import (
	"github.com/caddy-scim/caddy-scim/internal/limit"
	"github.com/caddy-scim/caddy-scim/scim"
)

// admit lets an authenticated request in as far as its tenant's limits go. The caller calls Leave on what is returned
// when the request has ended.
func (r *request) admit(name, id string) (*limit.Tenant, error) {
	refusal, ok := r.access.quota.Enter(r.writes(name, id))
	switch {
	case ok:
		return r.access.quota, nil
	case refusal.Reason == limit.TooMany:
		return nil, scim.TooManyRequests(refusal.RetryAfter, "Too many requests of this tenant are under way")
	}
	return nil, scim.TooManyRequests(refusal.RetryAfter, "Too many requests of this tenant in a short time")
}

// idle lets a poll of a stream wait as far as its tenant's limits go, in nobody's place. The caller calls resume when the
// poll has waited.
func (r *request) idle(stream string) (resume func(), err error) {
	resume, refusal, ok := r.access.quota.Idle(stream)
	if !ok {
		return nil, scim.TooManyRequests(refusal.RetryAfter, "Too many polls of the stream %s wait for events", scim.Quote(stream))
	}
	return resume, nil
}
