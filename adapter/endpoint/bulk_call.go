package endpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/scim"
)

// call is one operation of a bulk request as a request of its own, and the answer to it.
type call struct {
	method, endpoint, id, version string
	body                          []byte
	err                           *scim.Error // why it is not to be made

	header http.Header
	status int
	answer bytes.Buffer
}

// serve carries the call out, by the same code as a request that came alone, with the caller of the bulk request. Once
// begun it is finished, also when the client goes.
func (c *call) serve(outer *request, waitEnd time.Time) {
	ctx := context.WithoutCancel(outer.Context())
	header := http.Header{"Content-Type": {scim.MediaType}, "Prefer": {wait(waitEnd)}}
	if c.version != "" && c.method != http.MethodPost {
		header.Set("If-Match", c.version)
	}
	hr := &http.Request{
		Method: c.method, URL: &url.URL{Path: outer.h.cfg.BasePath + "/" + c.endpoint + "/" + c.id}, Header: header,
		Proto: outer.Proto, ProtoMajor: outer.ProtoMajor, ProtoMinor: outer.ProtoMinor,
		Body: http.NoBody, // request.body knows where it is
		Host: outer.Host, RemoteAddr: outer.RemoteAddr, TLS: outer.TLS,
	}
	inner := *outer
	inner.Request, inner.w, inner.terse = hr.WithContext(ctx), c, true
	inner.kind, inner.params, inner.caller.If, inner.blame.why = adapter.Kind{}, nil, adapter.Condition{}, ""
	c.header = http.Header{}
	defer func() { inner.tell(c.method, c.status) }()
	defer func() {
		if p := recover(); p != nil {
			outer.h.cfg.Logger.Error("an operation of a bulk request crashed", "method", c.method, "panic", p, "stack", string(debug.Stack()))
			c.status = 0
			c.answer.Reset()
			inner.fail(scim.Internal())
		}
	}()
	if err := inner.operation(c.endpoint, c.id); err != nil {
		inner.fail(err)
	}
}

// wait is the preference of a request that waits for the application till then, RFC 7240 section 4.3.
func wait(end time.Time) string {
	return "wait=" + strconv.Itoa(max(0, int(math.Ceil(time.Until(end).Seconds()))))
}

// operation serves a request at a path that a bulk request may name: that of a type of resources or of one of them.
func (r *request) operation(endpoint, id string) error {
	if _, ok := r.bulkKind(endpoint); !ok {
		return &scim.Error{Status: http.StatusNotFound, Detail: "There is no type of resource at " + scim.Quote("/"+endpoint)}
	}
	if strings.HasPrefix(id, ".") {
		return scim.NotFound(id) // .search is no resource
	}
	return r.route(endpoint + "/" + id)
}

// Header implements http.ResponseWriter.
func (c *call) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter.
func (c *call) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

// Write implements http.ResponseWriter.
func (c *call) Write(b []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	return c.answer.Write(b)
}

// response is the body of an answer that is no success. RFC 7644 section 3.7 wants one always.
func (c *call) response() json.RawMessage {
	if c.answer.Len() > 0 {
		return c.answer.Bytes()
	}
	body, _ := json.Marshal(&scim.Error{Status: c.status}) // a *scim.Error always marshals
	return body
}

// detail is what an answer that is no success says to a human.
func (c *call) detail() string { return gjson.GetBytes(c.answer.Bytes(), "detail").Str }

// Interface guard.
var _ http.ResponseWriter = (*call)(nil)
