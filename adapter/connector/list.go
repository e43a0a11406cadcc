package connector

import (
	"fmt"
	"strings"
)

// Bounds of what is read of an application's list.
const (
	// DefaultMaxPages bounds the pages of one list where ListRoute.MaxPages does not say.
	DefaultMaxPages = 100_000
	// DefaultMaxItems bounds the items of one page where ListRoute.MaxItems does not say.
	DefaultMaxItems = 10_000
	// DefaultMaxPageBytes bounds the body of one page where ListRoute.MaxPageBytes does not say.
	DefaultMaxPageBytes = 16 << 20
	// MaxRecordBytes bounds one record of a page. A larger one is a record with a Problem.
	MaxRecordBytes = 256 << 10
)

// PagingStyle says how an application names the next page of a list.
type PagingStyle string

// The styles.
const (
	PagingNone   PagingStyle = ""       // there is one page
	PagingCursor PagingStyle = "cursor" // the body has a cursor, which goes into a query parameter
	PagingLink   PagingStyle = "link"   // the body has the next page's URL
	PagingHeader PagingStyle = "header" // the header Link has it, as rel="next" (RFC 8288)
	PagingPage   PagingStyle = "page"   // a query parameter counts pages, until one is empty
	PagingOffset PagingStyle = "offset" // a query parameter counts items, until a page is empty
)

// Paging says how the pages of a list follow each other.
type Paging struct {
	Style PagingStyle
	// Path is the gjson path of the cursor or the link in the body; for cursor and link.
	Path string
	// Parameter is the query parameter of the cursor, of the page's number or of the offset; for these.
	Parameter string
	// First is the number of the first page, or the offset of the first item.
	First int
	// SizeParameter and Size ask for pages of a size, in any style but none; empty and 0 for whatever the application
	// takes. It may answer with fewer: what ends a list is never a page's size.
	SizeParameter string
	Size          int
}

// ListRoute says how the application's accounts, or its groups, are read.
type ListRoute struct {
	// Path is appended to the base URL, for a GET. It begins with "/", may have a query and has no templates.
	Path string
	// Items is the gjson path of the array of records in the body; empty where the body is that array.
	Items string
	// ID is the gjson path of the account's id in a record, a number or a text. Required.
	ID string
	// Next says how pages follow each other.
	Next Paging
	// Map makes a SCIM resource of a record: Target is a SCIM attribute path and Source
	//
	//	profile.mail                    a gjson path in the record; the value keeps its JSON type
	//	{first_name} {last_name}        a text with gjson paths in braces, trimmed
	//	'eu-1', true, 42                a literal
	//
	// A list of values (mails.#.address) makes one element each of an attribute that has several.
	Map []Field
	// Active says which accounts are active; nil: all.
	Active *ActiveWhen
	// Members says where the members of a group are; nil: nowhere. For groups alone.
	Members *ListMembers
	// MaxPages, MaxItems and MaxPageBytes bound a list; the defaults if 0.
	MaxPages, MaxItems int
	MaxPageBytes       int64
}

// ActiveWhen recognises an active account: by the text at Path, a gjson path in the record, which is one of Values but
// for case. What is not there counts as the text null.
type ActiveWhen struct {
	Path   string
	Values []string
}

// ListMembers says where the ids of a group's members are, those of accounts: in the record, or at a route of their own.
type ListMembers struct {
	// IDs is the gjson path of the ids in the record, such as "members.#.no". Without Path.
	IDs string
	// Path is as ListRoute.Path and may hold {legacy_id}, the group's id. Items, ID and Next are as there; an empty ID
	// means that the items are the ids. Without IDs.
	Path  string
	Items string
	ID    string
	Next  Paging
}

// lister is a compiled list.
type lister struct {
	field    string // its name in errors
	path     *template
	items    string
	id       string
	next     Paging
	maxPages int
	maxItems int
	maxBytes int64

	// of a ListRoute
	fields    []listField
	active    *ActiveWhen
	memberIDs string  // gjson path
	members   *lister // nil where they are in the record, or nowhere
}

func compileList(at string, given *ListRoute, groups bool) (*lister, error) {
	if given == nil {
		return nil, nil //nolint:nilnil // no list is not an error
	}
	field := at + "list"
	l, err := newLister(field, given.Path, given.Items, given.ID, given.Next)
	if err != nil {
		return nil, err
	}
	if len(l.path.refs()) > 0 {
		return nil, configErrorf(field+".path", "%q: has a template; there is nothing yet to fill it with", given.Path)
	}
	if l.id == "" {
		return nil, configErrorf(field+".id", "is missing; it says where a record has the account's id")
	}
	switch {
	case given.MaxPages < 0:
		return nil, configErrorf(field+".max_pages", "is negative")
	case given.MaxItems < 0:
		return nil, configErrorf(field+".max_items", "is negative")
	case given.MaxPageBytes < 0:
		return nil, configErrorf(field+".max_page_bytes", "is negative")
	case given.MaxPageBytes > 1<<30:
		return nil, configErrorf(field+".max_page_bytes", "is more than 1 GiB")
	}
	l.maxPages, l.maxItems = orDefault(given.MaxPages, DefaultMaxPages), orDefault(given.MaxItems, DefaultMaxItems)
	if l.maxBytes = given.MaxPageBytes; l.maxBytes == 0 {
		l.maxBytes = DefaultMaxPageBytes
	}
	if l.fields, err = compileListFields(field, given.Map); err != nil {
		return nil, err
	}
	if a := given.Active; a != nil {
		if a.Path == "" || len(a.Values) == 0 {
			return nil, configErrorf(field+".active", "wants a path and the values that mean active")
		}
		l.active = a
	}
	if given.Members == nil {
		return l, nil
	}
	if !groups {
		return nil, configErrorf(field+".members", "is for groups alone")
	}
	return l, l.compileMembers(given.Members)
}

func (l *lister) compileMembers(given *ListMembers) (err error) {
	field := l.field + ".members"
	switch {
	case (given.IDs == "") == (given.Path == ""):
		return configErrorf(field, "wants either the path of the ids in the record or a route")
	case given.IDs != "":
		if given.Items != "" || given.ID != "" || given.Next != (Paging{}) {
			return configErrorf(field, "items, id and next belong to a route")
		}
		l.memberIDs = given.IDs
		return nil
	}
	if l.members, err = newLister(field, given.Path, given.Items, given.ID, given.Next); err != nil {
		return err
	}
	for _, r := range l.members.path.refs() {
		if r.raw != "legacy_id" {
			return configErrorf(field+".path", "%q: {%s} is not known here; want {legacy_id}", given.Path, r.raw)
		}
	}
	l.members.maxPages, l.members.maxItems, l.members.maxBytes = l.maxPages, l.maxItems, l.maxBytes
	return nil
}

func newLister(field, path, items, id string, next Paging) (*lister, error) {
	l := &lister{field: field, items: strings.TrimSpace(items), id: strings.TrimSpace(id), next: next}
	var err error
	if l.path, err = parseTarget(path); err != nil {
		return nil, configErrorf(field+".path", "%q: %v", path, err)
	}
	if l.items == "" {
		l.items = "@this"
	}
	return l, next.check(field + ".next")
}

func (p *Paging) check(field string) error {
	wantPath, wantParameter := false, false
	switch p.Style {
	case PagingNone, PagingHeader:
	case PagingLink:
		wantPath = true
	case PagingCursor:
		wantPath, wantParameter = true, true
	case PagingPage, PagingOffset:
		wantParameter = true
	default:
		return configErrorf(field, "%q is not one of cursor, link, header, page, offset", p.Style)
	}
	counts := p.Style == PagingPage || p.Style == PagingOffset
	switch {
	case wantPath != (p.Path != ""):
		return configErrorf(field, "%s: %s", p.Style, wanted(wantPath, "the path of the next page in the body"))
	case wantParameter != (p.Parameter != ""):
		return configErrorf(field, "%s: %s", p.Style, wanted(wantParameter, "a query parameter"))
	case p.First != 0 && !counts, p.First < 0:
		return configErrorf(field, "%d is no number that the pages of %s begin with", p.First, p.Style)
	case (p.Size == 0) != (p.SizeParameter == "") || p.Size < 0:
		return configErrorf(field, "the size of pages wants a query parameter and a number above 0")
	case p.Size > DefaultMaxItems:
		return configErrorf(field, "pages of %d are more than %d", p.Size, DefaultMaxItems)
	}
	for _, name := range []string{p.Parameter, p.SizeParameter} {
		if strings.ContainsFunc(name, func(r rune) bool { return !isToken(r) && r != '[' && r != ']' }) {
			return configErrorf(field, "%q is not a query parameter", name)
		}
	}
	if p.Parameter != "" && p.Parameter == p.SizeParameter {
		return configErrorf(field, "%q is both the page and its size", p.Parameter)
	}
	return nil
}

func wanted(yes bool, what string) string {
	if yes {
		return "wants " + what
	}
	return "does not want " + what
}

func orDefault(n, def int) int {
	if n == 0 {
		return def
	}
	return n
}

// refs lists what a template refers to.
func (t *template) refs() (list []*ref) {
	for _, p := range t.parts {
		if p.ref != nil {
			list = append(list, p.ref)
		}
	}
	return list
}

// CanList reports whether the application's accounts, or its groups, can be read.
func (c *Connector) CanList() bool { return c.list != nil }

// ListsMembers reports whether a list says who is in a group.
func (c *Connector) ListsMembers() bool {
	return c.list != nil && (c.list.memberIDs != "" || c.list.members != nil)
}

var _ fmt.Stringer = PagingStyle("")

// String names the style.
func (p PagingStyle) String() string {
	if p == PagingNone {
		return "none"
	}
	return string(p)
}
