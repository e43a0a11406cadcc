package connector

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// Record is one element of an application's list.
type Record struct {
	// LegacyID is the account's id; empty where the record has none that is usable.
	LegacyID string
	// Raw is the record as the application wrote it, JSON of at most MaxRecordBytes; nil where there is a Problem.
	Raw json.RawMessage
	// Problem says why nothing can be made of the record; empty where something can. It repeats nothing of the record.
	Problem string
}

// Mapped is one value that a list's map takes out of a record.
type Mapped struct {
	// Target is the SCIM attribute path, as configured.
	Target string
	// Value is JSON; nil where the record has no value.
	Value json.RawMessage
}

// maxRecordDepth bounds how deep a record's values are nested.
const maxRecordDepth = 32

// listField is a compiled element of ListRoute.Map.
type listField struct {
	target  string
	path    string          // a gjson path
	literal json.RawMessage // or a literal
	text    []textPart      // or a text with paths
}

type textPart struct{ literal, path string }

func compileListFields(at string, fields []Field) ([]listField, error) {
	list := make([]listField, 0, len(fields))
	seen := map[string]bool{}
	for _, f := range fields {
		field := at + ".map." + f.Target
		if _, err := parseRef(f.Target); err != nil {
			return nil, configErrorf(field, "%v", err)
		}
		key := strings.ToLower(f.Target)
		if seen[key] {
			return nil, configErrorf(field, "is there twice")
		}
		seen[key] = true
		compiled, err := compileListField(f)
		if err != nil {
			return nil, configErrorf(field, "%v", err)
		}
		list = append(list, compiled)
	}
	return list, nil
}

func compileListField(f Field) (listField, error) {
	out := listField{target: f.Target}
	source := strings.TrimSpace(f.Source)
	switch {
	case source == "":
		return out, fmt.Errorf("has no path")
	case len(source) >= 2 && source[0] == '\'' && source[len(source)-1] == '\'':
		literal, err := json.Marshal(source[1 : len(source)-1])
		out.literal = literal
		return out, err
	case json.Valid([]byte(source)) && source != "null" && strings.IndexByte(`{["`, source[0]) < 0:
		out.literal = json.RawMessage(source)
		return out, nil
	case !strings.ContainsAny(source, "{}"):
		out.path = source
		return out, nil
	}
	for rest := source; rest != ""; {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			open = len(rest)
		}
		part := textPart{literal: rest[:open]}
		if rest = rest[open:]; rest != "" {
			end := closing(rest)
			if end < 2 {
				return out, errBrace
			}
			part.path, rest = rest[1:end], rest[end+1:]
		}
		if strings.ContainsAny(part.literal, "{}") {
			return out, errBrace
		}
		out.text = append(out.text, part)
	}
	return out, nil
}

// value returns what the field takes out of a record, nil for nothing.
func (f *listField) value(record gjson.Result) json.RawMessage {
	switch {
	case f.literal != nil:
		return f.literal
	case f.text != nil:
		return f.expand(record)
	}
	v := record.Get(f.path)
	if !v.Exists() || v.Type == gjson.Null || v.Type == gjson.String && strings.TrimSpace(v.Str) == "" || v.Raw == "[]" || v.Raw == "{}" {
		return nil
	}
	return json.RawMessage(v.Raw)
}

func (f *listField) expand(record gjson.Result) json.RawMessage {
	var b strings.Builder
	values := 0
	for _, p := range f.text {
		literal := p.literal
		if strings.HasSuffix(b.String(), " ") {
			literal = strings.TrimLeft(literal, " ")
		}
		b.WriteString(literal)
		if p.path == "" {
			continue
		}
		if v := scalar(record.Get(p.path)); v != "" {
			values++
			b.WriteString(v)
		}
	}
	text := strings.TrimSpace(b.String())
	if values == 0 || text == "" {
		return nil
	}
	raw, err := json.Marshal(text)
	if err != nil { // a string always marshals
		return nil
	}
	return raw
}

// ListTargets lists the SCIM attribute paths that the list's map speaks of, as configured; nil without a map.
func (c *Connector) ListTargets() (targets []string) {
	if c.list == nil {
		return nil
	}
	for i := range c.list.fields {
		targets = append(targets, c.list.fields[i].target)
	}
	return targets
}

// MapRecord takes out of a record what the list's map names, one element for each target.
func (c *Connector) MapRecord(r Record) (values []Mapped) {
	if c.list == nil || r.Raw == nil {
		return nil
	}
	record := gjson.ParseBytes(r.Raw)
	for i := range c.list.fields {
		f := &c.list.fields[i]
		values = append(values, Mapped{Target: f.target, Value: f.value(record)})
	}
	return values
}

// RecordActive reports whether a record is that of an active account. known is false where the list does not say how to
// tell; then all are active.
func (c *Connector) RecordActive(r Record) (active, known bool) {
	if c.list == nil || c.list.active == nil {
		return true, false
	}
	text := scalar(gjson.GetBytes(r.Raw, c.list.active.Path))
	if text == "" {
		text = "null"
	}
	for _, v := range c.list.active.Values {
		if strings.EqualFold(v, text) {
			return true, true
		}
	}
	return false, true
}

// record reads one item of a page.
func (l *lister) record(item gjson.Result) Record {
	if !item.IsObject() {
		return Record{Problem: "the record is not a JSON object"}
	}
	r := Record{LegacyID: usableID(item.Get(l.id))}
	switch {
	case len(item.Raw) > MaxRecordBytes:
		r.Problem = fmt.Sprintf("the record has %d bytes, more than %d", len(item.Raw), MaxRecordBytes)
	case depth(item.Raw) > maxRecordDepth:
		r.Problem = fmt.Sprintf("the record is nested more than %d deep", maxRecordDepth)
	case r.LegacyID == "":
		r.Problem = "the record has no usable id"
	default:
		r.Raw = json.RawMessage(item.Raw)
	}
	return r
}

// depth returns how deep a JSON text is nested, without going in.
func depth(raw string) (deepest int) {
	level := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '{', '[':
			level++
			deepest = max(deepest, level)
		case '}', ']':
			level--
		case '"':
			for i++; i < len(raw) && raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
		}
	}
	return deepest
}
