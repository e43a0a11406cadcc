package connector_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/sjson"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// alter returns someone with changes: path, value, path, value; nil deletes.
func alter(t *testing.T, changes ...any) json.RawMessage {
	t.Helper()
	doc := someone
	for i := 0; i < len(changes); i += 2 {
		var err error
		if changes[i+1] == nil {
			doc, err = sjson.Delete(doc, changes[i].(string))
		} else {
			doc, err = sjson.Set(doc, changes[i].(string), changes[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return json.RawMessage(doc)
}

func render(t *testing.T, conn *connector.Connector, call connector.Call) string {
	t.Helper()
	requests, err := conn.Render(call)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range requests {
		lines = append(lines, strings.TrimSpace(r.Method+" "+r.Path+" "+string(r.Body)))
	}
	return strings.Join(lines, "\n")
}

func TestRenderRoutes(t *testing.T) {
	t.Parallel()
	conn := connectTo(t, "http://app.example/api", nil)
	full := `"login":"mo@acme.example","mail":"mo@acme.example","full_name":"Mo K","given":"Mo","family":"K","dept":"R&D"`
	for _, c := range []struct {
		name string
		call connector.Call
		want string
	}{
		{"create", createCall(), `POST /members {` + full + `,"ref":"00u1"}`},
		{"update", updateCall(), `PATCH /members/1001 {` + full + `,"ref":"00u1"}`},
		{
			"update that takes a value away",
			connector.Call{Action: "update", LegacyID: "1001", Before: json.RawMessage(someone), After: alter(t, "externalId", nil, "name.givenName", "")},
			`PATCH /members/1001 {` + strings.Replace(strings.Replace(full, "Mo K", "K", 1), `"Mo"`, `null`, 1) + `,"ref":null}`,
		},
		{
			"update from an unknown state",
			connector.Call{Action: "update", LegacyID: "1001", After: json.RawMessage(someone)},
			`PATCH /members/1001 {` + full + `,"title":null,"ref":"00u1"}`,
		},
		{"suspend", connector.Call{Action: "suspend", LegacyID: "1001", After: json.RawMessage(someone)}, `POST /members/1001/suspend`},
		{
			"deactivate with a body template",
			connector.Call{Action: "deactivate", LegacyID: "1001", After: json.RawMessage(someone)},
			`POST /members/1001/suspend {"why":"told by mo@acme.example","since":null}`,
		},
		{"reactivate", connector.Call{Action: "reactivate", LegacyID: "1001"}, `POST /members/1001/restore`},
		{"delete", connector.Call{Action: "delete", LegacyID: "1001", Before: json.RawMessage(someone), After: json.RawMessage("null")}, `DELETE /members/1001`},
		{
			"policy",
			connector.Call{Action: "update", ResourceID: "u-1", LegacyID: "1001", Requests: []abi.Request{
				{Body: json.RawMessage(`{ "a": 1 }`)},
				{Method: "PUT", Path: "/teams/T1/people/1001?x=%20y&z=a/b"},
				{Method: "POST", Path: "/members/{legacy_id}/note/{id}", Body: json.RawMessage(`"n"`)},
			}},
			"PATCH /members/1001 {\"a\":1}\nPUT /teams/T1/people/1001?x=%20y&z=a/b\nPOST /members/1001/note/u-1 \"n\"",
		},
		{
			"policy that needs the id of the account it makes",
			connector.Call{Action: "create", Requests: []abi.Request{{Body: json.RawMessage(`{}`)}, {Method: "PUT", Path: "/teams/T1/people/{legacy_id}"}}},
			"POST /members {}\nPUT /teams/T1/people/{legacy_id}",
		},
	} {
		if diff := cmp.Diff(c.want, render(t, conn, c.call)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestRenderSources(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, want string }{
		{"userName", `"mo@acme.example"`},
		{"USERNAME", `"mo@acme.example"`},
		{"active", `true`},
		{"x-level", `12345678901234567890`},
		{"name", `{"familyName":"K","givenName":"Mo"}`},
		{"emails.value", `"mo@acme.example"`},
		{"emails[type eq \"home\"].value", `"mo@home.example"`},
		{"emails[TYPE EQ \"HOME\"].VALUE", `"mo@home.example"`},
		{"emails[primary eq true].type", `"work"`},
		{"emails[type eq \"other\"].value", ``},
		{"emails[type eq \"home\"]", `{"type":"home","value":"mo@home.example"}`},
		{"addresses.locality", `"Bern"`},
		{"nickNames", `["m","mm"]`},
		{"{nickNames}", `"m"`},
		{"{emails}", `"mo@acme.example"`},
		{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", `"u-0"`},
		{"{urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager}", `"u-0"`},
		{"urn:ietf:params:scim:schemas:core:2.0:User:displayName", `"Mo K"`},
		{"urn:example:none:displayName", ``},
		{"title", ``},
		{"groups", ``},
		{"nothing", ``},
		{"name.middleName", ``},
		{"userName.value", ``},
		{"id", `"u-1"`},
		{"legacy_id", `"1001"`},
		{"'eu-1'", `"eu-1"`},
		{"'a \"quoted\" {brace}'", `"a \"quoted\" {brace}"`},
		{"true", `true`},
		{"42", `42`},
		{"{name.familyName}, {name.givenName}", `"K, Mo"`},
		{"{name.givenName} {name.middleName} {name.familyName}", `"Mo K"`},
		{"{name.middleName} {name.familyName}", `"K"`},
		{"{name.middleName} {title}", ``},
		{"{{{userName}}}", `"{mo@acme.example}"`},
		{"#{x-level} {active}", `"#12345678901234567890 true"`},
	} {
		conn := connectTo(t, "http://app.example", func(cfg *connector.Config) {
			cfg.Fields = []connector.Field{{Target: "deep.er.value", Source: c.source}}
		})
		call := createCall()
		call.LegacyID = "1001"
		want := `POST /members {}`
		if c.want != "" {
			want = `POST /members {"deep":{"er":{"value":` + c.want + `}}}`
		}
		if got := render(t, conn, call); got != want {
			t.Errorf("%s: %s, want %s", c.source, got, want)
		}
	}
}

func TestRenderBodyTemplate(t *testing.T) {
	t.Parallel()
	conn := connectTo(t, "http://app.example", func(cfg *connector.Config) {
		cfg.Routes[abi.ActionUpdate] = connector.Route{Method: "PUT", Path: "/x", Body: json.RawMessage(
			`{"a{}":["{userName}","{title}",{"n":1.50,"b":{}}],"fixed":"{{x}}","t":true}`)}
	})
	want := `PUT /x {"a{}":["mo@acme.example",null,{"n":1.50,"b":{}}],"fixed":"{x}","t":true}`
	if got := render(t, conn, updateCall()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What stands in a resource must not be able to reach beyond the value it becomes.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	conn := connectTo(t, "http://app.example/api", func(cfg *connector.Config) {
		cfg.Routes[abi.ActionUpdate] = connector.Route{Method: "PUT", Path: "/u/{userName}/x?q={userName}&r=1"}
		cfg.Fields = []connector.Field{{Target: "v", Source: "userName"}, {Target: "t", Source: "<{userName}>"}}
	})
	for _, c := range []struct{ value, want string }{ // want "" for refused
		{`a/b?c=#%2e%2e`, `/u/a%2Fb%3Fc=%23%252e%252e/x?q=a%2Fb%3Fc%3D%23%252e%252e&r=1`},
		{`a&b=c;d+e f`, `/u/a&b=c%3Bd+e%20f/x?q=a%26b%3Dc%3Bd%2Be%20f&r=1`},
		{`//evil.example/`, `/u/%2F%2Fevil.example%2F/x?q=%2F%2Fevil.example%2F&r=1`},
		{`http://evil.example`, `/u/http:%2F%2Fevil.example/x?q=http%3A%2F%2Fevil.example&r=1`},
		{`{legacy_id}`, `/u/%7Blegacy_id%7D/x?q=%7Blegacy_id%7D&r=1`},
		{`é"`, `/u/%C3%A9%22/x?q=%C3%A9%22&r=1`},
		{`...`, `/u/.../x?q=...&r=1`},
		{`100%`, `/u/100%25/x?q=100%25&r=1`},
		{`.`, ``},
		{`..`, ``},
		{` ..`, ``},
		{`../admin`, ``},
		{`a/../../admin`, ``},
		{`..\admin`, ``},
		{`..;jsessionid=1`, ``},
		{`%2e%2e`, ``},
		{`%2e%2e%2fadmin`, ``},
		{`%252e%252e`, ``},
		{`%25252525252e.`, ``},
		{"a\r\nX-Evil: 1", ``},
		{"a\x00", ``},
		{strings.Repeat("a", 9000), ``},
	} {
		call := updateCall()
		call.After = alter(t, "userName", c.value)
		requests, err := conn.Render(call)
		if c.want == "" {
			if err == nil {
				t.Errorf("%q became %s", c.value, requests[0].Path)
			} else if out := conn.Do(t.Context(), call); out.Kind != connector.Refused || len(out.Exchanges) > 0 || out.Unknown {
				t.Errorf("%q: %+v", c.value, out)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.value, err)
			continue
		}
		if requests[0].Path != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.value, requests[0].Path, c.want)
		}
		var body struct{ V, T string }
		if err := json.Unmarshal(requests[0].Body, &body); err != nil || body.V != c.value || body.T != "<"+c.value+">" {
			t.Errorf("%q: body %s: %v", c.value, requests[0].Body, err)
		}
	}
}

func TestPolicyRequestsStayUnderTheBase(t *testing.T) {
	t.Parallel()
	conn := connectTo(t, "http://app.example/api", nil)
	for _, r := range []abi.Request{
		{Method: "TRACE"},
		{Method: "CONNECT", Path: "/x"},
		{Method: "GET\r\nX: y", Path: "/x"},
		{Method: "post", Path: "/x"},
		{Path: "http://evil.example/"},
		{Path: "https:evil.example/"},
		{Path: "//evil.example/"},
		{Path: `/\evil.example/`},
		{Path: "evil"},
		{Path: "@evil.example/"},
		{Path: ":8080/x"},
		{Path: "?x=1"},
		{Path: "/.."},
		{Path: "/../x"},
		{Path: "/a/./b"},
		{Path: "/a/%2e%2e/b"},
		{Path: "/a/%2E%2e%2fb"},
		{Path: "/a/..%2fb"},
		{Path: "/a/%252e%252e/b"},
		{Path: "/a/..%5cb"},
		{Path: "/a/..;x/b"},
		{Path: "/a/%c0%ae%c0%ae/b"},
		{Path: "/a/%zz"},
		{Path: "/a/%"},
		{Path: "/a b"},
		{Path: "/a#b"},
		{Path: "/a\r\nHost: evil.example"},
		{Path: "/a%0d%0aX: y"},
		{Path: "/a?b=%0a"},
		{Path: "/a?b=c d"},
		{Path: "/a\x00"},
		{Path: "/é"},
		{Path: "/{userName}"},
		{Path: "/{{x}}"},
		{Path: "/{"},
		{Path: "/" + strings.Repeat("a", 9000)},
		{Method: "GET", Path: "/x", Body: json.RawMessage(`{}`)},
		{Path: "/x", Body: json.RawMessage(`{"a":`)},
	} {
		call := updateCall()
		call.Requests = []abi.Request{{Path: "/fine"}, r}
		if _, err := conn.Render(call); !errors.Is(err, connector.ErrRequest) {
			t.Errorf("%q %q: error %v, want %v", r.Method, r.Path, err, connector.ErrRequest)
		}
	}
	call := updateCall()
	call.Requests = make([]abi.Request, abi.MaxRequests+1)
	if _, err := conn.Render(call); !errors.Is(err, connector.ErrRequest) {
		t.Error(err)
	}
	call = connector.Call{Action: abi.ActionAddMembers, Requests: []abi.Request{{Path: "/x"}}}
	if _, err := conn.Render(call); !errors.Is(err, connector.ErrNoRoute) {
		t.Error(err)
	}
	call = connector.Call{Action: abi.ActionAddMembers, Requests: []abi.Request{{Method: "PUT"}}}
	if _, err := conn.Render(call); !errors.Is(err, connector.ErrNoRoute) {
		t.Error(err)
	}
}

func TestMissingValuesAreNamed(t *testing.T) {
	t.Parallel()
	conn := connectTo(t, "http://app.example", nil)
	call := updateCall()
	call.LegacyID = ""
	_, err := conn.Render(call)
	var missing *connector.MissingError
	if !errors.As(err, &missing) || missing.Attribute != "legacy_id" || missing.Template != "/members/{legacy_id}" {
		t.Errorf("error %v", err)
	}
	out := conn.Do(t.Context(), call)
	if out.Kind != connector.Refused || !strings.Contains(out.Detail, "legacy_id") || !strings.Contains(out.Detail, "/members/{legacy_id}") {
		t.Errorf("%+v", out)
	}
}

func TestBadCalls(t *testing.T) {
	t.Parallel()
	conn := connectTo(t, "http://app.example", nil)
	for _, key := range []string{"a b", "a\r\nb", "é", strings.Repeat("k", 201)} {
		call := updateCall()
		call.IdempotencyKey = key
		if _, err := conn.Render(call); err == nil {
			t.Errorf("the key %q was accepted", key)
		}
	}
	call := updateCall()
	call.After = json.RawMessage(`{"userName":`)
	if _, err := conn.Render(call); err == nil {
		t.Error("half a document was accepted")
	}
}
