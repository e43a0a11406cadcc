package endpoint_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

const (
	listURN   = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// few makes users whose names begin with a word of their own, and returns their ids and a filter that selects them.
func (c *claim) few(members ...string) (made []string, filter string) {
	c.t.Helper()
	word := c.name() + "w"
	for i, m := range members {
		made = append(made, c.addID(fmt.Sprintf(`%s"userName":"%sn%02d"`, with(m), word, i)))
	}
	return made, fmt.Sprintf("userName sw %q", word)
}

// in asks an endpoint for what a filter selects. params are more parameters, as in a query string.
func (c *claim) in(path, filter, params string) adaptertest.Response {
	c.t.Helper()
	return c.Do("GET", path+"?filter="+url.QueryEscape(filter)+"&"+params, nil)
}

// RFC 7644 section 3.4.2 but for filters: queries, what they cover, and paging.
func TestConformanceQuery(t *testing.T) {
	t.Parallel()
	claims{
		"7644-3.4.2-1": func(c *claim) {
			made, f := c.few("", "")
			c.has(c.in("/Users", f, "noSuchParameter=1&Filter=x"), "totalResults", "2", "Resources.0.id", `"`+made[0]+`"`)
			c.get("/Users/" + made[0] + "?noSuchParameter=1")
		},
		"7644-3.4.2-2": func(c *claim) {
			for _, path := range []string{"/Users", "/Groups", "/Users?filter=title%20pr", "/Schemas", "/ResourceTypes"} {
				c.has(c.get(path), "schemas", `["`+listURN+`"]`)
			}
		},
		"7644-3.4.2-3": func(c *claim) {
			_, f := c.few("", "", "")
			c.has(c.in("/Users", f, "count=1"), "totalResults", "3")
			c.has(c.in("/Users", f, ""), "totalResults", "3")
			c.has(c.in("/Users", f, "startIndex=9"), "totalResults", "3")
		},
		"7644-3.4.2-4": func(c *claim) {
			made, f := c.few("", "")
			if got := ids(c.in("/Users", f, "")); !slices.Equal(got, made) {
				c.t.Errorf("got %v, want %v", got, made)
			}
		},
		"7644-3.4.2-5": func(c *claim) {
			_, f := c.few("", "", "")
			c.has(c.in("/Users", f, "startIndex=2&count=1"), "startIndex", "2")
			c.has(c.in("/Users", f, "count=1"), "startIndex", "1")
		},
		"7644-3.4.2-6": func(c *claim) {
			_, f := c.few("", "", "")
			c.has(c.in("/Users", f, "startIndex=2&count=5"), "itemsPerPage", "2", "Resources.#", "2")
			c.has(c.in("/Users", f, "startIndex=2&count=1"), "itemsPerPage", "1", "Resources.#", "1")
		},
		"7644-3.4.2-7": func(c *claim) {
			for _, path := range []string{"/Users", "/Groups", "/"} {
				r := c.in(path, `externalId eq "nobody"`, "")
				c.has(r, "schemas", `["`+listURN+`"]`, "totalResults", "0")
				if r.Status != 200 {
					c.t.Errorf("%s: %d", path, r.Status)
				}
			}
		},
		"7644-3.4.2.1-1": func(c *claim) {
			who := c.addID(`"externalId":"e-34211"`)
			g := c.Want(201, "POST", "/Groups", `{"displayName":"g-34211","externalId":"e-34211"}`).Get("id").Str
			got := ids(c.in("/", `externalId eq "e-34211"`, ""))
			if slices.Sort(got); !slices.Equal(got, []string{who, g}) {
				c.t.Errorf("got %v, want %v", got, []string{who, g})
			}
			c.has(c.in("/", `externalId eq "e-34211" and meta.resourceType eq "Group"`, ""), "Resources.#.id", `["`+g+`"]`)
			if n := c.get("/?count=0").Get("totalResults").Int(); n < 2 {
				c.t.Errorf("%d resources in all", n)
			}
		},
		"7644-3.4.2.1-3": func(c *claim) {
			who := c.addID(`"externalId":"E-34213","title":"x"`)
			c.has(c.in("/", `externalId eq "E-34213" and (userName pr or displayName pr) and not (title eq "y")`, ""), "Resources.#.id", `["`+who+`"]`)
			c.refused(c.in("/", `externalId near "E-34213"`, ""), 400, "invalidFilter")
			c.refused(c.in("/", `shoeSize eq 42`, ""), 400, "invalidFilter")
		},
		"7644-3.4.2.1-4": func(c *claim) {
			g := c.Want(201, "POST", "/Groups", `{"displayName":"g-34214","externalId":"e-34214"}`).Get("id").Str
			for f, want := range map[string]string{
				`userName pr`: "0", `userName eq "x"`: "0", `not (userName pr)`: "1", `members pr or userName pr`: "0",
			} {
				c.has(c.in("/", fmt.Sprintf("id eq %q and (%s)", g, f), ""), "totalResults", want)
			}
		},
		"7644-3.4.2.4-2": func(c *claim) {
			made, f := c.few("", "")
			for _, start := range []string{"0", "-7"} {
				c.has(c.in("/Users", f, "startIndex="+start), "startIndex", "1", "Resources.0.id", `"`+made[0]+`"`)
			}
		},
		"7644-3.4.2.4-3": func(c *claim) {
			_, f := c.few("", "")
			c.has(c.in("/Users", f, "count=-3"), "totalResults", "2", "Resources.#", "0")
			c.has(c.in("/Users", f, "count=0"), "totalResults", "2", "Resources.#", "0")
		},
		"7644-3.4.2.4-4": func(c *claim) {
			made, f := c.few("", "", "")
			for n := range 4 {
				if got := ids(c.in("/Users", f, fmt.Sprintf("count=%d", n))); !slices.Equal(got, made[:n]) {
					c.t.Errorf("count=%d: %v of %v", n, got, made)
				}
			}
			if got := ids(c.in("/Users", f, "startIndex=2&count=1")); !slices.Equal(got, made[1:2]) {
				c.t.Errorf("the second: %v of %v", got, made)
			}
		},
		"7644-3.4.2.5-1": func(c *claim) {
			_, f := c.few(`"title":"x","nickName":"n"`)
			c.has(c.in("/Users", f, "attributes=title"), "Resources.0.title", `"x"`, "Resources.0.nickName", "", "Resources.0.schemas.#", "1")
			c.has(c.in("/Users", f, "excludedAttributes=title"), "Resources.0.title", "", "Resources.0.nickName", `"n"`)
		},
		"7644-3.4.2.5-2": func(c *claim) {
			id := c.addID(`"title":"x","nickName":"n"`)
			g := c.group(id)
			for _, path := range []string{"/Users/" + id, "/Users"} {
				sep := "Resources.0."
				if path != "/Users" {
					sep = ""
				}
				c.has(c.in(path, `id eq "`+id+`"`, "attributes=nickName"), sep+"nickName", `"n"`, sep+"title", "")
				c.has(c.in(path, `id eq "`+id+`"`, "excludedAttributes=nickName"), sep+"nickName", "", sep+"title", `"x"`)
			}
			c.has(c.get("/Groups/"+g+"?excludedAttributes=members"), "members", "")
			c.has(c.in("/Groups", `id eq "`+g+`"`, "excludedAttributes=members"), "Resources.0.id", `"`+g+`"`, "Resources.0.members", "")
			c.has(c.in("/Groups", `id eq "`+g+`"`, "attributes=members"), "Resources.0.members.0.value", `"`+id+`"`, "Resources.0.displayName", "")
		},
		"7644-3.4.2.5-3": func(c *claim) {
			_, f := c.few(`"title":"x","name":{"givenName":"a","familyName":"b"}`)
			for _, list := range []string{"name.givenName,title", "NAME.GIVENNAME,Title", schema.UserURN + ":name.givenName, title"} {
				r := c.in("/Users", f, "attributes="+url.QueryEscape(list))
				c.has(r, "Resources.0.name", `{"givenName":"a"}`, "Resources.0.title", `"x"`, "Resources.0.userName", "")
			}
		},
		"7644-3.4.2.5-4": func(c *claim) {
			made, f := c.few("")
			r := c.in("/Users", f, "excludedAttributes=id,schemas,userName")
			c.has(r, "Resources.0.id", `"`+made[0]+`"`, "Resources.0.schemas.#", "1", "Resources.0.userName", "")
		},
		"7644-3.4.2.5-5": func(c *claim) {
			_, f := c.few(`"name":{"givenName":"a","familyName":"b"},"` + schema.EnterpriseUserURN + `":{"department":"d"}`)
			r := c.in("/Users", f, "excludedAttributes="+url.QueryEscape("name.givenName,"+schema.EnterpriseUserURN+":department"))
			c.has(r, "Resources.0.name", `{"familyName":"b"}`, "Resources.0.schemas.#", "2")
			if strings.Contains(r.Body, "department") {
				c.t.Errorf("department is shown: %s", r.Body)
			}
		},
	}.prove(t, adaptertest.Options{})
}

// RFC 7644 section 3.4.2.2: filters.
func TestConformanceFilter(t *testing.T) {
	t.Parallel()
	ordered := func(operator string) func(*claim) {
		return func(c *claim) {
			id := c.addID(tried(`"flag":true,"key":"AQID","whole":5,"exact":"m","since":"2020-01-01T00:00:00Z"`))
			for _, f := range []string{`active %s true`, trialURN + `:flag %s true`, trialURN + `:key %s "AQID"`, `x509Certificates.value %s "AQID"`} {
				c.refused(c.query(fmt.Sprintf(f, operator)), 400, "invalidFilter")
			}
			less, equal, more := strings.HasPrefix(operator, "g"), strings.HasSuffix(operator, "e"), strings.HasPrefix(operator, "l")
			for attr, values := range map[string][3]string{
				"whole": {"4", "5", "6"}, "exact": {`"l"`, `"m"`, `"n"`},
				"since": {`"2019-12-31T23:59:59Z"`, `"2020-01-01T01:00:00+01:00"`, `"2020-01-01T00:00:01Z"`},
			} {
				c.selects(id, less, trialURN+":"+attr+" "+operator+" "+values[0])
				c.selects(id, equal, trialURN+":"+attr+" "+operator+" "+values[1])
				c.selects(id, more, trialURN+":"+attr+" "+operator+" "+values[2])
			}
		}
	}
	claims{
		"7644-3.4.2.2-1": func(c *claim) {
			made, f := c.few(`"title":"a"`, `"title":"b"`, "")
			for filter, want := range map[string][]string{
				`title eq "a"`: made[:1], `title pr`: made[:2], `title ne "a"`: made[1:], `title co "c"`: {}, `title sw "b"`: made[1:2], `title ew "a"`: made[:1],
			} {
				if got := ids(c.in("/Users", f+" and ("+filter+")", "")); !slices.Equal(got, want) {
					c.t.Errorf("%s: %v, want %v", filter, got, want)
				}
			}
		},
		// An empty parameter counts as none: gateways send it.
		"7644-3.4.2.2-2": func(c *claim) {
			for _, f := range []string{"()", "title", `"x"`, "and", "title pr and"} {
				c.refused(c.query(f), 400, "invalidFilter")
			}
			c.get("/Users?filter=&count=1")
		},
		"7644-3.4.2.2-3": func(c *claim) {
			for _, f := range []string{`eq "x"`, `title "x"`, `title eq`, `title pr "x"`, `"title" eq "x"`} {
				c.refused(c.query(f), 400, "invalidFilter")
			}
		},
		"7644-3.4.2.2-4": ordered("gt"), "7644-3.4.2.2-5": ordered("ge"), "7644-3.4.2.2-6": ordered("lt"), "7644-3.4.2.2-7": ordered("le"),
		"7644-3.4.2.2-8": func(c *claim) {
			id := c.addID(mails)
			c.selects(id, true, `emails[type eq "work" and value sw "w@"]`, `emails.type eq "work" and emails.value sw "h@"`)
			c.selects(id, false, `emails[type eq "work" and value sw "h@"]`)
		},
		"7644-3.4.2.2-9": func(c *claim) {
			for _, f := range []string{`emails[]`, `emails[type]`, `emails[shoeSize eq 1]`, `emails[userName eq "x"]`, `emails[type eq "work"`} {
				c.refused(c.query(f), 400, "invalidFilter")
			}
			c.selects(c.addID(mails), true, `emails[not (type eq "home") and (value pr or display pr)]`)
		},
		"7644-3.4.2.2-10": func(c *claim) {
			id := c.addID(`"title":"x","active":true,` + mails)
			c.selects(id, true, `title eq "x"`, `TITLE EQ "x"`, `not (title eq "y")`, `(title eq "x")`, `active eq true`, `nickName eq null`,
				schema.UserURN+`:title eq "x"`, `name.givenName ne "x"`, `emails[type eq "work"]`)
			for _, f := range []string{`title = "x"`, `title eq x`, `title eq 'x'`, `title eq "x" &&  active pr`, `title eq "x"; drop`, `ti tle pr`, `1title pr`} {
				c.refused(c.query(f), 400, "invalidFilter")
			}
		},
		"7644-3.4.2.2-11": func(c *claim) {
			id := c.addID(`"title":"x"`)
			c.selects(id, true, `title pr or title pr and nickName pr`, `not (nickName pr) and title pr`, `nickName pr and nickName pr or title pr`)
			c.selects(id, false, `(title pr or title pr) and nickName pr`, `not (nickName pr or title pr)`, `not (title pr) and nickName pr or nickName pr`)
		},
		"7644-3.4.2.2-12": func(c *claim) {
			id := c.addID(`"name":{"givenName":"Ann"},` + mails)
			c.refused(c.query(`name eq "Ann"`), 400, "invalidFilter")
			c.selects(id, true, `name.givenName eq "Ann"`, `emails co "w@x"`, `emails.value co "w@x"`)
		},
		"7644-3.4.2.2-13": func(c *claim) {
			r := c.add("")
			c.has(r, "active", "true")
			c.selects(r.Get("id").Str, true, `active eq true`, `active pr`)
		},
		"7644-3.4.2.2-14": func(c *claim) {
			r := c.query(`title regex "x"`)
			c.refused(r, 400, "invalidFilter")
			if !strings.Contains(r.Get("detail").Str, "regex") {
				c.t.Errorf("the operator is not named: %s", r.Body)
			}
		},
		"7644-3.4.2.2-15": func(c *claim) {
			id := c.addID(`"title":"Guide","externalId":"AbC",` + tried(`"exact":"AbC"`))
			c.selects(id, true, `title eq "gUIDE"`, `title co "UID"`, `externalId eq "AbC"`, trialURN+`:exact eq "AbC"`)
			c.selects(id, false, `externalId eq "abc"`, trialURN+`:exact eq "abc"`, `externalId co "bc"`)
		},
	}.prove(t, withTrial(t, false))
}

// RFC 7644 section 3.4.2.3: sorting.
func TestConformanceSort(t *testing.T) {
	t.Parallel()
	// sorted checks the order in which users come, each by its number.
	sorted := func(c *claim, made []string, filter, params string, want ...int) {
		c.t.Helper()
		var places []int
		for _, id := range ids(c.in("/Users", filter, params)) {
			places = append(places, slices.Index(made, id))
		}
		if !slices.Equal(places, want) {
			c.t.Errorf("%s: %v, want %v", params, places, want)
		}
	}
	claims{
		"7644-3.4.2.3-1": func(c *claim) {
			made, f := c.few(`"title":"b","emails":[{"value":"a@x.example"},{"value":"z@x.example","primary":true}]`, `"title":"c","emails":[{"value":"m@x.example"}]`, `"title":"a"`)
			sorted(c, made, f, "sortBy=title&sortOrder=ascending", 2, 0, 1)
			sorted(c, made, f, "sortBy=title&sortOrder=descending", 1, 0, 2)
			sorted(c, made, f, "sortBy=emails&sortOrder=ascending", 1, 0, 2)
			sorted(c, made, f, "sortBy=emails.value&sortOrder=descending", 2, 0, 1)
			sorted(c, made, f, "sortBy=title&startIndex=2&count=1", 0)
			c.refused(c.in("/Users", f, "sortBy=shoeSize"), 400, "invalidValue")
		},
		"7644-3.4.2.3-2": func(c *claim) {
			made, f := c.few(`"title":"b"`, "", `"title":"a"`)
			sorted(c, made, f, "sortBy=title", 2, 0, 1)
		},
		"7644-3.4.2.3-3": func(c *claim) {
			values := []string{`"loose":"b","exact":"b","whole":10`, `"loose":"A","exact":"A","whole":9`, `"loose":"C","exact":"C","whole":-1`, `"loose":"É","exact":"É","whole":0`}
			for i := range values {
				values[i] = tried(values[i])
			}
			made, f := c.few(values...)
			sorted(c, made, f, "sortBy="+trialURN+":loose", 1, 0, 2, 3)
			sorted(c, made, f, "sortBy="+trialURN+":exact", 1, 2, 0, 3)
			sorted(c, made, f, "sortBy="+trialURN+":whole", 2, 3, 1, 0)
			sorted(c, made, f, "sortBy=meta.created&sortOrder=descending", 3, 2, 1, 0)
		},
	}.prove(t, withTrial(t, false))
}

// RFC 7644 section 3.4.3: queries by POST.
func TestConformanceSearch(t *testing.T) {
	t.Parallel()
	search := func(c *claim, path, filter, more string) adaptertest.Response {
		c.t.Helper()
		return c.Do("POST", path+"/.search", fmt.Sprintf(`{"schemas":[%q],"filter":%q%s}`, searchURN, filter, more))
	}
	claims{
		"7644-3.4.3-1": func(c *claim) {
			made, f := c.few(`"externalId":"e-3431"`, "")
			r := search(c, "/Users", f, "")
			c.has(r, "schemas", `["`+listURN+`"]`, "totalResults", "2")
			if got := ids(r); r.Status != 200 || !slices.Equal(got, made) {
				c.t.Errorf("%d: %v, want %v", r.Status, got, made)
			}
			c.has(search(c, "", `externalId eq "e-3431"`, ""), "Resources.#.id", `["`+made[0]+`"]`)
			c.has(search(c, "/Groups", `externalId eq "e-3431"`, ""), "totalResults", "0")
		},
		"7644-3.4.3-2": func(c *claim) {
			c.refused(c.Do("POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"count":1}`), 400, "invalidSyntax")
			c.refused(c.Do("POST", "/Users/.search", `[]`), 400, "invalidSyntax")
		},
		"7644-3.4.3-3": func(c *claim) {
			_, f := c.few(`"name":{"givenName":"a","familyName":"b"},"title":"x"`)
			r := search(c, "/Users", f, `,"attributes":["name.givenName","`+schema.UserURN+`:title"]`)
			c.has(r, "Resources.0.name", `{"givenName":"a"}`, "Resources.0.title", `"x"`, "Resources.0.userName", "")
		},
		"7644-3.4.3-4": func(c *claim) {
			made, f := c.few("")
			r := search(c, "/Users", f, `,"excludedAttributes":["id","schemas","userName"]`)
			c.has(r, "Resources.0.id", `"`+made[0]+`"`, "Resources.0.schemas.#", "1", "Resources.0.userName", "")
		},
		"7644-3.4.3-5": func(c *claim) {
			_, f := c.few(`"name":{"givenName":"a","familyName":"b"}`)
			c.has(search(c, "/Users", f, `,"excludedAttributes":["NAME.givenname"]`), "Resources.0.name", `{"familyName":"b"}`)
		},
		"7644-3.4.3-6": func(c *claim) {
			c.refused(search(c, "/Users", `title near "x"`, ""), 400, "invalidFilter")
			c.refused(c.Do("POST", "/Users/.search", `{"schemas":["`+searchURN+`"],"filter":42}`), 400, "invalidSyntax")
		},
		"7644-3.4.3-7": func(c *claim) {
			made, f := c.few(`"title":"b"`, `"title":"a"`)
			for order, want := range map[string][]string{"ascending": {made[1], made[0]}, "descending": made} {
				if got := ids(search(c, "/Users", f, `,"sortBy":"title","sortOrder":"`+order+`"`)); !slices.Equal(got, want) {
					c.t.Errorf("%s: %v, want %v", order, got, want)
				}
			}
			if got := ids(search(c, "/Users", f, `,"sortBy":"title","startIndex":2,"count":1`)); !slices.Equal(got, made[:1]) {
				c.t.Errorf("the second: %v of %v", got, made)
			}
		},
		"7644-3.4.3-8": func(c *claim) {
			made, f := c.few(`"name":{"givenName":"b"}`, `"name":{"givenName":"a"}`)
			if got := ids(search(c, "/Users", f, `,"sortBy":"`+schema.UserURN+`:name.givenName"`)); !slices.Equal(got, []string{made[1], made[0]}) {
				c.t.Errorf("%v of %v", got, made)
			}
			c.refused(search(c, "/Users", f, `,"sortBy":"shoeSize"`), 400, "invalidValue")
		},
	}.prove(t, adaptertest.Options{})
}
