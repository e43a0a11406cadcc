package scim

import (
	"errors"
	"mime"
	"strings"
)

// The media types of RFC 7644 §3.1 and §8.1.
const (
	MediaType     = "application/scim+json"
	MediaTypeJSON = "application/json"
)

// AcceptsContentType reports whether a request body with this Content-Type is read as SCIM:
// application/scim+json or application/json, with any parameters, or no Content-Type at all.
func AcceptsContentType(header string) bool {
	if strings.TrimSpace(header) == "" {
		return true
	}
	t, _, err := mime.ParseMediaType(header)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	return t == MediaType || t == MediaTypeJSON
}

// ResponseMediaType chooses the response's media type from the request's Accept header. It is
// application/scim+json unless the client names application/json and not the SCIM type. A client
// that accepts neither still gets SCIM: an error in a form that it did not ask for helps nobody.
func ResponseMediaType(accept string) string {
	plain := false
	for part := range strings.SplitSeq(accept, ",") {
		t, params, err := mime.ParseMediaType(part)
		if err != nil || params["q"] == "0" {
			continue
		}
		switch t {
		case MediaType:
			return MediaType
		case MediaTypeJSON:
			plain = true
		}
	}
	if plain {
		return MediaTypeJSON
	}
	return MediaType
}
