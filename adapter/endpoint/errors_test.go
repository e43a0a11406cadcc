package endpoint_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := now
	s := adaptertest.Start(t, adaptertest.Options{Clock: func() time.Time { return clock }})
	id := s.Want(http.StatusCreated, "POST", "/Users", user("ann")).Get("id").Str
	ctx := context.Background()
	issue := func(req token.CreateRequest) (string, string) {
		req.Tenant, req.Connection = "acme", "main"
		secret, rec, err := s.Tokens.Create(ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		return string(secret), rec.ID
	}
	expired, _ := issue(token.CreateRequest{ExpiresAt: now.Add(time.Hour)})
	revoked, revokedID := issue(token.CreateRequest{})
	bearer := func(tok string) []string { return []string{"Authorization", "Bearer " + tok} }
	if r, err := s.Send("GET", s.URL+"/Users/"+id, nil, bearer(expired)...); err != nil || r.Status != 200 {
		t.Fatalf("a good token is refused: %v %+v", err, r)
	}
	if r, err := s.Send("GET", s.URL+"/Users/"+id, nil, bearer(revoked)...); err != nil || r.Status != 200 {
		t.Fatalf("a good token is refused: %v %+v", err, r)
	}
	clock = now.Add(2 * time.Hour)
	if err := s.Tokens.Revoke(ctx, revokedID); err != nil {
		t.Fatal(err)
	}

	good := bearer(adaptertest.Token)
	tests := []struct {
		name         string
		method, path string
		body         any
		header       []string
		status       int
		scimType     string
		detail       string // a part of it
	}{
		{"no token", "GET", "/Users", nil, nil, 401, "", "token"},
		{"not a bearer token", "GET", "/Users", nil, []string{"Authorization", "Basic YTpi"}, 401, "", "token"},
		{"wrong token", "GET", "/Users", nil, bearer("nobody-knows-this-token-0123456789"), 401, "", "not valid"},
		{"expired token", "GET", "/Users", nil, bearer(expired), 401, "", "not valid"},
		{"revoked token", "GET", "/Users", nil, bearer(revoked), 401, "", "not valid"},
		{"a token with another letter", "GET", "/Users", nil, bearer(expired[:len(expired)-1] + "x"), 401, "", "not valid"},
		{"other tenant's id", "GET", "/Users/" + id, nil, bearer(adaptertest.OtherToken), 404, "", id},
		{"other tenant's id, PATCH", "PATCH", "/Users/" + id, patchActive("false"), bearer(adaptertest.OtherToken), 404, "", id},
		{"other tenant's id, PUT", "PUT", "/Users/" + id, user("ann"), bearer(adaptertest.OtherToken), 404, "", id},
		{"other tenant's id, DELETE", "DELETE", "/Users/" + id, nil, bearer(adaptertest.OtherToken), 404, "", id},
		{"an id that is no id", "GET", "/Users/" + strings.Repeat("x", 3000), nil, good, 404, "", "Resource xxx"},
		{"broken JSON", "POST", "/Users", `{"userName":`, good, 400, "invalidSyntax", ""},
		{"a list as body", "POST", "/Users", `[]`, good, 400, "invalidSyntax", "object"},
		{"no body", "POST", "/Users", ``, good, 400, "invalidSyntax", "empty"},
		{"unknown attribute", "POST", "/Users", `{"userName":"a","usrName":"b"}`, good, 400, "invalidSyntax", "usrName"},
		{"missing userName", "POST", "/Users", `{"displayName":"a"}`, good, 400, "invalidValue", "userName"},
		{"wrong type", "POST", "/Users", `{"userName":"a","active":{"x":1}}`, good, 400, "invalidValue", "active"},
		{"userName taken", "POST", "/Users", user("ANN"), good, 409, "uniqueness", "userName"},
		{"5 MB body", "POST", "/Users", `{"userName":"` + strings.Repeat("a", 5<<20) + `"}`, good, 413, "", "1048576"},
		{"5 MB body, chunked", "PUT", "/Users/" + id, `{"userName":"` + strings.Repeat("a", 5<<20) + `"}`, append([]string{"Transfer-Encoding", "chunked"}, good...), 413, "", "1048576"},
		{"content type", "POST", "/Users", user("bob"), append([]string{"Content-Type", "text/xml"}, good...), 415, "", "application/scim+json"},
		{"bad filter", "GET", `/Users?filter=userName+eq`, nil, good, 400, "invalidFilter", ""},
		{"filter on an unknown attribute", "GET", `/Users?filter=shoeSize+eq+"42"`, nil, good, 400, "invalidFilter", "shoeSize"},
		{"filter on the password", "GET", `/Users?filter=password+eq+"x"`, nil, good, 400, "invalidFilter", "password"},
		{"a query that cannot be read", "GET", `/Users?filter=%zz`, nil, good, 400, "invalidSyntax", "percent"},
		{"count that is no number", "GET", `/Users?count=many`, nil, good, 400, "invalidValue", "count"},
		{"bad path", "PATCH", "/Users/" + id, `{"Operations":[{"op":"replace","path":"emails[","value":"x"}]}`, good, 400, "invalidPath", ""},
		{"path to an unknown attribute", "PATCH", "/Users/" + id, `{"Operations":[{"op":"replace","path":"shoeSize","value":"x"}]}`, good, 400, "invalidPath", "shoeSize"},
		{"unknown op", "PATCH", "/Users/" + id, `{"Operations":[{"op":"increment","path":"title","value":"x"}]}`, good, 400, "invalidSyntax", "op"},
		{"remove without path", "PATCH", "/Users/" + id, `{"Operations":[{"op":"remove"}]}`, good, 400, "noTarget", "path"},
		{"readOnly path", "PATCH", "/Users/" + id, `{"Operations":[{"op":"replace","path":"meta.created","value":"2020-01-01T00:00:00Z"}]}`, good, 400, "mutability", "meta"},
		{"required removed", "PATCH", "/Users/" + id, `{"Operations":[{"op":"remove","path":"userName"}]}`, good, 400, "mutability", "userName"},
		{"method", "DELETE", "/Users", nil, good, 405, "", "POST"},
		{"no such endpoint", "GET", "/Gadgets", nil, good, 404, "", "Gadgets"},
		{"filter on discovery", "GET", "/Schemas?filter=id+pr", nil, good, 403, "", "filtered"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := s.Send(tt.method, s.URL+tt.path, tt.body, tt.header...)
			if err != nil {
				t.Fatal(err)
			}
			if r.Status != tt.status || r.Get("scimType").Str != tt.scimType {
				t.Errorf("got %d %q, want %d %q: %s", r.Status, r.Get("scimType").Str, tt.status, tt.scimType, r.Body)
			}
			isError(t, r, tt.detail)
		})
	}
	t.Cleanup(func() { // after the parallel subtests
		if got := s.Want(200, "GET", "/Users/"+id, nil); got.Get("userName").Str != "ann@acme.example" || !got.Get("active").Bool() {
			t.Errorf("one of the errors changed the user: %s", got.Body)
		}
	})
}

// isError checks that an answer is a SCIM error, RFC 7644 section 3.12, whose detail has a part.
func isError(t *testing.T, r adaptertest.Response, detail string) {
	t.Helper()
	if got := r.Header.Get("Content-Type"); got != "application/scim+json" {
		t.Errorf("content type %q", got)
	}
	if got := r.Get("schemas.0").Str; got != "urn:ietf:params:scim:api:messages:2.0:Error" {
		t.Errorf("not a SCIM error: %s", r.Body)
	}
	if got := r.Get("status"); got.Str == "" || got.Int() != int64(r.Status) {
		t.Errorf("status in the body is %s, want a string with %d", got.Raw, r.Status)
	}
	if !strings.Contains(r.Get("detail").Str, detail) {
		t.Errorf("detail does not say %q: %s", detail, r.Body)
	}
	if strings.Contains(r.Body, "goroutine") || strings.Contains(r.Body, ".go:") || strings.Contains(strings.ToLower(r.Body), "<html") {
		t.Errorf("the error shows the inside: %s", r.Body)
	}
}

func TestUnauthorizedSaysHow(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	r, err := s.Send("GET", s.URL+"/ServiceProviderConfig", nil)
	if err != nil || r.Status != 401 || !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Bearer") {
		t.Errorf("got %d %q %v", r.Status, r.Header.Get("WWW-Authenticate"), err)
	}
}

func TestAcceptedSpellings(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	id := s.Want(http.StatusCreated, "POST", "/Users/", user("ann")).Get("id").Str
	for _, path := range []string{"/Users/" + id + "/", "/users/" + id, "/Users?attributes=", "/ServiceProviderConfig/", "/Schemas/", "/ResourceTypes", "/ResourceTypes/User", "/Groups"} {
		s.Want(http.StatusOK, "GET", path, nil)
	}
	if got := s.Want(200, "GET", "/Users/"+id, nil, "Accept", "application/json").Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("asked for application/json, got %q", got)
	}
}
