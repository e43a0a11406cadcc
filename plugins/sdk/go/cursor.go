package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// cursor reads JSON from front to back into known types. In WebAssembly it takes a
// fifth of the time of encoding/json, which looks at each document several times
// and at each type by reflection. After the first error it reads nothing more.
//
// It passes over values that nobody asks for without checking more of them than
// where they end.
type cursor struct {
	data []byte
	pos  int
	key  []byte // of the member that next has come to; part of data where possible
	err  error
}

// members iterates over an object or an array, see cursor.next.
type members struct {
	closing byte // 0 when there is nothing to iterate over
	started bool
}

var errSyntax = errors.New("not valid JSON")

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// failType says that the value at hand is not what it should be.
func (c *cursor) failType(want string) {
	if c.peek() == 0 {
		c.fail(errSyntax)
		return
	}
	c.fail(fmt.Errorf("%q is not %s", c.key, want))
}

// peek passes over white space and returns the byte after it, 0 at the end.
func (c *cursor) peek() byte {
	if c.err != nil {
		return 0
	}
	for c.pos < len(c.data) {
		switch b := c.data[c.pos]; b {
		case ' ', '\t', '\r', '\n':
			c.pos++
		default:
			return b
		}
	}
	return 0
}

// literal passes over word if it is what comes next.
func (c *cursor) literal(word string) bool {
	if c.peek() != word[0] || len(c.data)-c.pos < len(word) || string(c.data[c.pos:c.pos+len(word)]) != word {
		return false
	}
	c.pos += len(word)
	return true
}

// object enters an object. null counts as an empty one.
func (c *cursor) object() members { return c.enter('{', '}', "an object") }

// array enters an array. null counts as an empty one.
func (c *cursor) array() members { return c.enter('[', ']', "an array") }

func (c *cursor) enter(opening, closing byte, want string) members {
	if c.literal("null") {
		return members{}
	}
	if c.peek() != opening {
		c.failType(want)
		return members{}
	}
	c.pos++
	return members{closing: closing}
}

// next comes to the next member of an object, whose name is then in c.key, or to
// the next element of an array. The caller reads its value.
func (c *cursor) next(m *members) bool {
	if m.closing == 0 || c.err != nil {
		return false
	}
	b := c.peek()
	if b == m.closing {
		c.pos++
		return false
	}
	if m.started {
		if b != ',' {
			c.fail(errSyntax)
			return false
		}
		c.pos++
		c.peek()
	}
	m.started = true
	if m.closing == '}' {
		if c.peek() != '"' {
			c.fail(errSyntax)
			return false
		}
		c.key = c.text()
		if c.peek() != ':' {
			c.fail(errSyntax)
			return false
		}
		c.pos++
	}
	return c.err == nil
}

// string reads a string. null counts as "".
func (c *cursor) string() string {
	if c.literal("null") {
		return ""
	}
	if c.peek() != '"' {
		c.failType("a string")
		return ""
	}
	return string(c.text())
}

// text reads the string whose quotation mark comes next. The result may be part of
// the document.
func (c *cursor) text() []byte {
	c.pos++
	start := c.pos
	for c.pos < len(c.data) {
		switch b := c.data[c.pos]; {
		case b == '"':
			c.pos++
			return c.data[start : c.pos-1]
		case b == '\\':
			return c.escaped(start)
		case b < ' ':
			c.fail(errSyntax)
			return nil
		}
		c.pos++
	}
	c.fail(errSyntax)
	return nil
}

// escaped goes on with a string that began at start, from its first backslash.
func (c *cursor) escaped(start int) []byte {
	s := append([]byte(nil), c.data[start:c.pos]...)
	for c.pos < len(c.data) {
		b := c.data[c.pos]
		c.pos++
		switch {
		case b == '"':
			return s
		case b == '\\':
			s = c.escape(s)
		case b < ' ':
			c.fail(errSyntax)
			return nil
		default:
			s = append(s, b)
		}
	}
	c.fail(errSyntax)
	return nil
}

// escape reads what follows a backslash and appends what it stands for to s.
func (c *cursor) escape(s []byte) []byte {
	if c.pos >= len(c.data) {
		c.fail(errSyntax)
		return s
	}
	b := c.data[c.pos]
	c.pos++
	switch b {
	case '"', '\\', '/':
		return append(s, b)
	case 'b':
		return append(s, '\b')
	case 'f':
		return append(s, '\f')
	case 'n':
		return append(s, '\n')
	case 'r':
		return append(s, '\r')
	case 't':
		return append(s, '\t')
	case 'u':
		r := c.hex()
		if utf16.IsSurrogate(r) {
			r = c.pair(r)
		}
		return utf8.AppendRune(s, r)
	}
	c.fail(errSyntax)
	return s
}

// pair reads the second half of a surrogate pair. Half a pair stands for U+FFFD.
func (c *cursor) pair(first rune) rune {
	before := c.pos
	if c.literal(`\u`) && c.pos == before+2 {
		if r := utf16.DecodeRune(first, c.hex()); r != utf8.RuneError {
			return r
		}
	}
	c.pos = before
	return utf8.RuneError
}

func (c *cursor) hex() rune {
	if len(c.data)-c.pos < 4 {
		c.fail(errSyntax)
		return utf8.RuneError
	}
	var r rune
	for _, b := range c.data[c.pos : c.pos+4] {
		r <<= 4
		switch {
		case '0' <= b && b <= '9':
			r |= rune(b - '0')
		case 'a' <= b|0x20 && b|0x20 <= 'f':
			r |= rune(b|0x20-'a') + 10
		default:
			c.fail(errSyntax)
			return utf8.RuneError
		}
	}
	c.pos += 4
	return r
}

// bool reads true or false. null counts as false.
func (c *cursor) bool() bool {
	switch {
	case c.literal("true"):
		return true
	case c.literal("false"), c.literal("null"):
	default:
		c.failType("true or false")
	}
	return false
}

// int reads a whole number, as it stands in JSON without an exponent. null counts as 0.
func (c *cursor) int() int {
	if c.literal("null") {
		return 0
	}
	c.peek()
	start := c.pos
	raw := c.raw()
	if c.err != nil {
		return 0
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil || raw[0] == '+' {
		c.pos = start
		c.failType("a whole number")
	}
	return n
}

// raw passes over a value and returns its bytes, which are the document's own.
func (c *cursor) raw() json.RawMessage {
	c.peek()
	start, depth := c.pos, 0
	for c.err == nil && c.pos < len(c.data) {
		switch c.data[c.pos] {
		case '"':
			c.skipString()
		case '{', '[':
			depth++
			c.pos++
			continue
		case '}', ']':
			if depth == 0 { // the end of what the value stands in
				return c.since(start)
			}
			depth--
			c.pos++
		case ',':
			if depth == 0 {
				return c.since(start)
			}
			c.pos++
			continue
		default:
			c.pos++
			continue
		}
		if depth == 0 {
			return c.since(start)
		}
	}
	if depth > 0 {
		c.fail(errSyntax)
	}
	return c.since(start)
}

func (c *cursor) since(start int) json.RawMessage {
	end := c.pos
	for end > start && (c.data[end-1] == ' ' || c.data[end-1] == '\t' || c.data[end-1] == '\r' || c.data[end-1] == '\n') {
		end--
	}
	if end == start {
		c.fail(errSyntax)
	}
	if c.err != nil {
		return nil
	}
	return c.data[start:end:end]
}

func (c *cursor) skipString() {
	for c.pos++; c.pos < len(c.data); c.pos++ {
		switch c.data[c.pos] {
		case '"':
			c.pos++
			return
		case '\\':
			c.pos++
		}
	}
	c.pos = len(c.data)
	c.fail(errSyntax)
}

// end checks that nothing follows and returns the first error.
func (c *cursor) end() error {
	if c.err == nil && c.pos < len(c.data) && c.peek() != 0 {
		c.fail(errSyntax)
	}
	return c.err
}
