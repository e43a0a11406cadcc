package token_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

const userID = "2819c223-7f76-453a-919d-413861904646"

func TestLimitsComeWithTheToken(t *testing.T) {
	t.Parallel()
	store := memkv.New()
	s := newService(t, store, token.Options{})
	limits := token.Limits{ReadOnly: true, Users: true, From: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, User: userID}
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme", Limits: limits})
	plain, plainRec := create(t, s, token.CreateRequest{Tenant: "acme"})
	if rec.Limits == nil || plainRec.Limits != nil {
		t.Fatalf("got %v and %v", rec.Limits, plainRec.Limits)
	}
	for _, s := range []*token.Service{s, newService(t, store, token.Options{})} { // the second reads them from the store
		for range 2 {
			who, err := s.Authenticate(t.Context(), string(secret))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&limits, who.Limits[0], cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" || who.Limits[1] != nil {
				t.Errorf("limits: %s", diff)
			}
		}
		who, err := s.Authenticate(t.Context(), string(plain))
		if err != nil || who.Limits != (token.LimitSet{}) {
			t.Errorf("got %+v, %v", who, err)
		}
	}
	list, err := s.List(t.Context(), "acme")
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, r := range list {
		if (r.ID == rec.ID) != (r.Limits != nil) {
			t.Errorf("the list shows %v", r)
		}
	}
}

// TestRecordsWithoutLimits are those that were stored before there were any.
func TestRecordsWithoutLimits(t *testing.T) {
	t.Parallel()
	store := memkv.New()
	s := newService(t, store, token.Options{})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	rewrite := func(change func(map[string]any)) {
		err := store.Update(t.Context(), func(tx kv.Tx) error {
			key := kv.System.Key("token").String(rec.ID)
			data, err := tx.Get(key)
			if err != nil {
				return err
			}
			var doc map[string]any
			if err := json.Unmarshal(data, &doc); err != nil {
				return err
			}
			change(doc)
			if data, err = json.Marshal(doc); err != nil {
				return err
			}
			return tx.Set(key, data)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rewrite(func(doc map[string]any) {
		if _, has := doc["limits"]; has {
			t.Errorf("a record without limits names them: %v", doc)
		}
	})
	want(t, s, secret, token.Identity{Tenant: "acme", Connection: token.DefaultConnection, TokenID: rec.ID}, nil)
	// One that makes no sense is no record without limits.
	rewrite(func(doc map[string]any) { doc["limits"] = map[string]any{"user": "a/b"} })
	if _, err := newService(t, store, token.Options{}).Authenticate(t.Context(), string(secret)); err == nil {
		t.Error("a token whose limits cannot be read is accepted")
	}
}

func TestLimitsThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	s := newService(t, memkv.New(), token.Options{})
	for name, l := range map[string]token.Limits{
		"a user of groups":     {Groups: true, User: userID},
		"a user by name":       {User: "ann@acme.example"},
		"a user that searches": {User: ".search"},
		"a long user":          {User: strings.Repeat("a", 200)},
		"a prefix not masked":  {From: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}},
		"no prefix":            {From: make([]netip.Prefix, 1)},
		"a mapped prefix":      {From: []netip.Prefix{netip.MustParsePrefix("::ffff:192.0.2.0/120")}},
		"many prefixes":        {From: make([]netip.Prefix, token.MaxSources+1)},
	} {
		if _, _, err := s.Create(t.Context(), token.CreateRequest{Tenant: "acme", Limits: l}); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseSources(t *testing.T) {
	t.Parallel()
	got, err := token.ParseSources([]string{"192.0.2.0/24", "198.51.100.7", "2001:db8::/32", "::1", "::ffff:203.0.113.9"})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range got {
		texts = append(texts, p.String())
	}
	if diff := cmp.Diff([]string{"192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32", "::1/128", "203.0.113.9/32"}, texts); diff != "" {
		t.Error(diff)
	}
	for _, bad := range [][]string{
		{""}, {"localhost"}, {"192.0.2.0/33"}, {"192.0.2.1/24"}, {"fe80::1%eth0"}, {"::ffff:192.0.2.0/120"}, {"10.0.0.1", "10.0.0.1/32"}, {"192.0.2.1:80"},
	} {
		if got, err := token.ParseSources(bad); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%v: %v, %v", bad, got, err)
		}
	}
}

func TestLimitSet(t *testing.T) {
	t.Parallel()
	type answer struct {
		ReadOnly, Users, Groups bool
		User                    string
		Bound                   bool
		Inside, Outside         bool
	}
	all := answer{Users: true, Groups: true, Inside: true, Outside: true}
	with := func(change func(*answer)) answer {
		a := all
		change(&a)
		return a
	}
	inside, outside := netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24")
	for name, tc := range map[string]struct {
		set  token.LimitSet
		want answer
	}{
		"none":                  {token.LimitSet{}, all},
		"empty":                 {token.LimitSet{{}, {}}, all},
		"read-only":             {token.LimitSet{{ReadOnly: true}}, with(func(a *answer) { a.ReadOnly = true })},
		"read-only, connection": {token.LimitSet{nil, {ReadOnly: true}}, with(func(a *answer) { a.ReadOnly = true })},
		"users":                 {token.LimitSet{{Users: true}}, with(func(a *answer) { a.Groups = false })},
		"groups":                {token.LimitSet{{Groups: true}}, with(func(a *answer) { a.Users = false })},
		"users and groups":      {token.LimitSet{{Users: true, Groups: true}}, all},
		"users of both":         {token.LimitSet{{Users: true, Groups: true}, {Users: true}}, with(func(a *answer) { a.Groups = false })},
		"users, then groups":    {token.LimitSet{{Users: true}, {Groups: true}}, with(func(a *answer) { a.Users, a.Groups = false, false })},
		"user":                  {token.LimitSet{{User: "a"}}, with(func(a *answer) { a.User, a.Bound = "a", true })},
		"the same user":         {token.LimitSet{{User: "a"}, {User: "a"}}, with(func(a *answer) { a.User, a.Bound = "a", true })},
		"two users":             {token.LimitSet{{User: "a"}, {User: "b"}}, with(func(a *answer) { a.Bound = true })},
		"addresses":             {token.LimitSet{{From: []netip.Prefix{inside}}}, with(func(a *answer) { a.Outside = false })},
		"either address":        {token.LimitSet{{From: []netip.Prefix{inside, outside}}}, all},
		"both addresses":        {token.LimitSet{{From: []netip.Prefix{inside}}, {From: []netip.Prefix{outside}}}, with(func(a *answer) { a.Inside, a.Outside = false, false })},
	} {
		user, bound := tc.set.User()
		got := answer{
			tc.set.ReadOnly(), tc.set.Users(), tc.set.Groups(), user, bound,
			tc.set.Allows(netip.MustParseAddr("::ffff:192.0.2.9")), tc.set.Allows(netip.MustParseAddr("198.51.100.1")),
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if (token.LimitSet{{From: []netip.Prefix{inside}}}).Allows(netip.Addr{}) || !(token.LimitSet{}).Allows(netip.Addr{}) {
		t.Error("an address that is not known")
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	s := newService(t, memkv.New(), token.Options{})
	secret, rec := create(t, s, token.CreateRequest{Tenant: "acme"})
	if _, err := s.Recall(string(secret)); !errors.Is(err, token.ErrUnknown) {
		t.Errorf("before it was ever accepted: %v", err)
	}
	if _, err := s.Authenticate(t.Context(), string(secret)); err != nil {
		t.Fatal(err)
	}
	if who, err := s.Recall(string(secret)); err != nil || who.TokenID != rec.ID {
		t.Errorf("got %+v, %v", who, err)
	}
	if err := s.Revoke(t.Context(), rec.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Recall(string(secret)); err == nil {
		t.Error("a revoked token is recalled")
	}
}
