package caddymodule

import (
	"net/http"
	"strconv"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

// readImport reads what is called imports, as import is a word of every Caddyfile.
func (t *Tenant) readImport(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	i := new(Import)
	t.Import = i
	return readBlock(l.Dispenser, "imports",
		option{usage: "match <attribute>...", read: names(&i.Match)},
		option{usage: "match_groups <attribute>...", read: names(&i.MatchGroups)},
		option{usage: "every <duration>", read: duration(&i.Every)},
	)
}

// names reads one argument or more, each once.
func names(to *[]string) func(line) error {
	return func(l line) error {
		for l.NextArg() {
			for _, have := range *to {
				if have == l.Val() {
					return l.Errf("%s is there twice", have)
				}
			}
			*to = append(*to, l.Val())
		}
		if *to == nil {
			return l.wrong()
		}
		return nil
	}
}

func (a *Application) readList(l line) error {
	v := new(List)
	if err := l.get("a list", &v.Path); err != nil {
		return err
	}
	a.List = v
	return readBlock(l.Dispenser, "list", append(v.options(), option{usage: "active <path> <value>...", read: v.readActive})...)
}

func (g *Groups) readList(l line) error {
	v := new(GroupList)
	if err := l.get("a list", &v.Path); err != nil {
		return err
	}
	g.List = v
	return readBlock(l.Dispenser, "list", append(v.options(), option{usage: "members <path> | GET <path>", read: v.readMembers})...)
}

// options are those of every list.
func (v *Listing) options() []option {
	return append(v.pages(),
		option{usage: "map", read: func(l line) error {
			if err := l.args(); err != nil {
				return err
			}
			return l.pairs("map", "<attribute> <path or template>", &v.Map)
		}},
		option{usage: "max_pages <number>", read: number(&v.MaxPages)},
		option{usage: "max_items <number>", read: number(&v.MaxItems)},
		option{usage: "max_page <size>", read: size(&v.MaxPage)},
	)
}

// get reads the method GET and a path.
func (l line) get(what string, path *string) error {
	var method string
	if err := l.args(&method, path); err != nil {
		return err
	}
	if method != http.MethodGet {
		return l.Errf("%s is a GET, not a %q", what, method)
	}
	return nil
}

// pages are the options that say where the items of a list are.
func (v *Pages) pages() []option {
	return []option{
		{usage: "items <path>", read: text(&v.Items)},
		{usage: "id <path>", read: text(&v.ID)},
		{usage: "next cursor <path> <parameter> | link <path> | header | page <parameter> [<first>] | offset <parameter> [<first>]", read: v.readNext},
		{usage: "size <parameter> <number>", read: v.readSize},
	}
}

func (v *Pages) readNext(l line) error {
	args := l.RemainingArgs()
	if v.Next == nil {
		v.Next = new(Paging)
	}
	n := v.Next
	if len(args) > 0 {
		n.By = args[0]
	}
	switch style := connector.PagingStyle(n.By); {
	case style == connector.PagingCursor && len(args) == 3:
		n.Path, n.Parameter = args[1], args[2]
	case style == connector.PagingLink && len(args) == 2:
		n.Path = args[1]
	case style == connector.PagingHeader && len(args) == 1:
	case (style == connector.PagingPage || style == connector.PagingOffset) && (len(args) == 2 || len(args) == 3):
		if n.Parameter = args[1]; len(args) == 3 {
			first, err := strconv.Atoi(args[2])
			if err != nil || first < 0 {
				return l.Errf("%q is not a number", args[2])
			}
			n.First = &first
		}
	default:
		return l.wrong()
	}
	return nil
}

func (v *Pages) readSize(l line) error {
	if v.Next == nil {
		return l.Errf("size comes behind next: there is one page")
	}
	var value string
	if err := l.args(&v.Next.SizeParameter, &value); err != nil {
		return err
	}
	n, err := strconv.Atoi(value)
	if err != nil || n <= 0 {
		return l.Errf("%q is not a number above 0", value)
	}
	v.Next.Size = n
	return nil
}

func (v *List) readActive(l line) error {
	args := l.RemainingArgs()
	if len(args) < 2 {
		return l.wrong()
	}
	v.Active = &ActiveWhen{Path: args[0], Values: args[1:]}
	return nil
}

func (v *GroupList) readMembers(l line) error {
	args := l.RemainingArgs()
	v.Members = new(ListMembers)
	switch {
	case len(args) == 1:
		v.Members.IDs = args[0]
		return nil
	case len(args) == 2 && args[0] == http.MethodGet:
		m := &Pages{Path: args[1]}
		v.Members.List = m
		return readBlock(l.Dispenser, "members", m.pages()...)
	}
	return l.wrong()
}
