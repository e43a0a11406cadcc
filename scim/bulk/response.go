package bulk

import (
	"encoding/json"
	"strconv"

	"github.com/caddy-scim/caddy-scim/scim"
)

// Result is what came of one operation (RFC 7644 §3.7.3).
type Result struct {
	// Location is the resource's URL; empty leaves it out, as of a POST that failed.
	Location string
	Method   string
	BulkID   string
	// Version is the resource's entity tag afterwards; empty leaves it out.
	Version string
	// Status is the status code that the single request would have been answered with.
	Status int
	// Response is the body of an answer that is no success; nil leaves it out.
	Response json.RawMessage
}

// Failed reports whether the operation counts as an error.
func (r *Result) Failed() bool { return r.Status < 200 || r.Status > 299 }

// Fail makes the result that of an error.
func (r *Result) Fail(e *scim.Error) {
	r.Status, r.Version = e.Status, ""
	r.Response, _ = json.Marshal(e) // a *scim.Error always marshals
}

// AppendJSON appends the result as it stands in a response. The status is a string there.
func (r *Result) AppendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for _, m := range [...]struct{ name, value string }{
		{"location", r.Location}, {"method", r.Method}, {"bulkId", r.BulkID}, {"version", r.Version}, {"status", strconv.Itoa(r.Status)},
	} {
		if m.value == "" {
			continue
		}
		quoted, _ := json.Marshal(m.value) // a string always marshals
		dst = append(dst, '"')
		dst = append(dst, m.name...)
		dst = append(dst, '"', ':')
		dst = append(dst, quoted...)
		dst = append(dst, ',')
	}
	if r.Response != nil {
		dst = append(dst, `"response":`...)
		dst = append(dst, r.Response...)
		return append(dst, '}')
	}
	dst[len(dst)-1] = '}'
	return dst
}

// MarshalJSON implements json.Marshaler.
func (r *Result) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }

// AppendResponse appends the BulkResponse message.
func AppendResponse(dst []byte, results []Result) []byte {
	dst = append(dst, `{"schemas":["`+scim.BulkResponseURN+`"],"Operations":[`...)
	for i := range results {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = results[i].AppendJSON(dst)
	}
	return append(dst, "]}"...)
}

// Interface guards.
var _ json.Marshaler = (*Result)(nil)
