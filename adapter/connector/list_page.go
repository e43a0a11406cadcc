package connector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

var (
	// ErrNoList means that no list is configured.
	ErrNoList = errors.New("no list is configured")
	// ErrCursor means that a stored cursor belongs to another list, or to none.
	ErrCursor = errors.New("the cursor is not one of this list")
)

// ListError says that the application gave no usable page of a list.
type ListError struct {
	Status     int           // 0 if there was no answer
	Detail     string        // as Outcome.Detail
	Retry      bool          // it may go well later, with the same cursor
	RetryAfter time.Duration // as Outcome.RetryAfter
	Err        error         // as Outcome.Err
}

// Error implements error.
func (e *ListError) Error() string { return "list: " + e.Detail }

// Unwrap returns the error under it.
func (e *ListError) Unwrap() error { return e.Err }

// Page is one page of a list.
type Page struct {
	Records []Record
	Next    string // the cursor of the page behind it, which may be stored; empty behind the last
}

// MemberPage is one page of a group's members.
type MemberPage struct {
	IDs     []string // of accounts
	Invalid int      // how many were there whose id is not usable
	Next    string   // as Page.Next
}

// List reads the page of a cursor, the first for "". A list may change while it is read: a record can come twice, and
// with page numbers or offsets one can be missed.
//
// # Errors
//
// ErrNoList; ErrCursor; a *ListError where the application did not answer, or not with a page, where the next page is
// outside of the base URL, or one that has been, and behind the last page that is allowed.
func (c *Connector) List(ctx context.Context, cursor string) (Page, error) {
	l := c.list
	if l == nil {
		return Page{}, ErrNoList
	}
	items, next, err := c.page(ctx, l, &scope{}, cursor)
	if err != nil {
		return Page{}, err
	}
	page := Page{Records: make([]Record, 0, len(items)), Next: next}
	for _, item := range items {
		page.Records = append(page.Records, l.record(item))
	}
	return page, nil
}

// ListMembers reads a page of the members of a group, which List has returned. Errors are those of List.
func (c *Connector) ListMembers(ctx context.Context, group Record, cursor string) (page MemberPage, err error) {
	l := c.list
	if l == nil {
		return page, ErrNoList
	}
	var ids []gjson.Result
	switch {
	case l.memberIDs != "":
		ids = gjson.GetBytes(group.Raw, l.memberIDs).Array()
	case l.members != nil:
		if ids, page.Next, err = c.page(ctx, l.members, &scope{legacyID: group.LegacyID}, cursor); err != nil {
			return MemberPage{}, err
		}
		for i := range ids {
			if l.members.id != "" {
				ids[i] = ids[i].Get(l.members.id)
			}
		}
	}
	for _, v := range ids {
		if id := usableID(v); id != "" {
			page.IDs = append(page.IDs, id)
		} else {
			page.Invalid++
		}
	}
	return page, nil
}

// page reads the items of the page at a cursor and says where the next one is.
func (c *Connector) page(ctx context.Context, l *lister, s *scope, cursor string) (items []gjson.Result, next string, err error) {
	at, err := l.position(cursor)
	if err != nil {
		return nil, "", err
	}
	p := prepared{method: http.MethodGet, maxAnswer: l.maxBytes}
	if err := c.pointAt(&p, l, s, at); err != nil {
		return nil, "", err
	}
	ans := c.exchange(ctx, &p, "")
	if err := listAnswer(c, &ans); err != nil {
		return nil, "", err
	}
	// Deep nesting is told from what it is before anything that recurses looks at it.
	body := string(ans.body)
	if depth(body) > maxRecordDepth+64 || !gjson.Valid(body) {
		return nil, "", &ListError{Status: ans.Status, Detail: "the application's answer is not JSON, or nested too deeply"}
	}
	list := gjson.Get(body, l.items)
	if !list.IsArray() {
		return nil, "", &ListError{Status: ans.Status, Detail: "the application's answer has no list at " + strconv.Quote(abi.CleanText(l.items, 100))}
	}
	list.ForEach(func(_, item gjson.Result) bool {
		items = append(items, item)
		return len(items) <= l.maxItems
	})
	if len(items) > l.maxItems {
		return nil, "", &ListError{Status: ans.Status, Detail: fmt.Sprintf("a page of the application's list has more than %d items", l.maxItems)}
	}
	next, err = c.following(l, at, &ans, body, list.Raw, len(items))
	return items, next, err
}

func listAnswer(c *Connector, ans *answered) error {
	if ans.Status >= 200 && ans.Status < 300 && ans.err == nil {
		return nil
	}
	failed := &ListError{Status: ans.Status, Detail: ans.detail, RetryAfter: retryAfter(ans.header, c.now()), Err: ans.err}
	switch {
	case ans.Status == 0:
		failed.Retry = true
	case errors.Is(ans.err, errAnswerTooLarge):
		failed.Detail = "a page of the application's list is too large to be read; ask for smaller ones"
	case ans.Status < 300: // it broke off
		failed.Detail, failed.Retry = "the application's answer broke off", true
	default:
		failed.Detail = c.describe(ans)
		failed.Retry = ans.Status >= 500 || ans.Status == http.StatusRequestTimeout || ans.Status == http.StatusTooEarly || ans.Status == http.StatusTooManyRequests
	}
	return failed
}

var _ error = (*ListError)(nil)
