package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// The bounds that Decode puts on a body, beside its length, which is the reader's to bound.
const (
	// MaxDepth is how deep objects and arrays may nest.
	MaxDepth = 32
	// MaxValues is how many JSON values one body may hold, all levels counted.
	MaxValues = 500_000
)

// Object is a decoded JSON object: a resource, a message or a complex value. Its values are
// string, bool, json.Number, nil, []any and Object itself.
type Object = map[string]any

// Decode reads exactly one JSON object. Numbers stay as written (json.Number).
//
// It fails with an *Error of type invalidSyntax for anything that is not valid JSON in UTF-8,
// is not an object, nests deeper than MaxDepth, holds more than MaxValues values, or has one name
// twice in an object, names compared without regard to case as RFC 7643 §2.1 compares them.
func Decode(data []byte) (Object, error) {
	v, err := DecodeValue(data)
	if err != nil {
		return nil, err
	}
	o, ok := v.(Object)
	if !ok {
		return nil, BadRequest(InvalidSyntax, "The body must be a JSON object; found %s", Kind(v))
	}
	return o, nil
}

// DecodeValue is Decode for a JSON value of any kind.
func DecodeValue(data []byte) (any, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some .NET clients send a byte order mark
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, BadRequest(InvalidSyntax, "The body is empty; a JSON object is needed")
	}
	if !utf8.Valid(data) {
		return nil, BadRequest(InvalidSyntax, "The body is not valid UTF-8")
	}
	if !json.Valid(data) {
		return nil, syntaxError(data)
	}
	d := decoder{left: MaxValues}
	return d.value(gjson.ParseBytes(data), 1)
}

// syntaxError says where data stops being JSON.
func syntaxError(data []byte) *Error {
	var v json.RawMessage
	if se, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(data, &v)); ok {
		return BadRequest(InvalidSyntax, "The body is not valid JSON: %s at byte %d", se, se.Offset)
	}
	return BadRequest(InvalidSyntax, "The body is not valid JSON")
}

// decoder turns JSON that is known to be valid into values, within bounds.
type decoder struct{ left int }

func (d *decoder) value(r gjson.Result, depth int) (any, error) {
	if d.left--; d.left < 0 {
		return nil, BadRequest(InvalidSyntax, "The body holds more than %d values", MaxValues)
	}
	switch r.Type {
	case gjson.Null:
		return nil, nil
	case gjson.False:
		return false, nil
	case gjson.True:
		return true, nil
	case gjson.Number:
		return json.Number(r.Raw), nil
	case gjson.String:
		return r.Str, nil
	}
	if depth > MaxDepth {
		return nil, BadRequest(InvalidSyntax, "The body nests deeper than %d levels", MaxDepth)
	}
	if r.IsArray() {
		return d.array(r, depth)
	}
	return d.object(r, depth)
}

func (d *decoder) array(r gjson.Result, depth int) (any, error) {
	list := []any{}
	var err error
	r.ForEach(func(_, e gjson.Result) bool {
		var v any
		if v, err = d.value(e, depth+1); err == nil {
			list = append(list, v)
		}
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (d *decoder) object(r gjson.Result, depth int) (any, error) {
	o := Object{}
	var err error
	var seen nameSet
	r.ForEach(func(k, e gjson.Result) bool {
		if !seen.add(k.Str) {
			err = BadRequest(InvalidSyntax, "The name %s stands twice in one object", Quote(k.Str))
			return false
		}
		var v any
		if v, err = d.value(e, depth+1); err == nil {
			o[k.Str] = v
		}
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// nameSet finds names that differ only in case. Comparing a handful pairwise costs less than
// hashing; a hostile object with many names goes to the map.
type nameSet struct {
	few  []string
	many map[string]struct{}
}

func (s *nameSet) add(name string) bool {
	const fewest = 24
	if s.many == nil {
		for _, have := range s.few {
			if len(have) == len(name) && strings.EqualFold(have, name) {
				return false
			}
		}
		if s.few = append(s.few, name); len(s.few) > fewest {
			s.many = make(map[string]struct{}, 2*fewest)
			for _, have := range s.few {
				s.many[strings.ToLower(have)] = struct{}{}
			}
		}
		return true
	}
	key := strings.ToLower(name)
	if _, ok := s.many[key]; ok {
		return false
	}
	s.many[key] = struct{}{}
	return true
}

// Encode writes the canonical form of an object: names sorted, no white space. Two objects that
// are equal encode to the same bytes.
func Encode(o Object) ([]byte, error) { return json.Marshal(o) }

// Clone copies an object and everything in it.
func Clone(o Object) Object {
	c, _ := CloneValue(o).(Object)
	return c
}

// CloneValue copies a value and everything in it.
func CloneValue(v any) any {
	switch v := v.(type) {
	case Object:
		if v == nil {
			return v
		}
		c := make(Object, len(v))
		for k, e := range v {
			c[k] = CloneValue(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = CloneValue(e)
		}
		return c
	}
	return v
}

// Equal reports whether two values, as Decode makes them, are the same. Lists are compared in
// order and numbers as written.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case Object:
		b, ok := b.(Object)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if w, ok := b[k]; !ok || !Equal(v, w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case nil, string, bool, json.Number:
		switch b.(type) {
		case nil, string, bool, json.Number:
			return a == b
		}
	}
	return false
}

// Kind names a decoded value's JSON kind for a message: "a string", "null", "an array".
func Kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		if v == "" {
			return "an empty string"
		}
		return "a string"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case []any:
		if len(v) == 0 {
			return "an empty array"
		}
		return "an array"
	case Object:
		return "an object"
	}
	return "a value of no JSON kind"
}

// Member finds a member of an object by its name in any case. Decode has seen to it that there is one at most.
func Member(obj Object, name string) (any, bool) {
	if v, ok := obj[name]; ok {
		return v, true
	}
	for k, v := range obj {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return nil, false
}
