package endpoint

import (
	"strconv"
	"strings"
	"time"
)

// preferences are those of RFC 7240 that are understood here.
type preferences struct {
	async bool           // respond-async
	wait  *time.Duration // wait; nil where the client does not say
}

// maxWait is the longest wait that is told from a longer one.
const maxWait = 24 * time.Hour

// parsePrefer reads the Prefer headers of a request, RFC 7240 section 2: several are one list. Of a preference that is
// there more than once the first counts. What is not understood, or not well-formed, is passed over, as the RFC asks.
func parsePrefer(values []string) (p preferences) {
	seen := map[string]bool{}
	for _, value := range values {
		for sc := (preferScanner{rest: value}); sc.next(); {
			name, word, ok := sc.preference()
			if !ok || seen[name] {
				continue
			}
			seen[name] = true
			switch name {
			case "respond-async":
				p.async = word == ""
			case "wait":
				p.wait = deltaSeconds(word)
			}
		}
	}
	return p
}

// deltaSeconds reads RFC 9111 section 1.2.2; nil for what is none.
func deltaSeconds(s string) *time.Duration {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return nil
	}
	d := maxWait
	if n, err := strconv.ParseUint(s, 10, 32); err == nil && n < uint64(maxWait/time.Second) {
		d = time.Duration(n) * time.Second
	}
	return &d
}

// preferScanner goes through a list of preferences.
type preferScanner struct{ rest string }

// next goes to the next element of the list, and reports whether there is one. Elements may be empty.
func (s *preferScanner) next() bool {
	s.rest = strings.TrimLeft(s.rest, " \t,")
	return s.rest != ""
}

// preference reads one element: its name in lower case and its value, empty for none. What is not well-formed is read to
// the next comma, and not ok.
func (s *preferScanner) preference() (name, value string, ok bool) {
	name, value, ok = s.pair()
	for ok {
		s.space()
		if s.rest == "" || s.rest[0] == ',' {
			return name, value, true
		}
		if ok = s.take(';'); !ok {
			break
		}
		s.space()
		if s.rest == "" || s.rest[0] == ';' || s.rest[0] == ',' {
			continue // a parameter may be left out
		}
		_, _, ok = s.pair()
	}
	s.skip()
	return "", "", false
}

// pair reads token [ BWS "=" BWS word ].
func (s *preferScanner) pair() (name, value string, ok bool) {
	if name = strings.ToLower(s.token()); name == "" {
		return "", "", false
	}
	after := s.rest
	s.space()
	if !s.take('=') {
		s.rest = after
		return name, "", true
	}
	s.space()
	if s.take('"') {
		value, ok = s.quoted()
		return name, value, ok
	}
	value = s.token()
	return name, value, value != ""
}

func (s *preferScanner) space() { s.rest = strings.TrimLeft(s.rest, " \t") }

func (s *preferScanner) take(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// token reads RFC 9110 section 5.6.2, empty where there is none.
func (s *preferScanner) token() string {
	i := 0
	for i < len(s.rest) && isTokenChar(s.rest[i]) {
		i++
	}
	token := s.rest[:i]
	s.rest = s.rest[i:]
	return token
}

func isTokenChar(c byte) bool {
	return c > ' ' && c < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(c))
}

// quoted reads what is left of a quoted-string, RFC 9110 section 5.6.4.
func (s *preferScanner) quoted() (string, bool) {
	var out strings.Builder
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			return out.String(), true
		case c == '\\' && i+1 < len(s.rest):
			i++
			out.WriteByte(s.rest[i])
		default:
			out.WriteByte(c)
		}
	}
	s.rest = ""
	return "", false
}

// skip goes to the next comma that stands in no quoted-string.
func (s *preferScanner) skip() {
	for s.rest != "" && s.rest[0] != ',' {
		c := s.rest[0]
		s.rest = s.rest[1:]
		if c == '"' {
			_, _ = s.quoted()
		}
	}
}
