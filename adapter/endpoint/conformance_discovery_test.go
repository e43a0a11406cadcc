package endpoint_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// attributes calls fn with every attribute and sub-attribute of a tenant's schemas, and with the path that it has.
func (c *claim) attributes(fn func(path string, a gjson.Result)) {
	c.t.Helper()
	n := 0
	for _, s := range c.get("/Schemas").Get("Resources").Array() {
		for _, a := range s.Get("attributes").Array() {
			n++
			fn(s.Get("name").Str+"."+a.Get("name").Str, a)
			for _, sub := range a.Get("subAttributes").Array() {
				fn(s.Get("name").Str+"."+a.Get("name").Str+"."+sub.Get("name").Str, sub)
			}
		}
	}
	if n < 30 {
		c.t.Errorf("%d attributes only", n)
	}
}

// isOneOf makes a check of a keyword.
func isOneOf(c *claim, name string, words ...string) func(string, gjson.Result) {
	return func(path string, a gjson.Result) {
		if v := a.Get(name); v.Type != gjson.String || !slices.Contains(words, v.Str) {
			c.t.Errorf("%s: %s is %s", path, name, v.Raw)
		}
	}
}

// featureFlag claims that a feature of the configuration is on or off in so many words.
func featureFlag(path string) func(*claim) {
	return func(c *claim) {
		if v := c.get("/ServiceProviderConfig").Get(path); !v.IsBool() {
			c.t.Errorf("%s is %q", path, v.Raw)
		}
	}
}

// featureObject claims that an attribute of the configuration is there and complex.
func featureObject(path string) func(*claim) {
	return func(c *claim) {
		if v := c.get("/ServiceProviderConfig").Get(path); !v.IsObject() {
			c.t.Errorf("%s is %q", path, v.Raw)
		}
	}
}

// featureLimit claims that a limit of the configuration is there.
func featureLimit(path string) func(*claim) {
	return func(c *claim) {
		if v := c.get("/ServiceProviderConfig").Get(path); v.Type != gjson.Number || v.Int() <= 0 {
			c.t.Errorf("%s is %q", path, v.Raw)
		}
	}
}

// schemeText claims that every authentication scheme says something.
func schemeText(name string) func(*claim) {
	return func(c *claim) {
		schemes := c.get("/ServiceProviderConfig").Get("authenticationSchemes").Array()
		if len(schemes) == 0 {
			c.t.Error("no authentication schemes")
		}
		for _, s := range schemes {
			if s.Get(name).Str == "" {
				c.t.Errorf("%s is missing: %s", name, s.Raw)
			}
		}
	}
}

// everyDocument claims that all documents at an endpoint have a text.
func everyDocument(path, name string) func(*claim) {
	return func(c *claim) {
		docs := c.get(path).Get("Resources").Array()
		if len(docs) == 0 {
			c.t.Errorf("%s is empty", path)
		}
		for _, d := range docs {
			if d.Get(name).Str == "" {
				c.t.Errorf("%s has no %s: %.300s", path, name, d.Raw)
			}
		}
	}
}

// RFC 7643 sections 5 to 8: the provider's configuration, resource types and schemas.
func TestConformanceDiscovery(t *testing.T) {
	t.Parallel()
	keywords := map[string][]string{
		"type":       {"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"},
		"mutability": {"readOnly", "readWrite", "immutable", "writeOnly"},
		"returned":   {"always", "never", "default", "request"},
		"uniqueness": {"none", "server", "global"},
	}
	claims{
		"7643-1.1-4": func(c *claim) {
			for name, words := range keywords {
				c.attributes(isOneOf(c, name, words...))
			}
		},
		"7643-1.2-1": func(c *claim) {
			c.attributes(func(path string, a gjson.Result) {
				if a.Get("type").Str != "complex" && a.Get("subAttributes").Exists() {
					c.t.Errorf("%s is simple and has sub-attributes", path)
				}
			})
		},
		// The RFC's own $ref begins with a sign that the rule does not allow there.
		"7643-2.1-2": func(c *claim) {
			rule := regexp.MustCompile(`^([A-Za-z][-$_0-9A-Za-z]*|\$ref)$`)
			c.attributes(func(path string, a gjson.Result) {
				if !rule.MatchString(a.Get("name").Str) {
					c.t.Errorf("%s is no name", path)
				}
			})
		},
		"7643-2.3-1": func(c *claim) { c.attributes(isOneOf(c, "type", keywords["type"]...)) },
		"7643-2.3.7-2": func(c *claim) {
			g := c.group(c.addID(""))
			for _, ref := range []string{c.get("/Groups/" + g).Get("members.0.$ref").Str, c.get("/Groups/" + g).Get("meta.location").Str} {
				if u, err := url.Parse(ref); err != nil || !u.IsAbs() || !strings.HasPrefix(ref, c.URL+"/") {
					c.t.Errorf("%q is not absolute and below the root %s", ref, c.URL)
				}
			}
		},
		"7643-2.3.7-3": func(c *claim) {
			who := c.addID("")
			c.reachable(c.get("/Users/"+who).Get("meta.location").Str, 200)
			c.reachable(c.get("/Groups/"+c.group(who)).Get("members.0.$ref").Str, 200)
			c.reachable(c.get("/Users/"+who).Get("groups.0.$ref").Str, 200)
			for _, path := range []string{"/Schemas", "/ResourceTypes"} {
				for _, d := range c.get(path).Get("Resources").Array() {
					c.reachable(d.Get("meta.location").Str, 200)
				}
			}
		},
		"7643-2.3.7-4": func(c *claim) {
			r := c.add("")
			c.reachable(r.Get("meta.location").Str, 200)
			c.Want(204, "DELETE", "/Users/"+r.Get("id").Str, nil)
			c.reachable(r.Get("meta.location").Str, 404)
		},
		"7643-2.3.8-2": func(c *claim) {
			c.attributes(func(path string, a gjson.Result) {
				for _, sub := range a.Get("subAttributes").Array() {
					if sub.Get("type").Str == "complex" || sub.Get("subAttributes").Exists() {
						c.t.Errorf("%s.%s is complex", path, sub.Get("name").Str)
					}
				}
			})
		},
		"7643-2.4-2": func(c *claim) {
			c.attributes(func(path string, a gjson.Result) {
				want, ok := map[string]string{"primary": "boolean", "display": "string", "$ref": "reference"}[a.Get("name").Str]
				if ok && a.Get("type").Str != want {
					c.t.Errorf("%s is of type %s", path, a.Get("type").Str)
				}
			})
		},
		"7643-5-1": featureObject("patch"), "7643-5-2": featureFlag("patch.supported"),
		"7643-5-3": featureObject("bulk"), "7643-5-4": featureFlag("bulk.supported"),
		"7643-5-5": featureLimit("bulk.maxOperations"), "7643-5-6": featureLimit("bulk.maxPayloadSize"),
		"7643-5-7": featureObject("filter"), "7643-5-8": featureFlag("filter.supported"), "7643-5-9": featureLimit("filter.maxResults"),
		"7643-5-10": featureObject("changePassword"), "7643-5-11": featureFlag("changePassword.supported"),
		"7643-5-12": featureObject("sort"), "7643-5-13": featureFlag("sort.supported"),
		"7643-5-14": featureObject("etag"), "7643-5-15": featureFlag("etag.supported"),
		// Not public: whose configuration it is follows from the token. A 401 names the scheme.
		"7643-5-16": func(c *claim) {
			r, err := c.Send("GET", c.URL+"/ServiceProviderConfig", nil)
			if err != nil || r.Status != 401 || !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Bearer") {
				c.t.Errorf("%v %d %q", err, r.Status, r.Header.Get("WWW-Authenticate"))
			}
		},
		"7643-5-17": func(c *claim) {
			if n := c.get("/ServiceProviderConfig").Get("authenticationSchemes.#").Int(); n < 1 {
				c.t.Errorf("%d authentication schemes", n)
			}
		},
		"7643-5-18": func(c *claim) {
			for _, s := range c.get("/ServiceProviderConfig").Get("authenticationSchemes.#.type").Array() {
				if !slices.Contains([]string{"oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"}, s.Str) {
					c.t.Errorf("type %s", s.Raw)
				}
			}
			schemeText("type")(c)
		},
		"7643-5-19": schemeText("name"), "7643-5-20": schemeText("description"),
		"7643-6-1": func(c *claim) {
			for _, name := range []string{"name", "endpoint", "schema", "meta.location", "meta.resourceType"} {
				everyDocument("/ResourceTypes", name)(c)
			}
		},
		"7643-6-2": func(c *claim) {
			c.has(c.get("/ResourceTypes"), "Resources.#.name", `["User","Group"]`)
			c.has(c.add(""), "meta.resourceType", `"User"`)
		},
		"7643-6-3": everyDocument("/ResourceTypes", "name"), "7643-6-4": everyDocument("/ResourceTypes", "description"),
		"7643-6-5": func(c *claim) {
			for _, path := range c.get("/ResourceTypes").Get("Resources.#.endpoint").Array() {
				c.get("/" + strings.TrimPrefix(path.Str, "/") + "?count=0")
			}
			everyDocument("/ResourceTypes", "endpoint")(c)
		},
		"7643-6-6": func(c *claim) {
			for _, urn := range c.get("/ResourceTypes").Get("Resources.#.schema").Array() {
				c.has(c.get("/Schemas/"+urn.Str), "id", urn.Raw)
			}
		},
		"7643-6-7": everyDocument("/ResourceTypes", "schema"),
		"7643-6-8": func(c *claim) {
			list := c.get("/ResourceTypes/User").Get("schemaExtensions.#.schema").Array()
			for _, urn := range list {
				c.has(c.get("/Schemas/"+urn.Str), "id", urn.Raw)
			}
			if len(list) < 2 {
				c.t.Errorf("%d extensions", len(list))
			}
		},
		"7643-6-9": func(c *claim) {
			for _, e := range c.get("/ResourceTypes/User").Get("schemaExtensions").Array() {
				if e.Get("schema").Str == "" {
					c.t.Errorf("an extension without: %s", e.Raw)
				}
			}
		},
		"7643-6-11": func(c *claim) {
			for _, e := range c.get("/ResourceTypes/User").Get("schemaExtensions").Array() {
				if !e.Get("required").IsBool() {
					c.t.Errorf("an extension without: %s", e.Raw)
				}
			}
		},
		"7643-7-1": func(c *claim) {
			for _, name := range []string{"id", "name", "description", "meta.location"} {
				everyDocument("/Schemas", name)(c)
			}
			c.attributes(func(path string, a gjson.Result) {
				for _, name := range []string{"name", "type", "multiValued", "required", "mutability", "returned", "uniqueness", "caseExact"} {
					if !a.Get(name).Exists() {
						c.t.Errorf("%s has no %s", path, name)
					}
				}
			})
		},
		"7643-7-2": func(c *claim) {
			for _, urn := range []string{schema.UserURN, schema.EnterpriseUserURN, schema.GroupURN, trialURN} {
				c.has(c.get("/Schemas/"+urn), "id", `"`+urn+`"`)
			}
		},
		"7643-7-3": everyDocument("/Schemas", "id"), "7643-7-4": everyDocument("/Schemas", "name"), "7643-7-5": everyDocument("/Schemas", "description"),
		"7643-7-6": func(c *claim) {
			c.attributes(func(path string, a gjson.Result) {
				if a.Get("type").Str == "complex" && len(a.Get("subAttributes").Array()) == 0 {
					c.t.Errorf("%s is complex and has no sub-attributes", path)
				}
			})
		},
		"7643-7-7": func(c *claim) {
			c.attributes(func(path string, a gjson.Result) {
				if a.Get("description").Str == "" && !strings.HasPrefix(path, "Trial.") {
					c.t.Errorf("%s is not described", path)
				}
			})
		},
		"7643-8.7.2-7": func(c *claim) {
			c.has(c.get("/Schemas/"+trialURN), `attributes.#(name=="grade").canonicalValues`, `["junior","senior"]`)
		},
		"7643-8.7.2-8": func(c *claim) {
			r := c.get("/Schemas/" + schema.GroupURN)
			c.has(r, `attributes.#(name=="members").subAttributes.#(name=="type").canonicalValues`, `["User","Group"]`)
			r = c.get("/Schemas/" + schema.UserURN)
			for name, want := range map[string]string{
				"emails": `["work","home","other"]`, "phoneNumbers": `["work","home","mobile","fax","pager","other"]`,
				"photos": `["photo","thumbnail"]`, "addresses": `["work","home","other"]`, "groups": `["direct","indirect"]`,
			} {
				c.has(r, `attributes.#(name=="`+name+`").subAttributes.#(name=="type").canonicalValues`, want)
			}
		},
		"7644-3.1-2": func(c *claim) {
			for _, id := range c.get("/Schemas").Get("Resources.#.id").Array() {
				if strings.Contains(id.Str, ":api:") {
					c.t.Errorf("%s is a message", id.Str)
				}
			}
			c.Want(404, "GET", "/Schemas/urn:ietf:params:scim:api:messages:2.0:PatchOp", nil)
		},
		"7644-3.2-1": func(c *claim) {
			for _, rt := range c.get("/ResourceTypes").Get("Resources").Array() {
				if got := rt.Get("endpoint").Str; got != "/"+rt.Get("name").Str+"s" {
					c.t.Errorf("%s is at %s", rt.Get("name").Str, got)
				}
			}
		},
		"7644-4-1": func(c *claim) {
			c.has(c.get("/ServiceProviderConfig"), "schemas", `["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]`)
		},
		"7644-4-2": func(c *claim) {
			r := c.get("/Schemas")
			c.has(r, "schemas", `["urn:ietf:params:scim:api:messages:2.0:ListResponse"]`, "totalResults", "4", "Resources.#", "4")
			for _, urn := range []string{schema.UserURN, schema.EnterpriseUserURN, schema.GroupURN, trialURN} {
				c.has(r, `Resources.#(id=="`+urn+`").id`, `"`+urn+`"`)
			}
		},
		"7644-4-3": func(c *claim) {
			for _, path := range []string{"/Schemas", "/ResourceTypes"} {
				r := c.get(path)
				c.has(r, "schemas", `["urn:ietf:params:scim:api:messages:2.0:ListResponse"]`, "totalResults", r.Get("Resources.#").Raw)
			}
			c.has(c.get("/ResourceTypes/User"), "schemas", `["`+schema.ResourceTypeURN+`"]`, "totalResults", "")
		},
		"7644-4-4": func(c *claim) {
			for _, path := range []string{"/Schemas", "/ResourceTypes"} {
				want := c.get(path).Body
				if got := c.get(path + "?startIndex=2&count=1&sortBy=id&sortOrder=descending&attributes=id").Body; got != want {
					c.t.Errorf("%s with parameters differs: %.300s", path, got)
				}
			}
		},
		"7644-4-5": func(c *claim) {
			for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig"} {
				c.refused(c.Do("GET", path+"?filter=id%20pr", nil), 403, "")
			}
		},
	}.prove(t, withTrial(t, false))
}

// reachable checks what a GET of a URI that the provider gave is answered with.
func (c *claim) reachable(uri string, status int) {
	c.t.Helper()
	r, err := c.Send("GET", uri, nil, "Authorization", "Bearer "+adaptertest.Token)
	if err != nil || r.Status != status {
		c.t.Errorf("%s: %v %d %s, want %d", uri, err, r.Status, r.Body, status)
	}
}
