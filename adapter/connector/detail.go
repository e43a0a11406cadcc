package connector

import (
	"bytes"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

const (
	// maxDetail bounds the text that is passed on, in bytes.
	maxDetail = 300
	// maxRetryAfter bounds how long an application can ask to be left alone.
	maxRetryAfter = time.Hour
)

// detailPaths are where applications put the text of an error, the most telling first.
var detailPaths = []string{
	"detail", "message", "error_description", "error", "error.message", "error.detail", "problem", "problem.message",
	"title", "reason", "errors.0", "errors.0.message", "errors.0.detail", "errors.0.title",
}

// errorText returns the application's own text about an error, "" if it gives none: from JSON, or the first line of
// plain text. Never markup.
func errorText(header http.Header, body []byte) string {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return ""
	}
	if body[0] == '{' && gjson.ValidBytes(body) {
		doc := gjson.ParseBytes(body)
		for _, path := range detailPaths {
			if v := doc.Get(path); v.Type == gjson.String {
				if text := clean(v.Str); text != "" {
					return text
				}
			}
		}
		return ""
	}
	if media, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || media != "text/plain" {
		return ""
	}
	line, _, _ := bytes.Cut(body, []byte("\n"))
	return clean(string(line[:min(len(line), 4*maxDetail)]))
}

// clean makes a text one printable line; a text that looks like markup is dropped.
func clean(s string) string {
	s = abi.CleanText(s, maxDetail)
	if strings.HasPrefix(s, "<") {
		return ""
	}
	return s
}

// retryAfter reads RFC 9110 section 10.2.3: seconds or a date. 0 if there is none or it makes no sense.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), maxRetryAfter)
}
