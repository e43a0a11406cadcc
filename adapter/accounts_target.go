package adapter

import (
	"encoding/json"
	"fmt"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// listTarget is where a value of a record goes in a resource.
type listTarget struct {
	ref    schema.Ref
	filter *filter.Compare // chooses an element of an attribute that has several values
}

// parseListTarget reads a SCIM attribute path such as name.givenName, emails.value or emails[type eq "work"].value.
func parseListTarget(rt *schema.ResourceType, path string) (listTarget, error) {
	parsed, err := filter.ParsePath(path)
	if err != nil {
		return listTarget{}, fmt.Errorf("%q is not an attribute path: %w", path, err)
	}
	sub := parsed.Attr.Sub
	if parsed.Filter != nil {
		sub = parsed.Sub
	}
	if parsed.Filter != nil && sub == "" {
		sub = "value"
	}
	ref, ok := rt.Lookup(parsed.Attr.URN, parsed.Attr.Name, sub)
	switch {
	case !ok || ref.IsExtension():
		return listTarget{}, fmt.Errorf("%q is no attribute of a %s", path, rt.Name)
	case ref.Attr.Mutability == schema.ReadOnly || ref.Leaf().Mutability == schema.WriteOnly:
		return listTarget{}, fmt.Errorf("%q cannot be read from an application", path)
	case ref.URN == "" && (ref.Attr.Name == "schemas" || ref.Attr.Name == membersName):
		return listTarget{}, fmt.Errorf("%q is not for the map", path)
	}
	t := listTarget{ref: ref}
	if parsed.Filter == nil {
		return t, nil
	}
	eq, ok := parsed.Filter.(filter.Compare)
	if !ok || eq.Op != filter.Equal || eq.Value.Kind != filter.String || !ref.Attr.MultiValued || ref.Attr.Sub(eq.Attr.Name) == nil {
		return listTarget{}, fmt.Errorf(`%q: want a filter such as [type eq "work"] on an attribute with several values`, path)
	}
	t.filter = &eq
	return t, nil
}

// put puts a value of a record into a resource.
func (t listTarget) put(obj scim.Object, raw json.RawMessage) error {
	v, err := decodeNumbers(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", t.ref, err)
	}
	into := obj
	if t.ref.URN != "" {
		into = child(obj, t.ref.URN)
	}
	name := t.ref.Attr.Name
	if !t.ref.Attr.MultiValued {
		if list, ok := v.([]any); ok {
			if len(list) == 0 {
				return nil
			}
			v = list[0]
		}
		if t.ref.Sub != nil {
			into, name = child(into, name), t.ref.Sub.Name
		}
		into[name] = fit(t.ref.Leaf(), v)
		return nil
	}
	values, ok := v.([]any)
	if !ok {
		values = []any{v}
	}
	list, _ := into[name].([]any)
	switch {
	case t.ref.Sub == nil:
		for _, v := range values {
			if _, object := v.(map[string]any); t.ref.Attr.Type == schema.TypeComplex && !object {
				v = scim.Object{"value": v}
			}
			list = append(list, fit(t.ref.Attr, v))
		}
	case t.filter != nil:
		if len(values) > 0 {
			list = t.choose(list, fit(t.ref.Sub, values[0]))
		}
	default:
		for i, v := range values {
			if i == len(list) {
				list = append(list, scim.Object{})
			}
			if element, ok := list[i].(scim.Object); ok {
				element[t.ref.Sub.Name] = fit(t.ref.Sub, v)
			}
		}
	}
	into[name] = list
	return nil
}

// choose sets the sub-attribute of the element that the filter names, which is made where there is none.
func (t listTarget) choose(list []any, v any) []any {
	by := t.ref.Attr.Sub(t.filter.Attr.Name).Name
	for _, e := range list {
		if element, ok := e.(scim.Object); ok && element[by] == t.filter.Value.Text {
			element[t.ref.Sub.Name] = v
			return list
		}
	}
	return append(list, scim.Object{by: t.filter.Value.Text, t.ref.Sub.Name: v})
}

func child(obj scim.Object, name string) scim.Object {
	inner, ok := obj[name].(scim.Object)
	if !ok {
		inner = scim.Object{}
		obj[name] = inner
	}
	return inner
}

// fit makes a text of a number or a boolean where the attribute wants one.
func fit(a *schema.Attribute, v any) any {
	if a.Type != schema.TypeString && a.Type != schema.TypeReference {
		return v
	}
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return v
}
