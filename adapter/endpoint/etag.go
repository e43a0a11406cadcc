package endpoint

import (
	"net/http"
	"strings"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
)

// conditions reads what a request demands of the version of the resource that it is for, RFC 7644 section 3.14 and
// RFC 9110 section 13.1. A header that cannot be read is an error and not left out: what the client wanted to be kept
// from would happen.
func conditions(h http.Header) (c adapter.Condition, err error) {
	if c.Match, err = entityTags("header If-Match", h.Values("If-Match")); err != nil {
		return c, err
	}
	c.NoneMatch, err = entityTags("header If-None-Match", h.Values("If-None-Match"))
	return c, err
}

// entityTags reads the lines of a header that holds "*" or a list of entity tags. No line is nil; what names the header
// in an error.
func entityTags(what string, lines []string) ([]string, error) {
	if lines == nil {
		return nil, nil
	}
	var tags []string
	rest := strings.Join(lines, ",")
	for {
		rest = strings.TrimLeft(rest, ", \t")
		if rest == "" {
			break
		}
		n := entityTag(rest)
		if n == 0 {
			return nil, malformed(what)
		}
		tags = append(tags, rest[:n])
		rest = strings.TrimLeft(rest[n:], " \t")
		if rest != "" && rest[0] != ',' {
			return nil, malformed(what)
		}
	}
	for _, tag := range tags {
		if tag == "*" && len(tags) > 1 {
			return nil, malformed(what)
		}
	}
	if tags == nil {
		return nil, malformed(what)
	}
	return tags, nil
}

func malformed(what string) error {
	return scim.BadRequest(scim.InvalidValue, `The %s must be "*" or a list of entity tags such as %s`, what, adapter.ETag(1))
}

// entityTag returns the length of the entity tag, or of the asterisk, that s begins with; 0 where there is none.
func entityTag(s string) int {
	if s[0] == '*' {
		return 1
	}
	opaque := strings.TrimPrefix(s, "W/") // RFC 9110 section 8.8.3: the case matters
	if opaque == "" || opaque[0] != '"' {
		return 0
	}
	for i := 1; i < len(opaque); i++ {
		switch c := opaque[i]; {
		case c == '"':
			return len(s) - len(opaque) + i + 1
		case c <= ' ' || c == 0x7f:
			return 0
		}
	}
	return 0
}

// unmodified answers a read whose conditions the resource does not meet: 304 where the client has this version already,
// 412 where it wanted another. It reports whether that was so.
func (r *request) unmodified(rec *store.Record) (bool, error) {
	version := rec.Desired.Version
	switch c := r.caller.If; {
	case !(adapter.Condition{Match: c.Match}).Holds(version):
		return true, scim.PreconditionFailed("The resource has changed; its version is %s", adapter.ETag(version))
	case !(adapter.Condition{NoneMatch: c.NoneMatch}).Holds(version):
		r.tag(rec)
		r.w.Header().Set("Cache-Control", "no-store")
		r.w.WriteHeader(http.StatusNotModified)
		return true, nil
	}
	return false, nil
}

// tag says in the header which resource an answer is about and in which version.
func (r *request) tag(rec *store.Record) {
	h := r.w.Header()
	h.Set("Location", r.location()+rec.ID)
	h.Set("ETag", adapter.ETag(rec.Desired.Version))
}
