package endpoint

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/bulk"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// bulkConcurrency is how many operations of one bulk request are carried out at once where their order does not matter.
const bulkConcurrency = 8

// bulkWait is how long the operations of one bulk request together wait for the application. After that they are stored
// as before, and the application is told of them when it can be: many slow answers must not add up to a request that
// no client waits for.
const bulkWait = 30 * time.Second

// bulkRun is a bulk request on its way.
type bulkRun struct {
	r       *request
	req     *bulk.Request
	results []bulk.Result
	over    []bool            // the operations whose result stands
	ids     map[string]string // what was made, by bulkId
	errors  int
	waitEnd time.Time
}

// carryOut runs the operations and returns the results of those that were processed, in the request's order. When the
// client has gone it stops between two operations, with the context's error; what is done stays done.
func (r *request) carryOut(req *bulk.Request) ([]bulk.Result, error) {
	n, patience := len(req.Operations), bulkWait
	if asked := parsePrefer(r.Header.Values("Prefer")).wait; asked != nil {
		patience = min(patience, *asked)
	}
	b := &bulkRun{
		r: r, req: req, results: make([]bulk.Result, n), over: make([]bool, n), ids: map[string]string{},
		waitEnd: time.Now().Add(patience),
	}
	steps := req.Plan(b.tie)
	fp := r.footprints()
	for len(steps) > 0 && !b.failed() {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		size := 1
		if req.FailOnErrors == 0 { // else what comes after the last error that is accepted must not have begun
			size = fp.independent(req, steps, b.ids)
		}
		b.run(steps[:size])
		steps = steps[size:]
	}
	for _, step := range steps {
		if step.Complete && b.over[step.Op] {
			b.incomplete(step.Op, "the operations that it refers to were left out")
		}
	}
	var done []bulk.Result
	for i, res := range b.results {
		if b.over[i] {
			done = append(done, res)
		}
	}
	return done, nil
}

func (b *bulkRun) failed() bool { return b.req.FailOnErrors > 0 && b.errors >= b.req.FailOnErrors }

// tie tells how firm a reference in a POST is. That a group is a member of another can be set later, but two that are
// members of each other are refused all the same, so nothing is to be made of them.
func (b *bulkRun) tie(endpoint string, at bulk.Attribute) bulk.Tie {
	kind, ok := b.r.bulkKind(endpoint)
	if !ok {
		return bulk.Ignored
	}
	ref, err := kind.Schema.Resolve(at.Name)
	if err == nil && ref.IsExtension() {
		ref, err = kind.Schema.Resolve(at.Name + ":" + at.Sub)
	}
	switch {
	case err != nil, ref.Attr.Mutability == schema.ReadOnly:
		return bulk.Ignored
	case ref.Attr.Required, kind.Type == store.Group && ref.URN == "" && ref.Attr.Name == "members":
		return bulk.Fixed
	}
	return bulk.Deferrable
}

// bulkKind is the kind of resource at the first part of an operation's path.
func (r *request) bulkKind(endpoint string) (adapter.Kind, bool) {
	for _, kind := range r.tenant.Kinds() {
		if strings.EqualFold(kind.Schema.Endpoint, "/"+endpoint) {
			return kind, true
		}
	}
	return adapter.Kind{}, false
}

// run carries out steps of which none minds the others.
func (b *bulkRun) run(steps []bulk.Step) {
	calls := make([]*call, len(steps))
	for i, step := range steps {
		calls[i] = b.prepare(step)
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(calls); i = int(next.Add(1)) - 1 {
			if c := calls[i]; c.err == nil {
				c.serve(b.r, b.waitEnd)
			}
		}
	}
	for range min(bulkConcurrency, len(calls)) - 1 {
		workers.Go(work)
	}
	work()
	workers.Wait()
	for i, step := range steps {
		if step.Complete {
			b.completed(step.Op, calls[i])
		} else {
			b.processed(step.Op, calls[i])
		}
	}
}

// prepare makes the request of a step out of what was made so far.
func (b *bulkRun) prepare(step bulk.Step) *call {
	op := &b.req.Operations[step.Op]
	c := &call{method: op.Method, endpoint: op.Endpoint, version: op.Version}
	if op.Err != nil {
		c.err, c.id = op.Err, op.ID
		return c
	}
	var err error
	if step.Complete {
		c.method, c.id = http.MethodPatch, b.ids[op.BulkID]
		c.body, err = b.req.Completion(step.Op, b.ids)
	} else if c.id, err = b.req.ID(step.Op, b.ids); err == nil {
		c.body, err = b.req.Body(step.Op, b.ids)
	}
	if err == nil && c.version != "" && c.method != http.MethodPost {
		_, err = entityTags(`attribute "version"`, []string{c.version})
	}
	if err != nil {
		c.err = scim.AsError(err)
	}
	return c
}

// processed writes down what came of an operation.
func (b *bulkRun) processed(i int, c *call) {
	op, res := &b.req.Operations[i], &b.results[i]
	b.over[i] = true
	res.Method, res.BulkID = op.Method, op.BulkID
	kind, known := b.r.bulkKind(op.Endpoint)
	if op.Method != http.MethodPost && known && c.id != "" && !strings.HasPrefix(c.id, bulk.Prefix) {
		res.Location = b.r.root + kind.Schema.Endpoint + "/" + url.PathEscape(c.id)
	}
	if c.err != nil {
		res.Fail(c.err)
		b.errors++
		return
	}
	res.Status = c.status
	if res.Failed() {
		res.Response = c.response()
		b.errors++
		return
	}
	res.Version = c.header.Get("ETag")
	if op.Method == http.MethodPost {
		res.Location = c.header.Get("Location")
		b.ids[op.BulkID] = strings.TrimPrefix(res.Location, b.r.root+kind.Schema.Endpoint+"/")
	}
}

// completed writes down what came of setting the references that a POST was carried out without.
func (b *bulkRun) completed(i int, c *call) {
	res := &b.results[i]
	switch {
	case res.Failed(): // nothing was made, and that is told already
	case c.err != nil:
		b.incomplete(i, c.err.Detail)
	case c.status < 200 || c.status > 299:
		b.incomplete(i, c.detail())
	default:
		res.Version = c.header.Get("ETag")
	}
}

// incomplete makes a POST that was carried out in part a 409, as RFC 7644 section 3.7.1 has it for circular references
// that cannot be resolved. The resource stays, since it may have been there before, and so its location is told.
func (b *bulkRun) incomplete(i int, why string) {
	res := &b.results[i]
	if res.Failed() {
		return
	}
	names := make([]string, 0, 1)
	for _, at := range b.req.Deferred(i) {
		names = append(names, scim.Quote(at.String()))
	}
	res.Fail(&scim.Error{
		Status: http.StatusConflict,
		Detail: "The resource was made without " + strings.Join(names, ", ") + ", which refers to other operations in a circle: " + why,
	})
	b.errors++
}
