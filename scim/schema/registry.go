package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
)

// Registry is the set of resource types that a service provider serves, and renders the documents of
// /ResourceTypes and /Schemas (RFC 7644 §4). It is safe for concurrent use.
type Registry struct {
	types   []*ResourceType
	schemas []*Schema
}

// NewRegistry makes a registry. Names, endpoints and the schemas' URNs must not clash.
func NewRegistry(types ...*ResourceType) (*Registry, error) {
	r := &Registry{}
	for _, rt := range types {
		for _, have := range r.types {
			if lower(have.Name) == lower(rt.Name) || lower(have.Endpoint) == lower(rt.Endpoint) {
				return nil, fmt.Errorf("resource type %s at %s stands twice", rt.Name, rt.Endpoint)
			}
		}
		r.types = append(r.types, rt)
		if err := r.addSchema(rt.Schema); err != nil {
			return nil, err
		}
		for _, e := range rt.Extensions {
			if err := r.addSchema(e.Schema); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (r *Registry) addSchema(s *Schema) error {
	switch have := r.Schema(s.ID); have {
	case nil:
		r.schemas = append(r.schemas, s)
	case s:
	default:
		return fmt.Errorf("two schemas have the id %s", s.ID)
	}
	return nil
}

// Extend returns the registry with further extensions of its resource types, by their names.
func (r *Registry) Extend(more map[string][]Extension) (*Registry, error) {
	for name := range more {
		if r.ResourceType(name) == nil {
			return nil, fmt.Errorf("there is no resource type %q", name)
		}
	}
	types := slices.Clone(r.types)
	for i, rt := range types {
		if len(more[rt.Name]) == 0 {
			continue
		}
		var err error
		if types[i], err = rt.Extend(more[rt.Name]...); err != nil {
			return nil, err
		}
	}
	return NewRegistry(types...)
}

// ResourceTypes lists the resource types in the order they were given.
func (r *Registry) ResourceTypes() []*ResourceType { return r.types }

// ResourceType finds a resource type by name in any case, or returns nil.
func (r *Registry) ResourceType(name string) *ResourceType {
	for _, rt := range r.types {
		if rt.Name == name || lower(rt.Name) == lower(name) {
			return rt
		}
	}
	return nil
}

// Schema finds a schema by URN in any case, or returns nil.
func (r *Registry) Schema(urn string) *Schema {
	for _, s := range r.schemas {
		if s.ID == urn || lower(s.ID) == lower(urn) {
			return s
		}
	}
	return nil
}

// SchemaDocuments renders every schema for /Schemas. baseURL is the SCIM root, such as
// https://host/scim/v2.
func (r *Registry) SchemaDocuments(baseURL string) []json.RawMessage {
	docs := make([]json.RawMessage, len(r.schemas))
	for i, s := range r.schemas {
		docs[i] = s.Document(baseURL)
	}
	return docs
}

// ResourceTypeDocuments renders every resource type for /ResourceTypes.
func (r *Registry) ResourceTypeDocuments(baseURL string) []json.RawMessage {
	docs := make([]json.RawMessage, len(r.types))
	for i, rt := range r.types {
		docs[i] = rt.Document(baseURL)
	}
	return docs
}

// Document renders the schema for /Schemas/{id} (RFC 7643 §8.7).
func (s *Schema) Document(baseURL string) json.RawMessage {
	return render(struct {
		Schemas [1]string `json:"schemas"`
		*Schema
		Meta scim.DiscoveryMeta `json:"meta"`
	}{[1]string{SchemaURN}, s, meta("Schema", baseURL, "Schemas", s.ID)})
}

// Document renders the resource type for /ResourceTypes/{name} (RFC 7643 §8.6).
func (rt *ResourceType) Document(baseURL string) json.RawMessage {
	type extension struct {
		Schema   string `json:"schema"`
		Required bool   `json:"required"`
	}
	extensions := make([]extension, len(rt.Extensions))
	for i, e := range rt.Extensions {
		extensions[i] = extension{e.Schema.ID, e.Required}
	}
	return render(struct {
		Schemas     [1]string          `json:"schemas"`
		ID          string             `json:"id"`
		Name        string             `json:"name"`
		Description string             `json:"description,omitempty"`
		Endpoint    string             `json:"endpoint"`
		Schema      string             `json:"schema"`
		Extensions  []extension        `json:"schemaExtensions"`
		Meta        scim.DiscoveryMeta `json:"meta"`
	}{
		[1]string{ResourceTypeURN}, rt.Name, rt.Name, rt.Description, rt.Endpoint, rt.Schema.ID, extensions,
		meta("ResourceType", baseURL, "ResourceTypes", rt.Name),
	})
}

func meta(kind, baseURL, endpoint, id string) scim.DiscoveryMeta {
	return scim.DiscoveryMeta{
		ResourceType: kind,
		Location:     strings.TrimSuffix(baseURL, "/") + "/" + endpoint + "/" + id,
	}
}

func render(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and booleans only
	}
	return data
}
