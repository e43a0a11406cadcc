package endpoint_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

// bulkOf is a bulk request; more are members of it, each with a comma behind it.
func bulkOf(more string, ops ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],` + more + `"Operations":[` + strings.Join(ops, ",") + `]}`
}

// making is an operation that makes a resource.
func making(endpoint, bulkID, data string) string {
	return fmt.Sprintf(`{"method":"POST","path":%q,"bulkId":%q,"data":%s}`, endpoint, bulkID, data)
}

// managed is a user with a manager.
func managed(name, manager string) string {
	return strings.TrimSuffix(user(name), "}") + `,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"` + manager + `"}}}`
}

// onPath is an operation on a resource that is there.
func onPath(method, path, data string) string {
	if data == "" {
		return fmt.Sprintf(`{"method":%q,"path":%q}`, method, path)
	}
	return fmt.Sprintf(`{"method":%q,"path":%q,"data":%s}`, method, path, data)
}

// outcome checks the statuses of a bulk response, and what is so of every one.
func outcome(t *testing.T, r adaptertest.Response, want ...string) []gjson.Result {
	t.Helper()
	if r.Status != http.StatusOK || r.Get("schemas.0").Str != "urn:ietf:params:scim:api:messages:2.0:BulkResponse" {
		t.Fatalf("%d: %s", r.Status, r.Body)
	}
	ops := r.Get("Operations").Array()
	got := make([]string, 0, len(ops))
	for _, op := range ops {
		status := op.Get("status")
		got = append(got, status.String())
		if status.Type != gjson.String {
			t.Errorf("a status that is no string: %s", op.Raw)
		}
		failed := status.Int() >= 300
		if failed != op.Get("response").Exists() || failed && op.Get("response.status").Str != status.Str {
			t.Errorf("the response does not go with the status: %s", op.Raw)
		}
		if deleted := op.Get("method").Str == "DELETE"; !failed && (deleted == op.Get("version").Exists() || !op.Get("location").Exists()) {
			t.Errorf("location or version is not as it should be: %s", op.Raw)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s\n%s", diff, r.Body)
	}
	return ops
}

// at is the path below the SCIM root that an operation's location names.
func at(s *adaptertest.Stack, op gjson.Result) string {
	return strings.TrimPrefix(op.Get("location").Str, s.URL)
}

func managerOf(s *adaptertest.Stack, path string) string {
	s.TB.Helper()
	return s.Want(http.StatusOK, "GET", path, nil).Get(`urn\:ietf\:params\:scim\:schemas\:extension\:enterprise\:2\.0\:User.manager.value`).Str
}

// RFC 7644 sections 3.7.2 and 3.7.3: what is made, changed and deleted, where it is and in which version.
func TestBulk(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	bob, eve := createUser(s, "bob"), createUser(s, "eve")
	ops := outcome(t, s.Do("POST", "/Bulk", bulkOf("",
		onPath("PATCH", "/Groups/bulkId:guides", `[{"op":"add","path":"members","value":[{"value":"`+bob+`"}]}]`),
		making("/Groups", "guides", `{"displayName":"Tour Guides","members":[{"type":"User","value":"bulkId:alice"}]}`),
		making("/Users", "alice", user("alice")),
		onPath("PUT", "/Users/"+bob, strings.Replace(user("bob"), "Doe", "Roe", 1)),
		onPath("PATCH", "/Users/"+bob, title("Clerk")),
		onPath("DELETE", s.URL+"/Users/"+eve, ""),
	)), "204", "201", "201", "200", "200", "204")

	alice, guides := at(s, ops[2]), at(s, ops[1])
	if got := at(s, ops[0]); got != guides || ops[0].Get("bulkId").Exists() {
		t.Errorf("the change of the group is %s", ops[0].Raw)
	}
	if ops[1].Get("bulkId").Str != "guides" || ops[2].Get("bulkId").Str != "alice" || ops[2].Get("method").Str != "POST" {
		t.Errorf("not the operations that were sent: %v", ops)
	}
	same(t, "members", []string{bob, strings.TrimPrefix(alice, "/Users/")}, memberIDs(s, strings.TrimPrefix(guides, "/Groups/")))
	for i, path := range map[int]string{0: guides, 2: alice, 4: "/Users/" + bob} {
		if got := tagged(t, s.Want(http.StatusOK, "GET", path, nil)); got != ops[i].Get("version").Str {
			t.Errorf("%s has the version %s, and the response said %s", path, got, ops[i].Get("version").Str)
		}
	}
	if got := s.Want(http.StatusOK, "GET", "/Users/"+bob, nil); got.Get("title").Str != "Clerk" || got.Get("name.familyName").Str != "Roe" {
		t.Errorf("bob is %s", got.Body)
	}
	s.Want(http.StatusNotFound, "GET", "/Users/"+eve, nil)
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 2 {
		t.Errorf("the application has %d members, want 2", n)
	}
	config := s.Want(http.StatusOK, "GET", "/ServiceProviderConfig", nil).Get("bulk").Raw
	if want := `{"supported":true,"maxOperations":1000,"maxPayloadSize":1048576}`; config != want {
		t.Errorf("the configuration says %s, want %s", config, want)
	}
}

func TestBulkRefusesTheRequest(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	one := making("/Users", "a", user("ann"))
	for name, tt := range map[string]struct {
		method, path, body string
		header             []string
		status             int
		scimType, detail   string
	}{
		"no JSON":         {"POST", "/Bulk", `{"Operations":`, nil, 400, "invalidSyntax", "JSON"},
		"no operations":   {"POST", "/Bulk", bulkOf(""), nil, 400, "invalidSyntax", "Operations"},
		"a bulkId twice":  {"POST", "/Bulk", bulkOf("", one, making("/Users", "a", user("bob"))), nil, 400, "invalidSyntax", "bulkId"},
		"failOnErrors":    {"POST", "/Bulk", bulkOf(`"failOnErrors":"x",`, one), nil, 400, "invalidSyntax", "failOnErrors"},
		"operations":      {"POST", "/Bulk", bulkOf("", strings.Repeat(one+",", 1000)+one), nil, 413, "", "maxOperations (1000)"},
		"size":            {"POST", "/Bulk", bulkOf("", making("/Users", "a", `{"userName":"`+strings.Repeat("a", 1<<20)+`"}`)), nil, 413, "", "maxPayloadSize (1048576)"},
		"size, chunked":   {"POST", "/Bulk", bulkOf("", making("/Users", "a", `{"userName":"`+strings.Repeat("a", 1<<20)+`"}`)), []string{"Transfer-Encoding", "chunked"}, 413, "", "maxPayloadSize (1048576)"},
		"another type":    {"POST", "/Bulk", bulkOf("", one), []string{"Content-Type", "text/plain"}, 415, "", "content type"},
		"another method":  {"PUT", "/Bulk", bulkOf("", one), nil, 405, "", "POST"},
		"something below": {"POST", "/Bulk/1", bulkOf("", one), nil, 404, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := s.Do(tt.method, tt.path, tt.body, tt.header...)
			if r.Status != tt.status || r.Get("scimType").Str != tt.scimType {
				t.Errorf("got %d: %s", r.Status, r.Body)
			}
			isError(t, r, tt.detail)
		})
	}
	t.Cleanup(func() {
		if n := s.Want(http.StatusOK, "GET", "/Users", nil).Get("totalResults").Int(); n != 0 {
			t.Errorf("%d users were made", n)
		}
	})
}

// RFC 7644 section 3.7.3: each operation has the status that a request of its own would have had, and what fails does
// not keep the others from being carried out.
func TestBulkOperationsThatFail(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := createUser(s, "ann")
	tests := []struct {
		op       string
		status   string
		scimType string
		detail   string
		located  bool
	}{
		{`7`, "400", "invalidSyntax", "object", false},
		{`{"method":"GET","path":"/Users/` + id + `"}`, "400", "invalidSyntax", "method", true},
		{`{"method":"POST","path":"/Users","data":{"userName":"x"}}`, "400", "invalidSyntax", "bulkId", false},
		{`{"method":"DELETE"}`, "400", "invalidSyntax", "path", false},
		{`{"method":"PUT","path":"/Users/` + id + `"}`, "400", "invalidSyntax", "data", true},
		{making("/Users", "b1", `{"displayName":"x"}`), "400", "invalidValue", "userName", false},
		{making("/Users", "b2", `{"userName":"x","shoeSize":42}`), "400", "invalidSyntax", "shoeSize", false},
		{making("/Users", "b3", user("ANN")), "409", "uniqueness", "userName", false},
		{making("/Users", "b4", strings.Replace(user("zoe"), `"active":true`, `"active":true,"userType":"emperor"`, 1)), "400", "invalidValue", "emperor", false},
		{onPath("PUT", "/Users/nobody", user("x")), "404", "", "nobody", true},
		{onPath("PATCH", "/Users/"+id, `[{"op":"replace","path":"shoeSize","value":1}]`), "400", "invalidPath", "shoeSize", true},
		{onPath("DELETE", "/Users/nobody", ""), "404", "", "nobody", true},
		{onPath("DELETE", "/Users/"+id+"/x", ""), "404", "", "", true},
		{onPath("DELETE", "/Users", ""), "405", "", "POST", false},
		{making("/Users/"+id, "b5", user("x")), "405", "", "PATCH", false},
		{`{"method":"DELETE","path":"/Users/` + id + `","version":"W/\"77\""}`, "412", "", `W/"`, true},
		{`{"method":"PATCH","path":"/Users/` + id + `","version":"77","data":[{"op":"add","path":"title","value":"x"}]}`, "400", "invalidValue", "version", true},
		{onPath("DELETE", "https://elsewhere.example/Users/"+id, ""), "400", "invalidValue", "root", false},
		{onPath("DELETE", "/Users/bulkId:nobody", ""), "400", "invalidValue", "nobody", false},
		{onPath("DELETE", "/Users/bulkId:b1", ""), "409", "", "b1", false},
		{making("/Groups", "b6", group("g", "bulkId:b1")), "409", "", "members", false},
		{making("/Groups", "b7", group("g", "bulkId:nobody")), "400", "invalidValue", "members", false},
		// Only resources can be named.
		{making("/Bulk", "c1", `{}`), "404", "", "/Bulk", false},
		{making("/.search", "c2", `{}`), "404", "", "/.search", false},
		{making("/Users/.search", "c3", `{}`), "404", "", ".search", false},
		{onPath("PATCH", "/Me", `[]`), "404", "", "/Me", false},
		{onPath("PUT", "/ServiceProviderConfig/x", `{}`), "404", "", "", false},
		{onPath("DELETE", "/../scim/v2/Users/"+id, ""), "404", "", "", false},
		{onPath("DELETE", "/", ""), "404", "", "", false},
	}
	var ops, want []string
	for _, tt := range tests {
		ops, want = append(ops, tt.op), append(want, tt.status)
	}
	ops, want = append(ops, making("/Users", "last", user("last"))), append(want, "201")
	got := outcome(t, s.Do("POST", "/Bulk", bulkOf("", ops...)), want...)
	for i, tt := range tests {
		r := got[i].Get("response")
		if r.Get("schemas.0").Str != "urn:ietf:params:scim:api:messages:2.0:Error" || r.Get("scimType").Str != tt.scimType || !strings.Contains(r.Get("detail").Str, tt.detail) {
			t.Errorf("%s\n%s\nwant %q and a detail with %q", tt.op, got[i].Raw, tt.scimType, tt.detail)
		}
		if got[i].Get("location").Exists() != tt.located {
			t.Errorf("%s\n%s\nwants a location: %t", tt.op, got[i].Raw, tt.located)
		}
		if b := gjson.Get(tt.op, "bulkId"); b.Str != got[i].Get("bulkId").Str {
			t.Errorf("%s\n%s", tt.op, got[i].Raw)
		}
	}
	if r := s.Want(http.StatusOK, "GET", "/Users/"+id, nil); r.Get("userName").Str != "ann@acme.example" || r.Get("title").Exists() {
		t.Errorf("one of the failures changed the user: %s", r.Body)
	}
}

// RFC 7644 section 3.7: the version of an operation is its If-Match.
func TestBulkVersions(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := createUser(s, "ann")
	version := tagged(t, s.Want(http.StatusOK, "GET", "/Users/"+id, nil))
	withVersion := func(op string) string { return strings.TrimSuffix(op, "}") + fmt.Sprintf(`,"version":%q}`, version) }
	ops := outcome(t, s.Do("POST", "/Bulk", bulkOf("",
		withVersion(onPath("PATCH", "/Users/"+id, title("Clerk"))),
		withVersion(onPath("PATCH", "/Users/"+id, title("Chief"))),
		withVersion(onPath("DELETE", "/Users/"+id, "")),
		withVersion(making("/Users", "b", user("bob"))), // says nothing there
	), "If-Match", `"nothing"`), "200", "412", "412", "201")
	if got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil); got.Get("title").Str != "Clerk" || tagged(t, got) != ops[0].Get("version").Str {
		t.Errorf("the user is %s", got.Body)
	}
}

// An id is longer than the reference to it: what a request is bounded by is what the client sent.
func TestBulkReferencesThatGrow(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	groups := strings.TrimSuffix(strings.Repeat(`{"value":"bulkId:u"},`, 40_000), ",") // readOnly, and so without effect
	ops := outcome(t, s.Do("POST", "/Bulk", bulkOf("",
		making("/Users", "u", user("u")),
		making("/Users", "v", strings.TrimSuffix(managed("v", "bulkId:u"), "}")+`,"groups":[`+groups+`]}`),
	)), "201", "201")
	if got, want := managerOf(s, at(s, ops[1])), strings.TrimPrefix(at(s, ops[0]), "/Users/"); got != want {
		t.Errorf("the manager is %q, want %q", got, want)
	}
}

func TestBulkFailOnErrors(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	bad := onPath("DELETE", "/Users/nobody", "")
	outcome(t, s.Do("POST", "/Bulk", bulkOf(`"failOnErrors":2,`, making("/Users", "a", user("a")), bad, making("/Users", "b", user("b")), bad, making("/Users", "c", user("c")))),
		"201", "404", "201", "404")
	outcome(t, s.Do("POST", "/Bulk", bulkOf(`"failOnErrors":1,`, making("/Users", "d", `{}`), making("/Users", "e", user("e")))), "400")
	outcome(t, s.Do("POST", "/Bulk", bulkOf(`"failOnErrors":1,`, `{}`, making("/Users", "e", user("e")))), "400")
	if n := s.Want(http.StatusOK, "GET", "/Users", nil).Get("totalResults").Int(); n != 2 {
		t.Errorf("%d users were made, want 2", n)
	}
	// As many as there are: nothing is left out.
	outcome(t, s.Do("POST", "/Bulk", bulkOf(`"failOnErrors":9,`, bad, bad, making("/Users", "e", user("e")))), "404", "404", "201")
}

// RFC 7644 section 3.7.1: circles are resolved where that can be, and are 409 where not.
func TestBulkCircles(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	ops := outcome(t, s.Do("POST", "/Bulk", bulkOf("",
		making("/Users", "a", managed("a", "bulkId:b")),
		making("/Users", "b", managed("b", "bulkId:a")),
		making("/Users", "c", managed("c", "bulkId:c")),
		making("/Groups", "g", group("g", "bulkId:h")),
		making("/Groups", "h", group("h", "bulkId:g", "bulkId:a")),
		making("/Groups", "i", group("i", "bulkId:i")),
		making("/Groups", "j", group("j", "bulkId:g")),
		onPath("PATCH", "/Users/bulkId:a", title("Clerk")),
	)), "201", "201", "201", "409", "409", "409", "409", "200")
	for i, manager := range map[int]int{0: 1, 1: 0, 2: 2} {
		if got, want := managerOf(s, at(s, ops[i])), strings.TrimPrefix(at(s, ops[manager]), "/Users/"); got != want {
			t.Errorf("the manager of %d is %q, want %q", i, got, want)
		}
	}
	for i, version := range map[int]string{7: ops[7].Get("version").Str, 1: ops[1].Get("version").Str, 2: ops[2].Get("version").Str} {
		if got := tagged(t, s.Want(http.StatusOK, "GET", at(s, ops[i]), nil)); got != version {
			t.Errorf("the version of %d is %s, and the response said %s", i, got, version)
		}
	}
	if !strings.Contains(ops[3].Get("response.detail").Str, `"g", "h"`) {
		t.Errorf("the circle is not named: %s", ops[3].Raw)
	}
	if n := s.Want(http.StatusOK, "GET", "/Groups", nil).Get("totalResults").Int(); n != 0 {
		t.Errorf("%d groups were made", n)
	}
}

// One of a circle that fails leaves another without its reference. That is told, and where the other is.
func TestBulkCircleThatBreaks(t *testing.T) {
	t.Parallel()
	for more, want := range map[string][]string{"": {"409", "400", "200", "201"}, `"failOnErrors":1,`: {"409", "400", "201"}} {
		s := adaptertest.Start(t, adaptertest.Options{})
		ops := outcome(t, s.Do("POST", "/Bulk", bulkOf(more,
			making("/Users", "a", managed("a", "bulkId:b")),
			making("/Users", "b", strings.Replace(managed("b", "bulkId:a"), `"userName":`, `"nickName":`, 1)),
			onPath("PATCH", "/Users/bulkId:a", title("Clerk")),
			making("/Users", "c", user("c")), // depends on nothing, and so is the first
		)), want...)
		if d := ops[0].Get("response.detail").Str; !strings.Contains(d, "manager") || ops[0].Get("version").Exists() {
			t.Errorf("it is not told what is missing: %s", ops[0].Raw)
		}
		if got := managerOf(s, at(s, ops[0])); got != "" {
			t.Errorf("the manager is %s", got)
		}
	}
}

// A bulk request is good for what the token is good for, and no more.
func TestBulkIsAuthorized(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := createUser(s, "ann")
	gid := s.Want(http.StatusCreated, "POST", "/Groups", group("g", id)).Get("id").Str
	send := func(limits *token.Limits, body string) adaptertest.Response {
		tok := adaptertest.OtherToken
		if limits != nil {
			secret, _, err := s.Tokens.Create(context.Background(), token.CreateRequest{Tenant: "acme", Connection: "main", Limits: *limits})
			if err != nil {
				t.Fatal(err)
			}
			tok = string(secret)
		}
		r, err := s.Send("POST", s.URL+"/Bulk", body, "Authorization", "Bearer "+tok)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	both := func(name string) string {
		return bulkOf("", making("/Users", "u", user(name)), making("/Groups", "g", group(name)), onPath("PATCH", "/Users/"+id, title(name)), onPath("DELETE", "/groups/"+gid, ""))
	}
	outcome(t, send(&token.Limits{Users: true}, both("u1")), "201", "403", "200", "403")
	ops := outcome(t, send(&token.Limits{Groups: true}, bulkOf("", making("/Users", "u", user("u2")), making("/Groups", "g", group("g2")))), "403", "201")
	if got := at(s, ops[1]); !strings.HasPrefix(got, "/Groups/") {
		t.Errorf("made at %s", got)
	}
	if r := send(&token.Limits{ReadOnly: true}, both("u3")); r.Status != http.StatusForbidden {
		t.Errorf("a token that may only read: %d %s", r.Status, r.Body)
	}
	if r := send(&token.Limits{User: id}, both("u4")); r.Status != http.StatusForbidden {
		t.Errorf("a token bound to a user: %d %s", r.Status, r.Body)
	}
	outcome(t, send(nil, bulkOf("", onPath("PATCH", "/Users/"+id, title("other")), onPath("DELETE", "/Groups/"+gid, ""))), "404", "404")
	if got := s.Want(http.StatusOK, "GET", "/Users/"+id, nil).Get("title").Str; got != "u1" {
		t.Errorf("the title is %q", got)
	}
	s.Want(http.StatusOK, "GET", "/Groups/"+gid, nil)
}

// The order shows in the result where it matters, though operations are carried out several at once.
func TestBulkKeepsTheOrder(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	const n = 30
	var ops, want []string
	add := func(status, op string) { ops, want = append(ops, op), append(want, status) }
	for i := range n {
		add("201", making("/Users", fmt.Sprint("u", i), user(fmt.Sprint("u", i))))
		if i%5 == 0 {
			add("409", making("/Users", fmt.Sprint("again", i), strings.Replace(user(fmt.Sprint("u", i)), `"Doe"`, `"Second"`, 1)))
		}
	}
	for i := range n {
		for _, word := range []string{"one", "two", "three"} {
			add("200", onPath("PATCH", fmt.Sprint("/Users/bulkId:u", i), title(word)))
		}
	}
	for i := range 10 {
		add("204", onPath("DELETE", fmt.Sprint("/Users/bulkId:u", i), ""))
		add("404", onPath("PATCH", fmt.Sprint("/Users/bulkId:u", i), title("too late")))
	}
	// A name is given up and taken, the one only after the other.
	add("200", onPath("PATCH", "/Users/bulkId:u10", `[{"op":"replace","path":"userName","value":"renamed@acme.example"}]`))
	add("201", making("/Users", "v10", strings.NewReplacer("ext-u10", "ext-v10", `"value":"u10`, `"value":"v10`).Replace(user("u10"))))
	add("200", onPath("PATCH", "/Users/bulkId:u11", `{"Operations":[{"op":"replace","value":{"userName":"moved@acme.example"}}]}`))
	add("409", making("/Users", "v11", strings.Replace(user("moved"), "ext-moved", "ext-other", 1)))
	got := outcome(t, s.Do("POST", "/Bulk", bulkOf("", ops...)), want...)
	for i := 10; i < n; i++ {
		r := s.Want(http.StatusOK, "GET", at(s, got[i+i/5+1]), nil)
		if i%5 == 0 {
			r = s.Want(http.StatusOK, "GET", at(s, got[i+i/5]), nil)
		}
		if r.Get("title").Str != "three" || r.Get("name.familyName").Str != "Doe" || !strings.HasSuffix(r.Get("externalId").Str, fmt.Sprint("-u", i)) {
			t.Errorf("user %d is %s", i, r.Body)
		}
	}
	s.WaitIdle()
	if members := s.App("GET", "/members", nil).Get("members.#").Int(); members != n-10+1 {
		t.Errorf("the application has %d members, want %d", members, n-10+1)
	}
}

// Several are carried out at once where it makes no difference: here the application answers the first only when it has
// seen the eighth.
func TestBulkIsConcurrent(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	enough := make(chan struct{})
	s := adaptertest.Start(t, adaptertest.Options{Wrap: func(app http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				if seen.Add(1) == 8 {
					close(enough)
				}
				<-enough
			}
			app.ServeHTTP(w, r)
		})
	}})
	var ops, want []string
	for i := range 20 {
		ops, want = append(ops, making("/Users", fmt.Sprint("u", i), user(fmt.Sprint("u", i)))), append(want, "201")
	}
	outcome(t, s.Do("POST", "/Bulk", bulkOf("", ops...)), want...)
}

// A client that goes is no reason to leave half an operation, and one to begin no other.
func TestBulkClientGone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s := adaptertest.Start(t, adaptertest.Options{Wrap: func(app http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && r.URL.Path == "/members" {
				cancel()
			}
			app.ServeHTTP(w, r)
		})
	}})
	body := bulkOf(`"failOnErrors":1,`, making("/Users", "a", user("a")), making("/Users", "b", user("b")), making("/Users", "c", user("c")))
	req := httptest.NewRequestWithContext(ctx, "POST", "/scim/v2/Bulk", strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+adaptertest.Token)
	w := httptest.NewRecorder()
	s.Handler.ServeHTTP(w, req)
	if w.Body.Len() > 0 {
		t.Errorf("whoever went was answered: %s", w.Body)
	}
	r := s.Want(http.StatusOK, "GET", "/Users", nil)
	if r.Get("totalResults").Int() != 1 || r.Get("Resources.0.userName").Str != "a@acme.example" {
		t.Errorf("there are %s", r.Body)
	}
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 1 {
		t.Errorf("the application has %d members", n)
	}
}

// The waiting of all operations together is bounded: with no patience at all they are stored, and delivered later.
func TestBulkDoesNotWaitLongerThanAsked(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := adaptertest.Start(t, adaptertest.Options{Wrap: func(app http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				<-release
			}
			app.ServeHTTP(w, r)
		})
	}})
	var ops, want []string
	for i := range 50 {
		ops, want = append(ops, making("/Users", fmt.Sprint("u", i), user(fmt.Sprint("u", i)))), append(want, "201")
	}
	outcome(t, s.Do("POST", "/Bulk", bulkOf("", ops...), "Prefer", "wait=0"), want...)
	close(release)
	s.WaitIdle()
	if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 50 {
		t.Errorf("the application has %d members", n)
	}
}

// Many bulk requests at once change the same users: no change is lost.
func TestBulkFromManyClients(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	g := s.Want(http.StatusCreated, "POST", "/Groups", group("all")).Get("id").Str
	const clients = 8
	done := make(chan []string, clients)
	for c := range clients {
		go func() {
			var ops []string
			for i := range 6 {
				id := fmt.Sprintf("c%du%d", c, i)
				ops = append(ops, making("/Users", id, user(id)), onPath("PATCH", "/Groups/"+g, `[{"op":"add","path":"members","value":[{"value":"bulkId:`+id+`"}]}]`))
			}
			r, err := s.Send("POST", s.URL+"/Bulk", bulkOf("", ops...), "Authorization", "Bearer "+adaptertest.Token)
			if err != nil || r.Status != http.StatusOK {
				t.Errorf("client %d: %d %v", c, r.Status, err)
			}
			var ids []string
			for i, op := range r.Get("Operations").Array() {
				if i%2 == 0 {
					ids = append(ids, strings.TrimPrefix(at(s, op), "/Users/"))
				} else if op.Get("status").Str != "204" {
					t.Errorf("client %d: %s", c, op.Raw)
				}
			}
			done <- ids
		}()
	}
	var all []string
	for range clients {
		all = append(all, <-done...)
	}
	same(t, "members", all, memberIDs(s, g))
}

// BenchmarkBulk compares a bulk request of 100 creates with 100 requests, one after the other.
func BenchmarkBulk(b *testing.B) {
	const size = 100
	for _, mode := range []string{"bulk", "single"} {
		b.Run(mode, func(b *testing.B) {
			s := adaptertest.Start(b, adaptertest.Options{Configure: func(c *adapter.TenantConfig) { c.Concurrency = 32 }})
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				ops := make([]string, size)
				for i := range ops {
					n++
					ops[i] = user(fmt.Sprint("u", n))
					if mode == "single" {
						s.Want(http.StatusCreated, "POST", "/Users", ops[i])
						continue
					}
					ops[i] = making("/Users", fmt.Sprint(n), ops[i])
				}
				if mode == "single" {
					continue
				}
				r := s.Want(http.StatusOK, "POST", "/Bulk", bulkOf("", ops...))
				if made := r.Get(`Operations.#(status=="201")#|#`).Int(); made != size {
					b.Fatalf("%d of %d were made: %s", made, size, r.Body)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/create")
		})
	}
}
