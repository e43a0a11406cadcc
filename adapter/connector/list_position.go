package connector

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// position is a place in a list: which page, and what is needed to notice that the application leads in a circle. Its
// text is a cursor.
type position struct {
	Style  PagingStyle `json:"s"`
	Page   int         `json:"p"`           // pages that came before
	Token  string      `json:"t,omitempty"` // the cursor, or the escaped path below the base URL with the query
	Number int         `json:"n,omitempty"` // of the page or the item

	// Brent's way of finding a cycle: Mark is what a page was known by, Lap how many have come since, and Power how many
	// may until another is marked.
	Mark  string `json:"m,omitempty"`
	Lap   int    `json:"l,omitempty"`
	Power int    `json:"w,omitempty"`
}

// maxCursor bounds what an application may name a page by, in bytes.
const maxCursor = maxTarget

func (p position) encode() string {
	b, err := json.Marshal(p)
	if err != nil { // it always marshals
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// position reads a cursor.
func (l *lister) position(cursor string) (position, error) {
	first := position{Style: l.next.Style, Number: l.next.First, Power: 1}
	if cursor == "" {
		return first, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return position{}, ErrCursor
	}
	var at position
	if err := json.Unmarshal(b, &at); err != nil || at.Style != l.next.Style || at.Page < 1 || at.Power < 1 || at.Style == PagingNone {
		return position{}, ErrCursor
	}
	return at, nil
}

// pointAt sets where the request for a page goes.
func (c *Connector) pointAt(p *prepared, l *lister, s *scope, at position) (err error) {
	if at.Page > 0 && (at.Style == PagingLink || at.Style == PagingHeader) {
		if p.path, p.query, err = checkTarget(at.Token); err != nil {
			return ErrCursor // it was checked when it was made
		}
		p.url, err = join(c.base, c.basePath, p.path, p.query)
		return err
	}
	if p.path, p.query, err = l.path.target(s); err != nil {
		return err
	}
	add := func(name, value string) {
		if p.query != "" {
			p.query += "&"
		}
		p.query += url.QueryEscape(name) + "=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
	}
	switch {
	case at.Style == PagingCursor && at.Page > 0:
		add(l.next.Parameter, at.Token)
	case at.Style == PagingPage, at.Style == PagingOffset:
		add(l.next.Parameter, strconv.Itoa(at.Number))
	}
	if l.next.SizeParameter != "" {
		add(l.next.SizeParameter, strconv.Itoa(l.next.Size))
	}
	if len(p.path)+len(p.query) > maxTarget {
		return ErrCursor
	}
	p.url, err = join(c.base, c.basePath, p.path, p.query)
	return err
}

// following returns the cursor of the page behind one, "" if that is the last.
func (c *Connector) following(l *lister, at position, ans *answered, body, items string, n int) (string, error) {
	bad := func(detail string) (string, error) { return "", &ListError{Status: ans.Status, Detail: detail} }
	next := at
	next.Page++
	known := "" // what the next page is known by
	switch at.Style {
	case PagingCursor:
		if next.Token = cursorText(gjson.Get(body, l.next.Path)); next.Token == "" {
			return "", nil
		}
		if len(next.Token) > maxCursor {
			return bad("the application's cursor is too long")
		}
		known = next.Token
	case PagingLink, PagingHeader:
		link := ""
		if at.Style == PagingHeader {
			link = nextLink(ans.header)
		} else {
			link = gjson.Get(body, l.next.Path).Str
		}
		if link == "" {
			return "", nil
		}
		token, ok := c.below(link, ans)
		if !ok {
			return bad("the application's link to the next page leads away from its base URL")
		}
		next.Token, known = token, token
	case PagingPage, PagingOffset:
		if n == 0 {
			return "", nil
		}
		if next.Number++; at.Style == PagingOffset {
			next.Number = at.Number + n
		}
		known = items // the same again is what an application says that does not know the parameter
	default:
		return "", nil
	}
	if next.Page >= l.maxPages {
		return bad("the application's list has more than " + strconv.Itoa(l.maxPages) + " pages")
	}
	if next.circles(known) {
		return bad("the application's list leads in a circle: a page comes again")
	}
	return next.encode(), nil
}

// circles notes what the next page is known by, and reports whether that has been.
func (p *position) circles(known string) bool {
	sum := sha256.Sum256([]byte(known))
	mark := base64.RawURLEncoding.EncodeToString(sum[:12])
	if mark == p.Mark {
		return true
	}
	if p.Mark == "" || p.Lap == p.Power {
		if p.Mark != "" {
			p.Power *= 2
		}
		p.Mark, p.Lap = mark, 0
	}
	p.Lap++
	return false
}

// cursorText is a cursor as it goes into a query; "" for none.
func cursorText(v gjson.Result) string {
	switch v.Type {
	case gjson.String:
		return v.Str
	case gjson.Number:
		return v.Raw
	}
	return ""
}

// nextLink returns the target of the link rel="next" in the header, "" for none.
func nextLink(header http.Header) string {
	for _, value := range header.Values("Link") {
		for rest := value; ; {
			open := strings.IndexByte(rest, '<')
			end := strings.IndexByte(rest, '>')
			if open < 0 || end < open {
				break
			}
			target := rest[open+1 : end]
			rest = rest[end+1:]
			params := rest
			if i := strings.Index(rest, ",<"); i >= 0 {
				params = rest[:i]
			} else if i := strings.Index(rest, ", <"); i >= 0 {
				params = rest[:i]
			}
			for param := range strings.SplitSeq(params, ";") {
				name, rel, _ := strings.Cut(param, "=")
				if !strings.EqualFold(strings.TrimSpace(name), "rel") {
					continue
				}
				for kind := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(rel), `"`)) {
					if strings.EqualFold(kind, "next") {
						return target
					}
				}
			}
		}
	}
	return ""
}

// below resolves a link against the page that it stood on and returns its escaped path below the base URL with the
// query; false where it leads elsewhere.
func (c *Connector) below(link string, ans *answered) (token string, ok bool) {
	if len(link) > maxTarget || checkText(link) != nil {
		return "", false
	}
	to, err := url.Parse(link)
	if err != nil {
		return "", false
	}
	path, query, _ := strings.Cut(ans.Path, "?")
	page, err := join(c.base, c.basePath, path, query)
	if err != nil {
		return "", false
	}
	to = page.ResolveReference(to)
	if to.Scheme != c.base.Scheme || !strings.EqualFold(to.Host, c.base.Host) || to.User != nil || to.Opaque != "" {
		return "", false
	}
	rest, under := strings.CutPrefix(to.EscapedPath(), c.basePath)
	if !under {
		return "", false
	}
	if token = rest; to.RawQuery != "" {
		token += "?" + to.RawQuery
	}
	if _, _, err := checkTarget(token); err != nil {
		return "", false
	}
	return token, true
}
