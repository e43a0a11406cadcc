package endpoint_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// RFC 7643 section 2: attributes, their types and their values.
func TestConformanceAttributes(t *testing.T) {
	t.Parallel()
	claims{
		"7643-2.3.4-1": func(c *claim) {
			for _, bad := range []string{`1.5`, `1e3`, `2.0`, `"1.5"`} {
				c.refused(c.Do("POST", "/Users", c.user(tried(`"whole":`+bad))), 400, "invalidValue")
			}
			c.has(c.add(tried(`"whole":-42`)), trialPath("whole"), `-42`)
		},
		"7643-2.3.5-1": func(c *claim) {
			for _, bad := range []string{`"2020-02-30T00:00:00Z"`, `"2020-02-03"`, `"10:00:00Z"`, `"2020-02-03 10:00:00Z"`, `"yesterday"`} {
				c.refused(c.Do("POST", "/Users", c.user(tried(`"since":`+bad))), 400, "invalidValue")
			}
			for _, good := range []string{`"2008-01-23T04:56:22Z"`, `"2008-01-23T04:56:22.5+02:00"`, `"2008-01-23T04:56:22"`} {
				c.has(c.add(tried(`"since":`+good)), trialPath("since"), good)
			}
		},
		"7643-2.3.5-2": func(c *claim) {
			c.refused(c.Do("POST", "/Users", c.user(tried(`"since":1201064182`))), 400, "invalidValue")
			for _, path := range []string{"meta.created", "meta.lastModified"} {
				v := c.add("").Get(path)
				if _, err := time.Parse(time.RFC3339Nano, v.Str); v.Type != gjson.String || err != nil {
					c.t.Errorf("%s is %s", path, v.Raw)
				}
			}
		},
		"7643-2.3.6-1": func(c *claim) {
			c.refused(c.Do("POST", "/Users", c.user(tried(`"key":"not base64!"`))), 400, "invalidValue")
			for _, good := range []string{`"AQID"`, `"AQIDBA=="`, `"AQIDBA"`} {
				c.has(c.add(tried(`"key":`+good)), trialPath("key"), good)
			}
		},
		// Not checked: what a client sends as a URI is kept as it is.
		"7643-2.3.7-1": func(c *claim) {
			r := c.add(`"profileUrl":"no URI at all"`)
			c.has(r, "profileUrl", `"no URI at all"`)
			if !strings.HasPrefix(r.Get("meta.location").Str, c.URL+"/Users/") {
				c.t.Errorf("location: %s", r.Body)
			}
		},
		"7643-2.3.8-1": func(c *claim) {
			for _, body := range []string{
				`"name":{"familyName":"Doe","givenName":"Ann"},"title":"x"`,
				`"title":"x","name":{"givenName":"Ann","familyName":"Doe"}`,
			} {
				r := c.add(body)
				c.has(r, "name.givenName", `"Ann"`, "name.familyName", `"Doe"`, "title", `"x"`)
			}
			c.has(c.patch(c.addID(""), `{"value":"x","path":"title","op":"add"}`), "title", `"x"`)
		},
		"7643-2.4-1": func(c *claim) {
			id := c.addID(`"emails":[{"value":"a@x.example","type":"home"}]`)
			c.selects(id, true, `emails.type eq "home"`, `emails[type eq "home" and value sw "a@"]`)
		},
		"7643-2.4-3": func(c *claim) {
			r := c.add(`"emails":[{"value":"a@x.example","primary":true},{"value":"b@x.example","primary":true}]`)
			c.has(r, `emails.#(primary==true)#.value`, `["a@x.example"]`)
			r = c.patch(r.Get("id").Str, `{"op":"add","path":"emails","value":[{"value":"c@x.example","primary":true}]}`)
			c.has(r, `emails.#(primary==true)#.value`, `["c@x.example"]`)
		},
		"7643-2.4-4": func(c *claim) {
			id := c.addID(`"emails":[{"value":"a@x.example","type":"home"}]`)
			c.selects(id, true, `emails[primary eq false]`, `emails.primary eq false`, `emails[type eq "home" and primary ne true]`)
			c.selects(id, false, `emails[primary eq true]`, `emails.primary eq true`)
		},
		// Members are told apart by their ids, whatever their references say. A filter compares a reference as it does any text.
		"7643-2.4-5": func(c *claim) {
			who := c.addID("")
			g := c.group()
			for _, ref := range []string{"https://scim.example/Users/", "https://scim.example/v2/Users/", c.URL + "/Users/"} {
				c.patchGroup(g, `{"op":"add","path":"members","value":[{"value":"`+who+`","$ref":"`+ref+who+`"}]}`)
			}
			c.has(c.get("/Groups/"+g), "members.#", "1", "members.0.$ref", `"`+c.URL+"/Users/"+who+`"`)
			for root, found := range map[string]string{c.URL: "1", strings.TrimSuffix(c.URL, "/v2"): "0"} {
				c.has(c.get("/Groups?filter="+url.QueryEscape(`members.$ref eq "`+root+"/Users/"+who+`"`)), "totalResults", found)
			}
		},
		"7643-2.4-6": func(c *claim) {
			c.has(c.add(`"emails":[{"value":"Ann@X.Example","type":"WORK"}]`), "emails.0.value", `"Ann@X.Example"`, "emails.0.type", `"work"`)
		},
		"7643-2.4-7": func(c *claim) {
			r := c.add(`"emails":[{"value":"a@x.example","type":"work"},{"value":"a@x.example","type":"home"},{"value":"A@x.example","type":"work"}]`)
			c.has(r, "emails.#.type", `["work","home"]`)
			r = c.patch(r.Get("id").Str, `{"op":"add","path":"emails","value":[{"value":"a@x.example","type":"home"}]}`)
			c.has(r, "emails.#.type", `["work","home"]`)
		},
		"7643-2.5-1": func(c *claim) {
			r := c.add(`"title":null,"emails":[],"name":null`)
			c.has(r, "title", "", "emails", "", "name", "")
			id := r.Get("id").Str
			c.selects(id, false, `title pr`, `emails pr`, `name pr`)
			c.patch(id, `{"op":"add","value":{"title":"x","emails":[{"value":"a@x.example"}]}}`)
			c.has(c.patch(id, `{"op":"replace","value":{"title":null,"emails":[]}}`), "title", "", "emails", "")
			c.patch(id, `{"op":"add","value":{"title":"x"}}`)
			name := c.get("/Users/" + id).Get("userName").Str
			c.has(c.Want(200, "PUT", "/Users/"+id, c.user(`"userName":"`+name+`","title":null`)), "title", "")
		},
	}.prove(t, withTrial(t, false))
}

// RFC 7643 section 3: what every resource has.
func TestConformanceResources(t *testing.T) {
	t.Parallel()
	claims{
		"7643-2.1-1": func(c *claim) {
			c.has(c.get("/Users/"+c.addID("")), "schemas", `["`+schema.UserURN+`"]`)
			c.has(c.get("/Groups/"+c.group()), "schemas", `["`+schema.GroupURN+`"]`)
		},
		// A request may do without; a representation never does.
		"7643-3-1": func(c *claim) {
			r := c.Want(201, "POST", "/Users", `{"userName":"`+c.name()+`"}`)
			c.has(r, "schemas", `["`+schema.UserURN+`"]`)
			c.has(c.get("/Users/"+r.Get("id").Str+"?attributes=userName"), "schemas", `["`+schema.UserURN+`"]`)
		},
		"7643-3-2": func(c *claim) {
			for _, path := range []string{
				"/Users/" + c.addID(""), "/Groups/" + c.group(), "/Users?count=1", "/ServiceProviderConfig", "/Schemas", "/ResourceTypes",
				"/ResourceTypes/User", "/Schemas/" + schema.UserURN,
			} {
				r := c.get(path)
				for _, list := range append(r.Get("Resources.#.schemas").Array(), r.Get("schemas")) {
					if !strings.HasPrefix(list.Get("0").Str, "urn:ietf:params:scim:") {
						c.t.Errorf("%s: schemas is %s", path, list.Raw)
					}
				}
			}
			if r := c.Do("GET", "/Users/nobody", nil); r.Get("schemas.#").Int() != 1 {
				c.t.Errorf("an error without: %s", r.Body)
			}
		},
		"7643-3-3": func(c *claim) {
			r := c.add(`"schemas":["` + schema.UserURN + `","urn:example:stranger","` + schema.EnterpriseUserURN + `"]`)
			c.has(r, "schemas", `["`+schema.UserURN+`"]`)
			r = c.patch(r.Get("id").Str, `{"op":"add","path":"`+schema.EnterpriseUserURN+`:department","value":"x"}`)
			c.has(r, "schemas", `["`+schema.UserURN+`","`+schema.EnterpriseUserURN+`"]`)
		},
		"7643-3-4": func(c *claim) {
			r := c.add(`"schemas":["` + schema.UserURN + `","` + schema.UserURN + `"]`)
			c.has(r, "schemas", `["`+schema.UserURN+`"]`)
		},
		"7643-3-5": func(c *claim) {
			enterprise := `"` + schema.EnterpriseUserURN + `":{"department":"x"}`
			a := c.add(`"schemas":["` + schema.UserURN + `","` + schema.EnterpriseUserURN + `"],` + enterprise)
			b := c.add(`"schemas":["` + schema.EnterpriseUserURN + `","` + schema.UserURN + `"],` + enterprise)
			c.has(b, "schemas", a.Get("schemas").Raw)
		},
		"7643-3-6": func(c *claim) {
			for path, body := range map[string]string{"/Users/": c.user(`"externalId":"e1"`), "/Groups/": `{"externalId":"e1","displayName":"x"}`} {
				r := c.Want(201, "POST", path, body)
				c.has(r, "externalId", `"e1"`)
				for _, attr := range []string{"id", "meta.resourceType", "meta.location"} {
					if r.Get(attr).Str == "" {
						c.t.Errorf("%s has no %s: %s", path, attr, r.Body)
					}
				}
			}
		},
		"7643-3.1-1": func(c *claim) {
			for path, id := range map[string]string{"/Users": c.addID(`"externalId":"e311"`), "/Groups": c.group()} {
				r := c.get(path + `?filter=id%20eq%20"` + id + `"%20and%20meta.created%20pr%20and%20not(externalId%20eq%20"x")`)
				c.has(r, "totalResults", "1")
			}
		},
		"7643-3.1-2": func(c *claim) {
			for path, body := range map[string]string{"/Users": c.user(""), "/Groups": c.groupBody()} {
				r := c.Want(201, "POST", path, body)
				for _, attr := range []string{"id", "meta.resourceType", "meta.created", "meta.lastModified", "meta.location", "meta.version"} {
					if r.Get(attr).Str == "" {
						c.t.Errorf("%s: no %s in %s", path, attr, r.Body)
					}
				}
			}
		},
		"7643-3.1-4": func(c *claim) {
			id := `"` + c.addID("") + `"`
			path := "/Users/" + strings.Trim(id, `"`)
			for _, q := range []string{"", "?attributes=userName", "?excludedAttributes=id", "?attributes=noSuchThing"} {
				c.has(c.get(path+q), "id", id)
			}
			c.has(c.query("id eq "+id), "Resources.0.id", id)
			c.has(c.Want(200, "PATCH", path+"?attributes=title", operations(`{"op":"add","path":"title","value":"x"}`)), "id", id)
		},
		"7643-3.1-5": func(c *claim) {
			seen := map[string]bool{}
			for range 10 {
				for _, id := range []string{c.addID(""), c.group()} {
					if id == "" || seen[id] {
						c.t.Errorf("id %q is not unique", id)
					}
					seen[id] = true
				}
			}
		},
		"7643-3.1-6": func(c *claim) {
			r := c.add("")
			id, name := r.Get("id").Raw, r.Get("userName").Raw
			path := "/Users/" + r.Get("id").Str
			c.has(c.get(path), "id", id)
			c.has(c.patch(r.Get("id").Str, `{"op":"add","path":"title","value":"x"}`), "id", id)
			c.has(c.Want(200, "PUT", path, c.user(`"userName":`+name)), "id", id)
			c.Want(204, "DELETE", path, nil)
			if other := c.add("").Get("id").Raw; other == id {
				c.t.Errorf("id %s was given to another user", id)
			}
		},
		"7643-3.1-7": func(c *claim) {
			r := c.add(`"id":"mine"`)
			if id := r.Get("id").Str; id == "mine" || id == "" {
				c.t.Errorf("the id is the client's: %s", r.Body)
			}
			c.Want(404, "GET", "/Users/mine", nil)
		},
		"7643-3.1-8": func(c *claim) {
			uuid := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
			for _, id := range []string{c.addID(`"id":"bulkId:1"`), c.group()} {
				if !uuid.MatchString(id) {
					c.t.Errorf("id %q", id)
				}
			}
		},
		"7643-3.1-9": func(c *claim) {
			c.has(c.get("/Users/"+c.addID("")), "externalId", "")
			c.has(c.get("/Groups/"+c.group()), "externalId", "")
		},
		"7643-3.1-10": func(c *claim) {
			id := c.addID(`"externalId":"shared-3110"`)
			bearer := []string{"Authorization", "Bearer " + adaptertest.OtherToken}
			query := c.URL + `/Users?filter=externalId%20eq%20"shared-3110"`
			if r, err := c.Send("GET", query, nil, bearer...); err != nil || r.Get("totalResults").Int() != 0 {
				c.t.Errorf("seen from another domain: %v %s", err, r.Body)
			}
			r, err := c.Send("POST", c.URL+"/Users", c.user(`"externalId":"shared-3110"`), bearer...)
			if err != nil || r.Status != 201 || r.Get("id").Str == id {
				c.t.Errorf("the same externalId in another domain: %v %d %s", err, r.Status, r.Body)
			}
			c.has(c.query(`externalId eq "shared-3110"`), "Resources.#.id", `["`+id+`"]`)
		},
		"7643-3.1-11": func(c *claim) {
			meta := `"meta":{"resourceType":"Robot","created":"1999-01-01T00:00:00Z","lastModified":"1999-01-01T00:00:00Z","location":"https://x.example","version":"W/\"9\""}`
			r := c.add(meta)
			c.has(r, "meta.resourceType", `"User"`, "meta.location", `"`+r.Header.Get("Location")+`"`)
			r = c.Want(200, "PUT", "/Users/"+r.Get("id").Str, c.user(`"userName":`+r.Get("userName").Raw+`,`+meta))
			for _, path := range []string{"meta.created", "meta.lastModified", "meta.version"} {
				if v := r.Get(path).Str; v == `W/"9"` || strings.HasPrefix(v, "1999") {
					c.t.Errorf("%s is the client's: %s", path, v)
				}
			}
		},
		"7643-3.1-12": func(c *claim) {
			created := c.add("").Get("meta.created").Str
			at, err := time.Parse(time.RFC3339Nano, created)
			if since := time.Since(at); err != nil || since < -time.Hour || since > time.Hour {
				c.t.Errorf("created is %q", created)
			}
		},
		"7643-3.1-13": func(c *claim) {
			r := c.get("/Users/" + c.addID(""))
			c.has(r, "meta.lastModified", r.Get("meta.created").Raw)
			r = c.get("/Groups/" + c.group())
			c.has(r, "meta.lastModified", r.Get("meta.created").Raw)
		},
		"7643-3.1-14": func(c *claim) {
			for _, path := range []string{"/Users/" + c.addID(""), "/Groups/" + c.group()} {
				r := c.get(path)
				if got := r.Header.Get("Content-Location"); got == "" || got != r.Get("meta.location").Str {
					c.t.Errorf("Content-Location is %q, meta.location %q", got, r.Get("meta.location").Str)
				}
			}
		},
		"7643-3.1-15": func(c *claim) {
			r := c.get("/Users/" + c.addID(""))
			if v := r.Get("meta.version").Str; !regexp.MustCompile(`^W/"[^"]+"$`).MatchString(v) {
				c.t.Errorf("version is %q", v)
			}
		},
		"7643-3.3-1": func(c *claim) {
			c.has(c.add(`"schemas":[]`), "schemas.0", `"`+schema.UserURN+`"`)
			c.has(c.add(`"schemas":["`+schema.EnterpriseUserURN+`"]`), "schemas.0", `"`+schema.UserURN+`"`)
		},
		"7643-3.3-3": func(c *claim) {
			r := c.add(`"` + schema.EnterpriseUserURN + `":{"department":"Tour"}`)
			c.has(r, `urn\:ietf\:params\:scim\:schemas\:extension\:enterprise\:2\.0\:User.department`, `"Tour"`, "department", "")
			c.refused(c.Do("POST", "/Users", c.user(`"department":"Tour"`)), 400, "invalidSyntax")
		},
	}.prove(t, adaptertest.Options{})
}

// RFC 7643 section 7: an attribute's characteristics are obeyed.
func TestConformanceCharacteristics(t *testing.T) {
	t.Parallel()
	claims{
		"7643-7-8": func(c *claim) {
			id := c.addID(tried(`"exact":"MiXed","loose":"MiXed"`))
			c.selects(id, true, trialURN+`:exact eq "MiXed"`, trialURN+`:loose eq "mixed"`, trialURN+`:loose sw "MIX"`)
			c.selects(id, false, trialURN+`:exact eq "mixed"`, trialURN+`:exact sw "MIX"`)
		},
		"7643-7-9": func(c *claim) {
			c.has(c.add(`"externalId":"AbC",`+tried(`"exact":"MiXed"`)), "externalId", `"AbC"`, trialPath("exact"), `"MiXed"`)
		},
		"7643-7-10": func(c *claim) {
			r := c.add(`"groups":[{"value":"x"}],` + tried(`"given":"x","loose":"y"`))
			c.has(r, "groups", "", trialPath("given"), "")
			c.refused(c.Do("PATCH", "/Users/"+r.Get("id").Str, operations(`{"op":"add","path":"`+trialURN+`:given","value":"x"}`)), 400, "mutability")
		},
		"7643-7-11": func(c *claim) {
			r := c.add(tried(`"once":"first"`))
			id, name := r.Get("id").Str, r.Get("userName").Raw
			c.refused(c.Do("PATCH", "/Users/"+id, operations(`{"op":"replace","path":"`+trialURN+`:once","value":"second"}`)), 400, "mutability")
			c.refused(c.Do("PATCH", "/Users/"+id, operations(`{"op":"remove","path":"`+trialURN+`:once"}`)), 400, "mutability")
			c.refused(c.Do("PUT", "/Users/"+id, c.user(`"userName":`+name+`,`+tried(`"once":"second"`))), 400, "mutability")
			c.has(c.get("/Users/"+id), trialPath("once"), `"first"`)
		},
		"7643-7-12": func(c *claim) {
			r := c.add(tried(`"hidden":"secret-7712","loose":"y"`))
			path := "/Users/" + r.Get("id").Str
			for _, r := range []adaptertest.Response{
				r, c.get(path), c.get(path + "?attributes=" + trialURN + ":hidden"),
				c.patch(r.Get("id").Str, `{"op":"add","path":"`+trialURN+`:hidden","value":"secret-7712"}`),
			} {
				if strings.Contains(r.Body, "secret-7712") {
					c.t.Errorf("shown: %s", r.Body)
				}
			}
			c.refused(c.query(trialURN+`:hidden eq "secret-7712"`), 400, "invalidFilter")
		},
		"7643-7-13": func(c *claim) {
			r := c.add(tried(`"code":"c-7713"`))
			c.refused(c.Do("POST", "/Users", c.user(tried(`"code":"C-7713"`))), 409, "uniqueness")
			c.has(c.patch(r.Get("id").Str, `{"op":"replace","path":"`+trialURN+`:code","value":"C-7713"}`), trialPath("code"), `"C-7713"`)
		},
		"7643-7-14": func(c *claim) {
			c.add(tried(`"code":"c-7714"`))
			r := c.add("")
			change := operations(`{"op":"add","path":"` + trialURN + `:code","value":"c-7714"}`)
			c.refused(c.Do("PATCH", "/Users/"+r.Get("id").Str, change), 409, "uniqueness")
			c.refused(c.Do("PUT", "/Users/"+r.Get("id").Str, c.user(`"userName":`+r.Get("userName").Raw+`,`+tried(`"code":"c-7714"`))), 409, "uniqueness")
		},
		"7643-7-15": func(c *claim) {
			c.add(tried(`"serial":"S-7715"`))
			c.refused(c.Do("POST", "/Users", c.user(tried(`"serial":"S-7715"`))), 409, "uniqueness")
			c.add(tried(`"serial":"s-7715"`)) // case exact: another value
		},
		// A tenant is as far as this provider sees: what other tenants and other servers hold is not looked at.
		"7643-7-16": func(c *claim) {
			name := `"userName":"` + c.name() + `"`
			c.add(name)
			r, err := c.Send("POST", c.URL+"/Users", c.user(name), "Authorization", "Bearer "+adaptertest.OtherToken)
			if err != nil || r.Status != http.StatusCreated {
				c.t.Errorf("the same name in another tenant: %v %d %s", err, r.Status, r.Body)
			}
		},
	}.prove(t, withTrial(t, false))
}

// RFC 7643 section 6: an extension that a resource type requires.
func TestConformanceRequiredExtension(t *testing.T) {
	t.Parallel()
	claims{
		"7643-6-10": func(c *claim) {
			c.refused(c.Do("POST", "/Users", c.user("")), 400, "invalidValue")
			r := c.add(tried(`"loose":"y"`))
			c.refused(c.Do("PUT", "/Users/"+r.Get("id").Str, c.user(`"userName":`+r.Get("userName").Raw)), 400, "invalidValue")
			c.refused(c.Do("PATCH", "/Users/"+r.Get("id").Str, operations(`{"op":"remove","path":"`+trialURN+`:loose"}`)), 400, "invalidValue")
			c.has(c.get("/ResourceTypes/User"), `schemaExtensions.#(schema=="`+trialURN+`").required`, "true")
		},
	}.prove(t, withTrial(t, true))
}
