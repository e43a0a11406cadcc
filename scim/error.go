package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxDetail is the longest detail, in bytes, that an Error puts into a response or a log line.
const MaxDetail = 1024

// Type is a detail error keyword (RFC 7644 §3.12, Table 9; RFC 9865 §2.1).
type Type string

// The keywords of RFC 7644 §3.12, Table 9.
const (
	InvalidFilter Type = "invalidFilter"
	TooMany       Type = "tooMany"
	Uniqueness    Type = "uniqueness"
	Mutability    Type = "mutability"
	InvalidSyntax Type = "invalidSyntax"
	InvalidPath   Type = "invalidPath"
	NoTarget      Type = "noTarget"
	InvalidValue  Type = "invalidValue"
	InvalidVers   Type = "invalidVers"
	Sensitive     Type = "sensitive"
)

// The keywords of RFC 9865 §2.1.
const (
	InvalidCursor Type = "invalidCursor"
	ExpiredCursor Type = "expiredCursor"
	InvalidCount  Type = "invalidCount"
)

// Error is a failure as a SCIM client sees it (RFC 7644 §3.12). It marshals to a complete SCIM
// error body whatever bytes Detail holds.
type Error struct {
	// Status is the HTTP status code. A value outside 100 to 599 is sent as 500.
	Status int
	// ScimType is the detail keyword, empty for none.
	ScimType Type
	// Detail is for the human who reads the identity provider's log. It may quote what a client
	// sent: control and format characters are replaced and it is cut at MaxDetail on the way out.
	Detail string
	// RetryAfter, when positive, asks the client to wait that long (the HTTP layer sends the
	// Retry-After header). It is no part of the body.
	RetryAfter time.Duration
}

// Error implements error. The text is safe to write to a log on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("scim: ")
	b.WriteString(strconv.Itoa(e.status()))
	if e.ScimType != "" {
		b.WriteByte(' ')
		b.WriteString(printable(string(e.ScimType), MaxDetail))
	}
	if e.Detail != "" {
		b.WriteString(": ")
		b.WriteString(printable(e.Detail, MaxDetail))
	}
	return b.String()
}

// MarshalJSON writes the error body of RFC 7644 §3.12. The status is a JSON string there.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Schemas  [1]string `json:"schemas"`
		Status   string    `json:"status"`
		ScimType string    `json:"scimType,omitempty"`
		Detail   string    `json:"detail,omitempty"`
	}{
		Schemas:  [1]string{ErrorURN},
		Status:   strconv.Itoa(e.status()),
		ScimType: printable(string(e.ScimType), MaxDetail),
		Detail:   printable(e.Detail, MaxDetail),
	})
}

func (e *Error) status() int {
	if e.Status < 100 || e.Status > 599 {
		return http.StatusInternalServerError
	}
	return e.Status
}

// AsError returns the *Error in err's chain. Any other error becomes a 500 that says nothing of
// its cause, because the cause is for our log and not for a client.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Internal()
}

// BadRequest is a 400 with a keyword.
func BadRequest(t Type, format string, args ...any) *Error {
	return newError(http.StatusBadRequest, t, format, args)
}

// Unauthorized is a 401: no token, or one that is unknown, expired or revoked.
func Unauthorized(format string, args ...any) *Error {
	return newError(http.StatusUnauthorized, "", format, args)
}

// Forbidden is a 403: the caller is known and may not do this.
func Forbidden(format string, args ...any) *Error {
	return newError(http.StatusForbidden, "", format, args)
}

// NotFound is the 404 for a resource id, worded as RFC 7644 §3.12 does.
func NotFound(id string) *Error {
	return newError(http.StatusNotFound, "", "Resource %s not found", []any{id})
}

// Conflict is a 409 with the keyword uniqueness (RFC 7644 §3.3): the value belongs to another resource.
func Conflict(format string, args ...any) *Error {
	return newError(http.StatusConflict, Uniqueness, format, args)
}

// PreconditionFailed is a 412: the resource is not in the version that the client named (RFC 7644 §3.14).
func PreconditionFailed(format string, args ...any) *Error {
	return newError(http.StatusPreconditionFailed, "", format, args)
}

// PayloadTooLarge is a 413; limit is the largest accepted body in bytes.
func PayloadTooLarge(limit int64) *Error {
	return newError(http.StatusRequestEntityTooLarge, "", "The request body is larger than the %d bytes accepted here", []any{limit})
}

// TooManyRequests is a 429 that asks the client to come back after a while.
func TooManyRequests(retryAfter time.Duration, format string, args ...any) *Error {
	e := newError(http.StatusTooManyRequests, "", format, args)
	e.RetryAfter = retryAfter
	return e
}

// Internal is a 500 that tells a client nothing about its cause.
func Internal() *Error {
	return &Error{Status: http.StatusInternalServerError, Detail: "Internal error"}
}

// Unavailable is a 503 that asks the client to come back after a while.
func Unavailable(retryAfter time.Duration, format string, args ...any) *Error {
	e := newError(http.StatusServiceUnavailable, "", format, args)
	e.RetryAfter = retryAfter
	return e
}

func newError(status int, t Type, format string, args []any) *Error {
	return &Error{Status: status, ScimType: t, Detail: fmt.Sprintf(format, args...)}
}

// maxQuote is enough for an attribute path with its URN.
const maxQuote = 160

// Quote makes a client's text fit for a detail: quoted, control characters escaped, and cut so
// that a long name cannot push the rest of the message out.
func Quote(s string) string {
	return strconv.Quote(printable(s, maxQuote))
}

// printable replaces every rune that is not visible (control, format, invalid) by a space and
// cuts s to at most limit bytes at a rune boundary, the last three being an ellipsis.
func printable(s string, limit int) string {
	cut := len(s) > limit
	if cut {
		// The cut may have gone through a rune: take its rest off.
		s = s[:limit-len("…")]
		for i := 0; i < utf8.UTFMax && len(s) > 0; i++ {
			if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n != 1 {
				break
			}
			s = s[:len(s)-1]
		}
	}
	clean := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if cut {
		clean += "…"
	}
	return clean
}

// Interface guards.
var (
	_ error          = (*Error)(nil)
	_ json.Marshaler = (*Error)(nil)
)
