package endpoint

import (
	"net/http"

	"github.com/caddy-scim/caddy-scim/adapter"
)

// prefer reads what the client prefers of a write's answer, RFC 9967 section 2.5.1.1. To prefer nothing changes nothing.
func (r *request) prefer() {
	p := parsePrefer(r.Header.Values("Prefer"))
	r.caller.Async, r.caller.Wait = p.async, p.wait
}

// writeAccepted answers a request whose outcome an event will tell: 202, no body, and where the event can be fetched.
func (r *request) writeAccepted(e *adapter.AcceptedError) {
	h := r.w.Header()
	h.Set("Preference-Applied", "respond-async")
	h.Set("Location", r.root+"/Events/"+e.Operation)
	h.Del("ETag")
	r.writeUnfinished(e.Operation)
}

// writeUnfinished answers 202 without a body, which has to name the transaction, RFC 9967 section 3.
func (r *request) writeUnfinished(txn string) {
	h := r.w.Header()
	h.Set("Set-Txn", txn)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", "0")
	r.w.WriteHeader(http.StatusAccepted)
}
