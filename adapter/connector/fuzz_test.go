package connector_test

import (
	"encoding/json"
	"net/url"
	"path"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Whatever a resource says, the request stays below the base URL and in its template.
func FuzzTemplateValues(f *testing.F) {
	for _, seed := range []string{"mo", "a/b?c=#%2e%2e", "..", "../x", "%2e%2e%2f", "a\r\nb", "é", "\xff", ";", "a;../b", `..\x`, "%25252e.", "%2e%2e/%zz"} {
		f.Add(seed, "x")
	}
	conn := connectTo(f, "http://app.example/api", func(cfg *connector.Config) {
		cfg.Routes[abi.ActionUpdate] = connector.Route{Method: "PUT", Path: "/u/{userName}/{legacy_id}-v?q={userName}&r={legacy_id}"}
	})
	f.Fuzz(func(t *testing.T, name, legacy string) {
		doc, err := json.Marshal(map[string]string{"userName": name})
		if err != nil {
			return
		}
		requests, err := conn.Render(connector.Call{Action: abi.ActionUpdate, LegacyID: legacy, After: doc})
		if err != nil {
			return
		}
		u := staysBelow(t, requests[0].Path)
		segments := strings.Split(u.EscapedPath(), "/")
		if len(segments) != 5 || !strings.HasSuffix(segments[4], "-v") {
			t.Fatalf("%q, %q became %s", name, legacy, requests[0].Path)
		}
		query, err := url.ParseQuery(u.RawQuery)
		if err != nil || len(query) != 2 || query.Get("r") != legacy {
			t.Fatalf("%q, %q became %s: %v", name, legacy, requests[0].Path, err)
		}
		if !json.Valid(requests[0].Body) {
			t.Fatalf("body %s", requests[0].Body)
		}
	})
}

// Whatever a policy says, the request stays below the base URL.
func FuzzPolicyPath(f *testing.F) {
	for _, seed := range []string{"/a", "/a?b=c&d={id}", "//x", "/%2e%2e/", "/a/..;/b", "/{legacy_id}/x", "/a%2fb", "/\\x", "/a\r\n", "/%ff"} {
		f.Add(seed, []byte(`{}`))
	}
	conn := connectTo(f, "http://app.example/api", nil)
	f.Fuzz(func(t *testing.T, target string, body []byte) {
		call := connector.Call{Action: abi.ActionUpdate, ResourceID: "u-1", LegacyID: "1001"}
		call.Requests = []abi.Request{{Method: "PUT", Path: target, Body: body}}
		requests, err := conn.Render(call)
		if err != nil {
			return
		}
		if target != "" {
			staysBelow(t, requests[0].Path)
		}
		if requests[0].Body != nil && !json.Valid(requests[0].Body) {
			t.Fatalf("body %s", requests[0].Body)
		}
	})
}

// Whatever the application and the client call a member, a route for members stays in its template, and a list of them
// is a list of just these texts.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{"1001", "../x", "%2e%2e", "a\r\nb", `"],"admin":["1`, "\xff", "{id}", "a/b?c#d", "\u2028"} {
		f.Add(seed, "u-1", "T1")
	}
	query := connector.Route{Method: "PUT", Path: "/t/{legacy_id}/m/{member.legacy_id}-v?i={member.id}"}
	one := groupsOf(f, "http://app.example/api", groupRoutes(query, removeOne))
	list := groupsOf(f, "http://app.example/api", groupRoutes(addList, removeList))
	f.Fuzz(func(t *testing.T, legacy, id, team string) {
		call := memberCall(abi.ActionAddMembers)
		call.LegacyID = team
		call.Members = []abi.Member{{ID: id, LegacyID: legacy, Type: "User"}}
		if requests, err := one.Render(call); err == nil {
			u := staysBelow(t, requests[0].Path)
			if segments := strings.Split(u.EscapedPath(), "/"); len(segments) != 6 || !strings.HasSuffix(segments[5], "-v") {
				t.Fatalf("%q became %s", legacy, requests[0].Path)
			}
			if query, err := url.ParseQuery(u.RawQuery); err != nil || len(query) != 1 || query.Get("i") != id {
				t.Fatalf("%q became %s: %v", id, requests[0].Path, err)
			}
		}
		call.Members = append(call.Members, call.Members[0])
		requests, err := list.Render(call)
		if err != nil {
			return
		}
		var body map[string][]string
		if err := json.Unmarshal(requests[0].Body, &body); err != nil || len(body) != 1 || len(body["members"]) != 2 {
			t.Fatalf("%q became %s: %v", legacy, requests[0].Body, err)
		}
		if got := body["members"][0]; got != strings.ToValidUTF8(legacy, "\ufffd") && got != strings.Map(func(r rune) rune { return r }, legacy) {
			t.Fatalf("%q became %q", legacy, got)
		}
	})
}

func staysBelow(t *testing.T, target string) *url.URL {
	t.Helper()
	if strings.ContainsAny(target, "\r\n \x00") {
		t.Fatalf("%q would break the request line", target)
	}
	u, err := url.Parse("http://app.example/api" + target)
	if err != nil || u.Host != "app.example" || u.User != nil || u.Fragment != "" {
		t.Fatalf("%q: %v, %v", target, u, err)
	}
	resolved, err := url.Parse("http://app.example/api/") // as a browser or a proxy would resolve it
	if err != nil {
		t.Fatal(err)
	}
	if got := resolved.ResolveReference(u); got.Host != "app.example" || !strings.HasPrefix(got.Path, "/api/") {
		t.Fatalf("%q leads to %s", target, got)
	}
	decoded := u.Path
	for range 3 {
		if clean := path.Clean(strings.ReplaceAll(norm.NFKC.String(decoded), `\`, "/")); clean != "/api" && !strings.HasPrefix(clean, "/api/") {
			t.Fatalf("%q leads to %s", target, clean)
		}
		if decoded, err = url.PathUnescape(decoded); err != nil {
			break
		}
	}
	return u
}
