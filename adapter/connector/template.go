package connector

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// part is a stretch of literal text, or a reference.
type part struct {
	literal string
	ref     *ref // nil for a literal
}

// template is a text with references in braces.
type template struct {
	raw   string
	parts []part
}

// MissingError says that a template needs a value that the resource does not have.
type MissingError struct {
	Template  string // the whole template, as configured
	Attribute string // what has no value, such as "legacy_id"
}

// Error implements error.
func (e *MissingError) Error() string {
	return fmt.Sprintf("%q needs a value for %s, which the resource does not have", e.Template, e.Attribute)
}

var errBrace = errors.New(`has a brace without its partner; "{{" and "}}" are literal braces`)

// parseTemplate splits raw at its references.
func parseTemplate(raw string) (*template, error) {
	t := &template{raw: raw}
	var literal strings.Builder
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case (c == '{' || c == '}') && i+1 < len(raw) && raw[i+1] == c:
			literal.WriteByte(c)
			i += 2
		case c == '}':
			return nil, errBrace
		case c == '{':
			end := closing(raw[i:])
			if end < 0 {
				return nil, errBrace
			}
			r, err := parseRef(raw[i+1 : i+end])
			if err != nil {
				return nil, err
			}
			if literal.Len() > 0 {
				t.parts = append(t.parts, part{literal: literal.String()})
				literal.Reset()
			}
			t.parts = append(t.parts, part{ref: r})
			i += end + 1
		default:
			literal.WriteByte(c)
			i++
		}
	}
	if literal.Len() > 0 {
		t.parts = append(t.parts, part{literal: literal.String()})
	}
	return t, nil
}

// closing returns the index of the brace that ends the reference at the beginning of s; one within quotes does not.
func closing(s string) int {
	quoted := false
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '}' && !quoted:
			return i
		}
	}
	return -1
}

// text expands t for a body: trimmed, with one space where a value between two spaces is missing. ok is false if t has
// references and none has a value.
func (t *template) text(s *scope) (text string, ok bool) {
	var b strings.Builder
	refs, values := 0, 0
	for _, p := range t.parts {
		if p.ref == nil {
			literal := p.literal
			if values < refs && strings.HasSuffix(b.String(), " ") {
				literal = strings.TrimLeft(literal, " ")
			}
			b.WriteString(literal)
			continue
		}
		refs++
		if v := p.ref.text(s); v != "" {
			values++
			b.WriteString(v)
		}
	}
	return strings.TrimSpace(b.String()), refs == 0 || values > 0
}

// target expands t for a request: each value is escaped for the path segment or the query value that it stands in.
//
// # Errors
//
// *MissingError where a value is missing; one that says why, where the values would make an unsafe path.
func (t *template) target(s *scope) (path, query string, err error) {
	var b strings.Builder
	inQuery := false
	for _, p := range t.parts {
		if p.ref == nil {
			inQuery = inQuery || strings.Contains(p.literal, "?")
			b.WriteString(p.literal)
			continue
		}
		v := p.ref.text(s)
		if v == "" {
			return "", "", &MissingError{Template: t.raw, Attribute: p.ref.raw}
		}
		if inQuery {
			// %20 and not "+": every server understands it.
			b.WriteString(strings.ReplaceAll(url.QueryEscape(v), "+", "%20"))
		} else {
			b.WriteString(url.PathEscape(v))
		}
	}
	path, query, err = checkTarget(b.String())
	if err != nil {
		return "", "", fmt.Errorf("%q with this resource's values: %w", t.raw, err)
	}
	return path, query, nil
}

// parseTarget parses a path template and checks its literal parts.
func parseTarget(raw string) (*template, error) {
	t, err := parseTemplate(raw)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.ref == nil {
			b.WriteString(p.literal)
		} else {
			b.WriteByte('x')
		}
	}
	if _, _, err := checkTarget(b.String()); err != nil {
		return nil, err
	}
	return t, nil
}

var _ error = (*MissingError)(nil)
