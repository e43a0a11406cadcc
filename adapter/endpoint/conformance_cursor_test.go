package endpoint_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// pages asks for the pages of a query one after the other, and returns the answers.
func (c *claim) pages(path, filter, params string) (list []adaptertest.Response) {
	c.t.Helper()
	next := ""
	for len(list) < 50 {
		r := c.in(path, filter, params+"&cursor="+next)
		if r.Status != 200 {
			c.t.Fatalf("page %d: %d %s", len(list), r.Status, r.Body)
		}
		list = append(list, r)
		if next = r.Get("nextCursor").Str; next == "" {
			return list
		}
		if strings.Trim(next, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") != "" {
			c.t.Errorf("cursor %q is not made of unreserved characters", next)
		}
	}
	c.t.Fatal("no end of pages")
	return nil
}

// as sends a request with another token.
func (c *claim) as(tok, method, path string, body any) adaptertest.Response {
	c.t.Helper()
	r, err := c.Send(method, c.URL+path, body, "Authorization", "Bearer "+tok)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// token makes one for the tenant, and returns it with its id.
func (c *claim) token(limits token.Limits) (secret, id string) {
	c.t.Helper()
	s, rec, err := c.Tokens.Create(context.Background(), token.CreateRequest{Tenant: "acme", Connection: "main", Limits: limits})
	if err != nil {
		c.t.Fatal(err)
	}
	return string(s), rec.ID
}

// RFC 9865: pages by cursor.
func TestConformanceCursor(t *testing.T) {
	t.Parallel()
	claims{
		"9865-2-2": func(c *claim) {
			_, f := c.few("", "")
			c.has(c.in("/Users", f, "cursor=&count=-1"), "totalResults", "2", "Resources.#", "0", "nextCursor", "")
		},
		"9865-2-3": func(c *claim) {
			made, f := c.few("", "", "", "", "")
			for n := 1; n <= 6; n++ {
				var seen []string
				for _, r := range c.pages("/Users", f, fmt.Sprintf("count=%d", n)) {
					if got := r.Get("Resources.#").Int(); got > int64(n) {
						c.t.Errorf("count=%d: %d on a page", n, got)
					}
					seen = append(seen, ids(r)...)
				}
				if !slices.Equal(seen, made) {
					c.t.Errorf("count=%d: %v, want %v", n, seen, made)
				}
			}
		},
		"9865-2-4": func(c *claim) {
			_, f := c.few("", "", "")
			for _, params := range []string{"count=1", "count=1&sortBy=userName&sortOrder=descending"} {
				if list := c.pages("/Users", f, params); len(list) != 3 {
					c.t.Errorf("%s: %d pages", params, len(list))
				}
			}
			if list := c.pages("/", f, "count=2"); len(list) != 2 {
				c.t.Errorf("%d pages at the root", len(list))
			}
			next := ""
			for page := 1; page <= 3; page++ {
				r := c.Want(200, "POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q],"filter":%q,"count":1,"cursor":%q}`, searchURN, f, next))
				if next = r.Get("nextCursor").Str; (next == "") != (page == 3) {
					c.t.Errorf("page %d by POST has the cursor %q", page, next)
				}
			}
		},
		"9865-2-5": func(c *claim) {
			made, f := c.few("", "", "", "")
			list := c.pages("/Users", f, "count=2")
			last := list[len(list)-1]
			c.has(last, "nextCursor", "")
			if got := ids(last); len(list) != 2 || !slices.Equal(got, made[2:]) {
				c.t.Errorf("%d pages, the last %v", len(list), got)
			}
			c.has(c.in("/Users", f, "cursor=&count=4"), "nextCursor", "", "totalResults", "4")
		},
		"9865-2-6": func(c *claim) {
			_, f := c.few("", "", "")
			list := c.pages("/Users", f, "count=1")
			c.has(list[0], "previousCursor", "")
			back := c.in("/Users", f, "count=1&cursor="+list[1].Get("previousCursor").Str)
			c.has(back, "Resources.0.id", list[0].Get("Resources.0.id").Raw, "previousCursor", "")
		},
		"9865-2.4-1": func(c *claim) {
			_, f := c.few("", "", "")
			c.has(c.in("/Users", f, "count=1"), "startIndex", "1", "totalResults", "3", "nextCursor", "")
			c.has(c.get("/ServiceProviderConfig"), "pagination.defaultPaginationMethod", `"index"`)
		},
		"9865-4-1": func(c *claim) {
			r := c.get("/ServiceProviderConfig")
			featureObject("pagination")(c)
			for _, path := range []string{"pagination.defaultPageSize", "pagination.maxPageSize", "pagination.cursorTimeout"} {
				featureLimit(path)(c)
			}
			c.has(r, "pagination.maxPageSize", r.Get("filter.maxResults").Raw)
		},
		"9865-4-2": func(c *claim) { c.has(c.get("/ServiceProviderConfig"), "pagination.cursor", "true") },
		"9865-4-3": func(c *claim) { c.has(c.get("/ServiceProviderConfig"), "pagination.index", "true") },
		"9865-5.2-1": func(c *claim) {
			_, f := c.few("", "")
			path := "/Users?filter=" + url.QueryEscape(f) + "&count=1&cursor=" + c.in("/Users", f, "cursor=&count=1").Get("nextCursor").Str
			c.refused(c.as(adaptertest.OtherToken, "GET", path, nil), 400, "invalidCursor")
			c.has(c.as(adaptertest.Token, "GET", path, nil), "Resources.#", "1")
		},
		"9865-5.2-2": func(c *claim) {
			_, f := c.few("", "")
			path := "/Users?filter=" + url.QueryEscape(f) + "&count=1&cursor="
			secret, id := c.token(token.Limits{})
			path += c.as(secret, "GET", path, nil).Get("nextCursor").Str
			c.has(c.as(secret, "GET", path, nil), "Resources.#", "1")
			groups, _ := c.token(token.Limits{Groups: true})
			c.refused(c.as(groups, "GET", path, nil), 403, "")
			if err := c.Tokens.Revoke(context.Background(), id); err != nil {
				c.t.Fatal(err)
			}
			c.refused(c.as(secret, "GET", path, nil), 401, "")
		},
		// A cursor holds no permission, and nothing is kept for it: the alternative that the standard leaves.
		"9865-5.2-3": func(c *claim) {
			c.group(c.addID(""))
			path := "/?count=1&cursor="
			path += c.get(path).Get("nextCursor").Str
			users, _ := c.token(token.Limits{Users: true})
			c.refused(c.as(users, "GET", path, nil), 400, "invalidCursor")
			r := c.as(users, "GET", "/?count=1000&cursor=", nil)
			if strings.Contains(r.Body, `"resourceType":"Group"`) || r.Get("Resources.#").Int() == 0 {
				c.t.Errorf("a token for users sees %.300s", r.Body)
			}
		},
		"9865-5.2-4": func(c *claim) {
			_, f := c.few("", "")
			good := c.in("/Users", f, "cursor=&count=1").Get("nextCursor").Str
			path := "/Users?filter=" + url.QueryEscape(f) + "&count=1&cursor="
			want := c.as(adaptertest.OtherToken, "GET", path+good, nil) // beyond what the actor may see
			for _, forged := range []string{"x", good[:len(good)-4], strings.Repeat("A", len(good)), good + "AAAA"} {
				if r := c.as(adaptertest.Token, "GET", path+forged, nil); r.Body != want.Body || r.Status != want.Status {
					c.t.Errorf("%s: %d %s, want %d %s", forged, r.Status, r.Body, want.Status, want.Body)
				}
			}
		},
	}.prove(t, adaptertest.Options{})
}

// RFC 9865 section 2.1: what can be wrong with the parameters.
func TestConformanceCursorErrors(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(time.Now().Unix())
	claims{
		"9865-2.1-1": func(c *claim) {
			_, f := c.few("", "", "")
			next := c.in("/Users", f, "cursor=&count=1").Get("nextCursor").Str
			for params, keyword := range map[string]string{
				"cursor=forged": "invalidCursor", "cursor=" + next + "A": "invalidCursor", "cursor=" + next + "&sortBy=userName": "invalidCursor",
				"cursor=&count=many": "invalidCount", "cursor=&count=1001": "invalidCount", "cursor=" + next + "&count=2": "invalidCount",
				"cursor=&startIndex=2": "invalidValue",
			} {
				c.refused(c.in("/Users", f, params), 400, keyword)
			}
			c.refused(c.in("/Users", f+" and title pr", "cursor="+next), 400, "invalidCursor")
			c.refused(c.in("/Groups", "displayName pr", "cursor="+next), 400, "invalidCursor")
			now.Add(7200)
			c.refused(c.in("/Users", f, "count=1&cursor="+next), 400, "expiredCursor")
		},
	}.prove(t, adaptertest.Options{Clock: func() time.Time { return time.Unix(now.Load(), 0) }})
}

// RFC 7644 section 3.4.2.1: what is too much.
func TestConformanceTooMany(t *testing.T) {
	t.Parallel()
	claims{
		"7644-3.4.2.1-2": func(c *claim) {
			tenant, err := kv.NewTenant("acme")
			if err != nil {
				c.t.Fatal(err)
			}
			at := time.Now()
			err = store.New(c.Store).Update(context.Background(), tenant, func(tx *store.Tx) error {
				for i := range 4000 {
					doc := fmt.Sprintf(`{"active":false,"schemas":[%q],"userName":"u%d"}`, schema.UserURN, i)
					rec := &store.Record{Type: store.User, ID: uuid.NewString(), Created: at, Modified: at}
					rec.Desired = store.State{Version: 1, Doc: []byte(doc)}
					if err := tx.Put(nil, rec); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				c.t.Fatal(err)
			}
			// Each term is a comparison with each user.
			dear := "title pr" + strings.Repeat(" or title pr", 255)
			c.refused(c.query(dear), 400, "tooMany")
			c.has(c.query(`title pr`), "totalResults", "0")
			c.has(c.query(`userName eq "u77" and (`+strings.TrimSuffix(dear, " or title pr")+`)`), "totalResults", "0")
		},
	}.prove(t, adaptertest.Options{})
}
