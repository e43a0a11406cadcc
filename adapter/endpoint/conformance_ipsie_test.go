package endpoint_test

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// account is how the application has the account of a user.
func (c *claim) account(id string) string {
	c.t.Helper()
	return c.App("GET", "/members", nil).Get(`members.#(ref=="` + id + `").state`).Str
}

// runsOut checks that requests to a path are answered with 429 once there have been too many.
func (c *claim) runsOut(method, path string) {
	c.t.Helper()
	root := c.limited(2)
	for range 2 {
		if r := c.at(root+path, adaptertest.Token, method, nil); r.Status == 429 {
			c.t.Errorf("%s %s: refused too early", method, path)
		}
	}
	r := c.at(root+path, adaptertest.Token, method, nil)
	c.refused(r, 429, "")
	if n, err := strconv.Atoi(r.Header.Get("Retry-After")); err != nil || n < 1 {
		c.t.Errorf("%s %s: Retry-After is %q", method, path, r.Header.Get("Retry-After"))
	}
}

// IPSIE AL1, the SCIM profile of account lifecycles.
func TestConformanceIPSIE(t *testing.T) {
	t.Parallel()
	member := func(id string) string { return `{"op":"add","path":"members","value":[{"value":"` + id + `"}]}` }
	claims{
		"AL1-3.1-1": func(c *claim) {
			i := newAuthServer(c.t)
			root := c.trusting(i)
			r := c.at(root+"/Users", i.token(nil), "POST", c.user(""))
			if r.Status != 201 {
				c.t.Errorf("with an access token: %d %s", r.Status, r.Body)
			}
			c.refused(c.at(root+"/Users", adaptertest.Token, "GET", nil), 401, "")
		},
		"AL1-3.1-5": func(c *claim) {
			i := newAuthServer(c.t)
			root := c.trusting(i)
			c.refused(c.at(root+"/Users", i.token(map[string]any{"scope": nil}), "GET", nil), 403, "")
			c.refused(c.at(root+"/Users", i.token(map[string]any{"scope": "openid"}), "GET", nil), 403, "")
			c.refused(c.at(root+"/Users", i.token(map[string]any{"scope": "scim admin"}), "GET", nil), 401, "")
		},
		"AL1-3.1-6": func(c *claim) {
			i := newAuthServer(c.t) // whose keys are where its metadata says
			if r := c.at(c.trusting(i)+"/Users?count=0", i.token(nil), "GET", nil); r.Status != 200 {
				c.t.Errorf("%d %s", r.Status, r.Body)
			}
		},
		"AL1-3.2.1-2": func(c *claim) {
			id := c.addID("")
			g := c.group(id)
			for _, path := range []string{"/Users", "/Users/" + id, "/Groups", "/Groups/" + g, "/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/"} {
				c.get(path)
			}
		},
		// An operator can still give a connection a token that no authorization server has issued.
		"AL1-3.2.1-3": func(c *claim) {
			root := c.trusting(newAuthServer(c.t))
			for path, method := range map[string]string{
				"/Users": "GET", "/Groups": "POST", "/Users/x": "PATCH", "/Users/y": "PUT", "/Users/z": "DELETE", "/Bulk": "POST", "/.search": "POST",
				"/Me": "GET", "/Schemas": "GET", "/ResourceTypes": "GET", "/ServiceProviderConfig": "GET",
			} {
				c.refused(c.at(root+path, adaptertest.Token, method, nil), 401, "")
			}
			c.get("/Users?count=0")
		},
		"AL1-3.2.2-1": func(c *claim) {
			r := c.add(`"externalId":"e-3221","emails":[{"value":"e-3221@x.example","primary":true}]`)
			id := r.Get("id").Str
			c.has(c.get("/Users/"+id), "externalId", `"e-3221"`, "emails.0.value", `"e-3221@x.example"`)
			c.has(c.patch(id, `{"op":"replace","path":"title","value":"x"}`), "title", `"x"`)
			c.has(c.patch(id, `{"op":"replace","path":"active","value":false}`), "active", "false")
			c.has(c.patch(id, `{"op":"replace","path":"active","value":true}`), "active", "true")
			if !slices.Contains(ids(c.get("/Users?count=1000")), id) {
				c.t.Error("the list lacks the user")
			}
			c.has(c.query(`externalId eq "e-3221"`), "Resources.#.id", `["`+id+`"]`)
			c.Want(204, "DELETE", "/Users/"+id, nil)
		},
		"AL1-3.2.2.3-2": func(c *claim) {
			id := c.addID("")
			c.patch(id, `{"op":"replace","path":"active","value":false}`)
			if got := c.account(id); got != "suspended" {
				c.t.Errorf("the account is %q when the request is answered", got)
			}
		},
		// What the application itself gave out is told to end, and is not seen from here.
		"AL1-3.2.2.3-4": func(c *claim) {
			id := c.addID("")
			own, _ := c.token(token.Limits{User: id})
			c.has(c.as(own, "GET", "/Me", nil), "id", `"`+id+`"`)
			c.patch(id, `{"op":"replace","path":"active","value":false}`)
			c.refused(c.as(own, "GET", "/Me", nil), 401, "")
			if got := c.account(id); got != "suspended" {
				c.t.Errorf("the account is %q", got)
			}
		},
		"AL1-3.2.2.3-5": func(c *claim) {
			id := c.addID("")
			c.patch(id, `{"op":"replace","path":"active","value":false}`)
			c.has(c.patch(id, `{"op":"replace","path":"active","value":true}`), "active", "true")
			if got := c.account(id); got != "active" {
				c.t.Errorf("the account is %q", got)
			}
		},
		"AL1-3.2.2.4-1": func(c *claim) {
			r := c.add("")
			c.Want(204, "DELETE", "/Users/"+r.Get("id").Str, nil)
			again := c.add(`"userName":` + r.Get("userName").Raw)
			if got := c.account(again.Get("id").Str); got != "active" {
				c.t.Errorf("the account is %q", got)
			}
		},
		"AL1-3.2.2.5-1": func(c *claim) { c.runsOut("GET", "/Users") },
		"AL1-3.2.2.7-1": func(c *claim) {
			r := c.add(`"externalId":"e-32271","emails":[{"value":"e-32271@x.example"}]`)
			for _, f := range []string{`username eq ` + r.Get("userName").Raw, `externalId eq "e-32271"`, `emails[value eq "e-32271@x.example"]`} {
				c.has(c.query(f), "Resources.#.id", `["`+r.Get("id").Str+`"]`)
			}
		},
		"AL1-3.2.3-1": func(c *claim) {
			who := c.addID("")
			g := c.group()
			c.patchGroup(g, member(who))
			c.has(c.get("/Groups/"+g), "members.#.value", `["`+who+`"]`)
			c.has(c.get("/Groups/"+g+"?excludedAttributes=members"), "members", "", "id", `"`+g+`"`)
			if !slices.Contains(ids(c.get("/Groups?count=1000&excludedAttributes=members")), g) {
				c.t.Error("the list lacks the group")
			}
			c.has(c.patchGroup(g, `{"op":"remove","path":"members[value eq \"`+who+`\"]"}`), "members", "")
			c.Want(204, "DELETE", "/Groups/"+g, nil)
		},
		"AL1-3.2.3.2-1": func(c *claim) {
			a, b := c.group(), c.group()
			f := `id eq "` + a + `" or id eq "` + b + `"`
			var byIndex []string
			for _, start := range []string{"1", "2"} {
				byIndex = append(byIndex, ids(c.in("/Groups", f, "count=1&startIndex="+start))...)
			}
			var byCursor []string
			for _, r := range c.pages("/Groups", f, "count=1") {
				byCursor = append(byCursor, ids(r)...)
			}
			if want := []string{a, b}; !slices.Equal(byIndex, want) || !slices.Equal(byCursor, want) {
				c.t.Errorf("by index %v, by cursor %v, want %v", byIndex, byCursor, want)
			}
		},
		"AL1-3.2.3.2-2": func(c *claim) { c.runsOut("GET", "/Groups") },
		"AL1-3.2.3.4-1": func(c *claim) {
			who := c.addID("")
			g := c.Want(201, "POST", "/Groups", `{"displayName":"g-32341","externalId":"e-32341","members":[{"value":"`+who+`"}]}`).Get("id").Str
			for _, f := range []string{`displayName eq "G-32341"`, `externalId eq "e-32341"`, `members.value eq "` + who + `"`, `members[value eq "` + who + `"]`} {
				c.has(c.get("/Groups?excludedAttributes=members&filter="+url.QueryEscape(f)), "Resources.#.id", `["`+g+`"]`, "Resources.0.members", "")
			}
		},
		"AL1-3.2.3.5-1": func(c *claim) {
			who := c.addID("")
			g := c.group()
			c.has(c.patchGroup(g, member(who)), "members.#", "1")
			c.has(c.patchGroup(g, `{"op":"remove","path":"members"}`), "members", "")
			c.refused(c.Do("PATCH", "/Groups/"+g, operations(`{"op":"toggle","path":"members","value":[]}`)), 400, "invalidSyntax")
		},
		"AL1-3.2.3.5-2": func(c *claim) {
			who := c.addID("")
			c.has(c.patchGroup(c.group(), member(who)), "members.0.value", `"`+who+`"`)
			c.refused(c.Do("PATCH", "/Groups/"+c.group(), operations(`{"op":"add","path":"people","value":[]}`)), 400, "invalidPath")
		},
		"AL1-3.2.3.5-3": func(c *claim) {
			a, b := c.addID(""), c.addID("")
			c.has(c.patchGroup(c.group(), `{"op":"add","path":"members","value":[{"value":"`+a+`"},{"value":"`+b+`","type":"User"}]}`), "members.#", "2")
			c.refused(c.Do("PATCH", "/Groups/"+c.group(), operations(`{"op":"add","path":"members","value":42}`)), 400, "invalidValue")
		},
		"AL1-3.2.3.5-4": func(c *claim) {
			c.refused(c.Do("PATCH", "/Groups/"+c.group(), operations(`{"op":"add","path":"members","value":[{"display":"nobody"}]}`)), 400, "invalidValue")
		},
		"AL1-3.2.3.5-5": func(c *claim) {
			a, b := c.addID(""), c.addID("")
			g := c.group(a, b)
			c.has(c.patchGroup(g, `{"op":"remove","path":"members[value eq \"`+a+`\"]"}`), "members.#.value", `["`+b+`"]`)
			c.has(c.patchGroup(g, `{"op":"remove","path":"members"}`), "members", "")
		},
		// Entra ID sends the members to remove as the value; removing all for that has cost companies their groups.
		"AL1-3.2.3.5-6": func(c *claim) {
			a, b := c.addID(""), c.addID("")
			g := c.group(a, b)
			c.has(c.patchGroup(g, `{"op":"remove","path":"members","value":[{"value":"`+a+`"}]}`), "members.#.value", `["`+b+`"]`)
			c.has(c.patchGroup(g, `{"op":"remove","path":"members"}`), "members", "")
		},
		"AL1-3.3.1-1": func(c *claim) { c.has(c.get("/ResourceTypes"), "schemas", `["`+listURN+`"]`) },
		"AL1-3.3.1-2": func(c *claim) {
			c.has(c.get("/ResourceTypes"), "Resources.#.endpoint", `["/Users","/Groups"]`)
		},
		"AL1-3.3.2-1": func(c *claim) {
			c.has(c.get("/ServiceProviderConfig"), "schemas", `["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]`)
		},
		"AL1-3.3.2-2": func(c *claim) {
			c.has(c.get("/ServiceProviderConfig"), "patch.supported", "true", "filter.supported", "true", "pagination.index", "true", "pagination.cursor", "true")
		},
		"AL1-3.3.3-1": func(c *claim) {
			r := c.get("/Schemas")
			for _, urn := range []string{schema.UserURN, schema.GroupURN} {
				c.has(r, `Resources.#(id=="`+urn+`").id`, `"`+urn+`"`)
			}
			for _, name := range []string{"userName", "emails"} {
				c.has(c.get("/Schemas/"+schema.UserURN), `attributes.#(name=="`+name+`").name`, `"`+name+`"`)
			}
		},
		"AL1-3.4-2": func(c *claim) {
			for _, r := range []adaptertest.Response{
				c.Do("GET", "/Users/nobody", nil), c.Do("POST", "/Users", "{"), c.Do("PATCH", "/Groups", nil), c.query("x"), c.Do("GET", "/no/such/thing", nil),
				c.as("unknown-token-0123456789-0123456789", "GET", "/Users", nil), c.Do("POST", "/Bulk", "[]"), c.Do("GET", "/%00", nil),
			} {
				c.refused(r, r.Status, r.Get("scimType").Str)
			}
		},
		// An access token is good until it expires, as often as it is presented: the nonce is in the assertion that the
		// authorization server gets for it.
		"AL1-3.4-3": func(c *claim) {
			i := newAuthServer(c.t)
			root := c.trusting(i)
			forged := i.forged()
			for _, what := range []string{"expired", "never expires", "good for years"} {
				c.refused(c.at(root+"/Users", forged[what], "GET", nil), 401, "")
			}
			again := i.token(map[string]any{"jti": "once"})
			for range 2 {
				if r := c.at(root+"/Users?count=0", again, "GET", nil); r.Status != 200 {
					c.t.Errorf("%d %s", r.Status, r.Body)
				}
			}
		},
		"AL1-3.4-4": func(c *claim) {
			id := c.addID("")
			c.patch(id, `{"op":"replace","path":"title","value":"x"}`)
			c.Want(204, "DELETE", "/Users/"+id, nil)
			var seen []string
			err := c.Tenant().Journal(context.Background(), func(op *store.Operation) bool {
				if op.ResourceID == id {
					seen = append(seen, op.Operation+" "+string(op.Outcome)+" by "+op.Connection)
				}
				return true
			})
			if want := "delete applied by main, update applied by main, create applied by main"; err != nil || strings.Join(seen, ", ") != want {
				c.t.Errorf("%v: the journal has %v, want %s", err, seen, want)
			}
		},
		"AL1-3.4-5": func(c *claim) {
			for path, method := range map[string]string{
				"/Users": "GET", "/Groups": "POST", "/Users/x": "PATCH", "/Users/y": "PUT", "/Users/z": "DELETE", "/Bulk": "POST", "/.search": "POST",
				"/": "GET", "/Schemas": "GET", "/ResourceTypes": "GET", "/ServiceProviderConfig": "GET",
			} {
				c.runsOut(method, path)
			}
		},
		"AL1-4-3": func(c *claim) {
			for path, method := range map[string]string{
				"/Users": "GET", "/Groups": "GET", "/": "GET", "/Schemas": "GET", "/ResourceTypes": "GET", "/ServiceProviderConfig": "GET",
				"/Bulk": "POST", "/.search": "POST", "/Users/.search": "POST", "/Groups/.search": "POST",
			} {
				if r := c.Do(method, path, "{}"); r.Status == 404 || r.Status == 501 {
					c.t.Errorf("%s %s: %d %s", method, path, r.Status, r.Body)
				}
			}
		},
		// What is changed in the application itself cannot be prevented from in front of it.
		"AL1-4-4": func(c *claim) {
			r := c.add("")
			no := c.App("GET", "/members", nil).Get(`members.#(ref=="` + r.Get("id").Str + `").no`).Raw
			c.App("PATCH", "/members/"+no, `{"title":"changed on the spot"}`)
			c.has(c.get("/Users/"+r.Get("id").Str), "title", "")
		},
		"AL1-4-5": func(c *claim) {
			i := newAuthServer(c.t)
			root := c.trusting(i)
			for what, forged := range i.forged() {
				if r := c.at(root+"/Users", forged, "GET", nil); r.Status != 401 {
					c.t.Errorf("%s: %d %s", what, r.Status, r.Body)
				}
			}
			if r := c.at(root+"/Users?count=0", i.token(nil), "GET", nil); r.Status != 200 {
				c.t.Errorf("a good one: %d %s", r.Status, r.Body)
			}
		},
	}.prove(t, adaptertest.Options{})
}
