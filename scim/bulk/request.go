// Package bulk is the Bulk message (RFC 7644 §3.7): it reads a request, finds what its operations refer to, puts them
// into an order in which every reference can be resolved, and writes the response. It carries nothing out.
package bulk

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/scim"
)

// Options bound and place a request.
type Options struct {
	// MaxOperations is how many operations one request may have.
	MaxOperations int
	// Roots are what may stand before an operation's path: the SCIM root as a URL, as a path, or both.
	Roots []string
}

// Request is a BulkRequest message.
type Request struct {
	// FailOnErrors is after how many errors the remaining operations are left out; 0 is never.
	FailOnErrors int
	// Operations are in the request's order.
	Operations []Operation

	posts map[string]int // the POST that has a bulkId
}

// Operation is one operation of a request.
type Operation struct {
	// Method is POST, PUT, PATCH or DELETE; where Err says that it is none of them, it is what the client wrote.
	Method string
	// BulkID is the client's name for the operation; a POST has one.
	BulkID string
	// Version is the entity tag that the resource must have, empty for any.
	Version string
	// Endpoint is the first part of the path, such as "Users", as the client wrote it.
	Endpoint string
	// ID is what follows it, empty for the endpoint itself. Request.ID resolves what it may refer to.
	ID string
	// Err is why the operation cannot be carried out; nil where nothing is known to speak against it.
	Err *scim.Error

	target     int // the POST that ID refers to, none where it does not
	raw        json.RawMessage
	data       any
	references []reference
	deferred   []Attribute
}

const none = -1

// Data are the operation's data as scim.Decode makes them, references unresolved; nil for a DELETE.
func (o *Operation) Data() any { return o.data }

// Parse reads the body of a request. Names are taken in any case, and "schemas" may be missing. The data of a PATCH may
// be a bare list of operations, as RFC 7644 §3.7.3 itself shows it. A failOnErrors of 0 is none.
//
// What is wrong with one operation is its Err and leaves the others alone. The error is a *scim.Error for what is wrong
// with the whole: 400 invalidSyntax for a body that is no BulkRequest, and for a bulkId that two POSTs share; 413, naming
// the limit, for too many operations.
func Parse(body []byte, opts Options) (*Request, error) {
	obj, err := scim.Decode(body)
	if err != nil {
		return nil, err
	}
	if err := checkSchemas(obj); err != nil {
		return nil, err
	}
	req := &Request{posts: map[string]int{}}
	if req.FailOnErrors, err = failOnErrors(obj); err != nil {
		return nil, err
	}
	v, _ := scim.Member(obj, "Operations")
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, scim.BadRequest(scim.InvalidSyntax, `A bulk request needs "Operations", a list of operations; found %s`, scim.Kind(v))
	}
	if len(list) > opts.MaxOperations {
		return nil, tooMany(len(list), opts.MaxOperations)
	}
	raw := rawData(body)
	req.Operations = make([]Operation, len(list))
	for i, v := range list {
		op := &req.Operations[i]
		*op = Operation{target: none}
		if e := op.parse(v, raw[i], opts.Roots); e != nil {
			op.Err = e
		}
		if op.Method != http.MethodPost || op.BulkID == "" {
			continue
		}
		if _, taken := req.posts[op.BulkID]; taken {
			return nil, scim.BadRequest(scim.InvalidSyntax, "The bulkId %s stands at two operations; it must be unique", scim.Quote(op.BulkID))
		}
		req.posts[op.BulkID] = i
	}
	for i := range req.Operations {
		if op := &req.Operations[i]; op.Err == nil {
			op.Err = req.link(op)
		}
	}
	return req, nil
}

func checkSchemas(obj scim.Object) error {
	v, ok := scim.Member(obj, "schemas")
	if !ok || v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, urn := range list {
		if s, ok := urn.(string); ok && strings.EqualFold(s, scim.BulkRequestURN) {
			return nil
		}
	}
	return scim.BadRequest(scim.InvalidSyntax, `The "schemas" of a bulk request must name %s`, scim.BulkRequestURN)
}

func failOnErrors(obj scim.Object) (int, error) {
	v, _ := scim.Member(obj, "failOnErrors")
	if v == nil {
		return 0, nil
	}
	n, ok := v.(json.Number)
	if ok {
		if i, err := n.Int64(); err == nil && i >= 0 {
			return int(min(i, 1<<31-1)), nil
		}
	}
	return 0, scim.BadRequest(scim.InvalidSyntax, `"failOnErrors" must be a whole number, not negative`)
}

// rawData returns the operations' data as they stand in the body, which is known to hold a list of operations.
func rawData(body []byte) []json.RawMessage {
	var out []json.RawMessage
	gjson.ParseBytes(bytes.TrimPrefix(body, []byte("\ufeff"))).ForEach(func(k, list gjson.Result) bool {
		if !strings.EqualFold(k.Str, "Operations") {
			return true
		}
		list.ForEach(func(_, op gjson.Result) bool {
			var raw json.RawMessage
			if op.IsObject() {
				op.ForEach(func(k, v gjson.Result) bool {
					if strings.EqualFold(k.Str, "data") {
						raw = json.RawMessage(v.Raw)
					}
					return raw == nil
				})
			}
			out = append(out, raw)
			return true
		})
		return false
	})
	return out
}

func (o *Operation) parse(v any, raw json.RawMessage, roots []string) *scim.Error {
	obj, ok := v.(scim.Object)
	if !ok {
		return invalid("An operation must be an object; found %s", scim.Kind(v))
	}
	// What a response repeats is read first, so that it can, whatever is wrong.
	var errs [4]*scim.Error
	o.Method, errs[0] = text(obj, "method")
	known := o.canonicalMethod()
	o.BulkID, errs[1] = text(obj, "bulkId")
	path, pathErr := text(obj, "path")
	if errs[2] = pathErr; pathErr == nil {
		errs[2] = o.locate(path, roots)
	}
	o.Version, errs[3] = text(obj, "version")
	for _, e := range errs {
		if e != nil {
			return e
		}
	}
	switch {
	case !known:
		return invalid(`The "method" must be POST, PUT, PATCH or DELETE; found %s`, scim.Quote(o.Method))
	case o.Method == http.MethodPost && o.BulkID == "":
		return invalid(`A POST needs a "bulkId"`)
	case o.Method == http.MethodDelete:
		return nil
	}
	return o.parseData(obj, raw)
}

func (o *Operation) canonicalMethod() bool {
	switch method := strings.ToUpper(o.Method); method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		o.Method = method
		return true
	}
	return false
}

func (o *Operation) parseData(obj scim.Object, raw json.RawMessage) *scim.Error {
	o.raw = raw
	o.data, _ = scim.Member(obj, "data")
	switch list, isList := o.data.([]any); {
	case isList && o.Method == http.MethodPatch:
		o.data = scim.Object{"Operations": list}
		o.raw = append(append([]byte(`{"Operations":`), raw...), '}')
	case o.data == nil:
		return invalid(`A %s needs "data"`, o.Method)
	default:
		if _, ok := o.data.(scim.Object); !ok {
			return invalid(`"data" must be an object; found %s`, scim.Kind(o.data))
		}
	}
	return nil
}

// locate takes a path apart. A resource's path has two parts; of one that has more, all but the first are the id.
func (o *Operation) locate(path string, roots []string) *scim.Error {
	if path == "" {
		return invalid(`An operation needs a "path", such as /Users`)
	}
	for _, root := range roots {
		if len(path) > len(root) && path[len(root)] == '/' && strings.EqualFold(path[:len(root)], root) {
			path = path[len(root):]
			break
		}
	}
	name, id, _ := strings.Cut(strings.Trim(path, "/"), "/")
	if strings.HasSuffix(name, ":") && strings.HasPrefix(id, "/") {
		return scim.BadRequest(scim.InvalidValue, `The "path" %s is not below the SCIM root`, scim.Quote(path))
	}
	if strings.HasPrefix(id, Prefix) {
		o.Endpoint, o.ID = name, id
		return nil
	}
	if strings.ContainsAny(path, "?#") {
		return invalid(`The "path" %s must have neither query nor fragment`, scim.Quote(path))
	}
	id, err := url.PathUnescape(id)
	if err != nil {
		return invalid(`In the "path" %s a percent sign must be followed by two hexadecimal digits`, scim.Quote(path))
	}
	o.Endpoint, o.ID = name, id
	return nil
}

// text reads a member that is a string; null and none are an empty one.
func text(obj scim.Object, name string) (string, *scim.Error) {
	switch v, _ := scim.Member(obj, name); v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	default:
		return "", invalid("%q must be a string; found %s", name, scim.Kind(v))
	}
}

func invalid(format string, args ...any) *scim.Error {
	return scim.BadRequest(scim.InvalidSyntax, format, args...)
}
