package endpoint_test

import (
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// fails checks that operations on a user are refused and leave it as it was.
func (c *claim) fails(id, scimType string, ops ...string) {
	c.t.Helper()
	before := c.get("/Users/" + id).Body
	c.refused(c.Do("PATCH", "/Users/"+id, operations(ops...)), 400, scimType)
	if after := c.get("/Users/" + id).Body; after != before {
		c.t.Errorf("a refused PATCH made %s of %s", after, before)
	}
}

// mails are two addresses of a user.
const mails = `"emails":[{"value":"w@x.example","type":"work","primary":true},{"value":"h@x.example","type":"home"}]`

// RFC 7644 section 3.5.2: PATCH.
func TestConformancePatch(t *testing.T) {
	t.Parallel()
	claims{
		"7644-3.5-2": func(c *claim) {
			c.has(c.get("/ServiceProviderConfig"), "patch.supported", "true")
			c.has(c.patch(c.addID(""), `{"op":"add","path":"title","value":"x"}`), "title", `"x"`)
			who := c.addID("")
			c.has(c.patchGroup(c.group(), `{"op":"add","path":"members","value":[{"value":"`+who+`"}]}`), "members.0.value", `"`+who+`"`)
		},
		// Gateways leave it out; what is meant is clear from the method.
		"7644-3.5.2-1": func(c *claim) {
			id := c.addID("")
			c.has(c.Want(200, "PATCH", "/Users/"+id, `{"Operations":[{"op":"add","path":"title","value":"x"}]}`), "title", `"x"`)
			c.has(c.patch(id, `{"op":"add","path":"title","value":"y"}`), "title", `"y"`)
		},
		"7644-3.5.2-2": func(c *claim) {
			id := c.addID("")
			for _, body := range []string{`{}`, `{"Operations":[]}`, `{"Operations":"x"}`, `{"Operations":[1]}`} {
				c.refused(c.Do("PATCH", "/Users/"+id, body), 400, "invalidSyntax")
			}
		},
		"7644-3.5.2-3": func(c *claim) {
			id := c.addID("")
			for _, op := range []string{
				`{"path":"title","value":"x"}`, `{"op":"move","path":"title","value":"x"}`, `{"op":null,"path":"title","value":"x"}`,
				`{"op":"add","op":"remove","path":"title","value":"x"}`,
			} {
				c.fails(id, "invalidSyntax", op)
			}
		},
		"7644-3.5.2-4": func(c *claim) {
			id := c.addID(`"title":"x"`)
			c.fails(id, "noTarget", `{"op":"remove"}`)
			c.fails(id, "noTarget", `{"op":"remove","value":{"title":"x"}}`)
			c.has(c.patch(id, `{"op":"add","value":{"title":"y"}}`, `{"op":"replace","value":{"nickName":"z"}}`), "title", `"y"`, "nickName", `"z"`)
		},
		"7644-3.5.2-5": func(c *claim) {
			id := c.addID(tried(`"once":"first"`))
			c.fails(id, "mutability", `{"op":"replace","path":"id","value":"x"}`)
			c.fails(id, "mutability", `{"op":"replace","path":"`+trialURN+`:given","value":"x"}`)
			c.fails(id, "mutability", `{"op":"replace","path":"`+trialURN+`:once","value":"x"}`)
			c.fails(id, "invalidValue", `{"op":"replace","path":"active","value":"perhaps"}`)
			c.fails(id, "invalidValue", `{"op":"add","path":"`+trialURN+`:whole","value":"many"}`)
			c.fails(id, "invalidPath", `{"op":"add","path":"shoeSize","value":42}`)
		},
		"7644-3.5.2-6": func(c *claim) {
			id := c.addID("")
			c.fails(id, "mutability", `{"op":"replace","path":"meta.created","value":"2020-01-01T00:00:00Z"}`)
			c.fails(id, "mutability", `{"op":"add","path":"groups","value":[{"value":"x"}]}`)
			once := `{"op":"add","path":"` + trialURN + `:once","value":"first"}`
			c.has(c.patch(id, once), trialPath("once"), `"first"`)
			c.has(c.patch(id, once), trialPath("once"), `"first"`)
			c.fails(id, "mutability", strings.Replace(once, "first", "second", 1))
		},
		"7644-3.5.2-7": func(c *claim) {
			id := c.addID(tried(`"once":"first"`))
			for op, keyword := range map[string]string{
				`{"op":"remove","path":"userName"}`:                                  "mutability",
				`{"op":"remove","path":"` + trialURN + `:once"}`:                     "mutability",
				`{"op":"add","path":"emails[","value":"x"}`:                          "invalidPath",
				`{"op":"add","path":"emails[nothing eq 1].value","value":"x"}`:       "invalidFilter",
				`{"op":"add","path":"name","value":"x"}`:                             "invalidValue",
				`{"op":"replace","path":"` + trialURN + `:since","value":"someday"}`: "invalidValue",
				`{"op":"add","value":{"shoeSize":42}}`:                               "invalidSyntax",
			} {
				c.fails(id, keyword, op)
			}
		},
		"7644-3.5.2-8": func(c *claim) {
			id := c.addID("")
			for _, path := range []string{"title", schema.UserURN + ":title", "TITLE"} {
				c.has(c.patch(id, `{"op":"replace","path":"`+path+`","value":"`+path+`"}`), "title", `"`+path+`"`)
			}
			c.has(c.patch(id, `{"op":"add","path":"`+schema.EnterpriseUserURN+`:department","value":"x"}`),
				"schemas", `["`+schema.UserURN+`","`+schema.EnterpriseUserURN+`"]`)
		},
		"7644-3.5.2-9": func(c *claim) {
			id := c.addID("")
			r := c.patch(id, `{"op":"add","path":"schemas","value":["`+trialURN+`"]}`, `{"op":"add","path":"`+trialURN+`:loose","value":"x"}`,
				`{"op":"replace","path":"`+trialURN+`:loose","value":"y"}`)
			c.has(r, "schemas", `["`+schema.UserURN+`","`+trialURN+`"]`, trialPath("loose"), `"y"`)
			c.has(c.patch(id, `{"op":"remove","path":"`+trialURN+`"}`), "schemas", `["`+schema.UserURN+`"]`)
		},
		"7644-3.5.2-10": func(c *claim) {
			id := c.addID(mails)
			primary := `emails.#(primary==true)#.value`
			c.has(c.patch(id, `{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`), primary, `["h@x.example"]`, "emails.0.primary", "false")
			c.has(c.patch(id, `{"op":"add","path":"emails","value":[{"value":"n@x.example","primary":true}]}`), primary, `["n@x.example"]`)
			c.has(c.patch(id, `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"w2@x.example","primary":true}}`), primary, `["w2@x.example"]`)
		},
		"7644-3.5.2-11": func(c *claim) {
			id := c.addID(`"title":"x"`)
			c.fails(id, "invalidPath", `{"op":"replace","path":"title","value":"y"}`, `{"op":"add","path":"nickName","value":"z"}`, `{"op":"add","path":"shoeSize","value":1}`)
		},
		"7644-3.5.2-12": func(c *claim) {
			who := c.addID("")
			g := c.group(who)
			before := c.get("/Groups/" + g).Body
			c.refused(c.Do("PATCH", "/Groups/"+g, operations(`{"op":"remove","path":"members"}`, `{"op":"replace","path":"id","value":"x"}`)), 400, "mutability")
			if after := c.get("/Groups/" + g).Body; after != before {
				c.t.Errorf("a refused PATCH made %s of %s", after, before)
			}
		},
		"7644-3.5.2-13": func(c *claim) {
			c.refused(c.Do("PATCH", "/Users/nobody", operations(`{"op":"add","path":"title","value":"x"}`)), 404, "")
			c.refused(c.Do("PATCH", "/Users/"+c.addID(""), "no JSON"), 400, "invalidSyntax")
			c.fails(c.addID(""), "mutability", `{"op":"replace","path":"meta","value":{}}`)
		},
		"7644-3.5.2-14": func(c *claim) {
			r := c.add(mails)
			r = c.patch(r.Get("id").Str, `{"op":"add","path":"title","value":"x"}`)
			if got := c.get("/Users/" + r.Get("id").Str).Body; got != r.Body {
				c.t.Errorf("PATCH says %s, GET %s", r.Body, got)
			}
			g := c.Do("PATCH", "/Groups/"+c.group(), operations(`{"op":"replace","path":"displayName","value":"two-3-5-2-14"}`))
			if g.Status != 204 || g.Body != "" || g.Header.Get("ETag") == "" {
				c.t.Errorf("PATCH of a group: %d, ETag %q, %s", g.Status, g.Header.Get("ETag"), g.Body)
			}
		},
		"7644-3.5.2-15": func(c *claim) {
			change := operations(`{"op":"replace","path":"displayName","value":"one-3-5-2-15"}`)
			c.has(c.Want(200, "PATCH", "/Users/"+c.addID("")+"?attributes=displayName", change), "displayName", `"one-3-5-2-15"`, "userName", "")
			c.has(c.Want(200, "PATCH", "/Groups/"+c.group(c.addID(""))+"?attributes=displayName", change), "displayName", `"one-3-5-2-15"`, "members", "")
		},
	}.prove(t, withTrial(t, false))
}

// RFC 7644 sections 3.5.2.1 and 3.5.2.2: add and remove.
func TestConformancePatchAddRemove(t *testing.T) {
	t.Parallel()
	// unassigned checks that an attribute has no value in the answer, and that a filter sees none.
	unassigned := func(c *claim, r adaptertest.Response, attr string) {
		c.t.Helper()
		c.has(r, attr, "")
		c.selects(r.Get("id").Str, false, attr+" pr")
	}
	claims{
		"7644-3.5.2.1-1": func(c *claim) {
			id := c.addID("")
			c.fails(id, "invalidValue", `{"op":"add","path":"title"}`)
			c.fails(id, "invalidValue", `{"op":"add"}`)
		},
		"7644-3.5.2.1-2": func(c *claim) {
			id := c.addID(`"name":{"givenName":"Ann"}`)
			c.has(c.patch(id, `{"op":"add","path":"name","value":{"familyName":"Doe"}}`), "name", `{"familyName":"Doe","givenName":"Ann"}`)
			c.fails(id, "invalidValue", `{"op":"add","path":"name","value":"Ann Doe"}`)
		},
		"7644-3.5.2.1-3": func(c *claim) {
			r := c.get("/Users/" + c.addID(`"title":"x",`+mails))
			id := r.Get("id").Str
			for _, op := range []string{
				`{"op":"add","path":"title","value":"x"}`, `{"op":"add","path":"emails","value":[{"value":"h@x.example","type":"home"}]}`,
				`{"op":"add","value":{"title":"x"}}`,
			} {
				if got := c.patch(id, op).Body; got != r.Body {
					c.t.Errorf("%s made %s of %s", op, got, r.Body)
				}
			}
			who := c.addID("")
			g := c.group(who)
			before := c.get("/Groups/" + g).Body
			if after := c.patchGroup(g, `{"op":"add","path":"members","value":[{"value":"`+who+`"}]}`).Body; after != before {
				c.t.Errorf("a member added twice made %s of %s", after, before)
			}
		},
		"7644-3.5.2.1-4": func(c *claim) {
			id := c.addID(`"title":"x"`)
			before := c.get("/Users/" + id)
			c.has(c.patch(id, `{"op":"add","path":"title","value":"x"}`), "meta", before.Get("meta").Raw)
			r := c.patch(id, `{"op":"add","path":"title","value":"y"}`)
			was, err1 := time.Parse(time.RFC3339Nano, before.Get("meta.lastModified").Str)
			is, err2 := time.Parse(time.RFC3339Nano, r.Get("meta.lastModified").Str)
			if err1 != nil || err2 != nil || is.Before(was) || r.Get("meta.version").Str == before.Get("meta.version").Str {
				c.t.Errorf("a change made %s of %s", r.Get("meta").Raw, before.Get("meta").Raw)
			}
		},
		"7644-3.5.2.2-1": func(c *claim) {
			id := c.addID(`"title":"x","name":{"givenName":"Ann"}`)
			unassigned(c, c.patch(id, `{"op":"remove","path":"title"}`), "title")
			unassigned(c, c.patch(id, `{"op":"remove","path":"name.givenName"}`), "name")
		},
		"7644-3.5.2.2-2": func(c *claim) {
			unassigned(c, c.patch(c.addID(mails), `{"op":"remove","path":"emails"}`), "emails")
			c.has(c.patchGroup(c.group(c.addID("")), `{"op":"remove","path":"members"}`), "members", "")
		},
		"7644-3.5.2.2-3": func(c *claim) {
			id := c.addID(mails)
			c.has(c.patch(id, `{"op":"remove","path":"emails[value eq \"w@x.example\"]"}`), "emails.#.value", `["h@x.example"]`)
			unassigned(c, c.patch(id, `{"op":"remove","path":"emails[value sw \"h@\"]"}`), "emails")
			a, b := c.addID(""), c.addID("")
			g := c.group(a, b)
			c.has(c.patchGroup(g, `{"op":"remove","path":"members[value eq \"`+a+`\"]"}`), "members.#.value", `["`+b+`"]`)
			c.has(c.patchGroup(g, `{"op":"remove","path":"members[value eq \"`+b+`\"]"}`), "members", "")
		},
		"7644-3.5.2.2-4": func(c *claim) {
			id := c.addID(mails)
			c.has(c.patch(id, `{"op":"remove","path":"emails[type eq \"work\"].primary"}`), "emails.0.primary", "")
			c.selects(id, false, `emails[type eq "work" and primary eq true]`)
		},
		"7644-3.5.2.2-5": func(c *claim) {
			unassigned(c, c.patch(c.addID(mails), `{"op":"remove","path":"emails[type eq \"work\" or type eq \"home\"]"}`), "emails")
		},
		"7644-3.5.2.2-6": func(c *claim) {
			c.fails(c.addID(""), "mutability", `{"op":"remove","path":"userName"}`)
			c.fails(c.addID(""), "mutability", `{"op":"remove","path":"id"}`)
			c.fails(c.addID(""), "mutability", `{"op":"remove","path":"meta.created"}`)
			c.refused(c.Do("PATCH", "/Groups/"+c.group(), operations(`{"op":"remove","path":"displayName"}`)), 400, "mutability")
		},
	}.prove(t, adaptertest.Options{})
}

// RFC 7644 section 3.5.2.3: replace.
func TestConformancePatchReplace(t *testing.T) {
	t.Parallel()
	claims{
		"7644-3.5.2.3-1": func(c *claim) {
			id := c.addID(`"title":"x","nickName":"n",` + mails)
			r := c.patch(id, `{"op":"replace","value":{"title":"y","emails":[{"value":"n@x.example"}]}}`)
			c.has(r, "title", `"y"`, "nickName", `"n"`, "emails.#.value", `["n@x.example"]`)
			c.fails(id, "invalidValue", `{"op":"replace","value":"y"}`)
		},
		"7644-3.5.2.3-2": func(c *claim) {
			r := c.patch(c.addID(""), `{"op":"replace","path":"title","value":"x"}`, `{"op":"replace","path":"emails","value":[{"value":"a@x.example"}]}`,
				`{"op":"replace","path":"name.givenName","value":"Ann"}`)
			c.has(r, "title", `"x"`, "emails.0.value", `"a@x.example"`, "name.givenName", `"Ann"`)
		},
		"7644-3.5.2.3-3": func(c *claim) {
			id := c.addID(`"name":{"givenName":"Ann","familyName":"Doe"}`)
			r := c.patch(id, `{"op":"replace","path":"name","value":{"familyName":"Roe","middleName":"B."}}`)
			c.has(r, "name", `{"familyName":"Roe","givenName":"Ann","middleName":"B."}`)
		},
		"7644-3.5.2.3-4": func(c *claim) {
			id := c.addID(`"addresses":[{"type":"work","locality":"A","region":"R"},{"type":"work","locality":"B"},{"type":"home","locality":"C"}]`)
			r := c.patch(id, `{"op":"replace","path":"addresses[type eq \"work\"].locality","value":"D"}`)
			c.has(r, "addresses.#.locality", `["D","D","C"]`)
			r = c.patch(id, `{"op":"replace","path":"addresses[locality eq \"C\"]","value":{"type":"other","locality":"E"}}`)
			c.has(r, `addresses.#(locality=="E").type`, `"other"`, `addresses.#(type=="home")`, "")
			r = c.patch(id, `{"op":"replace","path":"addresses[region eq \"R\"]","value":{"type":"work","locality":"F"}}`)
			c.has(r, `addresses.#(locality=="F").type`, `"work"`)
		},
		// Where the filter says all that the element needs, it is made: Entra ID means that. Else it is noTarget.
		"7644-3.5.2.3-5": func(c *claim) {
			id := c.addID("")
			c.fails(id, "noTarget", `{"op":"replace","path":"emails[type ne \"work\"].value","value":"a@x.example"}`)
			c.fails(id, "noTarget", `{"op":"replace","path":"emails[value co \"x\"]","value":{"value":"a@x.example"}}`)
			r := c.patch(id, `{"op":"replace","path":"emails[type eq \"work\"].value","value":"a@x.example"}`)
			c.has(r, "emails", `[{"type":"work","value":"a@x.example"}]`)
		},
	}.prove(t, adaptertest.Options{})
}
