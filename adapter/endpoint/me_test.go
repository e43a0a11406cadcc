package endpoint_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

func TestMe(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	ann := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	bob := s.Want(http.StatusCreated, "POST", "/Users", user("bob")).Get("id").Str
	staff := s.Want(http.StatusCreated, "POST", "/Groups", group("staff", ann, bob)).Get("id").Str
	auth := bearer(t, s, token.Limits{User: ann})
	want := func(status int, method, path string, body any, detail string, header ...string) adaptertest.Response {
		t.Helper()
		r := sent(t, s, method, path, body, append(header, auth...)...)
		if r.Status != status {
			t.Fatalf("%s %s: got %d, want %d: %s", method, path, r.Status, status, r.Body)
		}
		if detail != "" {
			isError(t, r, detail)
		}
		if strings.HasPrefix(path, "/Me") && !strings.HasPrefix(path, "/Me/") && r.Header.Get("Location") != s.URL+"/Users/"+ann {
			t.Errorf("%s %s: the location is %q", method, path, r.Header.Get("Location"))
		}
		return r
	}

	got := want(200, "GET", "/Me", nil, "")
	if got.Get("id").Str != ann || got.Get("meta.location").Str != s.URL+"/Users/"+ann || got.Get("groups.0.value").Str != staff {
		t.Errorf("got %s", got.Body)
	}
	if direct := want(200, "GET", "/Users/"+ann, nil, ""); direct.Body != got.Body || direct.Header.Get("ETag") != got.Header.Get("ETag") {
		t.Errorf("at the user's own path:\n%s\nat /Me:\n%s", direct.Body, got.Body)
	}
	want(200, "HEAD", "/Me", nil, "")
	want(200, "GET", "/me/", nil, "")
	if r := want(200, "GET", "/Me?attributes=userName", nil, ""); r.Get("emails").Exists() {
		t.Errorf("more than was asked for: %s", r.Body)
	}
	want(304, "GET", "/Me", nil, "", "If-None-Match", got.Header.Get("ETag"))
	if r := want(200, "PATCH", "/Me", `{"Operations":[{"op":"replace","path":"title","value":"Dr"}]}`, ""); r.Get("title").Str != "Dr" {
		t.Errorf("got %s", r.Body)
	}
	want(412, "PUT", "/Me", user("ann"), "", "If-Match", got.Header.Get("ETag"))
	if r := want(200, "PUT", "/Me", user("ann"), ""); r.Get("title").Exists() {
		t.Errorf("got %s", r.Body)
	}
	want(405, "POST", "/Me", user("eve"), "PATCH")
	want(400, "PATCH", "/Me", `{"Operations":[{"op":"replace","path":"shoeSize","value":"x"}]}`, "shoeSize")

	// Nobody else, by no way.
	for _, r := range [][3]string{
		{"GET", "/Users/" + bob, ""}, {"PUT", "/Users/" + bob, user("bob")}, {"DELETE", "/Users/" + bob, ""}, {"GET", "/Users", ""},
		{"POST", "/Users", user("eve")}, {"POST", "/Users/.search", listAll}, {"POST", "/.search", listAll}, {"GET", "/", ""},
		{"GET", "/Groups", ""}, {"GET", "/Groups/" + staff, ""}, {"POST", "/Bulk", bulkOf("", onPath("DELETE", "/Users/"+ann, ""))},
		{"GET", "/Users/" + ann + "/" + bob, ""}, {"GET", "/Users/" + strings.ToUpper(ann), ""}, {"GET", "/Gadgets", ""},
		{"POST", "/Events/poll/s", "{}"}, {"GET", "/Events/x", ""},
	} {
		var body any
		if r[2] != "" {
			body = r[2]
		}
		want(403, r[0], r[1], body, "bound to one user")
	}
	want(404, "GET", "/Me/"+bob, nil, "/Me/")
	want(404, "POST", "/Me/.search", listAll, "/Me/")
	for _, path := range []string{"/ServiceProviderConfig", "/Schemas", "/ResourceTypes"} {
		want(200, "GET", path, nil, "")
	}

	// A token that is bound to nobody.
	if r := s.Do("GET", "/Me", nil); r.Status != 404 {
		t.Errorf("got %d %s", r.Status, r.Body)
	} else {
		isError(t, r, "bound to no user")
	}
}

// TestMeIsLimitedFurther by what else the token and its connection say.
func TestMeIsLimitedFurther(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	ann := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	for _, tc := range []struct {
		limits     token.Limits
		get, patch int
	}{
		{token.Limits{User: ann, Users: true}, 200, 200},
		{token.Limits{User: ann, ReadOnly: true}, 200, 403},
		{token.Limits{User: ann, From: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}, 403, 403},
		{token.Limits{User: "01890000-0000-7000-8000-000000000000"}, 404, 404},
	} {
		auth := bearer(t, s, tc.limits)
		if r := sent(t, s, "GET", "/Me", nil, auth...); r.Status != tc.get {
			t.Errorf("%v: GET: %d %s", tc.limits.String(), r.Status, r.Body)
		}
		if r := sent(t, s, "PATCH", "/Me", `{"Operations":[{"op":"replace","path":"title","value":"Dr"}]}`, auth...); r.Status != tc.patch {
			t.Errorf("%v: PATCH: %d %s", tc.limits.String(), r.Status, r.Body)
		}
	}
}

// TestMeEndsWithTheAccount: who is deactivated has tokens that are no good, until the account is active again.
func TestMeEndsWithTheAccount(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	ann := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	auth := bearer(t, s, token.Limits{User: ann})
	want := func(status int, method string, body any) adaptertest.Response {
		t.Helper()
		r := sent(t, s, method, "/Me", body, auth...)
		if r.Status != status {
			t.Fatalf("%s: got %d, want %d: %s", method, r.Status, status, r.Body)
		}
		return r
	}
	want(200, "GET", nil)
	s.Want(200, "PATCH", "/Users/"+ann, patchActive("false"))
	r := want(401, "GET", nil)
	isError(t, r, "not active")
	if h := r.Header.Get("WWW-Authenticate"); h != `Bearer realm="scim", error="invalid_token"` {
		t.Errorf("the challenge is %q", h)
	}
	want(401, "PATCH", patchActive("true"))
	if r := sent(t, s, "GET", "/Schemas", nil, auth...); r.Status != 200 {
		t.Errorf("discovery: %d", r.Status)
	}
	s.Want(200, "PATCH", "/Users/"+ann, patchActive("true"))
	want(200, "GET", nil)
	want(204, "DELETE", nil)
	want(404, "GET", nil)
	s.Want(404, "GET", "/Users/"+ann, nil)
}
