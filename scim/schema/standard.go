package schema

import (
	"embed"
	"encoding/json"
	"sync"
)

// URNs of the standard schemas (RFC 7643 §4, §7).
const (
	UserURN           = "urn:ietf:params:scim:schemas:core:2.0:User"
	EnterpriseUserURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	GroupURN          = "urn:ietf:params:scim:schemas:core:2.0:Group"
	SchemaURN         = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	ResourceTypeURN   = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
)

// maxMembers bounds the multi-valued attributes of a Group in one document. Members are the reason:
// one PUT may carry a whole department.
const maxMembers = 200_000

//go:embed documents/*.json
var documents embed.FS

// User is the standard User resource type with the enterprise extension, which a user may lack.
func User() *ResourceType { return standard().ResourceType("User") }

// Group is the standard Group resource type.
func Group() *ResourceType { return standard().ResourceType("Group") }

// Standard holds the resource types of RFC 7643 §4: User, with the enterprise extension, and Group.
// It is shared and must not be changed.
func Standard() *Registry { return standard() }

var standard = sync.OnceValue(func() *Registry {
	var types []struct {
		Name, Endpoint, Description, Schema string
		SchemaExtensions                    []struct {
			Schema   string
			Required bool
		}
	}
	mustDecode("resource_types.json", &types)
	schemas := map[string]*Schema{}
	for _, file := range []string{"user.json", "enterprise_user.json", "group.json"} {
		s, err := Parse(mustRead(file))
		if err != nil {
			panic(err) // part of this binary, and covered by tests
		}
		schemas[s.ID] = s
	}
	var rts []*ResourceType
	for _, t := range types {
		var ext []Extension
		for _, e := range t.SchemaExtensions {
			ext = append(ext, Extension{Schema: schemas[e.Schema], Required: e.Required})
		}
		rt, err := NewResourceType(t.Name, t.Endpoint, t.Description, schemas[t.Schema], ext...)
		if err != nil {
			panic(err)
		}
		if t.Schema == GroupURN {
			rt.MaxElements = maxMembers
		}
		rts = append(rts, rt)
	}
	r, err := NewRegistry(rts...)
	if err != nil {
		panic(err)
	}
	return r
})

// commonAttributes are those of RFC 7643 §3.1 and "schemas", which every resource has.
var commonAttributes = sync.OnceValue(func() []*Attribute {
	var common Schema
	mustDecode("common.json", &common)
	if err := common.complete(); err != nil {
		panic(err)
	}
	return common.Attributes
})

func mustRead(file string) []byte {
	data, err := documents.ReadFile("documents/" + file)
	if err != nil {
		panic(err)
	}
	return data
}

func mustDecode(file string, v any) {
	if err := json.Unmarshal(mustRead(file), v); err != nil {
		panic(err)
	}
}
