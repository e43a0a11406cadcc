package endpoint_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// claims are requirements of standards by the ids that docs/conformance.md gives them, each with what proves it over
// HTTP. What shows that one is deliberately not met stands here too, under the same name.
type claims map[string]func(*claim)

// claim is one requirement put to the test.
type claim struct {
	*adaptertest.Stack
	t    *testing.T
	made int
}

// prove puts every claim to the test, all at once and all on one stack.
func (all claims) prove(t *testing.T, opts adaptertest.Options) {
	t.Helper()
	if opts.Connector == nil {
		// Whatever address a user has or lacks, the application gets one that it takes.
		opts.Connector = func(c *connector.Config) {
			c.Fields = []connector.Field{
				{Target: "login", Source: "userName"}, {Target: "mail", Source: "{id}@app.example"}, {Target: "ref", Source: "{id}"},
			}
		}
	}
	s := adaptertest.Start(t, opts)
	for id, fn := range all {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			own := *s
			own.TB = t
			fn(&claim{Stack: &own, t: t})
		})
	}
}

// name returns a name that nobody else has.
func (c *claim) name() string {
	c.made++
	_, id, _ := strings.Cut(c.t.Name(), "/")
	return fmt.Sprintf("%s-%d", strings.NewReplacer(".", "-", "_", "-").Replace(strings.ToLower(id)), c.made)
}

// with is the members of a JSON object, to stand before others.
func with(members string) string {
	if members == "" {
		return ""
	}
	return members + ","
}

// user is a create request with the members and, if they name none, a userName of its own.
func (c *claim) user(members string) string {
	if !strings.Contains(members, `"userName"`) {
		members = fmt.Sprintf(`%s"userName":%q`, with(members), c.name())
	}
	if !strings.Contains(members, `"schemas"`) {
		members = fmt.Sprintf(`"schemas":[%q],%s`, schema.UserURN, members)
	}
	return "{" + members + "}"
}

// add makes a user.
func (c *claim) add(members string) adaptertest.Response {
	c.t.Helper()
	return c.Want(http.StatusCreated, "POST", "/Users", c.user(members))
}

// addID makes a user and returns its id.
func (c *claim) addID(members string) string {
	c.t.Helper()
	return c.add(members).Get("id").Str
}

// group makes a group with the members, each an id, and returns its id.
func (c *claim) group(ids ...string) string {
	c.t.Helper()
	return c.Want(http.StatusCreated, "POST", "/Groups", c.groupBody(ids...)).Get("id").Str
}

func (c *claim) groupBody(ids ...string) string {
	body := fmt.Sprintf(`{"schemas":[%q],"displayName":%q`, schema.GroupURN, c.name())
	if len(ids) > 0 {
		body += `,"members":[{"value":"` + strings.Join(ids, `"},{"value":"`) + `"}]`
	}
	return body + "}"
}

// operations is a PATCH request.
func operations(ops ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

// patch changes a user, which has to work, and returns it.
func (c *claim) patch(id string, ops ...string) adaptertest.Response {
	c.t.Helper()
	return c.Want(http.StatusOK, "PATCH", "/Users/"+id, operations(ops...))
}

// patchGroup changes a group, which has to work, and returns it.
func (c *claim) patchGroup(id string, ops ...string) adaptertest.Response {
	c.t.Helper()
	if r := c.Do("PATCH", "/Groups/"+id, operations(ops...)); r.Status != http.StatusOK && r.Status != http.StatusNoContent {
		c.t.Fatalf("PATCH of the group: %d %s", r.Status, r.Body)
	}
	return c.get("/Groups/" + id)
}

// get reads what has to be there.
func (c *claim) get(path string) adaptertest.Response {
	c.t.Helper()
	return c.Want(http.StatusOK, "GET", path, nil)
}

// has checks values of an answer: a gjson path and its JSON in turn, "" where there must be nothing.
func (c *claim) has(r adaptertest.Response, pairs ...string) {
	c.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if got := r.Get(pairs[i]).Raw; got != pairs[i+1] {
			c.t.Errorf("%s is %s, want %s in %d %s", pairs[i], got, pairs[i+1], r.Status, r.Body)
		}
	}
}

// refused checks that an answer is a SCIM error of a status and, if it is not "", of a scimType.
func (c *claim) refused(r adaptertest.Response, status int, scimType string) {
	c.t.Helper()
	if r.Status != status || r.Get("scimType").Str != scimType {
		c.t.Errorf("got %d %q, want %d %q: %s", r.Status, r.Get("scimType").Str, status, scimType, r.Body)
		return
	}
	isError(c.t, r, "")
}

// query is the answer to a filter on users.
func (c *claim) query(filter string) adaptertest.Response {
	c.t.Helper()
	return c.Do("GET", "/Users?filter="+url.QueryEscape(filter), nil)
}

// matches reports whether a filter selects a user.
func (c *claim) matches(id, filter string) bool {
	c.t.Helper()
	r := c.query(fmt.Sprintf(`id eq %q and (%s)`, id, filter))
	if r.Status != http.StatusOK {
		c.t.Fatalf("filter %s: %d %s", filter, r.Status, r.Body)
	}
	return r.Get("totalResults").Int() == 1
}

// selects checks what filters say of a user.
func (c *claim) selects(id string, want bool, filters ...string) {
	c.t.Helper()
	for _, f := range filters {
		if c.matches(id, f) != want {
			c.t.Errorf("filter %s: want %v for %s", f, want, c.get("/Users/"+id).Body)
		}
	}
}

// ids lists what an answer to a query has on its page.
func ids(r adaptertest.Response) []string {
	list := []string{}
	r.Get("Resources").ForEach(func(_, e gjson.Result) bool {
		list = append(list, e.Get("id").Str)
		return true
	})
	return list
}

// trialURN is an extension that has an attribute of every kind.
const trialURN = "urn:example:scim:schemas:extension:trial:2.0:User"

const trial = `{"id":"` + trialURN + `","name":"Trial","description":"An attribute of every kind","attributes":[
	{"name":"whole","type":"integer"},
	{"name":"share","type":"decimal"},
	{"name":"since","type":"dateTime"},
	{"name":"key","type":"binary"},
	{"name":"flag","type":"boolean"},
	{"name":"link","type":"reference","referenceTypes":["external"]},
	{"name":"exact","type":"string","caseExact":true},
	{"name":"loose","type":"string"},
	{"name":"once","type":"string","mutability":"immutable"},
	{"name":"given","type":"string","mutability":"readOnly"},
	{"name":"hidden","type":"string","mutability":"writeOnly"},
	{"name":"kept","type":"string","returned":"always"},
	{"name":"asked","type":"string","returned":"request"},
	{"name":"quiet","type":"string","returned":"never"},
	{"name":"code","type":"string","uniqueness":"server"},
	{"name":"serial","type":"string","caseExact":true,"uniqueness":"global"},
	{"name":"tags","type":"string","multiValued":true},
	{"name":"grade","type":"string","canonicalValues":["junior","senior"]},
	{"name":"boss","type":"complex","subAttributes":[
		{"name":"value","type":"string","caseExact":true},{"name":"$ref","type":"reference","referenceTypes":["User"]}]},
	{"name":"badges","type":"complex","multiValued":true,"subAttributes":[
		{"name":"value","type":"string"},{"name":"type","type":"string"},{"name":"primary","type":"boolean"},
		{"name":"level","type":"integer"}]}]}`

// withTrial gives users the extension, required or not.
func withTrial(t *testing.T, required bool) adaptertest.Options {
	t.Helper()
	ext, err := schema.Parse([]byte(trial))
	if err != nil {
		t.Fatal(err)
	}
	std := schema.User()
	user, err := schema.NewResourceType(std.Name, std.Endpoint, std.Description, std.Schema,
		append(append([]schema.Extension{}, std.Extensions...), schema.Extension{Schema: ext, Required: required})...)
	if err != nil {
		t.Fatal(err)
	}
	types, err := schema.NewRegistry(user, schema.Group())
	if err != nil {
		t.Fatal(err)
	}
	return adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Types = types }}
}

// tried are the members of a user with values in the extension.
func tried(members string) string { return fmt.Sprintf("%q:{%s}", trialURN, members) }

// trialPath is the gjson path of an attribute of the extension.
func trialPath(name string) string {
	return strings.NewReplacer(".", `\.`, ":", `\:`).Replace(trialURN) + "." + name
}
