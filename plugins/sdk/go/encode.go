package policy

import (
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// The functions below write the answers. They are what encoding/json would do with
// the types' tags, but that JSON of the policy's own stays as it is.

// encoder writes a JSON document. After the first error what it writes is of no use.
type encoder struct {
	data []byte
	err  error
}

// key begins a member of an object.
func (e *encoder) key(name string) {
	if last := e.data[len(e.data)-1]; last != '{' {
		e.data = append(e.data, ',')
	}
	e.data = append(e.data, '"')
	e.data = append(e.data, name...) // a constant that needs no escapes
	e.data = append(e.data, '"', ':')
}

// text writes a member unless it is empty.
func (e *encoder) text(name, value string) {
	if value != "" {
		e.key(name)
		e.string(value)
	}
}

// number writes a member unless it is 0.
func (e *encoder) number(name string, value int) {
	if value != 0 {
		e.key(name)
		e.data = strconv.AppendInt(e.data, int64(value), 10)
	}
}

// document writes a member whose value is JSON already, unless it is empty. Its
// brackets and strings must be balanced, so that it can end nothing but itself; the
// rest is for the host to check.
func (e *encoder) document(name string, value json.RawMessage) {
	if len(value) == 0 {
		return
	}
	c := cursor{data: value}
	c.raw()
	if c.end() != nil && e.err == nil {
		e.err = errors.New(name + " is not valid JSON")
	}
	e.key(name)
	e.data = append(e.data, value...)
}

// string writes a string. What is not UTF-8 becomes U+FFFD.
func (e *encoder) string(s string) {
	const hex = "0123456789abcdef"
	e.data = append(e.data, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				e.data = append(append(e.data, s[start:i]...), "\uFFFD"...)
				start = i + size
			}
			i += size
			continue
		}
		i++
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		e.data = append(e.data, s[start:i-1]...)
		if b < ' ' {
			e.data = append(e.data, '\\', 'u', '0', '0', hex[b>>4], hex[b&0xf])
		} else {
			e.data = append(e.data, '\\', b)
		}
		start = i
	}
	e.data = append(append(e.data, s[start:]...), '"')
}

// encodeDecision writes a Decision.
func encodeDecision(d *Decision) ([]byte, error) {
	e := encoder{data: make([]byte, 0, 256+len(d.After))}
	e.data = append(e.data, '{')
	e.key("verdict")
	e.string(string(d.Verdict))
	e.number("status", d.Status)
	e.text("scim_type", d.ScimType)
	e.text("detail", d.Detail)
	e.text("title", d.Title)
	e.text("reason", d.Reason)
	e.number("expires_in", d.ExpiresIn)
	e.text("lifecycle", string(d.Lifecycle))
	e.document("after", d.After)
	return append(e.data, '}'), e.err
}

// encodeMapOutput writes a MapOutput.
func encodeMapOutput(o *MapOutput) ([]byte, error) {
	size := 64
	for i := range o.Requests {
		size += 64 + len(o.Requests[i].Path) + len(o.Requests[i].Body)
	}
	e := encoder{data: make([]byte, 0, size)}
	e.data = append(e.data, `{"requests":[`...)
	for i := range o.Requests {
		if i > 0 {
			e.data = append(e.data, ',')
		}
		r := &o.Requests[i]
		e.data = append(e.data, '{')
		e.text("method", r.Method)
		e.text("path", r.Path)
		e.document("body", r.Body)
		e.data = append(e.data, '}')
	}
	return append(e.data, "]}"...), e.err
}

// encodeImportOutput writes an ImportOutput.
func encodeImportOutput(o *ImportOutput) ([]byte, error) {
	e := encoder{data: make([]byte, 0, 256+len(o.Resource))}
	e.data = append(e.data, '{')
	e.document("resource", o.Resource)
	e.text("legacy_id", o.LegacyID)
	if o.Skip {
		e.key("skip")
		e.data = append(e.data, "true"...)
	}
	e.text("reason", o.Reason)
	return append(e.data, '}'), e.err
}

// encodeDescription writes a Description. Hooks is there even when it is empty,
// which would otherwise stand for all that are exported.
func encodeDescription(d *abi.Description) ([]byte, error) {
	e := encoder{data: []byte{'{'}}
	e.text("name", d.Name)
	e.text("version", d.Version)
	e.strings("hooks", d.Hooks)
	if len(d.Needs) > 0 {
		e.strings("needs", d.Needs)
	}
	e.document("settings", d.Settings)
	return append(e.data, '}'), e.err
}

func (e *encoder) strings(name string, list []string) {
	e.key(name)
	e.data = append(e.data, '[')
	for i, s := range list {
		if i > 0 {
			e.data = append(e.data, ',')
		}
		e.string(s)
	}
	e.data = append(e.data, ']')
}
