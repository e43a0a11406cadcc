// Package patch is PATCH (RFC 7644 §3.5.2): it reads the PatchOp message and applies its operations to
// a resource, all of them or none.
//
// Beside the RFC it knows what identity providers really send; see Apply.
package patch

import (
	"fmt"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
)

// MaxOperations is how many operations one request may carry.
const MaxOperations = 5000

// Op is what an operation does.
type Op string

// The operations of RFC 7644 §3.5.2.
const (
	Add     Op = "add"
	Remove  Op = "remove"
	Replace Op = "replace"
)

// Operation is one operation of a PatchOp message.
type Operation struct {
	Op Op
	// Path is the target; nil for the resource itself.
	Path *filter.Path
	// Value is as scim.Decode makes it; nil for null, and for none on a remove.
	Value any
}

// Parse reads the body of a PATCH request. The names in the message and the ops are taken in any
// case, "schemas" may be missing, a single operation may stand in place of the list, and an empty path
// is none.
//
// The errors are *scim.Error with status 400: invalidSyntax for a body that is no PatchOp message and
// for too many operations, invalidPath for a path that cannot be parsed, invalidValue for an add or
// replace without a value, noTarget for a remove without a path.
func Parse(body []byte) ([]Operation, error) {
	obj, err := scim.Decode(body)
	if err != nil {
		return nil, err
	}
	v, ok := scim.Member(obj, "Operations")
	if !ok {
		return nil, scim.BadRequest(scim.InvalidSyntax, `A PATCH body needs "Operations", a list of operations`)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if len(list) == 0 {
		return nil, scim.BadRequest(scim.InvalidSyntax, `"Operations" must hold one operation at least`)
	}
	if len(list) > MaxOperations {
		return nil, scim.BadRequest(scim.InvalidSyntax, `"Operations" holds %d operations; %d are accepted`, len(list), MaxOperations)
	}
	ops := make([]Operation, len(list))
	for i, v := range list {
		if ops[i], err = parseOperation(v); err != nil {
			return nil, inOperation(i, len(list), err)
		}
	}
	return ops, nil
}

// inOperation says in which of several operations an error is.
func inOperation(i, of int, err error) error {
	e := *scim.AsError(err)
	if of > 1 {
		e.Detail = fmt.Sprintf("Operation %d: %s", i+1, e.Detail)
	}
	return &e
}

func parseOperation(v any) (Operation, error) {
	obj, ok := v.(scim.Object)
	if !ok {
		return Operation{}, scim.BadRequest(scim.InvalidSyntax, "an operation must be an object; found %s", scim.Kind(v))
	}
	var o Operation
	name, _ := scim.Member(obj, "op")
	s, ok := name.(string)
	if !ok {
		return Operation{}, scim.BadRequest(scim.InvalidSyntax, `"op" must be "add", "remove" or "replace"; found %s`, scim.Kind(name))
	}
	switch o.Op = Op(strings.ToLower(s)); o.Op {
	case Add, Remove, Replace:
	default:
		return Operation{}, scim.BadRequest(scim.InvalidSyntax, `"op" must be "add", "remove" or "replace"; found %s`, scim.Quote(s))
	}
	path, _ := scim.Member(obj, "path")
	switch path := path.(type) {
	case nil:
	case string:
		if strings.TrimSpace(path) == "" {
			break
		}
		p, err := parsePath(path)
		if err != nil {
			return Operation{}, err
		}
		o.Path = &p
	default:
		return Operation{}, scim.BadRequest(scim.InvalidPath, `"path" must be a string; found %s`, scim.Kind(path))
	}
	if o.Op == Remove && o.Path == nil {
		return Operation{}, scim.BadRequest(scim.NoTarget, `a remove needs a "path"`)
	}
	if o.Value, ok = scim.Member(obj, "value"); !ok && o.Op != Remove {
		return Operation{}, scim.BadRequest(scim.InvalidValue, `%s needs a "value"`, o.Op)
	}
	return o, nil
}

func parsePath(s string) (filter.Path, error) {
	p, err := filter.ParsePath(s)
	if err != nil {
		return filter.Path{}, scim.BadRequest(scim.InvalidPath, "the path %s cannot be read: %v", scim.Quote(s), err)
	}
	return p, nil
}
