package endpoint_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/endpoint"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// RFC 7644 section 3.3: POST.
func TestConformanceCreate(t *testing.T) {
	t.Parallel()
	claims{
		"7644-3.3-1": func(c *claim) {
			r := c.add(`"title":"Guide","id":"x","groups":[{"value":"x"}],` + tried(`"once":"first","given":"x","hidden":"y"`))
			c.has(r, "title", `"Guide"`, "groups", "", trialPath("once"), `"first"`, trialPath("given"), "", trialPath("hidden"), "")
			if r.Get("id").Str == "x" {
				c.t.Errorf("the id is the client's: %s", r.Body)
			}
		},
		"7644-3.3-2": func(c *claim) {
			c.has(c.add(`"groups":[{"value":"x","display":"y"}],"meta":{"resourceType":"Robot"},`+tried(`"given":"x","loose":"y"`)),
				"groups", "", "meta.resourceType", `"User"`, trialPath("given"), "")
		},
		"7644-3.3-3": func(c *claim) {
			c.Want(http.StatusCreated, "POST", "/Users", c.user(""))
			c.Want(http.StatusCreated, "POST", "/Groups", c.groupBody())
		},
		"7644-3.3-4": func(c *claim) {
			r := c.add(`"title":"Guide"`)
			if got := c.get("/Users/" + r.Get("id").Str); got.Body != r.Body {
				c.t.Errorf("POST says %s, GET %s", r.Body, got.Body)
			}
		},
		"7644-3.3-5": func(c *claim) {
			for path, body := range map[string]string{"/Users": c.user(""), "/Groups": c.groupBody()} {
				r := c.Want(201, "POST", path, body)
				if want := c.URL + path + "/" + r.Get("id").Str; r.Header.Get("Location") != want || r.Get("meta.location").Str != want {
					c.t.Errorf("Location %q, meta.location %q, want %q", r.Header.Get("Location"), r.Get("meta.location").Str, want)
				}
			}
		},
		// The name of a user who is not active is none that is taken.
		"7644-3.3-6": func(c *claim) {
			r := c.add("")
			name := `"userName":` + r.Get("userName").Raw
			c.refused(c.Do("POST", "/Users", c.user(name)), 409, "uniqueness")
			c.patch(r.Get("id").Str, `{"op":"replace","path":"active","value":false}`)
			c.has(c.add(name), "id", r.Get("id").Raw, "active", "true")
		},
		"7644-3.3.1-1": func(c *claim) {
			c.has(c.add(""), "meta.resourceType", `"User"`)
			c.has(c.get("/Groups/"+c.group()), "meta.resourceType", `"Group"`)
		},
	}.prove(t, withTrial(t, false))
}

// RFC 7644 section 3.5.1: PUT.
func TestConformancePut(t *testing.T) {
	t.Parallel()
	claims{
		"7644-3.2-3": func(c *claim) {
			c.refused(c.Do("PUT", "/Users/01a1ffe3-9063-75a8-9d13-330ba10c1179", c.user("")), 404, "")
			c.refused(c.Do("PUT", "/Groups/01a1ffe3-9063-75a8-9d13-330ba10c1179", c.groupBody()), 404, "")
			c.refused(c.Do("PUT", "/Users", c.user("")), 405, "")
		},
		"7644-3.5-1": func(c *claim) {
			r := c.add(`"title":"Guide","nickName":"Annie"`)
			body := c.user(`"userName":` + r.Get("userName").Raw + `,"title":"Scout"`)
			r = c.Want(200, "PUT", "/Users/"+r.Get("id").Str, body)
			c.has(r, "title", `"Scout"`, "nickName", "")
			if got := c.get("/Users/" + r.Get("id").Str).Body; got != r.Body {
				c.t.Errorf("PUT says %s, GET %s", r.Body, got)
			}
			g := c.group(r.Get("id").Str)
			c.has(c.Want(200, "PUT", "/Groups/"+g, `{"displayName":"Renamed","members":[]}`), "displayName", `"Renamed"`, "members", "")
		},
		"7644-3.5.1-1": func(c *claim) {
			name := c.name()
			c.refused(c.Do("PUT", "/Users/mine", c.user(`"userName":"`+name+`"`)), 404, "")
			c.has(c.query(`userName eq "`+name+`"`), "totalResults", "0")
		},
		"7644-3.5.1-2": func(c *claim) {
			r := c.add(`"title":"Guide","emails":[{"value":"a@x.example"},{"value":"b@x.example"}]`)
			r = c.Want(200, "PUT", "/Users/"+r.Get("id").Str, c.user(`"userName":`+r.Get("userName").Raw+`,"title":"Scout","password":"x","emails":[{"value":"c@x.example"}]`))
			c.has(r, "title", `"Scout"`, "emails.#.value", `["c@x.example"]`, "password", "")
		},
		"7644-3.5.1-4": func(c *claim) {
			r := c.add(tried(`"once":"first"`))
			path, name := "/Users/"+r.Get("id").Str, `"userName":`+r.Get("userName").Raw
			c.refused(c.Do("PUT", path, c.user(name+","+tried(`"once":"second"`))), 400, "mutability")
			c.has(c.Want(200, "PUT", path, c.user(name+","+tried(`"once":"first"`))), trialPath("once"), `"first"`)
			c.has(c.Want(200, "PUT", path, c.user(name)), trialPath("once"), `"first"`)
		},
		"7644-3.5.1-5": func(c *claim) {
			r := c.add("")
			r = c.Want(200, "PUT", "/Users/"+r.Get("id").Str, c.user(`"userName":`+r.Get("userName").Raw+","+tried(`"once":"first"`)))
			c.has(r, trialPath("once"), `"first"`)
		},
		"7644-3.5.1-6": func(c *claim) {
			r := c.add("")
			id, created := r.Get("id").Raw, r.Get("meta.created").Raw
			r = c.Want(200, "PUT", "/Users/"+r.Get("id").Str, c.user(`"userName":`+r.Get("userName").Raw+
				`,"id":"x","meta":{"created":"1999-01-01T00:00:00Z"},"groups":[{"value":"x"}],`+tried(`"given":"x","loose":"y"`)))
			c.has(r, "id", id, "meta.created", created, "groups", "", trialPath("given"), "")
		},
		"7644-3.5.1-7": func(c *claim) {
			c.refused(c.Do("PUT", "/Users/"+c.addID(""), `{"displayName":"x"}`), 400, "invalidValue")
			c.refused(c.Do("PUT", "/Groups/"+c.group(), `{"externalId":"x"}`), 400, "invalidValue")
		},
	}.prove(t, withTrial(t, false))
}

// RFC 7644 section 3.6: DELETE.
func TestConformanceDelete(t *testing.T) {
	t.Parallel()
	claims{
		"7644-3.6-1": func(c *claim) {
			for path, body := range map[string]string{"/Users/" + c.addID(""): c.user(""), "/Groups/" + c.group(): c.groupBody()} {
				c.Want(204, "DELETE", path, nil)
				c.refused(c.Do("GET", path, nil), 404, "")
				c.refused(c.Do("PUT", path, body), 404, "")
				c.refused(c.Do("PATCH", path, operations(`{"op":"add","path":"displayName","value":"x"}`)), 404, "")
				c.refused(c.Do("DELETE", path, nil), 404, "")
			}
		},
		"7644-3.6-2": func(c *claim) {
			r := c.add(`"externalId":"e-362"`)
			id := r.Get("id").Str
			g := c.group(id)
			c.Want(204, "DELETE", "/Users/"+id, nil)
			for _, f := range []string{`id eq "` + id + `"`, `userName eq ` + r.Get("userName").Raw, `externalId eq "e-362"`, `externalId sw "e-362"`} {
				c.has(c.query(f), "totalResults", "0")
			}
			c.has(c.get("/Groups/"+g), "members", "")
			if strings.Contains(c.get("/Users?count=1000").Body, id) {
				c.t.Error("the list still has it")
			}
		},
		"7644-3.6-3": func(c *claim) {
			a, b := c.add(""), c.add("")
			c.Want(204, "DELETE", "/Users/"+a.Get("id").Str, nil)
			c.has(c.patch(b.Get("id").Str, `{"op":"replace","path":"userName","value":`+a.Get("userName").Raw+`}`), "userName", a.Get("userName").Raw)
		},
		"7644-3.6-4": func(c *claim) {
			r := c.add("")
			c.Want(204, "DELETE", "/Users/"+r.Get("id").Str, nil)
			c.Want(201, "POST", "/Users", c.user(`"userName":`+r.Get("userName").Raw))
		},
		"7644-3.6-5": func(c *claim) {
			for _, path := range []string{"/Users/" + c.addID(""), "/Groups/" + c.group()} {
				if r := c.Want(204, "DELETE", path, nil); r.Body != "" {
					c.t.Errorf("a body: %s", r.Body)
				}
			}
		},
	}.prove(t, adaptertest.Options{})
}

// RFC 7644 sections 3.1, 3.2, 3.8, 3.9 and 3.14: messages, formats, what a response shows, and versions.
func TestConformanceProtocol(t *testing.T) {
	t.Parallel()
	claims{
		"7644-1.2-2": func(c *claim) {
			r := c.add(`"displayName":"Ånn 100% & co"`)
			for _, u := range []string{r.Get("meta.location").Str, r.Header.Get("Location"), c.get("/Schemas/" + schema.UserURN).Get("meta.location").Str} {
				if strings.ContainsAny(u, " \"<>\\^`{|}") || u == "" {
					c.t.Errorf("%q is not percent-encoded", u)
				}
				c.reachable(u, 200)
			}
			c.selects(r.Get("id").Str, true, `displayName eq "Ånn 100% & co"`)
		},
		"7644-3.1-1": func(c *claim) {
			id := c.addID("")
			for _, r := range []adaptertest.Response{c.get("/Users?count=1"), c.Do("GET", "/Users/nobody", nil)} {
				if got := r.Get("schemas.0").Str; !strings.HasPrefix(got, "urn:ietf:params:scim:api:") {
					c.t.Errorf("schemas of a message: %s", r.Body)
				}
			}
			c.patch(id, `{"op":"add","path":"title","value":"x"}`)
		},
		"7644-3.1-4": func(c *claim) {
			r := c.add(`"emails":[{"value":"a@x.example","primary":true},{"value":"b@x.example","primary":true}],"title":""`)
			c.has(r, "active", "true", "emails.1.primary", "false", "title", "")
			if got := c.get("/Users/" + r.Get("id").Str).Body; got != r.Body {
				c.t.Errorf("POST says %s, GET %s", r.Body, got)
			}
		},
		"7644-3.2-4": func(c *claim) {
			for _, r := range []adaptertest.Response{
				c.Do("GET", "/Users/nobody", nil), c.Do("POST", "/Users", "{"), c.Do("DELETE", "/Users", nil), c.query("x"),
			} {
				c.has(r, "status", `"`+strconv.Itoa(r.Status)+`"`)
				c.refused(r, r.Status, r.Get("scimType").Str)
			}
		},
		"7644-3.8-1": func(c *claim) {
			name := `"Žofie 江 👩‍🚀 Ångström"`
			r := c.Want(201, "POST", "/Users", c.user(`"displayName":`+name), "Content-Type", "application/scim+json; charset=utf-8")
			c.has(r, "displayName", name)
			c.refused(c.Do("POST", "/Users", c.user("\"displayName\":\"\xff\xfe\"")), 400, "invalidSyntax")
		},
		"7644-3.8-2": func(c *claim) {
			r := c.Want(201, "POST", "/Users", c.user(`"displayName":"Žofie"`), "Content-Type", "application/json")
			c.has(c.Want(200, "GET", "/Users/"+r.Get("id").Str, nil, "Accept-Charset", "iso-8859-1"), "displayName", `"Žofie"`)
		},
		"7644-3.8-4": func(c *claim) {
			path := "/Users/" + c.addID("")
			for accept, want := range map[string]string{
				"application/scim+json": "application/scim+json", "application/json": "application/json", "*/*": "application/scim+json",
				"": "application/scim+json", "application/json;q=0.5, application/scim+json": "application/scim+json",
			} {
				if got := c.Want(200, "GET", path, nil, "Accept", accept).Header.Get("Content-Type"); got != want {
					c.t.Errorf("Accept %q: Content-Type %q", accept, got)
				}
			}
		},
		"7644-3.9-1": func(c *claim) {
			id := c.addID(`"title":"Guide","name":{"givenName":"Ann","familyName":"Doe"},` + tried(`"kept":"k","asked":"a","quiet":"q"`))
			for _, r := range []adaptertest.Response{
				c.get("/Users/" + id + "?attributes=name.givenName," + trialURN + ":asked"),
				c.Want(200, "PATCH", "/Users/"+id+"?attributes=NAME.givenname,"+trialURN+":asked", operations(`{"op":"add","path":"title","value":"x"}`)),
			} {
				c.has(r, "id", `"`+id+`"`, "schemas.#", "2", "name", `{"givenName":"Ann"}`, "title", "", "userName", "",
					trialPath("kept"), `"k"`, trialPath("asked"), `"a"`, trialPath("quiet"), "", trialPath("loose"), "")
			}
			r := c.Want(201, "POST", "/Users?attributes=title", c.user(`"title":"x","nickName":"y",`+tried(`"kept":"k"`)))
			c.has(r, "title", `"x"`, "nickName", "", trialPath("kept"), `"k"`)
			r = c.Want(200, "PUT", "/Users/"+r.Get("id").Str+"?excludedAttributes=title", c.user(`"title":"x","nickName":"y"`))
			c.has(r, "title", "", "nickName", `"y"`)
			c.has(c.get("/Users/"+id), trialPath("asked"), "", trialPath("quiet"), "", trialPath("kept"), `"k"`)
			c.has(c.get("/Users/"+id+"?attributes=title,"+trialURN+":quiet"), trialPath("quiet"), "", "title", `"x"`)
		},
		"7644-3.9-2": func(c *claim) {
			id := c.addID(`"title":"Guide","name":{"givenName":"Ann","familyName":"Doe"},` + tried(`"kept":"k","loose":"l"`))
			r := c.get("/Users/" + id + "?excludedAttributes=id,schemas,title,name.givenName," + trialURN + ":kept," + trialURN + ":loose")
			c.has(r, "id", `"`+id+`"`, "schemas.#", "2", "title", "", "name", `{"familyName":"Doe"}`, trialPath("kept"), `"k"`, trialPath("loose"), "")
			if !r.Get("userName").Exists() || !r.Get("meta").Exists() {
				c.t.Errorf("more is left out than was asked: %s", r.Body)
			}
		},
		"7644-3.13-1": func(c *claim) {
			for _, path := range []string{"/Users", "/Groups", "/Schemas", "/ResourceTypes", "/ServiceProviderConfig"} {
				if !strings.HasSuffix(c.URL, "/v2") {
					c.t.Fatalf("the root %s has no version", c.URL)
				}
				c.get(path)
			}
		},
		"7644-3.13-2": func(c *claim) {
			for _, version := range []string{"/v1", "/v3"} {
				r, err := c.Send("GET", strings.TrimSuffix(c.URL, "/v2")+version+"/Users", nil, "Authorization", "Bearer "+adaptertest.Token)
				if err != nil {
					c.t.Fatal(err)
				}
				c.refused(r, 404, "")
			}
		},
		// Where the root is, is the operator's to say, and there may be no version in it. A root that has one is not served
		// without.
		"7644-3.13-3": func(c *claim) {
			r, err := c.Send("GET", strings.TrimSuffix(c.URL, "/v2")+"/Users", nil, "Authorization", "Bearer "+adaptertest.Token)
			if err != nil {
				c.t.Fatal(err)
			}
			c.refused(r, 404, "")
			root := strings.TrimSuffix(c.behind(func(cfg *endpoint.Config) { cfg.BasePath = "/scim" }), "/v2")
			r = c.at(root+"/Users?count=1", adaptertest.Token, "GET", nil)
			if r.Status != 200 || r.Get("schemas.0").Str != listURN {
				c.t.Errorf("a root without a version: %d %s", r.Status, r.Body)
			}
		},
		"7644-3.14-1": func(c *claim) {
			r := c.add("")
			path := "/Users/" + r.Get("id").Str
			for _, r := range []adaptertest.Response{
				r, c.get(path), c.patch(r.Get("id").Str, `{"op":"add","path":"title","value":"x"}`), c.get(path), c.get("/Groups/" + c.group()),
			} {
				if tag := r.Header.Get("ETag"); tag == "" || tag != r.Get("meta.version").Str {
					c.t.Errorf("ETag %q, meta.version %q", tag, r.Get("meta.version").Str)
				}
			}
			old := r.Header.Get("ETag")
			c.refused(c.Do("PUT", path, c.user(`"userName":`+r.Get("userName").Raw), "If-Match", old), 412, "")
			c.refused(c.Do("PATCH", path, operations(`{"op":"add","path":"title","value":"y"}`), "If-Match", old), 412, "")
			c.refused(c.Do("DELETE", path, nil, "If-Match", old), 412, "")
			now := c.get(path).Header.Get("ETag")
			if r := c.Want(304, "GET", path, nil, "If-None-Match", now); r.Body != "" || r.Header.Get("ETag") != now {
				c.t.Errorf("304 with ETag %q and %q", r.Header.Get("ETag"), r.Body)
			}
			c.Want(200, "GET", path, nil, "If-None-Match", old)
			c.group(r.Get("id").Str) // whose members change is the group's change, not the user's
			c.Want(304, "GET", path, nil, "If-None-Match", now)
			c.Want(200, "PATCH", path, operations(`{"op":"add","path":"title","value":"y"}`), "If-Match", now)
		},
		"7644-8.1-1": func(c *claim) {
			for _, r := range []adaptertest.Response{
				c.add(""), c.get("/Users?count=1"), c.get("/ServiceProviderConfig"), c.get("/Schemas"), c.Do("GET", "/Users/nobody", nil),
			} {
				if got := r.Header.Get("Content-Type"); got != "application/scim+json" {
					c.t.Errorf("Content-Type %q of %.80s", got, r.Body)
				}
			}
		},
	}.prove(t, withTrial(t, false))
}

// RFC 7644 sections 3.12 and 5: errors, and how texts are compared.
func TestConformanceErrors(t *testing.T) {
	t.Parallel()
	claims{
		"7644-3.12-1": func(c *claim) {
			id := c.addID("")
			bad := operations(`{"op":"add","path":"noSuchThing","value":1}`)
			for _, r := range []adaptertest.Response{
				c.Do("GET", "/Users/nobody", nil), c.Do("GET", "/Nothing", nil), c.Do("PATCH", "/Users/"+id, bad), c.Do("POST", "/Users", "no JSON"),
				c.Do("POST", "/Users", c.user(""), "Content-Type", "text/plain"), c.Do("DELETE", "/Users", nil), c.query("nonsense"),
			} {
				c.refused(r, r.Status, r.Get("scimType").Str)
			}
		},
		"7644-3.12-2": func(c *claim) {
			c.has(c.Do("GET", "/Users/nobody", nil), "status", `"404"`)
			c.has(c.Do("POST", "/Users", "{}"), "status", `"400"`)
			c.has(c.Do("DELETE", "/Users", nil), "status", `"405"`)
		},
		"7644-3.12-3": func(c *claim) {
			r := c.add("")
			path := "/Users/" + r.Get("id").Str
			c.refused(c.Do("POST", "/Users", "{"), 400, "invalidSyntax")
			if r, err := c.Send("GET", c.URL+path, nil); err != nil || r.Status != 401 {
				c.t.Errorf("no token: %v %d", err, r.Status)
			}
			c.refused(c.Do("GET", "/Schemas?filter=id%20pr", nil), 403, "")
			c.refused(c.Do("GET", "/Users/nobody", nil), 404, "")
			c.refused(c.Do("POST", "/Users", c.user(`"userName":`+r.Get("userName").Raw)), 409, "uniqueness")
			c.refused(c.Do("DELETE", path, nil, "If-Match", `W/"other"`), 412, "")
			c.refused(c.Do("POST", "/Users", `{"userName":"`+strings.Repeat("x", 2<<20)+`"}`), 413, "")
		},
	}.prove(t, adaptertest.Options{})
}

// RFC 7644 section 5: the preparation of names.
func TestConformanceComparison(t *testing.T) {
	t.Parallel()
	pairs := map[string]string{ // one and the same name
		"ｆｕｌｌ-5": "FULL-5", "É-5": "e\u0301-5", "ΣΟΦΙΑ-5": "σοφια-5",
	}
	claims{
		// Comparing is done as the profile says. What the profile does not allow in a name is not refused: clients send it.
		"7644-5-1": func(c *claim) {
			for a, b := range pairs {
				c.add(`"userName":"` + a + `"`)
				c.refused(c.Do("POST", "/Users", c.user(`"userName":"`+b+`"`)), 409, "uniqueness")
			}
			c.has(c.add(`"userName":"two words 5"`), "userName", `"two words 5"`)
		},
		"7644-7.8-1": func(c *claim) {
			id := c.addID(`"userName":"Ångström-78","displayName":"ÉCLAIR"`)
			c.selects(id, true, `userName eq "a`+"\u030a"+`NGSTRÖM-78"`, `displayName eq "éclair"`, `displayName co "E`+"\u0301"+`clai"`)
		},
	}.prove(t, adaptertest.Options{})
}

// RFC 7644 section 3.12, a failure of the provider itself.
func TestConformanceInternalErrors(t *testing.T) {
	t.Parallel()
	claims{
		// Nothing of the inside is told; the log has it.
		"7644-3.12-6": func(c *claim) {
			id := c.addID("")
			if err := c.Store.Close(); err != nil {
				c.t.Fatal(err)
			}
			r := c.Do("GET", "/Users/"+id, nil)
			if r.Status != 500 && r.Status != 503 {
				c.t.Errorf("got %d", r.Status)
			}
			isError(c.t, r, "")
		},
	}.prove(t, adaptertest.Options{})
}
