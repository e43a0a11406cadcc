package scim

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// ListResponse is the answer to a query (RFC 7644 §3.4.2). With no match it is still a 200 and
// TotalResults is 0.
type ListResponse struct {
	// TotalResults counts all matches, not only those on this page. A negative one leaves it out, as
	// RFC 9865 §2 allows where nobody has counted.
	TotalResults int
	// StartIndex is the 1-based index of the first resource on this page; 0 leaves it out, as a
	// page by cursor does.
	StartIndex int
	// Resources are encoded documents in the order they are to be shown.
	Resources []json.RawMessage
	// NextCursor and PreviousCursor name the neighbouring pages (RFC 9865 §2); empty leaves them out.
	NextCursor, PreviousCursor string
}

// AppendJSON appends the message to dst. The resources are copied as they are, not parsed again.
func (l *ListResponse) AppendJSON(dst []byte) []byte {
	if dst == nil {
		dst = make([]byte, 0, l.size())
	}
	dst = append(dst, `{"schemas":["`+ListResponseURN+`"]`...)
	if l.TotalResults >= 0 {
		dst = append(dst, `,"totalResults":`...)
		dst = strconv.AppendInt(dst, int64(l.TotalResults), 10)
	}
	if l.StartIndex > 0 {
		dst = append(dst, `,"startIndex":`...)
		dst = strconv.AppendInt(dst, int64(l.StartIndex), 10)
	}
	dst = append(dst, `,"itemsPerPage":`...)
	dst = strconv.AppendInt(dst, int64(len(l.Resources)), 10)
	dst = appendMember(dst, "nextCursor", l.NextCursor)
	dst = appendMember(dst, "previousCursor", l.PreviousCursor)
	// RFC 7644 lets an empty page leave Resources out; clients exist that fail without it.
	dst = append(dst, `,"Resources":[`...)
	for i, r := range l.Resources {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, r...)
	}
	return append(dst, "]}"...)
}

// size is about how long the message is.
func (l *ListResponse) size() int {
	n := 256 + len(l.NextCursor) + len(l.PreviousCursor)
	for _, r := range l.Resources {
		n += len(r) + 1
	}
	return n
}

// MarshalJSON implements json.Marshaler.
func (l *ListResponse) MarshalJSON() ([]byte, error) { return l.AppendJSON(nil), nil }

func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	quoted, _ := json.Marshal(value) // a string always marshals
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	dst = append(dst, '"', ':')
	return append(dst, quoted...)
}

// SearchRequest is the body of a query by POST (RFC 7644 §3.4.3, RFC 9865 §3).
type SearchRequest struct {
	// Attributes and ExcludedAttributes are lists of attribute paths with commas between them, as
	// they stand in a URL.
	Attributes, ExcludedAttributes string
	Filter                         string
	SortBy, SortOrder              string
	// StartIndex and Count are nil where the client does not say.
	StartIndex, Count *int
	// Cursor is nil for pages by index. An empty one asks for the first page by cursor.
	Cursor *string
}

// ParseSearchRequest reads the body of a query. The names in the message are taken in any case, null
// is as if it were not there, "schemas" may be missing, a list may be a single string, a number may
// be a string, and members of other names are ignored.
//
// The errors are *Error with status 400, type invalidSyntax, or invalidCount for the count of a query
// by cursor; they name the member.
func ParseSearchRequest(body []byte) (SearchRequest, error) {
	obj, err := Decode(body)
	if err != nil {
		return SearchRequest{}, err
	}
	members := make(Object, len(obj))
	for name, v := range obj {
		members[strings.ToLower(name)] = v
	}
	if v := members["schemas"]; v != nil && !listsSearch(v) {
		return SearchRequest{}, BadRequest(InvalidSyntax, `The "schemas" of a query must hold %q`, SearchURN)
	}
	var q SearchRequest
	var cursor string
	for _, m := range [...]struct {
		name string
		into *string
	}{
		{"filter", &q.Filter}, {"sortBy", &q.SortBy}, {"sortOrder", &q.SortOrder}, {"cursor", &cursor},
	} {
		switch v := members[strings.ToLower(m.name)].(type) {
		case nil:
		case string:
			*m.into = v
			if m.into == &cursor {
				q.Cursor = &cursor
			}
		default:
			return SearchRequest{}, BadRequest(InvalidSyntax, "%q must be a string; found %s", m.name, Kind(v))
		}
	}
	if q.Attributes, err = listOfPaths(members, "attributes"); err != nil {
		return SearchRequest{}, err
	}
	if q.ExcludedAttributes, err = listOfPaths(members, "excludedAttributes"); err != nil {
		return SearchRequest{}, err
	}
	ofCount := InvalidSyntax
	if q.Cursor != nil {
		ofCount = InvalidCount
	}
	if q.StartIndex, err = wholeNumber(members["startindex"], "startIndex", InvalidSyntax); err != nil {
		return SearchRequest{}, err
	}
	q.Count, err = wholeNumber(members["count"], "count", ofCount)
	return q, err
}

func listsSearch(v any) bool {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, e := range list {
		if s, ok := e.(string); ok && strings.EqualFold(s, SearchURN) {
			return true
		}
	}
	return false
}

// listOfPaths joins the strings of a list.
func listOfPaths(members Object, name string) (string, error) {
	v := members[strings.ToLower(name)]
	list, ok := v.([]any)
	switch {
	case v == nil:
		return "", nil
	case !ok:
		list = []any{v}
	}
	paths := make([]string, 0, len(list))
	for _, e := range list {
		s, ok := e.(string)
		if !ok {
			return "", BadRequest(InvalidSyntax, "%q must be a list of strings; found %s", name, Kind(e))
		}
		paths = append(paths, s)
	}
	return strings.Join(paths, ","), nil
}

// wholeNumber reads a number of any size; what is too large is the largest there is.
func wholeNumber(v any, name string, t Type) (*int, error) {
	var text string
	switch v := v.(type) {
	case nil:
		return nil, nil
	case json.Number:
		text = v.String()
	case string:
		text = v
	default:
		return nil, BadRequest(t, "%q must be a whole number; found %s", name, Kind(v))
	}
	n, err := ParseWholeNumber(text)
	if err != nil {
		return nil, BadRequest(t, "%q must be a whole number; found %s", name, Quote(text))
	}
	return &n, nil
}

// ParseWholeNumber reads a count or an index as clients write it. What is beyond the numbers there
// are is the nearest of them, since any such number means the same: more than there is.
func ParseWholeNumber(s string) (int, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 0)
	if errors.Is(err, strconv.ErrRange) {
		err = nil
	}
	return int(n), err
}

// Interface guards.
var _ json.Marshaler = (*ListResponse)(nil)
