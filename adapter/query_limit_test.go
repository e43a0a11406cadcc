package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim"
)

// A query that would look at too much is refused, and one by cursor goes on with the next page.
func TestQueryLimits(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true})
	tenant, ctx, caller := s.Tenant(), context.Background(), adapter.Caller{Connection: "main", Profile: "generic"}
	create := func(kind adapter.Kind, doc scim.Object) string {
		res, err := tenant.Create(ctx, caller, kind, doc)
		if err != nil {
			t.Fatal(err)
		}
		return res.Record.ID
	}
	var members []any
	for i := range 30 {
		id := create(tenant.Users(), scim.Object{"userName": fmt.Sprintf("u%02d", i), "active": false})
		members = append(members, scim.Object{"value": id})
	}
	first, _ := members[0].(scim.Object)["value"].(string)
	big := create(tenant.Groups(), scim.Object{"displayName": "big", "members": members})
	create(tenant.Groups(), scim.Object{"displayName": "small", "members": members[:1]})

	none, three := "", 3
	users, groups := []adapter.Kind{tenant.Users()}, []adapter.Kind{tenant.Groups()}
	tests := []struct {
		kinds  []adapter.Kind
		q      adapter.Query
		budget int
		ok     bool
	}{
		{users, adapter.Query{Filter: `title pr`}, 4 * 30, true},
		{users, adapter.Query{Filter: `title pr`}, 4*30 - 1, false},
		{users, adapter.Query{Filter: strings.Repeat(`title pr or `, 9) + `title pr`}, 4 * 30, false}, // terms cost
		{users, adapter.Query{Filter: `title pr`, Count: new(int)}, 10, false},
		{users, adapter.Query{SortBy: "userName"}, 4 * 30, true},
		{users, adapter.Query{SortBy: "userName"}, 4*30 - 1, false},
		{users, adapter.Query{SortBy: "userName", Cursor: &none}, 4*30 - 1, false},
		{users, adapter.Query{}, 4, true}, // counting is no comparison
		{users, adapter.Query{Filter: `userName eq "u07"`}, 4, true},
		{users, adapter.Query{Filter: `userName eq "u07" or id eq "` + first + `"`}, 8, true},
		{users, adapter.Query{Filter: `title pr and id eq "` + first + `"`}, 4, true},
		{users, adapter.Query{Filter: `groups.value eq "` + big + `"`}, 30 + 30*(4+1), true},
		{users, adapter.Query{Filter: `groups.value eq "` + big + `"`}, 29, false},
		{users, adapter.Query{Filter: `groups.value eq "` + big + `"`, Cursor: &none}, 29, false},
		{users, adapter.Query{Filter: `groups.value eq "` + big + `" and userName eq "u07"`}, 4 + 1, true}, // by the name
		{users, adapter.Query{Filter: `groups.value eq "` + big + `" and groups.type eq "direct" and groups.value eq "` + big + `"`}, 30 + 30*(4+1), true},
		// Of a large group only those members are read that are asked for.
		{groups, adapter.Query{Filter: `members.value eq "` + first + `"`}, 2 * (4 + 1), true},
		{groups, adapter.Query{Filter: `id eq "` + big + `" and members[value eq "` + first + `"]`}, 4 + 1, true},
		{groups, adapter.Query{Filter: `id eq "` + big + `" and members[value eq "` + first + `" and type eq "User"]`}, 4 + 1, true},
		{groups, adapter.Query{Filter: `displayName eq "big" and not (members.value eq "` + first + `")`}, 4 + 1, true},
		{groups, adapter.Query{Filter: `members pr`}, 2 * (4 + 1), true},
		{groups, adapter.Query{SortBy: "members"}, 2 * (4 + 1), true},
		{groups, adapter.Query{Filter: `members.type eq "User"`}, 4 + 30 + 4 + 1, true},
		{groups, adapter.Query{Filter: `members.type eq "User"`}, 4 + 30, false},
		{groups, adapter.Query{Filter: `members.type eq "User"`, Cursor: &none}, 4 + 30, true}, // the rest is on the next page
		{groups, adapter.Query{Filter: `members.type eq "User"`, Cursor: &none}, 4 + 29, false},
	}
	for _, tt := range tests {
		tt.q.Limit(tt.budget)
		_, err := tenant.List(ctx, tt.q, tt.kinds...)
		var e *scim.Error
		if tt.ok != (err == nil) || err != nil && (!errors.As(err, &e) || e.Status != 400 || e.ScimType != scim.TooMany) {
			t.Errorf("%+v within %d: %v", tt.q, tt.budget, err)
		}
	}

	// A filter that passes over everything but the last user: pages without any, until it is found.
	q := adapter.Query{Filter: `userName sw "u29"`, Cursor: &none, Count: &three}
	q.Limit(4 * 7)
	for n := range 5 {
		page, err := tenant.List(ctx, q, users...)
		if err != nil {
			t.Fatal(err)
		}
		last := n == 4
		if (len(page.Resources) == 1) != last || (page.Next == "") != last || page.Total != adapter.NotCounted {
			t.Fatalf("page %d: %+v", n, page)
		}
		if last && gjson.GetBytes(page.Resources[0], "userName").Str != "u29" {
			t.Errorf("found %s", page.Resources[0])
		}
		q.Cursor = &page.Next
	}
}

// A client that has gone is not answered.
func TestQueryCancelled(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	none := ""
	for _, q := range []adapter.Query{{}, {Filter: "title pr"}, {SortBy: "title"}, {Cursor: &none}} {
		if _, err := s.Tenant().List(ctx, q, s.Tenant().Users()); !errors.Is(err, context.Canceled) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}
