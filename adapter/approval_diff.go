package adapter

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// Difference is one attribute in which a held change differs from what the application may have without it.
type Difference struct {
	Path   string          `json:"path"`             // as a client writes it, such as name.familyName
	Before json.RawMessage `json:"before,omitempty"` // absent where there was none
	After  json.RawMessage `json:"after,omitempty"`  // absent where there will be none
	Secret bool            `json:"secret,omitempty"` // the values are not shown
}

// Differences are those of an approval, by their paths. Values of attributes that are secret are not among them.
func (t *Tenant) Differences(a *store.Approval) []Difference {
	rt := t.kind(a.ResourceType).Schema
	before, after := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	flatten(gjson.ParseBytes(a.Before), rt, before)
	flatten(gjson.ParseBytes(a.After), rt, after)
	var out []Difference
	for path, value := range before {
		if now, there := after[path]; !there || string(now) != string(value) {
			out = append(out, Difference{Path: path, Before: value, After: now})
		}
	}
	for path, value := range after {
		if _, there := before[path]; !there {
			out = append(out, Difference{Path: path, After: value})
		}
	}
	for i := range out {
		if secret(rt, out[i].Path) {
			out[i] = Difference{Path: out[i].Path, Secret: true}
		}
	}
	if a.Password {
		out = append(out, Difference{Path: passwordName, Secret: true})
	}
	slices.SortFunc(out, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// flatten takes down the attributes of a document, of complex ones and of extensions each part. A list stays whole.
func flatten(doc gjson.Result, rt *schema.ResourceType, into map[string]json.RawMessage) {
	var walk func(obj gjson.Result, prefix string, depth int)
	walk = func(obj gjson.Result, prefix string, depth int) {
		obj.ForEach(func(key, value gjson.Result) bool {
			path := prefix + key.Str
			switch {
			case depth == 0 && (key.Str == "schemas" || key.Str == "meta"):
			case value.IsObject() && depth < 2 && !secret(rt, path):
				walk(value, path+separator(key.Str), depth+1)
			default:
				into[path] = json.RawMessage(value.Raw)
			}
			return true
		})
	}
	walk(doc, "", 0)
}

// secret reports whether nobody is to read the values of an attribute. Of one that the schemas do not have any more nobody
// knows what it was.
func secret(rt *schema.ResourceType, path string) bool {
	ref, known := rt.Path(path)
	return !known || (!ref.IsExtension() && (ref.Attr.Secret() || ref.Sub.Secret()))
}

// Conceal takes out of an approval's documents what nobody is to read.
func (t *Tenant) Conceal(a *store.Approval) *store.Approval {
	out := *a
	rt := t.kind(a.ResourceType).Schema
	out.Before, out.After = conceal(rt, a.Before), conceal(rt, a.After)
	return &out
}

func conceal(rt *schema.ResourceType, doc json.RawMessage) json.RawMessage {
	flat := map[string]json.RawMessage{}
	flatten(gjson.ParseBytes(doc), rt, flat)
	hide := false
	for path := range flat {
		hide = hide || secret(rt, path)
	}
	if !hide {
		return doc
	}
	var object map[string]any
	if json.Unmarshal(doc, &object) != nil {
		return nil
	}
	blank(rt, object, "", 0)
	out, err := json.Marshal(object)
	if err != nil {
		return nil
	}
	return out
}

// blank puts a word in the place of the secret values of an object.
func blank(rt *schema.ResourceType, object map[string]any, prefix string, depth int) {
	for name, value := range object {
		path := prefix + name
		inner, nested := value.(map[string]any)
		switch {
		case depth == 0 && (name == "schemas" || name == "meta"):
		case nested && depth < 2 && !secret(rt, path):
			blank(rt, inner, path+separator(name), depth+1)
		case secret(rt, path):
			object[name] = strings.Trim(redacted, `"`)
		}
	}
}
