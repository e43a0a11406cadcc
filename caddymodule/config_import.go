package caddymodule

import (
	"errors"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

// Import says how the application's accounts become users and groups. It needs Application.List.
type Import struct {
	// Match lists the attributes by which the user is found that an account belongs to, in their order: `externalId`,
	// `userName`, `emails.value`, or another that has to be unique. One that finds several users is a conflict, which the
	// report names. A user who is linked with the account already is found first, whatever stands here; that can be written
	// as `id`. Default: externalId, userName, emails.value.
	Match []string `json:"match,omitempty"`

	// MatchGroups is the same for groups. Default: externalId, displayName.
	MatchGroups []string `json:"match_groups,omitempty"`

	// Every is after which time an import is started by itself, counted from the start of the one before, or from when this
	// was set first. At least a minute. Default: never.
	Every caddy.Duration `json:"every,omitempty"`
}

// List says how the application's accounts are read: by GET, page by page.
type List struct {
	Listing

	// Active recognises the accounts that are active. Default: all are.
	Active *ActiveWhen `json:"active,omitempty"`
}

// GroupList says how the application's groups are read: by GET, page by page.
type GroupList struct {
	Listing

	// Members says who is in a group. Default: nobody knows.
	Members *ListMembers `json:"members,omitempty"`
}

// Listing is what a list of accounts and one of groups have in common.
type Listing struct {
	Pages

	// Map makes a user, or a group, of a record where no policy with the hook import does. A key is a SCIM attribute path
	// (`userName`, `name.givenName`, `emails[type eq "work"].value`); its value is a path in the record, a text with such
	// paths in braces (`{first_name} {last_name}`), or a literal ('eu-1', true, 42).
	Map map[string]string `json:"map,omitempty"`

	// MaxPages bounds the pages of the list. Default: 100000.
	MaxPages int `json:"max_pages,omitempty"`

	// MaxItems bounds the records of one page. Default: 10000.
	MaxItems int `json:"max_items,omitempty"`

	// MaxPage bounds one page, in bytes. Default: 16 MiB.
	MaxPage int64 `json:"max_page,omitempty"`
}

// Pages says where the items of a list are.
type Pages struct {
	// Path is appended to the application's URL. It begins with "/" and may have a query. Required.
	Path string `json:"path,omitempty"`

	// Items is the path of the list of records in the answer, such as `members`. Default: the answer is the list.
	Items string `json:"items,omitempty"`

	// ID is the path of the account's id in a record. Required, but for the route of a group's members, where the items
	// are the ids if it is not set.
	ID string `json:"id,omitempty"`

	// Next says how pages follow each other. Default: there is one page.
	Next *Paging `json:"next,omitempty"`
}

// Paging says how the pages of a list follow each other.
type Paging struct {
	// By is `cursor` (the answer has a cursor, which goes into a query parameter), `link` (the answer has the URL of the
	// next page), `header` (the header Link has it), `page` (a query parameter counts pages) or `offset` (it counts
	// records). Required.
	By string `json:"by,omitempty"`

	// Path is where the answer has the cursor or the link.
	Path string `json:"path,omitempty"`

	// Parameter is the query parameter of the cursor, the page or the offset.
	Parameter string `json:"parameter,omitempty"`

	// First is the number of the first page, or the offset of the first record. Default: 1 for pages, 0 for offsets.
	First *int `json:"first,omitempty"`

	// SizeParameter and Size ask for pages of a size. Default: the application decides.
	SizeParameter string `json:"size_parameter,omitempty"`
	Size          int    `json:"size,omitempty"`
}

// ActiveWhen recognises an active account.
type ActiveWhen struct {
	// Path is a path in the record.
	Path string `json:"path,omitempty"`

	// Values are those that mean that the account is active, in any case; `null` is also that there is no value.
	Values []string `json:"values,omitempty"`
}

// ListMembers says where the ids of a group's members are.
type ListMembers struct {
	// IDs is the path of the ids in the group's record, such as `members.#.no`.
	IDs string `json:"ids,omitempty"`

	// List is a route of its own, whose path may hold {legacy_id}, the group's id. It takes the place of IDs.
	List *Pages `json:"list,omitempty"`
}

func (v *Listing) connector() (*connector.ListRoute, error) {
	next, err := v.Next.connector()
	return &connector.ListRoute{
		Path: v.Path, Items: v.Items, ID: v.ID, Next: next, Map: fields(v.Map), MaxPages: v.MaxPages, MaxItems: v.MaxItems, MaxPageBytes: v.MaxPage,
	}, err
}

func (v *List) connector() (*connector.ListRoute, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	out, err := v.Listing.connector()
	if v.Active != nil {
		out.Active = &connector.ActiveWhen{Path: v.Active.Path, Values: v.Active.Values}
	}
	return out, err
}

func (v *GroupList) connector() (*connector.ListRoute, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // as above
	}
	out, err := v.Listing.connector()
	m := v.Members
	if m == nil || err != nil {
		return out, err
	}
	out.Members = &connector.ListMembers{IDs: m.IDs}
	if from := m.List; from != nil {
		next, err := from.Next.connector()
		if err != nil {
			return nil, fmt.Errorf("members: %w", err)
		}
		out.Members.Path, out.Members.Items, out.Members.ID, out.Members.Next = from.Path, from.Items, from.ID, next
	}
	return out, nil
}

func (p *Paging) connector() (connector.Paging, error) {
	if p == nil {
		return connector.Paging{}, nil
	}
	if p.By == "" {
		return connector.Paging{}, errors.New("next: by: missing; want cursor, link, header, page or offset")
	}
	out := connector.Paging{Style: connector.PagingStyle(p.By), Path: p.Path, Parameter: p.Parameter, SizeParameter: p.SizeParameter, Size: p.Size}
	switch {
	case p.First != nil:
		out.First = *p.First
	case out.Style == connector.PagingPage:
		out.First = 1
	}
	return out, nil
}

// lists sets how the application's accounts and groups are read.
func (a *Application) lists(cfg *connector.Config) (err error) {
	if cfg.List, err = a.List.connector(); err != nil {
		return fmt.Errorf("list: %w", err)
	}
	if a.Groups == nil || cfg.Groups == nil {
		return nil
	}
	if cfg.Groups.List, err = a.Groups.List.connector(); err != nil {
		return fmt.Errorf("groups: list: %w", err)
	}
	return nil
}

func (i *Import) adapter() adapter.ImportConfig {
	if i == nil {
		return adapter.ImportConfig{}
	}
	return adapter.ImportConfig{Match: i.Match, MatchGroups: i.MatchGroups, Every: time.Duration(i.Every)}
}
