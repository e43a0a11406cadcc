package bulk_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/bulk"
)

var options = bulk.Options{MaxOperations: 20, Roots: []string{"https://h.example/scim/v2", "/scim/v2"}}

// body is a request of operations.
func body(operations ...string) string {
	return `{"schemas":["` + scim.BulkRequestURN + `"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

func parse(t interface {
	Helper()
	Fatal(...any)
}, operations ...string) *bulk.Request {
	t.Helper()
	req, err := bulk.Parse([]byte(body(operations...)), options)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// post is a POST whose data are members.
func post(endpoint, bulkID, data string) string {
	return fmt.Sprintf(`{"method":"POST","path":"/%s","bulkId":%q,"data":{%s}}`, endpoint, bulkID, data)
}

func TestParseRefusesTheWhole(t *testing.T) {
	t.Parallel()
	one := post("Users", "a", `"userName":"a"`)
	for name, tt := range map[string]struct {
		body     string
		status   int
		scimType scim.Type
		detail   string
	}{
		"nothing":                {``, 400, scim.InvalidSyntax, "empty"},
		"no JSON":                {`{"Operations":`, 400, scim.InvalidSyntax, "JSON"},
		"no object":              {`[]`, 400, scim.InvalidSyntax, "object"},
		"two objects":            {body(one) + `{}`, 400, scim.InvalidSyntax, "JSON"},
		"no operations":          {`{"schemas":["` + scim.BulkRequestURN + `"]}`, 400, scim.InvalidSyntax, "Operations"},
		"an empty list":          {body(), 400, scim.InvalidSyntax, "Operations"},
		"operations no list":     {`{"Operations":` + one + `}`, 400, scim.InvalidSyntax, "an object"},
		"another message":        {`{"schemas":["` + scim.PatchOpURN + `"],"Operations":[` + one + `]}`, 400, scim.InvalidSyntax, scim.BulkRequestURN},
		"failOnErrors negative":  {`{"failOnErrors":-1,"Operations":[` + one + `]}`, 400, scim.InvalidSyntax, "failOnErrors"},
		"failOnErrors a part":    {`{"failOnErrors":1.5,"Operations":[` + one + `]}`, 400, scim.InvalidSyntax, "failOnErrors"},
		"failOnErrors a string":  {`{"failOnErrors":"1","Operations":[` + one + `]}`, 400, scim.InvalidSyntax, "failOnErrors"},
		"a name twice":           {`{"Operations":[` + one + `],"operations":[]}`, 400, scim.InvalidSyntax, "twice"},
		"a name twice in data":   {body(post("Users", "a", `"userName":"a","USERNAME":"b"`)), 400, scim.InvalidSyntax, "twice"},
		"a bulkId twice":         {body(one, post("Groups", "a", `"displayName":"a"`)), 400, scim.InvalidSyntax, `\"a\"`},
		"too many":               {body(slices.Repeat([]string{`{"method":"DELETE","path":"/Users/1"}`}, 21)...), 413, "", "maxOperations (20)"},
		"data nested too deeply": {body(post("Users", "a", `"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40))), 400, scim.InvalidSyntax, "deeper"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := bulk.Parse([]byte(tt.body), options)
			var e *scim.Error
			if !errors.As(err, &e) || e.Status != tt.status || e.ScimType != tt.scimType {
				t.Fatalf("got %v, want %d %s", err, tt.status, tt.scimType)
			}
			if out, _ := json.Marshal(e); !strings.Contains(string(out), tt.detail) {
				t.Errorf("%s does not say %s", out, tt.detail)
			}
		})
	}
}

func TestParseOperation(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		op     string
		method string // as it is to be repeated
		path   string // endpoint and id
		err    string // a part of the detail
	}{
		"POST":                  {`{"method":"POST","path":"/Users","bulkId":"a","data":{}}`, "POST", "Users ", ""},
		"names in any case":     {`{"Method":"post","PATH":"/Users","BulkID":"a","Data":{}}`, "POST", "Users ", ""},
		"PUT":                   {`{"method":"PUT","path":"/Users/1","data":{}}`, "PUT", "Users 1", ""},
		"PATCH":                 {`{"method":"PATCH","path":"/Users/1","data":{}}`, "PATCH", "Users 1", ""},
		"PATCH of a bare list":  {`{"method":"PATCH","path":"/Users/1","data":[]}`, "PATCH", "Users 1", ""},
		"DELETE":                {`{"method":"DELETE","path":"/Users/1"}`, "DELETE", "Users 1", ""},
		"DELETE with data":      {`{"method":"DELETE","path":"/Users/1","data":7}`, "DELETE", "Users 1", ""},
		"nulls":                 {`{"method":"DELETE","path":"/Users/1","bulkId":null,"version":null}`, "DELETE", "Users 1", ""},
		"no leading slash":      {`{"method":"DELETE","path":"Users/1"}`, "DELETE", "Users 1", ""},
		"a trailing slash":      {`{"method":"DELETE","path":"/Users/1/"}`, "DELETE", "Users 1", ""},
		"a URL":                 {`{"method":"DELETE","path":"https://H.example/scim/v2/Users/1"}`, "DELETE", "Users 1", ""},
		"a path from the host":  {`{"method":"DELETE","path":"/scim/v2/Users/1"}`, "DELETE", "Users 1", ""},
		"escaped":               {`{"method":"DELETE","path":"/Users/a%20b"}`, "DELETE", "Users a b", ""},
		"three parts":           {`{"method":"DELETE","path":"/Users/1/2"}`, "DELETE", "Users 1/2", ""},
		"an object is needed":   {`"DELETE /Users/1"`, "", " ", "object"},
		"no method":             {`{"path":"/Users/1"}`, "", "Users 1", "method"},
		"GET":                   {`{"method":"GET","path":"/Users/1"}`, "GET", "Users 1", "method"},
		"a method that is none": {`{"method":3,"path":"/Users/1"}`, "", "Users 1", "method"},
		"POST without bulkId":   {`{"method":"POST","path":"/Users","data":{}}`, "POST", "Users ", "bulkId"},
		"a bulkId that is none": {`{"method":"POST","path":"/Users","bulkId":1,"data":{}}`, "POST", "Users ", "bulkId"},
		"no path":               {`{"method":"DELETE"}`, "DELETE", " ", "path"},
		"a path that is none":   {`{"method":"DELETE","path":{}}`, "DELETE", " ", "path"},
		"another host":          {`{"method":"DELETE","path":"https://evil.example/scim/v2/Users/1"}`, "DELETE", " ", "below the SCIM root"},
		"a query":               {`{"method":"DELETE","path":"/Users/1?a=b"}`, "DELETE", " ", "query"},
		"a fragment":            {`{"method":"DELETE","path":"/Users/1#a"}`, "DELETE", " ", "query"},
		"a bad escape":          {`{"method":"DELETE","path":"/Users/%zz"}`, "DELETE", " ", "percent"},
		"a version that is none": {
			`{"method":"DELETE","path":"/Users/1","version":7}`, "DELETE", "Users 1", "version",
		},
		"no data":           {`{"method":"PUT","path":"/Users/1"}`, "PUT", "Users 1", "data"},
		"data null":         {`{"method":"PATCH","path":"/Users/1","data":null}`, "PATCH", "Users 1", "data"},
		"data a string":     {`{"method":"POST","path":"/Users","bulkId":"a","data":"{}"}`, "POST", "Users ", "object"},
		"a list for a POST": {`{"method":"POST","path":"/Users","bulkId":"a","data":[]}`, "POST", "Users ", "object"},
		"a path to nothing": {
			`{"method":"DELETE","path":"/Users/bulkId:zz"}`, "DELETE", "Users bulkId:zz", `"zz"`,
		},
		"a reference to nothing": {
			`{"method":"PUT","path":"/Users/1","data":{"manager":{"value":"bulkId:zz"}}}`, "PUT", "Users 1", `"manager"`,
		},
		"a reference to nothing in an extension": {
			`{"method":"PUT","path":"/Users/1","data":{"urn:x:User":{"manager":{"value":"bulkId:zz"}}}}`, "PUT", "Users 1", `"urn:x:User:manager"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := parse(t, tt.op, `{"method":"DELETE","path":"/Users/9"}`)
			op := req.Operations[0]
			if op.Method != tt.method || op.Endpoint+" "+op.ID != tt.path {
				t.Errorf("read as %q %q %q", op.Method, op.Endpoint, op.ID)
			}
			switch {
			case tt.err == "" && op.Err != nil:
				t.Errorf("refused: %v", op.Err)
			case tt.err != "" && (op.Err == nil || op.Err.Status != 400 || op.Err.ScimType == "" || !strings.Contains(op.Err.Detail, tt.err)):
				t.Errorf("got %v, want a detail with %s", op.Err, tt.err)
			}
			if e := req.Operations[1].Err; e != nil {
				t.Errorf("the other operation is refused too: %v", e)
			}
		})
	}
}

// What looks like a reference may be a password: it is not repeated.
func TestParseKeepsWhatItCannotResolveToItself(t *testing.T) {
	t.Parallel()
	req := parse(t, post("Users", "a", `"password":"bulkId:hunter2"`))
	if e := req.Operations[0].Err; e == nil || strings.Contains(e.Error(), "hunter2") {
		t.Errorf("got %v", e)
	}
}

func TestFailOnErrors(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"": 0, `"failOnErrors":null,`: 0, `"failOnErrors":0,`: 0, `"failOnErrors":3,`: 3, `"FAILONERRORS":1,`: 1} {
		req, err := bulk.Parse([]byte(`{`+value+`"Operations":[{"method":"DELETE","path":"/Users/1"}]}`), options)
		if err != nil || req.FailOnErrors != want {
			t.Errorf("%s got %v, %v", value, req, err)
		}
	}
}

// RFC 7644 section 3.7.2: wherever a reference stands, it becomes the id.
func TestReferences(t *testing.T) {
	t.Parallel()
	ids := map[string]string{"qwerty": "id-1", `a"b`: "id-2", "x/y": "id-3"}
	targets := []string{post("Users", "qwerty", ``), `{"method":"POST","path":"/Users","bulkId":"a\"b","data":{}}`, post("Users", "x/y", ``)}
	for name, tt := range map[string]struct{ op, id, want string }{
		"members":      {`{"method":"PUT","path":"/Groups/1","data":{"members":[{"value":"bulkId:qwerty"},{"value":"7"}]}}`, "1", `{"members":[{"value":"id-1"},{"value":"7"}]}`},
		"an extension": {`{"method":"PUT","path":"/Users/1","data":{"urn:x:User":{"manager":{"value":"bulkId:qwerty"},"n":1}}}`, "1", `{"urn:x:User":{"manager":{"value":"id-1"},"n":1}}`},
		"any string":   {`{"method":"PUT","path":"/Users/1","data":{"a":{"b":[["bulkId:qwerty"]]}}}`, "1", `{"a":{"b":[["id-1"]]}}`},
		"escaped":      {`{"method":"PUT","path":"/Users/1","data":{"a":"\u0062ulkId:qwerty","c":"bulkId:a\"b"}}`, "1", `{"a":"id-1","c":"id-2"}`},
		"$ref":         {`{"method":"PUT","path":"/Users/1","data":{"m":[{"$ref":"../Users/bulkId:x/y"},{"$REF":"bulkId:qwerty"}]}}`, "1", `{"m":[{"$ref":"../Users/id-3"},{"$REF":"id-1"}]}`},
		"within words": {`{"method":"PUT","path":"/Users/1","data":{"a":"see bulkId:qwerty","b":"bulkid:qwerty","c":"/bulkId:qwerty"}}`, "1", `{"a":"see bulkId:qwerty","b":"bulkid:qwerty","c":"/bulkId:qwerty"}`},
		"not a name":   {`{"method":"PUT","path":"/Users/1","data":{"bulkId:qwerty":1}}`, "1", `{"bulkId:qwerty":1}`},
		"PATCH": {
			`{"method":"PATCH","path":"/Groups/1","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"bulkId:qwerty"}]}]}}`, "1",
			`{"Operations":[{"op":"add","path":"members","value":[{"value":"id-1"}]}]}`,
		},
		"a PATCH's path": {
			`{"method":"PATCH","path":"/Groups/1","data":[{"op":"remove","path":"members[value eq \"bulkId:qwerty\" or value eq \"x\\\"\"]"},{"op":"remove","path":"members[value eq \"bulkId:a\\\"b\"]"}]}`, "1",
			`{"Operations":[{"op":"remove","path":"members[value eq \"id-1\" or value eq \"x\\\"\"]"},{"op":"remove","path":"members[value eq \"id-2\"]"}]}`,
		},
		"a PATCH's path that is none": {
			`{"method":"PATCH","path":"/Groups/1","data":[{"op":"remove","path":"members[value eq \"bulkId:qwerty"},{"op":"remove","path":"x\"\\"}]}`, "1",
			`{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:qwerty"},{"op":"remove","path":"x\"\\"}]}`,
		},
		"the path":               {`{"method":"PATCH","path":"/Users/bulkId:qwerty","data":[]}`, "id-1", `{"Operations":[]}`},
		"the path of a URL":      {`{"method":"DELETE","path":"https://h.example/scim/v2/Users/bulkId:x/y"}`, "id-3", ``},
		"nothing, kept as it is": {`{"method":"PUT","path":"/Users/1","data":{"z":"<é>",  "a":1.50}}`, "1", `{"z":"<é>",  "a":1.50}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := parse(t, append([]string{tt.op}, targets...)...)
			if e := req.Operations[0].Err; e != nil {
				t.Fatal(e)
			}
			id, err := req.ID(0, ids)
			if err != nil || id != tt.id {
				t.Errorf("the id is %q, %v", id, err)
			}
			got, err := req.Body(0, ids)
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v\nwant %s", got, err, tt.want)
			}
			_, idErr := req.ID(0, nil)
			_, bodyErr := req.Body(0, nil)
			refers := id != "1" || strings.Contains(tt.want, `"id-`)
			if missing := errors.Join(idErr, bodyErr); (missing != nil) != refers {
				t.Errorf("with nothing made: %v", missing)
			}
			var e *scim.Error
			if errors.As(errors.Join(idErr, bodyErr), &e) && e.Status != 409 {
				t.Errorf("with nothing made: %v", e)
			}
		})
	}
}

func TestResponse(t *testing.T) {
	t.Parallel()
	failed := bulk.Result{Method: "POST", BulkID: `"q`}
	failed.Fail(scim.BadRequest(scim.InvalidSyntax, "no"))
	got := string(bulk.AppendResponse(nil, []bulk.Result{
		{Location: "https://h.example/Users/1", Method: "POST", BulkID: "qwerty", Version: `W/"1"`, Status: 201},
		{Location: "https://h.example/Users/2", Method: "DELETE", Status: 204},
		failed,
	}))
	want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[` +
		`{"location":"https://h.example/Users/1","method":"POST","bulkId":"qwerty","version":"W/\"1\"","status":"201"},` +
		`{"location":"https://h.example/Users/2","method":"DELETE","status":"204"},` +
		`{"method":"POST","bulkId":"\"q","status":"400","response":{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidSyntax","detail":"no"}}]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !failed.Failed() {
		t.Error("what failed has not failed")
	}
	if one, err := json.Marshal(&failed); err != nil || !strings.Contains(want, string(one)) {
		t.Errorf("one alone is %s, %v", one, err)
	}
	if none := string(bulk.AppendResponse(nil, nil)); none != `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[]}` {
		t.Errorf("none are %s", none)
	}
}
