package scim

import (
	"encoding/json"
	"strconv"
)

// ListResponse is the answer to a query (RFC 7644 §3.4.2). With no match it is still a 200 and
// TotalResults is 0.
type ListResponse struct {
	// TotalResults counts all matches, not only those on this page.
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
	dst = append(dst, `{"schemas":["`+ListResponseURN+`"],"totalResults":`...)
	dst = strconv.AppendInt(dst, int64(l.TotalResults), 10)
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

// Interface guards.
var _ json.Marshaler = (*ListResponse)(nil)
