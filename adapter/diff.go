package adapter

import (
	"slices"

	"github.com/tidwall/gjson"
)

// changedPaths lists the attributes in which two canonical documents differ, sorted: "userName", "name.familyName",
// "emails", "urn:…:User:department". Only names come out, never values.
func changedPaths(before, after []byte) []string {
	var out []string
	diffObjects(gjson.ParseBytes(before), gjson.ParseBytes(after), "", 0, &out)
	slices.Sort(out)
	return out
}

func diffObjects(before, after gjson.Result, prefix string, depth int, out *[]string) {
	old := members(before)
	after.ForEach(func(key, value gjson.Result) bool {
		name := key.String()
		was, had := old[name]
		delete(old, name)
		switch {
		case had && was.Raw == value.Raw:
		case had && depth < 2 && was.IsObject() && value.IsObject():
			diffObjects(was, value, prefix+name+separator(name), depth+1, out)
		default:
			*out = append(*out, prefix+name)
		}
		return true
	})
	for name := range old {
		*out = append(*out, prefix+name)
	}
}

// separator is what stands between an attribute and its sub-attribute, RFC 7644 section 3.10: a colon behind a URN.
func separator(name string) string {
	if len(name) > 4 && name[:4] == "urn:" {
		return ":"
	}
	return "."
}

func members(obj gjson.Result) map[string]gjson.Result {
	out := map[string]gjson.Result{}
	obj.ForEach(func(key, value gjson.Result) bool {
		out[key.String()] = value
		return true
	})
	return out
}
