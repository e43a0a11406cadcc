package connector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
)

// lister is a connector with a list at an application that is served by h, below /api.
func lister(t *testing.T, list connector.ListRoute, h http.HandlerFunc) *connector.Connector {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := connector.New(connector.Config{BaseURL: srv.URL + "/api", List: &list}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// walk reads a list to its end by cursors alone, as one would who was interrupted after each page.
func walk(c *connector.Connector) (ids []string, pages int, err error) {
	for cursor := ""; ; {
		page, err := c.List(context.Background(), cursor)
		if err != nil {
			return ids, pages, err
		}
		pages++
		for _, r := range page.Records {
			ids = append(ids, r.LegacyID)
		}
		if cursor = page.Next; cursor == "" {
			return ids, pages, nil
		}
	}
}

// numbered answers with the accounts from..to-1.
func numbered(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		if i > from {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"no":%d}`, i)
	}
	return b.String()
}

func TestListFollowsEachStyle(t *testing.T) {
	t.Parallel()
	const all, size = 25, 10
	number := func(r *http.Request, name string) int {
		n, err := strconv.Atoi(r.URL.Query().Get(name))
		if err != nil {
			return 0
		}
		return n
	}
	slice := func(from int) string { return numbered(min(from, all), min(from+size, all)) }
	for name, tc := range map[string]struct {
		list  connector.ListRoute
		serve func(w http.ResponseWriter, r *http.Request)
		pages int
	}{
		"one page": {
			connector.ListRoute{Path: "/members"},
			func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `[%s]`, numbered(0, all)) }, 1,
		},
		"cursor": {
			connector.ListRoute{Path: "/members?state=all", Items: "members", Next: connector.Paging{
				Style: connector.PagingCursor, Path: "paging.next", Parameter: "after", SizeParameter: "n", Size: size,
			}},
			func(w http.ResponseWriter, r *http.Request) {
				if q := r.URL.Query(); q.Get("state") != "all" || q.Get("n") != "10" {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				from := number(r, "after")
				next := "null"
				if from+size < all {
					next = strconv.Quote(strconv.Itoa(from + size))
				}
				fmt.Fprintf(w, `{"members":[%s],"paging":{"next":%s}}`, slice(from), next)
			}, 3,
		},
		"link": {
			connector.ListRoute{Path: "/members", Items: "members", Next: connector.Paging{Style: connector.PagingLink, Path: "next"}},
			func(w http.ResponseWriter, r *http.Request) {
				from := number(r, "from")
				next := ""
				if from+size < all {
					next = fmt.Sprintf("http://%s/api/members?from=%d", r.Host, from+size)
				}
				fmt.Fprintf(w, `{"members":[%s],"next":%q}`, slice(from), next)
			}, 3,
		},
		"relative link": {
			connector.ListRoute{Path: "/members", Items: "members", Next: connector.Paging{Style: connector.PagingLink, Path: "next"}},
			func(w http.ResponseWriter, r *http.Request) {
				from := number(r, "from")
				next := ""
				if from+size < all {
					next = fmt.Sprintf("?from=%d", from+size)
				}
				fmt.Fprintf(w, `{"members":[%s],"next":%q}`, slice(from), next)
			}, 3,
		},
		"header": {
			connector.ListRoute{Path: "/members", Items: "members", Next: connector.Paging{Style: connector.PagingHeader}},
			func(w http.ResponseWriter, r *http.Request) {
				from := number(r, "from")
				w.Header().Add("Link", `</api/members>; rel="first", </api/members?from=0>;rel=prev`)
				if from+size < all {
					w.Header().Add("Link", fmt.Sprintf(`</api/members?from=%d>; title="x"; rel="last next"`, from+size))
				}
				fmt.Fprintf(w, `{"members":[%s]}`, slice(from))
			}, 3,
		},
		"page": {
			connector.ListRoute{Path: "/members", Items: "members", Next: connector.Paging{Style: connector.PagingPage, Parameter: "page", First: 1}},
			func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, `{"members":[%s]}`, slice((number(r, "page")-1)*size))
			}, 4,
		},
		"offset, with an application that gives less than it is asked for": {
			connector.ListRoute{Path: "/members", Items: "members", Next: connector.Paging{
				Style: connector.PagingOffset, Parameter: "skip", SizeParameter: "take", Size: 100,
			}},
			func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, `{"members":[%s]}`, slice(number(r, "skip")))
			}, 4,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.list.ID = "no"
			c := lister(t, tc.list, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/members" {
					w.WriteHeader(http.StatusNotFound)
					return
				}
				tc.serve(w, r)
			})
			ids, pages, err := walk(c)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for i := range all {
				want = append(want, strconv.Itoa(i))
			}
			if !slices.Equal(ids, want) || pages != tc.pages {
				t.Errorf("%d pages with %v", pages, ids)
			}
		})
	}
}

func TestListEndsWhereTheApplicationLeadsAstray(t *testing.T) {
	t.Parallel()
	cursor := connector.Paging{Style: connector.PagingCursor, Path: "next", Parameter: "after"}
	link := connector.Paging{Style: connector.PagingLink, Path: "next"}
	static := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
	}
	circle := func(length int) http.HandlerFunc { // 0 → 1 → … → 9 → 10 → … → 9+length → 10
		return func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.URL.Query().Get("after"))
			next := n + 1
			if next == 10+length {
				next = 10
			}
			fmt.Fprintf(w, `{"members":[{"no":%d}],"next":%d}`, n, next)
		}
	}
	for name, tc := range map[string]struct {
		next  connector.Paging
		serve http.HandlerFunc
		want  string
	}{
		"the same cursor":         {cursor, circle(1), "circle"},
		"a circle of seven":       {cursor, circle(7), "circle"},
		"a circle of a hundred":   {cursor, circle(100), "circle"},
		"a parameter unheard":     {connector.Paging{Style: connector.PagingPage, Parameter: "page"}, static(`{"members":[{"no":1}]}`), "circle"},
		"an offset unheard":       {connector.Paging{Style: connector.PagingOffset, Parameter: "skip"}, static(`{"members":[{"no":1}]}`), "circle"},
		"another host":            {link, static(`{"members":[],"next":"http://203.0.113.9/api/members?p=2"}`), "base URL"},
		"another host, no scheme": {link, static(`{"members":[],"next":"//203.0.113.9/api/members?p=2"}`), "base URL"},
		"another scheme":          {link, static(`{"members":[],"next":"file:///etc/passwd"}`), "base URL"},
		"outside of the base":     {link, static(`{"members":[],"next":"/admin"}`), "base URL"},
		"a neighbour of the base": {link, static(`{"members":[],"next":"/apix/members"}`), "base URL"},
		"dots":                    {link, static(`{"members":[],"next":"/api/../admin"}`), "base URL"},
		"dots that are encoded":   {link, static(`{"members":[],"next":"/api/%2e%2e/admin"}`), "base URL"},
		"a user":                  {link, static(`{"members":[],"next":"http://u:p@HOST/api/members"}`), "base URL"},
		"a line break":            {link, static(`{"members":[],"next":"/api/members?a=\r\nX: y"}`), "base URL"},
		"a cursor without end":    {cursor, static(`{"members":[],"next":"` + strings.Repeat("x", 9000) + `"}`), "too long"},
		"more pages than allowed": {cursor, circle(1000), "more than 50 pages"},
		"more items than allowed": {connector.Paging{}, static(`{"members":[` + numbered(0, 21) + `]}`), "more than 20 items"},
		"a body too large":        {connector.Paging{}, static(`{"members":["` + strings.Repeat("x", 20000) + `"]}`), "too large"},
		"nesting without end":     {connector.Paging{}, static(strings.Repeat("[", 8000)), "nested too deeply"},
		"no JSON":                 {connector.Paging{}, static(`{"members":[`), "not JSON"},
		"no list":                 {connector.Paging{}, static(`{"members":{"no":1}}`), "no list"},
		"a redirect to the inside": {connector.Paging{}, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, "redirect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := lister(t, connector.ListRoute{Path: "/members", Items: "members", ID: "no", Next: tc.next, MaxPages: 50, MaxItems: 20, MaxPageBytes: 16 << 10}, tc.serve)
			if strings.HasPrefix(name, "a circle of a hundred") {
				c = lister(t, connector.ListRoute{Path: "/members", Items: "members", ID: "no", Next: tc.next}, tc.serve)
			}
			_, _, err := walk(c)
			var failed *connector.ListError
			if !errors.As(err, &failed) || !strings.Contains(failed.Detail, tc.want) || failed.Retry {
				t.Errorf("got %v, want an error for good about %q", err, tc.want)
			}
		})
	}
}

func TestListSaysWhatMayGoWellLater(t *testing.T) {
	t.Parallel()
	for status, retry := range map[int]bool{400: false, 401: false, 404: false, 408: true, 429: true, 500: true, 503: true} {
		c := lister(t, connector.ListRoute{Path: "/members", ID: "no"}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
		})
		_, err := c.List(t.Context(), "")
		var failed *connector.ListError
		if !errors.As(err, &failed) || failed.Retry != retry || failed.Status != status || failed.RetryAfter.Seconds() != 7 {
			t.Errorf("%d: %+v", status, err)
		}
	}
	c := lister(t, connector.ListRoute{Path: "/members", ID: "no", Next: connector.Paging{Style: connector.PagingCursor, Path: "next", Parameter: "c"}}, func(http.ResponseWriter, *http.Request) {})
	for _, cursor := range []string{"x", "e30", "!"} {
		if _, err := c.List(t.Context(), cursor); !errors.Is(err, connector.ErrCursor) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestListKeepsWhatIsWrongWithOneRecordToThatRecord(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	body := `[{"no":1,"name":"ada"},"text",null,[],{"name":"no id"},{"no":null},{"no":{"a":1}},{"no":".."},{"no":"../../admin"},{"no":"a\u0000b"},` +
		`{"no":"` + strings.Repeat("9", 300) + `"},{"no":2,"deep":` + deep + `},{"no":3,"big":"` + strings.Repeat("x", connector.MaxRecordBytes) + `"},{"no":"4 %2F"}]`
	c := lister(t, connector.ListRoute{Path: "/members", ID: "no"}, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
	page, err := c.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var good, problems []string
	for _, r := range page.Records {
		if r.Problem == "" {
			good = append(good, r.LegacyID+" "+string(r.Raw))
			continue
		}
		problems = append(problems, r.Problem)
		if r.Raw != nil || strings.Contains(r.Problem, "xxx") {
			t.Errorf("%+v is not to be used", r)
		}
	}
	if want := []string{`1 {"no":1,"name":"ada"}`, `4 %2F {"no":"4 %2F"}`}; !slices.Equal(good, want) || len(problems) != 12 {
		t.Errorf("good %q, problems %q", good, problems)
	}
}

func TestListTakesValuesOutOfRecords(t *testing.T) {
	t.Parallel()
	c := lister(t, connector.ListRoute{
		Path: "/members", ID: "no", Active: &connector.ActiveWhen{Path: "state", Values: []string{"active", "invited"}},
		Map: []connector.Field{
			{Target: "userName", Source: "login"}, {Target: "displayName", Source: "{first} {middle} {last}"}, {Target: "emails.value", Source: "mails.#.addr"},
			{Target: "userType", Source: "'staff'"}, {Target: "nickName", Source: "{nick}"}, {Target: "title", Source: "title"},
			{Target: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", Source: "no"},
		},
	}, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `[{"no":7,"login":"ada","first":"Ada","last":"Lovelace","mails":[{"addr":"a@x"},{"addr":"b@x"}],"title":" ","state":"ACTIVE"},{"no":8,"state":"gone"},{"no":9}]`)
	})
	page, err := c.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(c.MapRecord(page.Records[0]))
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"Target":"userName","Value":"ada"},{"Target":"displayName","Value":"Ada Lovelace"},{"Target":"emails.value","Value":["a@x","b@x"]},` +
		`{"Target":"userType","Value":"staff"},{"Target":"nickName","Value":null},{"Target":"title","Value":null},` +
		`{"Target":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber","Value":7}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for i, want := range []bool{true, false, false} {
		if active, known := c.RecordActive(page.Records[i]); active != want || !known {
			t.Errorf("record %d: active %t, known %t", i, active, known)
		}
	}
	if got := c.ListTargets(); len(got) != 7 || got[0] != "userName" {
		t.Errorf("targets %v", got)
	}
}

func TestListReadsMembersOfGroups(t *testing.T) {
	t.Parallel()
	serve := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/teams":
			fmt.Fprint(w, `[{"no":"t 1","who":[{"no":1},{"no":2},{"no":".."}]}]`)
		case "/teams/t 1/members":
			if r.URL.Query().Get("page") == "0" {
				fmt.Fprint(w, `[3,"4",null]`)
			} else {
				fmt.Fprint(w, `[]`)
			}
		}
	}
	srv := httptest.NewServer(http.HandlerFunc(serve))
	t.Cleanup(srv.Close)
	for name, tc := range map[string]struct {
		members connector.ListMembers
		want    []string
	}{
		"in the record":         {connector.ListMembers{IDs: "who.#.no"}, []string{"1", "2"}},
		"at a route of its own": {connector.ListMembers{Path: "/teams/{legacy_id}/members", Next: connector.Paging{Style: connector.PagingPage, Parameter: "page"}}, []string{"3", "4"}},
	} {
		c, err := connector.New(connector.Config{BaseURL: srv.URL, Groups: &connector.Groups{List: &connector.ListRoute{Path: "/teams", ID: "no", Members: &tc.members}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		groups, _ := c.Groups()
		page, err := groups.List(t.Context(), "")
		if err != nil || len(page.Records) != 1 || !groups.ListsMembers() || c.CanList() {
			t.Fatal(err, page, groups.ListsMembers())
		}
		var ids []string
		invalid := 0
		for cursor, first := "", true; first || cursor != ""; first = false {
			members, err := groups.ListMembers(t.Context(), page.Records[0], cursor)
			if err != nil {
				t.Fatal(err)
			}
			ids, cursor, invalid = append(ids, members.IDs...), members.Next, invalid+members.Invalid
		}
		if !slices.Equal(ids, tc.want) || invalid != 1 {
			t.Errorf("%s: %v and %d invalid", name, ids, invalid)
		}
	}
}

func TestListConfig(t *testing.T) {
	t.Parallel()
	ok := connector.Field{Target: "userName", Source: "login"}
	for name, tc := range map[string]struct {
		list connector.ListRoute
		want string
	}{
		"no path":            {connector.ListRoute{ID: "no"}, "list.path"},
		"away":               {connector.ListRoute{Path: "//host/x", ID: "no"}, "list.path"},
		"a template":         {connector.ListRoute{Path: "/x/{id}", ID: "no"}, "list.path"},
		"no id":              {connector.ListRoute{Path: "/x"}, "list.id"},
		"a style":            {connector.ListRoute{Path: "/x", ID: "no", Next: connector.Paging{Style: "guess"}}, "list.next"},
		"a cursor's path":    {connector.ListRoute{Path: "/x", ID: "no", Next: connector.Paging{Style: "cursor", Parameter: "c"}}, "list.next"},
		"a link's parameter": {connector.ListRoute{Path: "/x", ID: "no", Next: connector.Paging{Style: "link", Path: "n", Parameter: "c"}}, "list.next"},
		"a size alone":       {connector.ListRoute{Path: "/x", ID: "no", Next: connector.Paging{Size: 3}}, "list.next"},
		"an odd parameter":   {connector.ListRoute{Path: "/x", ID: "no", Next: connector.Paging{Style: "page", Parameter: "a b"}}, "list.next"},
		"a target":           {connector.ListRoute{Path: "/x", ID: "no", Map: []connector.Field{{Target: "a b", Source: "c"}}}, "list.map.a b"},
		"a target twice":     {connector.ListRoute{Path: "/x", ID: "no", Map: []connector.Field{ok, {Target: "username", Source: "c"}}}, "list.map.username"},
		"no source":          {connector.ListRoute{Path: "/x", ID: "no", Map: []connector.Field{{Target: "userName"}}}, "list.map.userName"},
		"a brace":            {connector.ListRoute{Path: "/x", ID: "no", Map: []connector.Field{{Target: "userName", Source: "{a"}}}, "list.map.userName"},
		"nobody active":      {connector.ListRoute{Path: "/x", ID: "no", Active: &connector.ActiveWhen{Path: "s"}}, "list.active"},
		"members of a user":  {connector.ListRoute{Path: "/x", ID: "no", Members: &connector.ListMembers{IDs: "m"}}, "list.members"},
		"pages":              {connector.ListRoute{Path: "/x", ID: "no", MaxPages: -1}, "list.max_pages"},
	} {
		_, err := connector.New(connector.Config{BaseURL: "http://app.example", List: &tc.list}, nil)
		var bad *connector.ConfigError
		if !errors.As(err, &bad) || bad.Field != tc.want {
			t.Errorf("%s: %v, want one about %s", name, err, tc.want)
		}
	}
	for name, members := range map[string]connector.ListMembers{
		"neither": {}, "both": {IDs: "m", Path: "/x"}, "an id without a route": {IDs: "m", ID: "no"}, "another template": {Path: "/x/{userName}"},
	} {
		_, err := connector.New(connector.Config{BaseURL: "http://app.example", Groups: &connector.Groups{List: &connector.ListRoute{Path: "/x", ID: "no", Members: &members}}}, nil)
		var bad *connector.ConfigError
		if !errors.As(err, &bad) || !strings.HasPrefix(bad.Field, "groups.list.members") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
