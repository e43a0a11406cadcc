package connector

import (
	"encoding/json"

	"github.com/tidwall/gjson"
)

// ValueAt returns the value that a template would find at a SCIM attribute path in a resource's document, as JSON; nil for
// none. Of an attribute with several values that is, where the path has no filter, the primary one or the first.
//
// # Errors
//
// One that names the path where it is none.
func ValueAt(doc []byte, path string) (json.RawMessage, error) {
	r, err := parseRef(path)
	if err != nil {
		return nil, err
	}
	if len(doc) == 0 || !gjson.ValidBytes(doc) {
		return nil, nil
	}
	var s scope
	s.read(doc)
	if v := r.value(&s); v.Exists() {
		return json.RawMessage(v.Raw), nil
	}
	return nil, nil
}
