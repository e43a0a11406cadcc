package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// cursor reads JSON from front to back into known types. In WebAssembly, where Go
// pays for each jump, it takes a small part of the time of encoding/json: it moves
// from quotation mark to quotation mark instead of from byte to byte. After the first
// error it reads nothing more.
//
// It passes over values that nobody asks for without checking more of them than
// where they end.
type cursor struct {
	data []byte
	// text is the same as data. The strings that are read are part of it.
	text string
	pos  int
	key  []byte // of the member that next has come to; part of data where possible
	err  error
	// plain says that there is no backslash in data.
	plain bool
}

// newCursor returns a cursor that can read strings.
func newCursor(doc []byte) cursor {
	return cursor{data: doc, text: string(doc), plain: bytes.IndexByte(doc, '\\') < 0}
}

// members iterates over an object or an array, see cursor.next.
type members struct {
	closing byte // 0 when there is nothing to iterate over
	started bool
}

var errSyntax = errors.New("not valid JSON")

// fail ends the reading.
func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.pos = len(c.data)
}

// failType says that the value at hand is not what it should be.
func (c *cursor) failType(want string) {
	if c.peek() == 0 {
		c.fail(errSyntax)
		return
	}
	c.fail(errors.New(strconv.Quote(string(c.key)) + " is not " + want))
}

// peek passes over white space and returns the byte after it, 0 at the end.
func (c *cursor) peek() byte {
	if c.pos < len(c.data) && c.data[c.pos] > ' ' {
		return c.data[c.pos]
	}
	return c.skipSpace()
}

func (c *cursor) skipSpace() byte {
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

// null passes over null if it is what comes next.
func (c *cursor) null() bool { return c.peek() == 'n' && c.literal("null") }

// literal passes over word if it is what comes next.
func (c *cursor) literal(word string) bool {
	if rest := c.data[c.pos:]; len(rest) < len(word) || string(rest[:len(word)]) != word {
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
	if c.peek() == opening {
		c.pos++
		return members{closing: closing}
	}
	if !c.null() {
		c.failType(want)
	}
	return members{}
}

// next comes to the next member of an object, whose name is then in c.key, or to
// the next element of an array. The caller reads its value.
func (c *cursor) next(m *members) bool {
	if m.closing == 0 {
		return false
	}
	b := c.peek()
	switch {
	case b == ',' && m.started:
		c.pos++
		b = c.peek()
	case b == m.closing:
		c.pos++
		return false
	case m.started:
		b = 0
	}
	m.started = true
	if m.closing == '}' && b == '"' {
		c.key = c.quoted()
		if c.peek() == ':' {
			c.pos++
			return true
		}
		b = 0
	}
	if m.closing == '}' || b == 0 {
		c.fail(errSyntax)
		return false
	}
	return true
}

// string reads a string. null counts as "".
func (c *cursor) string() string {
	if c.peek() != '"' {
		if !c.null() {
			c.failType("a string")
		}
		return ""
	}
	start := c.pos + 1
	s := c.quoted()
	if c.pos == start+len(s)+1 { // no escapes
		return c.text[start : start+len(s)]
	}
	return string(s)
}

// quoted reads the string whose quotation mark comes next. The result is part of the
// document where there are no escapes.
func (c *cursor) quoted() []byte {
	rest := c.data[c.pos+1:]
	n := bytes.IndexByte(rest, '"')
	if n < 0 {
		c.fail(errSyntax)
		return nil
	}
	if !c.plain {
		if escape := bytes.IndexByte(rest[:n], '\\'); escape >= 0 {
			start := c.pos + 1
			c.pos = start + escape
			return c.escaped(start)
		}
	}
	c.pos += n + 2
	return rest[:n]
}

// escaped goes on with a string that began at start, from its first backslash.
func (c *cursor) escaped(start int) []byte {
	s := append([]byte(nil), c.data[start:c.pos]...)
	for c.pos < len(c.data) {
		b := c.data[c.pos]
		c.pos++
		switch b {
		case '"':
			return s
		case '\\':
			s = c.escape(s)
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
	if c.literal(`\u`) {
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
	switch c.peek() {
	case 't':
		if c.literal("true") {
			return true
		}
	case 'f':
		if c.literal("false") {
			return false
		}
	case 'n':
		if c.literal("null") {
			return false
		}
	}
	c.failType("true or false")
	return false
}

// int reads a whole number without an exponent. null counts as 0.
func (c *cursor) int() int {
	if c.null() {
		return 0
	}
	c.peek()
	start := c.pos
	n, err := strconv.Atoi(string(c.raw()))
	if err != nil || c.data[start] == '+' {
		if c.err == nil {
			c.pos = start
			c.failType("a whole number")
		}
		return 0
	}
	return n
}

// raw passes over a value and returns its bytes, which are the document's own.
func (c *cursor) raw() json.RawMessage {
	b := c.peek()
	start := c.pos
	switch b {
	case '"':
		c.skipString()
	case '{', '[':
		c.skipNested()
	default:
		for c.pos < len(c.data) && depths[c.data[c.pos]] == 0 && c.data[c.pos] > ' ' && c.data[c.pos] != ',' {
			c.pos++
		}
		if c.pos == start {
			c.fail(errSyntax)
		}
	}
	if c.err != nil {
		return nil
	}
	return c.data[start:c.pos:c.pos]
}

// depths says by how much a byte outside of strings changes the depth. A quotation
// mark ends all depths at once, so that a loop has but one thing to ask for.
var depths = [256]int32{'{': 1, '[': 1, '}': -1, ']': -1, '"': -quotation}

const quotation = 1 << 30

// skipNested passes over an object or array.
func (c *cursor) skipNested() {
	data, i := c.data, c.pos+1
	for depth := int32(1); i < len(data); {
		depth += depths[data[i]]
		i++
		if depth > 0 {
			continue
		}
		if depth == 0 {
			c.pos = i
			return
		}
		depth += quotation
		c.pos = i - 1
		c.skipString()
		i = c.pos
	}
	c.fail(errSyntax)
}

// skipString passes over the string whose quotation mark comes next.
func (c *cursor) skipString() {
	for i := c.pos + 1; ; {
		n := bytes.IndexByte(c.data[i:], '"')
		if n < 0 {
			c.fail(errSyntax)
			return
		}
		i += n + 1
		if c.plain || !c.escapes(i-2) {
			c.pos = i
			return
		}
	}
}

// escapes reports whether the byte after last is escaped: an odd number of
// backslashes ends there.
func (c *cursor) escapes(last int) (odd bool) {
	for ; c.data[last] == '\\'; last-- { // the string begins with a quotation mark
		odd = !odd
	}
	return odd
}

// end checks that nothing follows and returns the first error.
func (c *cursor) end() error {
	if c.peek(); c.pos < len(c.data) {
		c.fail(errSyntax)
	}
	return c.err
}
