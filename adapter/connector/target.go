package connector

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxTarget bounds path and query of a request, in bytes.
const maxTarget = 8192

var (
	errTooLong   = errors.New("the path is too long")
	errRelative  = errors.New(`the path must begin with one "/"`)
	errCharacter = errors.New("the path has a character that must be percent-encoded")
	errEncoding  = errors.New("the path is not well percent-encoded")
	errControl   = errors.New("the path has a control character or is not UTF-8")
	errDots      = errors.New(`the path has a "." or ".." segment`)
)

// checkTarget splits an escaped path with an optional query and makes sure that no server along the way can read the
// path as leading out of where it stands, nor the whole as more than one request line. Values that were escaped for
// their place pass, unless a server that decodes too eagerly would see a "." or ".." segment in them.
func checkTarget(target string) (path, query string, err error) {
	if len(target) > maxTarget {
		return "", "", errTooLong
	}
	path, query, _ = strings.Cut(target, "?")
	// "//host/…" is another host to whoever resolves it as a reference.
	if path == "" || path[0] != '/' || strings.HasPrefix(path, "//") {
		return "", "", errRelative
	}
	plain := true // nothing that needs a closer look
	for i := range len(target) {
		switch c := target[i]; {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
		case c == '.' || c == '%' || c == ';':
			plain = false
		case strings.IndexByte("/-_~!$&'()*+,=:@", c) >= 0:
		case c == '?' && i >= len(path): // RFC 3986 section 3.4 lets more of them stand in a query
		default:
			return "", "", errCharacter
		}
	}
	if plain {
		return path, query, nil
	}
	if err := checkQuery(query); err != nil {
		return "", "", err
	}
	for segment := range strings.SplitSeq(path, "/") {
		if err := checkSegment(segment); err != nil {
			return "", "", err
		}
	}
	return path, query, nil
}

func checkQuery(query string) error {
	decoded, err := url.PathUnescape(query) // not QueryUnescape: "+" does not matter here
	if err != nil {
		return errEncoding
	}
	return checkText(decoded)
}

// checkSegment looks at a segment as it is and as servers that decode once, twice or more would see it. Some take "\"
// for "/", and some cut ";…" off a segment before they compare it with "..".
func checkSegment(segment string) error {
	decoded, err := url.PathUnescape(segment)
	if err != nil {
		return errEncoding
	}
	for range 4 {
		if err := checkText(decoded); err != nil {
			return err
		}
		if hasDots(decoded) {
			return errDots
		}
		again := unescape(decoded)
		if again == decoded {
			return nil
		}
		decoded = again
	}
	return errEncoding // encoded many times over: nobody means well by that
}

// unescape decodes once more, as a server does that lets pass what is not well encoded.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if c, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// hasDots reports whether a server could see a "." or ".." segment in a text.
func hasDots(text string) bool {
	if strings.Contains(text, "%u") || strings.Contains(text, "%U") {
		text = wide.Replace(strings.ToLower(text)) // old servers of Microsoft's know this way of encoding
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		text = norm.NFKC.String(text) // what looks like a dot or a slash becomes one where names are normalised
	}
	for piece := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '/' || r == '\\' }) {
		piece, _, _ = strings.Cut(piece, ";")
		if piece = strings.TrimSpace(piece); piece == "." || piece == ".." {
			return true
		}
	}
	return false
}

var wide = strings.NewReplacer("%u002e", ".", "%u002f", "/", "%u005c", `\`, "%uff0e", ".", "%uff0f", "/", "%uff3c", `\`)

func checkText(s string) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return errControl
	}
	return nil
}

// join returns the URL of a checked path and query under base, whose escaped path is basePath.
func join(base *url.URL, basePath, path, query string) (*url.URL, error) {
	full := basePath + path
	plain, err := url.PathUnescape(full)
	if err != nil {
		return nil, errEncoding
	}
	u := &url.URL{Scheme: base.Scheme, Host: base.Host, Path: plain, RawPath: full, RawQuery: query}
	// net/url falls back to an encoding of its own, which loses the difference between "/" and "%2F", where it does
	// not like RawPath. Rather nothing than that.
	if u.EscapedPath() != full {
		return nil, errCharacter
	}
	return u, nil
}
