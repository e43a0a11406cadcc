package patch

import (
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// Asserted lists the attributes returned on request that the operations name, for schema.Projection.Asserting.
func Asserted(rt *schema.ResourceType, ops []Operation) []schema.Ref {
	var list []schema.Ref
	for _, op := range ops {
		if op.Path == nil {
			obj, _ := op.Value.(scim.Object)
			list = append(list, rt.Asserted(obj)...)
			continue
		}
		ref, err := target(rt, *op.Path)
		if err != nil {
			continue
		}
		// The value stands where a document would have it.
		list = append(list, rt.Asserted(scim.Object{ref.String(): op.Value})...)
	}
	return list
}
