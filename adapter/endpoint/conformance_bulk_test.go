package endpoint_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

const bulkURN = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

// bulk sends operations in one request. more are members of the request, each with a comma behind it.
func (c *claim) bulk(more string, ops ...string) adaptertest.Response {
	c.t.Helper()
	return c.Do("POST", "/Bulk", fmt.Sprintf(`{"schemas":[%q],%s"Operations":[%s]}`, bulkURN, more, strings.Join(ops, ",")))
}

// post is an operation that makes a resource.
func post(path, bulkID, data string) string {
	return fmt.Sprintf(`{"method":"POST","path":%q,"bulkId":%q,"data":%s}`, path, bulkID, data)
}

// statuses checks that a bulk request was answered and what its operations came to.
func (c *claim) statuses(r adaptertest.Response, want ...string) {
	c.t.Helper()
	got := []string{}
	r.Get("Operations").ForEach(func(_, op gjson.Result) bool {
		got = append(got, op.Get("status").Str)
		return true
	})
	if r.Status != http.StatusOK || strings.Join(got, " ") != strings.Join(want, " ") {
		c.t.Errorf("%d with %v, want 200 with %v: %s", r.Status, got, want, r.Body)
	}
}

// RFC 7644 section 3.7: bulk.
func TestConformanceBulk(t *testing.T) {
	t.Parallel()
	members := func(ids ...string) string {
		return `"members":[{"value":"` + strings.Join(ids, `"},{"value":"`) + `"}]`
	}
	claims{
		"7644-3.7-1": func(c *claim) {
			c.refused(c.Do("POST", "/Bulk", `{"schemas":["`+bulkURN+`"]}`), 400, "invalidSyntax")
			c.statuses(c.bulk("", post("/Users", "a", c.user(""))), "201")
		},
		"7644-3.7-2": func(c *claim) {
			r := c.bulk("", `{"path":"/Users","bulkId":"a","data":`+c.user("")+`}`, strings.Replace(post("/Users", "b", c.user("")), "POST", "GET", 1))
			c.statuses(r, "400", "400")
		},
		"7644-3.7-3": func(c *claim) {
			c.statuses(c.bulk("", `{"method":"POST","path":"/Users","data":`+c.user("")+`}`), "400")
		},
		"7644-3.7-4": func(c *claim) {
			r := c.bulk("", `{"method":"POST","bulkId":"a","data":`+c.user("")+`}`, `{"method":"DELETE"}`, `{"method":"DELETE","path":"/Users"}`)
			if c.statuses(r, "400", r.Get("Operations.1.status").Str, r.Get("Operations.2.status").Str); r.Get("Operations.1.status").Int() < 400 {
				c.t.Errorf("no path: %s", r.Body)
			}
		},
		"7644-3.7-5": func(c *claim) {
			id := c.addID("")
			r := c.bulk("", `{"method":"POST","path":"/Users","bulkId":"a"}`, `{"method":"PUT","path":"/Users/`+id+`"}`, `{"method":"PATCH","path":"/Users/`+id+`"}`)
			c.statuses(r, "400", "400", "400")
		},
		"7644-3.7-6": func(c *claim) {
			id := c.addID("")
			r := c.bulk("", post("/Users", "a", c.user("")), post("/Users", "b", "{}"), `{"method":"DELETE","path":"/Users/`+id+`"}`)
			c.statuses(r, "201", "400", "204")
			c.has(r, "Operations.1.location", "", "Operations.2.location", `"`+c.URL+"/Users/"+id+`"`)
			c.reachable(r.Get("Operations.0.location").Str, 200)
		},
		"7644-3.7-7": func(c *claim) {
			r := c.bulk("", post("/Users", "a", "{}"), `{"method":"DELETE","path":"/Users/nobody"}`)
			c.statuses(r, "400", "404")
			for _, op := range r.Get("Operations").Array() {
				if !op.Get("response").IsObject() {
					c.t.Errorf("no response: %s", op.Raw)
				}
			}
		},
		"7644-3.7-8": func(c *claim) {
			r := c.bulk("", post("/Users", "a", `{"displayName":"x"}`))
			c.has(r, "Operations.0.response.schemas", `["urn:ietf:params:scim:api:messages:2.0:Error"]`, "Operations.0.response.status", `"400"`,
				"Operations.0.response.scimType", `"invalidValue"`)
		},
		"7644-3.7-9": func(c *claim) {
			r := c.bulk("", post("/Users", "a", c.user("")))
			c.has(r, "schemas", `["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]`)
			c.statuses(r, "201")
			c.refused(c.Do("POST", "/Bulk", "no JSON"), 400, "invalidSyntax")
			c.refused(c.Do("GET", "/Bulk", nil), 405, "")
		},
		"7644-3.7-10": func(c *claim) {
			bad := post("/Users", "b", "{}")
			r := c.bulk("", post("/Users", "a", c.user("")), bad, post("/Users", "c", c.user("")), strings.Replace(bad, `"b"`, `"d"`, 1), post("/Users", "e", c.user("")))
			c.statuses(r, "201", "400", "201", "400", "201")
			r = c.bulk(`"failOnErrors":1,`, post("/Users", "a", c.user("")), bad, post("/Users", "c", c.user("")))
			c.statuses(r, "201", "400")
		},
		"7644-3.7-11": func(c *claim) {
			r := c.bulk("", post("/Users", "first", c.user("")), post("/Groups", "second", c.groupBody()))
			c.statuses(r, "201", "201")
			c.has(r, "Operations.#.bulkId", `["first","second"]`)
		},
		"7644-3.7-12": func(c *claim) {
			name := c.name()
			r := c.bulk("", post("/Groups", "g", `{"displayName":"`+name+`",`+members("bulkId:u")+`}`), post("/Users", "u", c.user("")),
				`{"method":"PATCH","path":"/Users/bulkId:u","data":`+operations(`{"op":"add","path":"title","value":"one"}`)+`}`,
				`{"method":"PATCH","path":"/Users/bulkId:u","data":`+operations(`{"op":"replace","path":"title","value":"two"}`)+`}`)
			c.statuses(r, "201", "201", "200", "200")
			user := c.get(strings.TrimPrefix(r.Get("Operations.1.location").Str, c.URL))
			c.has(user, "title", `"two"`, "groups.0.display", `"`+name+`"`)
		},
		// Groups that contain each other are refused as any circle of groups is, and the standard lets that be 409.
		"7644-3.7.1-1": func(c *claim) {
			a, b := c.name(), c.name()
			r := c.bulk("", post("/Groups", "a", `{"displayName":"`+a+`",`+members("bulkId:b")+`}`), post("/Groups", "b", `{"displayName":"`+b+`",`+members("bulkId:a")+`}`))
			if r.Get(`Operations.#(status=="409")`).Raw == "" {
				c.t.Errorf("no conflict is told: %s", r.Body)
			}
			// A circle of references that is none of groups is resolved.
			manager := func(other string) string {
				return c.user(fmt.Sprintf(`%q:{"manager":{"value":"bulkId:%s"}}`, schema.EnterpriseUserURN, other))
			}
			r = c.bulk("", post("/Users", "x", manager("y")), post("/Users", "y", manager("x")))
			c.statuses(r, "201", "201")
			path := strings.NewReplacer(".", `\.`, ":", `\:`).Replace(schema.EnterpriseUserURN) + ".manager.value"
			x, y := c.get(strings.TrimPrefix(r.Get("Operations.0.location").Str, c.URL)), c.get(strings.TrimPrefix(r.Get("Operations.1.location").Str, c.URL))
			c.has(x, path, y.Get("id").Raw)
			c.has(y, path, x.Get("id").Raw)
		},
		"7644-3.7.2-1": func(c *claim) {
			r := c.bulk("", post("/Users", "qwerty", c.user("")), post("/Groups", "g", `{"displayName":"`+c.name()+`",`+members("bulkId:qwerty")+`}`))
			c.statuses(r, "201", "201")
			id := strings.TrimPrefix(r.Get("Operations.0.location").Str, c.URL+"/Users/")
			c.has(c.get(strings.TrimPrefix(r.Get("Operations.1.location").Str, c.URL)), "members.#.value", `["`+id+`"]`)
		},
		"7644-3.7.2-2": func(c *claim) {
			r := c.bulk("", post("/Users", "boss", c.user("")), post("/Users", "u", c.user(`"`+schema.EnterpriseUserURN+`":{"manager":{"value":"bulkId:boss"}}`)))
			c.statuses(r, "201", "201")
			id := strings.TrimPrefix(r.Get("Operations.0.location").Str, c.URL+"/Users/")
			c.has(c.get(strings.TrimPrefix(r.Get("Operations.1.location").Str, c.URL)),
				strings.NewReplacer(".", `\.`, ":", `\:`).Replace(schema.EnterpriseUserURN)+".manager.value", `"`+id+`"`)
		},
		"7644-3.7.3-1": func(c *claim) {
			id := c.addID("")
			r := c.bulk("", post("/Users", "a", c.user("")), `{"method":"PATCH","path":"/Users/`+id+`","data":`+operations(`{"op":"add","path":"title","value":"x"}`)+`}`,
				`{"method":"PUT","path":"/Users/`+id+`","data":{}}`, `{"method":"DELETE","path":"/Users/`+id+`"}`)
			c.statuses(r, "201", "200", "400", "204")
			c.has(r, "Operations.#.method", `["POST","PATCH","PUT","DELETE"]`)
		},
		"7644-3.7.3-2": func(c *claim) {
			id := c.addID("")
			r := c.bulk("", `{"method":"PUT","path":"/Users/`+id+`","data":{}}`, `{"method":"DELETE","path":"/Users/`+id+`"}`, `{"method":"DELETE","path":"/Users/`+id+`"}`)
			c.statuses(r, "400", "204", "404")
			at := `"` + c.URL + "/Users/" + id + `"`
			c.has(r, "Operations.#.location", "["+at+","+at+","+at+"]")
		},
		// As section 3.7 and all examples of this section have it: the code is the status, a string.
		"7644-3.7.3-3": func(c *claim) {
			c.has(c.bulk("", post("/Users", "a", c.user(""))), "Operations.0.status", `"201"`)
		},
		"7644-3.7.3-4": func(c *claim) {
			if d := c.bulk("", post("/Users", "a", "{}")).Get("Operations.0.response.detail").Str; !strings.Contains(d, "userName") {
				c.t.Errorf("the error is described as %q", d)
			}
		},
		"7644-3.7.4-1": func(c *claim) {
			featureLimit("bulk.maxOperations")(c)
			featureLimit("bulk.maxPayloadSize")(c)
			c.has(c.get("/ServiceProviderConfig"), "bulk.supported", "true")
		},
		"7644-3.7.4-2": func(c *claim) {
			config := c.get("/ServiceProviderConfig").Get("bulk")
			one := `{"method":"DELETE","path":"/Users/nobody"}`
			c.refused(c.bulk("", strings.TrimSuffix(strings.Repeat(one+",", int(config.Get("maxOperations").Int())+1), ",")), 413, "")
			c.refused(c.bulk(`"x":"`+strings.Repeat("x", int(config.Get("maxPayloadSize").Int()))+`",`, one), 413, "")
		},
		"7644-3.7.4-3": func(c *claim) {
			config := c.get("/ServiceProviderConfig").Get("bulk")
			one := `{"method":"DELETE","path":"/Users/nobody"}`
			r := c.bulk("", strings.TrimSuffix(strings.Repeat(one+",", int(config.Get("maxOperations").Int())+1), ","))
			if d := r.Get("detail").Str; !strings.Contains(d, config.Get("maxOperations").Raw) {
				c.t.Errorf("the limit is not told: %q", d)
			}
			r = c.bulk(`"x":"`+strings.Repeat("x", int(config.Get("maxPayloadSize").Int()))+`",`, one)
			if d := r.Get("detail").Str; !strings.Contains(d, config.Get("maxPayloadSize").Raw) {
				c.t.Errorf("the limit is not told: %q", d)
			}
		},
	}.prove(t, adaptertest.Options{})
}
