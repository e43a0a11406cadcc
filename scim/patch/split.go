package patch

import (
	"maps"
	"slices"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// Split takes out of ops what they say of one list attribute of the core schema, so that a caller
// that stores this attribute apart from the document can carry that out itself: the members of a
// group, say. Both lists keep their order; an operation without a path that names the attribute beside
// others is split in two. Paths that cannot be resolved stay in rest, where Apply refuses them.
func Split(rt *schema.ResourceType, ops []Operation, attr string) (routed, rest []Operation) {
	s := splitter{rt: rt, attr: attr}
	for _, op := range ops {
		if op.Path != nil {
			if s.routes(*op.Path) {
				routed = append(routed, op)
			} else {
				rest = append(rest, op)
			}
			continue
		}
		obj, ok := op.Value.(scim.Object)
		if !ok {
			rest = append(rest, op)
			continue
		}
		left, out := s.object(op.Op, obj)
		routed = append(routed, out...)
		if len(left) > 0 || len(out) == 0 {
			op.Value = left
			rest = append(rest, op)
		}
	}
	return routed, rest
}

type splitter struct {
	rt   *schema.ResourceType
	attr string
}

func (s splitter) routes(p filter.Path) bool {
	ref, err := target(s.rt, p)
	return err == nil && ref.URN == "" && ref.Attr.Name == s.attr
}

// object splits the value of an operation without a path.
func (s splitter) object(op Op, obj scim.Object) (left scim.Object, out []Operation) {
	left = maps.Clone(obj)
	for _, key := range slices.Sorted(maps.Keys(obj)) {
		if core, ok := obj[key].(scim.Object); ok && strings.EqualFold(key, s.rt.Schema.ID) {
			inner, more := s.object(op, core)
			if len(more) > 0 {
				delete(left, key)
				if len(inner) > 0 {
					left[key] = inner
				}
				out = append(out, more...)
			}
			continue
		}
		p, err := filter.ParsePath(key)
		if err == nil && s.routes(p) {
			delete(left, key)
			out = append(out, Operation{Op: op, Path: &p, Value: obj[key]})
		}
	}
	return left, out
}

// ElementChange is one step in the change of a list that is stored element by element. Its parts are
// to be carried out in the order of its fields.
type ElementChange struct {
	// Clear removes all elements.
	Clear bool
	// Remove lists elements to remove, by what identifies them: their "value" first of all. Those
	// that are not there are passed over.
	Remove []scim.Object
	// RemoveWhere removes the elements that a filter selects (filter.CompileElement); nil for none.
	RemoveWhere filter.Expr
	// Add lists canonical elements to add. Those that are there already change nothing.
	Add []scim.Object
}

// ElementChanges turns the operations that Split routed into steps. The attribute must be a list of
// complex values whose sub-attributes are all immutable, such as the members of a group.
//
// The errors are *scim.Error with status 400, as Apply gives them: mutability for a change within an
// element, else mostly invalidValue. Filters are not checked here.
func ElementChanges(rt *schema.ResourceType, routed []Operation) ([]ElementChange, error) {
	changes := make([]ElementChange, 0, len(routed))
	for _, op := range routed {
		c, err := elementChange(rt, op)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}

func elementChange(rt *schema.ResourceType, op Operation) (ElementChange, error) {
	var c ElementChange
	ref, err := target(rt, *op.Path)
	if err != nil {
		return c, err
	}
	if ref.Sub != nil {
		return c, schema.ImmutableError(ref)
	}
	if op.Op == Remove {
		switch {
		case op.Path.Filter != nil:
			if terms, ok := equalities(ref, op.Path.Filter); ok && len(terms) == 1 && terms["value"] != nil {
				c.Remove, err = objects(rt, ref, terms)
			} else {
				c.RemoveWhere = op.Path.Filter
			}
		case op.Value != nil:
			c.Remove, err = objects(rt, ref, op.Value)
		default:
			c.Clear = true
		}
		return c, err
	}
	v := op.Value
	if op.Path.Filter != nil {
		terms, ok := equalities(ref, op.Path.Filter)
		obj, err := schema.Object(ref, v)
		if err != nil {
			return c, err
		}
		if !ok || obj == nil {
			return c, noTarget(op)
		}
		merged := maps.Clone(obj)
		maps.Copy(merged, terms)
		v = merged
	}
	c.Clear = op.Op == Replace && op.Path.Filter == nil
	if c.Add, err = objects(rt, ref, v); err != nil {
		return c, err
	}
	for _, obj := range c.Add {
		if err := ref.Complete(obj); err != nil {
			return c, err
		}
	}
	return c, nil
}

func objects(rt *schema.ResourceType, ref schema.Ref, v any) ([]scim.Object, error) {
	v, err := rt.Value(ref, v, &schema.Secrets{})
	if err != nil {
		return nil, err
	}
	list, _ := v.([]any)
	objs := make([]scim.Object, 0, len(list))
	for _, e := range list {
		if obj, ok := e.(scim.Object); ok {
			objs = append(objs, obj)
		}
	}
	return objs, nil
}
