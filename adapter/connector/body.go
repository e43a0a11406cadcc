package connector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// maxBodyTemplate bounds Route.Body, and maxBodyDepth how deep it and a field's target may nest.
const (
	maxBodyTemplate = 64 << 10
	maxBodyDepth    = 16
)

// source is a compiled Field.Source: exactly one of its members is set.
type source struct {
	literal  []byte    // JSON
	ref      *ref      // keeps its JSON type
	template *template // a text
}

func parseSource(raw string) (source, error) {
	raw = strings.TrimSpace(raw)
	switch {
	case raw == "":
		return source{}, errors.New("is missing")
	case len(raw) >= 2 && raw[0] == '\'' && raw[len(raw)-1] == '\'':
		return source{literal: gjson.AppendJSONString(nil, raw[1:len(raw)-1])}, nil
	case raw == "true" || raw == "false" || json.Valid([]byte(raw)) && gjson.Parse(raw).Type == gjson.Number:
		return source{literal: []byte(raw)}, nil
	case strings.ContainsAny(raw, "{}"):
		t, err := parseTemplate(raw)
		return source{template: t}, err
	default:
		r, err := parseRef(raw)
		return source{ref: r}, err
	}
}

// append writes the value as JSON; ok is false, and nothing written, if there is none.
func (src *source) append(dst []byte, s *scope) (_ []byte, ok bool) {
	switch {
	case src.literal != nil:
		return append(dst, src.literal...), true
	case src.template != nil:
		text, ok := src.template.text(s)
		if !ok {
			return dst, false
		}
		return gjson.AppendJSONString(dst, text), true
	}
	if src.ref.urn == "" && src.ref.sub == "" && (src.ref.name == "id" || src.ref.name == "legacy_id") {
		text := src.ref.text(s)
		if text == "" {
			return dst, false
		}
		return gjson.AppendJSONString(dst, text), true
	}
	v := src.ref.value(s)
	if !v.Exists() {
		return dst, false
	}
	return append(dst, v.Raw...), true
}

// text returns the value as a text, "" if there is none.
func (src *source) text(s *scope) string {
	switch {
	case src.literal != nil:
		return scalar(gjson.ParseBytes(src.literal))
	case src.template != nil:
		text, _ := src.template.text(s)
		return text
	}
	return src.ref.text(s)
}

// absence says what becomes of a body's value that has no source value.
type absence int

const (
	omit      absence = iota // leave it out
	clearGone                // null if the resource before had one, else leave it out
	null                     // null
)

// node is a part of a body: an object, an array, or a value.
type node struct {
	key      []byte // `"name":`, within an object
	name     string
	object   bool
	array    bool
	children []*node
	value    source
	secret   bool   // the value is the password
	members  string // which field of the call's members the array lists, "" for other nodes
}

// append writes n as JSON; ok is false, and nothing written, if n has no value and may be left out. before is nil
// where there is no resource before.
func (n *node) append(dst []byte, s, before *scope, missing absence) (_ []byte, ok bool) {
	switch {
	case n.members != "":
		return s.appendMembers(dst, n.members), true
	case n.object:
		start := len(dst)
		dst = append(dst, '{')
		for _, child := range n.children {
			mark := len(dst)
			if mark > start+1 {
				dst = append(dst, ',')
			}
			dst = append(dst, child.key...)
			var written bool
			if dst, written = child.append(dst, s, before, missing); !written {
				dst = dst[:mark]
			}
		}
		if len(dst) == start+1 && n.key != nil && missing != null {
			return dst[:start], false
		}
		return append(dst, '}'), true
	case n.array:
		dst = append(dst, '[')
		for i, child := range n.children {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst, _ = child.append(dst, s, before, null)
		}
		return append(dst, ']'), true
	}
	dst, ok = n.value.append(dst, s)
	if ok {
		return dst, true
	}
	if n.secret && missing != null {
		return dst, false // none was given, which says nothing of the one there is
	}
	if missing == clearGone {
		mark := len(dst)
		had := before == nil // nothing known: what desired lacks, the application must lack
		if !had {
			dst, had = n.value.append(dst, before)
			dst = dst[:mark]
		}
		if had {
			return append(dst, "null"...), true
		}
		return dst, false
	}
	if missing == null {
		return append(dst, "null"...), true
	}
	return dst, false
}

// compileFields builds the tree of the field map; nil if it is empty. at goes before the names of fields in errors.
func compileFields(at string, fields []Field) (*node, error) {
	if len(fields) == 0 {
		return nil, nil //nolint:nilnil // no field map is not an error
	}
	root := &node{object: true}
	for i, f := range fields {
		value, err := parseSource(f.Source)
		if err != nil {
			return nil, configErrorf(fmt.Sprintf("%sfields[%d].source", at, i), "%v", err)
		}
		if uses := value.uses(nil); len(uses) > 0 {
			return nil, uses[0].misplaced(fmt.Sprintf("%sfields[%d].source", at, i))
		}
		if err := root.place(f.Target, value); err != nil {
			return nil, configErrorf(fmt.Sprintf("%sfields[%d].target", at, i), "%q %v", f.Target, err)
		}
	}
	return root, nil
}

// place puts a value at a dotted path.
func (n *node) place(target string, value source) error {
	names := strings.Split(target, ".")
	if len(names) > maxBodyDepth {
		return errors.New("nests too deep")
	}
	for i, name := range names {
		if name == "" {
			return errors.New("has an empty name")
		}
		at := slices.IndexFunc(n.children, func(c *node) bool { return c.name == name })
		last := i == len(names)-1
		switch {
		case at < 0:
			child := &node{name: name, key: append(gjson.AppendJSONString(nil, name), ':'), object: !last}
			if last {
				child.value = value
			}
			n.children = append(n.children, child)
			n = child
		case last || !n.children[at].object:
			return errors.New("is set twice")
		default:
			n = n.children[at]
		}
	}
	return nil
}

// compileBody builds the tree of a Route.Body.
func compileBody(raw json.RawMessage) (*node, error) {
	if len(raw) > maxBodyTemplate {
		return nil, errors.New("is too large")
	}
	if !json.Valid(raw) {
		return nil, errors.New("is not JSON")
	}
	return compileValue(gjson.ParseBytes(bytes.TrimSpace(raw)), 0)
}

func compileValue(v gjson.Result, depth int) (*node, error) {
	if depth > maxBodyDepth {
		return nil, errors.New("nests too deep")
	}
	n := &node{object: v.IsObject(), array: v.IsArray()}
	switch {
	case n.object || n.array:
		var failed error
		v.ForEach(func(key, element gjson.Result) bool {
			child, err := compileValue(element, depth+1)
			if err != nil {
				failed = err
				return false
			}
			if n.object {
				child.name = key.Str
				child.key = append(gjson.AppendJSONString(nil, key.Str), ':')
			}
			n.children = append(n.children, child)
			return true
		})
		return n, failed
	case v.Type == gjson.String:
		t, err := parseTemplate(v.Str)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", v.Str, err)
		}
		if len(t.parts) == 1 && t.parts[0].ref != nil && t.parts[0].ref.about == allMembers {
			n.members = t.parts[0].ref.sub
			return n, nil
		}
		n.value = source{template: t}
	default:
		n.value = source{literal: []byte(v.Raw)}
	}
	return n, nil
}
