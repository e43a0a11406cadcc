package connector_test

import (
	"encoding/json"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Whatever a resource says, the request stays below the base URL and in its template.
func FuzzTemplateValues(f *testing.F) {
	for _, seed := range []string{"mo", "a/b?c=#%2e%2e", "..", "../x", "%2e%2e%2f", "a\r\nb", "é", "\xff", ";", "a;../b", `..\x`, "%25252e."} {
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
		if clean := path.Clean(strings.ReplaceAll(decoded, `\`, "/")); clean != "/api" && !strings.HasPrefix(clean, "/api/") {
			t.Fatalf("%q leads to %s", target, clean)
		}
		if decoded, err = url.PathUnescape(decoded); err != nil {
			break
		}
	}
	return u
}
