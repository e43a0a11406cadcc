package connector

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// scope is what templates draw their values from.
type scope struct {
	id, legacyID string
	attributes   []attribute  // the SCIM resource's, at its top level
	members      []abi.Member // who joins or leaves it
}

// attribute is a member of the resource. They are few, and found faster one by one than by parsing again for each.
type attribute struct {
	name  string
	value gjson.Result
}

// read takes the attributes of a resource into s.
func (s *scope) read(doc []byte) {
	s.attributes = make([]attribute, 0, 24)
	gjson.ParseBytes(doc).ForEach(func(key, value gjson.Result) bool {
		s.attributes = append(s.attributes, attribute{key.Str, value})
		return true
	})
}

// attribute returns a member of the resource by its name, whose case does not matter.
func (s *scope) attribute(name string) gjson.Result {
	for i := range s.attributes {
		if a := &s.attributes[i]; len(a.name) == len(name) && strings.EqualFold(a.name, name) {
			return a.value
		}
	}
	return gjson.Result{}
}

// ref is a parsed attribute path, or a name that is not in the resource: id, legacy_id, and what speaks of members.
type ref struct {
	raw  string
	urn  string // of an extension, or empty
	name string
	// filterSub eq filterValue chooses an element; without it, the primary one or the first.
	filterSub   string
	filterValue gjson.Result
	sub         string
	about       about
}

const coreURN = "urn:ietf:params:scim:schemas:core:2.0:"

var (
	attributeName = regexp.MustCompile(`^[A-Za-z$][A-Za-z0-9_$-]*$`)
	valueFilter   = regexp.MustCompile(`^\s*([A-Za-z$][A-Za-z0-9_$-]*)\s+[eE][qQ]\s+(.+?)\s*$`)
)

// parseRef parses "name", "name.sub", "name[sub eq value].sub", each with an optional "urn:…:" before it.
func parseRef(raw string) (*ref, error) {
	r := &ref{raw: raw}
	head, rest, filtered := strings.Cut(strings.TrimSpace(raw), "[")
	if i := strings.LastIndexByte(head, ':'); i >= 0 {
		r.urn, head = head[:i], head[i+1:]
		if len(r.urn) < 5 || !strings.EqualFold(r.urn[:4], "urn:") {
			return nil, fmt.Errorf("%q does not begin with a schema URN", raw)
		}
	}
	if filtered {
		end := strings.LastIndexByte(rest, ']')
		if end < 0 {
			return nil, fmt.Errorf("%q lacks a ]", raw)
		}
		match := valueFilter.FindStringSubmatch(rest[:end])
		if match == nil || !json.Valid([]byte(match[2])) || strings.ContainsAny(match[2][:1], "[{") {
			return nil, fmt.Errorf(`%q: want a filter such as [type eq "work"]`, raw)
		}
		r.name, r.filterSub, r.filterValue = head, match[1], gjson.Parse(match[2])
		tail := rest[end+1:]
		if tail != "" {
			if tail[0] != '.' {
				return nil, fmt.Errorf("%q: want a . after the ]", raw)
			}
			r.sub = tail[1:]
			if !attributeName.MatchString(r.sub) {
				return nil, fmt.Errorf("%q is not an attribute path", raw)
			}
		}
	} else {
		var dotted bool
		r.name, r.sub, dotted = strings.Cut(head, ".")
		if dotted && !attributeName.MatchString(r.sub) {
			return nil, fmt.Errorf("%q is not an attribute path", raw)
		}
	}
	if !attributeName.MatchString(r.name) {
		return nil, fmt.Errorf("%q is not an attribute path", raw)
	}
	return r, r.classify()
}

// text returns the value as a text, "" if there is none. A complex value stands for its "value", several values for
// the primary one or the first.
func (r *ref) text(s *scope) string {
	if r.about != theResource {
		return s.member(r)
	}
	if r.urn == "" && r.sub == "" {
		switch r.name {
		case "legacy_id":
			return s.legacyID
		case "id":
			return s.id
		}
	}
	v := r.value(s)
	if v.IsArray() {
		v = primary(v, "value")
	}
	if v.IsObject() {
		v = member(v, "value")
	}
	return scalar(v)
}

// scalar returns the text of a text, number or boolean. A number keeps all its digits.
func scalar(v gjson.Result) string {
	switch v.Type {
	case gjson.String:
		return v.Str
	case gjson.Number, gjson.True, gjson.False:
		return v.Raw
	}
	return ""
}

// value returns the value in the resource, with its JSON type; Exists is false where there is none. A null, an empty
// text and an empty array are none.
func (r *ref) value(s *scope) gjson.Result {
	var v gjson.Result
	if extension := s.attribute(r.urn); r.urn != "" && extension.Exists() {
		v = member(extension, r.name)
	} else if r.urn == "" || len(r.urn) > len(coreURN) && strings.EqualFold(r.urn[:len(coreURN)], coreURN) {
		v = s.attribute(r.name)
	}
	if r.filterSub != "" {
		v = r.filtered(v)
	}
	if r.sub != "" {
		if v.IsArray() {
			v = primary(v, r.sub)
		}
		v = member(v, r.sub)
	}
	if v.Type == gjson.Null || v.Type == gjson.String && v.Str == "" || v.Raw == "[]" || v.Raw == "{}" {
		return gjson.Result{}
	}
	return v
}

// filtered returns the first element that the filter chooses.
func (r *ref) filtered(v gjson.Result) (found gjson.Result) {
	if v.IsObject() {
		if r.chooses(v) {
			return v
		}
		return gjson.Result{}
	}
	v.ForEach(func(_, element gjson.Result) bool {
		if r.chooses(element) {
			found = element
			return false
		}
		return true
	})
	return found
}

func (r *ref) chooses(element gjson.Result) bool {
	v := member(element, r.filterSub)
	return v.Type == r.filterValue.Type && strings.EqualFold(scalar(v), scalar(r.filterValue))
}

// primary returns the element of an array that is marked primary, else the first that has sub.
func primary(array gjson.Result, sub string) (found gjson.Result) {
	array.ForEach(func(_, element gjson.Result) bool {
		if !element.IsObject() {
			if !found.Exists() && sub == "value" {
				found = element
			}
			return true
		}
		if !member(element, sub).Exists() {
			return true
		}
		if member(element, "primary").Type == gjson.True {
			found = element
			return false
		}
		if !found.Exists() {
			found = element
		}
		return true
	})
	return found
}

// member returns the member of an object by its name, whose case does not matter, as nowhere in SCIM.
func member(object gjson.Result, name string) (found gjson.Result) {
	if !object.IsObject() {
		return gjson.Result{}
	}
	object.ForEach(func(key, value gjson.Result) bool {
		if len(key.Str) == len(name) && strings.EqualFold(key.Str, name) {
			found = value
			return false
		}
		return true
	})
	return found
}
