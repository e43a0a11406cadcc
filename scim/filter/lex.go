package filter

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func (p *parser) errorf(pos int, format string, args ...any) *SyntaxError {
	return &SyntaxError{Pos: pos, Msg: fmt.Sprintf(format, args...)}
}

// unexpected makes the error for whatever stands at pos.
func (p *parser) unexpected(want string) *SyntaxError {
	if p.pos >= len(p.in) {
		return p.errorf(p.pos, "found the end, expected %s", want)
	}
	return p.errorf(p.pos, "found %s, expected %s", excerpt(p.found()), want)
}

// found returns the word or the single character at pos.
func (p *parser) found() string {
	rest := p.in[p.pos:]
	end := 0
	for end < len(rest) && isURIByte(rest[end]) {
		end++
	}
	if end == 0 {
		_, end = utf8.DecodeRuneInString(rest)
	}
	return rest[:end]
}

// peek returns the byte at pos, 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.in) {
		return p.in[p.pos]
	}
	return 0
}

func (p *parser) space() {
	for p.pos < len(p.in) && isSpace(p.in[p.pos]) {
		p.pos++
	}
}

// word steps over w, in any letter case, and the white space after it. It
// reports false and stays if something else, or a longer word, is there.
func (p *parser) word(w string) bool {
	end := p.pos + len(w)
	if end > len(p.in) || !strings.EqualFold(p.in[p.pos:end], w) || end < len(p.in) && isURIByte(p.in[end]) {
		return false
	}
	p.pos = end
	p.space()
	return true
}

// letters steps over a run of letters and returns it.
func (p *parser) letters() string {
	start := p.pos
	for p.pos < len(p.in) && isLetter(p.in[p.pos]) {
		p.pos++
	}
	return p.in[start:p.pos]
}

// attr parses an attribute with its optional schema URI. The last colon divides
// the two: the URI has colons and dots of its own, as in urn:…:2.0:User. With
// schema true, a URI with no attribute after it is accepted.
func (p *parser) attr(schema bool) (AttrPath, error) {
	start := p.pos
	for p.pos < len(p.in) && isURIByte(p.in[p.pos]) {
		p.pos++
	}
	text := p.in[start:p.pos]
	if text == "" {
		return AttrPath{}, p.unexpected("an attribute")
	}
	colon := strings.LastIndexByte(text, ':')
	name, sub, dotted := strings.Cut(text[colon+1:], ".")
	if colon != 0 && isName(name) && (!dotted || isName(sub)) {
		a := AttrPath{Name: name, Sub: sub}
		if colon > 0 {
			a.URN = text[:colon]
		}
		return a, nil
	}
	if schema && colon > 0 && colon < len(text)-1 {
		return AttrPath{URN: text}, nil
	}
	p.pos = start
	return AttrPath{}, p.unexpected("an attribute, such as userName, name.givenName or urn:ietf:params:scim:schemas:core:2.0:User:userName")
}

// sub parses the sub-attribute after the dot.
func (p *parser) sub() (string, error) {
	start := p.pos
	for p.pos < len(p.in) && isURIByte(p.in[p.pos]) {
		p.pos++
	}
	if s := p.in[start:p.pos]; isName(s) {
		return s, nil
	}
	p.pos = start
	return "", p.unexpected("a sub-attribute")
}

// value parses a literal.
func (p *parser) value() (Value, error) {
	const literal = "a text in double quotes, a number, true, false or null"
	c := p.peek()
	switch {
	case c == '"':
		s, err := p.text()
		return Value{Kind: String, Text: s}, err
	case c == '-' || '0' <= c && c <= '9':
		start := p.pos
		n := numberLen(p.in[start:])
		if end := start + n; n == 0 || end < len(p.in) && isURIByte(p.in[end]) {
			return Value{}, p.unexpected(literal)
		}
		p.pos += n
		return Value{Kind: Number, Text: p.in[start:p.pos]}, nil
	case p.word("true"):
		return Value{Kind: Bool, Bool: true}, nil
	case p.word("false"):
		return Value{Kind: Bool}, nil
	case p.word("null"):
		return Value{}, nil
	default:
		return Value{}, p.unexpected(literal)
	}
}

// text parses a JSON string.
func (p *parser) text() (string, error) {
	start := p.pos
	p.pos++
	// Nearly every string has no escapes: it is a part of the input.
	for i := p.pos; i < len(p.in); i++ {
		switch c := p.in[i]; {
		case c == '"':
			s := p.in[p.pos:i]
			p.pos = i + 1
			return s, nil
		case c == '\\':
			return p.escaped(start, i)
		case c < 0x20:
			p.pos = i
			return "", p.unexpected("an escape such as \\n: a text has no raw control characters")
		}
	}
	return "", p.errorf(start, `the text that begins here has no closing "`)
}

// escaped parses the rest of a JSON string whose first escape is at i.
func (p *parser) escaped(start, i int) (string, error) {
	b := make([]byte, 0, len(p.in)-p.pos)
	b = append(b, p.in[p.pos:i]...)
	for i < len(p.in) {
		c := p.in[i]
		switch {
		case c == '"':
			p.pos = i + 1
			return string(b), nil
		case c < 0x20:
			p.pos = i
			return "", p.unexpected("an escape such as \\n: a text has no raw control characters")
		case c != '\\':
			b = append(b, c)
			i++
			continue
		}
		if i+1 == len(p.in) {
			break
		}
		if p.in[i+1] == 'u' {
			r, n := unicodeEscape(p.in[i:])
			if n == 0 {
				return "", p.errorf(i, `found a broken \u escape, expected four hexadecimal digits, a high surrogate followed by a low one`)
			}
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		r := strings.IndexByte(`"\/bfnrt`, p.in[i+1])
		if r < 0 {
			return "", p.errorf(i, `found an unknown escape, expected one of \" \\ \/ \b \f \n \r \t \u`)
		}
		b = append(b, "\"\\/\b\f\n\r\t"[r])
		i += 2
	}
	return "", p.errorf(start, `the text that begins here has no closing "`)
}

// unicodeEscape decodes the \uXXXX at the beginning of s, with the second one of
// a surrogate pair. It returns how many bytes that took: 0 if it is broken.
func unicodeEscape(s string) (rune, int) {
	r, ok := hex4(s)
	switch {
	case !ok:
		return 0, 0
	case !utf16.IsSurrogate(r):
		return r, 6
	}
	low, ok := hex4(s[6:])
	if !ok {
		return 0, 0
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

func hex4(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// numberLen returns how long the JSON number at the beginning of s is, 0 if
// there is none.
func numberLen(s string) int {
	i := 0
	digits := func() bool {
		start := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i > start
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return 0
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return 0
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isURIByte reports whether c may be part of an attribute with its schema URI:
// RFC 3986's characters without the brackets, which this language uses itself,
// and without '?' and '#', which no schema URI has.
func isURIByte(c byte) bool {
	return isLetter(c) || '0' <= c && c <= '9' || c != 0 && strings.IndexByte("-_.:$/%~!*+,;=@&'", c) >= 0
}

// isName reports whether s is an attribute's name. RFC 7643 §2.1 begins it with
// a letter, but has the sub-attribute $ref itself.
func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case isLetter(c) || c == '$':
		case i > 0 && (c == '-' || c == '_' || '0' <= c && c <= '9'):
		default:
			return false
		}
	}
	return s != ""
}

// invalidAt returns the position of the first byte that is not UTF-8.
func invalidAt(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return len(s)
}
