package adapter

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim/fold"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// AttributeDrift is an attribute of which the application has something else than it was told.
type AttributeDrift struct {
	Path string `json:"path"`
	// Told is what the application was told last, Found what it has: the value as a text, cut where it is long, and absent
	// where there is none.
	Told  string `json:"told,omitempty"`
	Found string `json:"found,omitempty"`
}

const (
	// maxDriftText bounds a value in a report, in bytes.
	maxDriftText = 256
	// maxDriftPaths bounds how many attributes of one account are reported.
	maxDriftPaths = 50
)

// compareFields compares what an account holds with the document that the application was told, at the paths that whoever
// read the account can speak of. An application keeps less than SCIM can say: of an attribute with several values a path
// without a filter stands for the primary one, or else the first. Texts are compared as the attribute compares them, and
// without the space around them. What the application has and was not told of is its own: a default, or something that is
// kept there alone.
func compareFields(rt *schema.ResourceType, told []byte, found account) (drift []AttributeDrift, err error) {
	for _, path := range found.Paths {
		target, err := parseListTarget(rt, path)
		if err != nil {
			return nil, err
		}
		if target.ref.URN == "" && target.ref.Attr.Name == "active" {
			continue // the state of the account is another matter
		}
		a, err := connector.ValueAt(told, path)
		if err != nil {
			return nil, err
		}
		b, err := connector.ValueAt(found.Doc, path)
		if err != nil {
			return nil, err
		}
		was := driftKeys(target.ref, a)
		if len(was) > 0 && !slices.Equal(was, driftKeys(target.ref, b)) && len(drift) < maxDriftPaths {
			drift = append(drift, AttributeDrift{Path: path, Told: driftText(a), Found: driftText(b)})
		}
	}
	return drift, nil
}

// driftKeys are the values at a path as they are compared, in an order of their own; none for no value.
func driftKeys(ref schema.Ref, raw json.RawMessage) (keys []string) {
	leaf := ref.Leaf()
	if sub := leaf.Sub("value"); sub != nil {
		leaf = sub
	}
	add := func(v gjson.Result) {
		if v.IsObject() {
			v = v.Get("value")
		}
		key := v.Raw
		if v.Type == gjson.String {
			if key = strings.TrimSpace(v.Str); !leaf.CaseExact {
				key = fold.String(key)
			}
		}
		if key != "" && v.Type != gjson.Null {
			keys = append(keys, key)
		}
	}
	if v := gjson.ParseBytes(raw); v.IsArray() {
		v.ForEach(func(_, e gjson.Result) bool {
			add(e)
			return true
		})
	} else {
		add(v)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// driftText is a value for people.
func driftText(raw json.RawMessage) string {
	v := gjson.ParseBytes(raw)
	switch {
	case !v.Exists():
		return ""
	case v.Type == gjson.String:
		return abi.CleanText(v.Str, maxDriftText)
	}
	return abi.CleanText(v.Raw, maxDriftText)
}
