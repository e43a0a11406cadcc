package scim_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
)

func TestListResponse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		l    scim.ListResponse
		want string
	}{
		{
			scim.ListResponse{StartIndex: 1},
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`,
		},
		{
			scim.ListResponse{TotalResults: 9, StartIndex: 3, Resources: []json.RawMessage{[]byte(`{"id":"a"}`), []byte(`{"id":"b"}`)}},
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":9,"startIndex":3,"itemsPerPage":2,"Resources":[{"id":"a"},{"id":"b"}]}`,
		},
		{
			scim.ListResponse{TotalResults: 2, NextCursor: `x"y`},
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":2,"itemsPerPage":0,"nextCursor":"x\"y","Resources":[]}`,
		},
		{
			scim.ListResponse{TotalResults: -1, PreviousCursor: "p", Resources: []json.RawMessage{[]byte(`{}`)}},
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"itemsPerPage":1,"previousCursor":"p","Resources":[{}]}`,
		},
	} {
		got, err := json.Marshal(&tc.l)
		if err != nil || string(got) != tc.want {
			t.Errorf("got %s, %v\nwant %s", got, err, tc.want)
		}
	}
}

func TestServiceProviderConfig(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(scim.NewServiceProviderConfig("https://h.example/scim/v2/", 200))
	want := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],"patch":{"supported":true},` +
		`"bulk":{"supported":false,"maxOperations":0,"maxPayloadSize":0},"filter":{"supported":true,"maxResults":200},` +
		`"changePassword":{"supported":false},"sort":{"supported":false},"etag":{"supported":false},` +
		`"authenticationSchemes":[{"type":"oauthbearertoken","name":"OAuth Bearer Token","description":"A bearer token of this connection in the Authorization header",` +
		`"specUri":"https://www.rfc-editor.org/info/rfc6750","primary":true}],` +
		`"meta":{"resourceType":"ServiceProviderConfig","location":"https://h.example/scim/v2/ServiceProviderConfig"}}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": true, "application/scim+json": true, "application/json": true, "Application/JSON; charset=UTF-8": true,
		"application/scim+json;charset=utf-8": true, "application/json; charset": true,
		"text/html": false, "application/x-www-form-urlencoded": false, "application/jsonx": false, ";": false,
	} {
		if got := scim.AcceptsContentType(header); got != want {
			t.Errorf("AcceptsContentType(%q) = %t", header, got)
		}
	}
	for accept, want := range map[string]string{
		"": scim.MediaType, "*/*": scim.MediaType, "text/html": scim.MediaType, "application/json": scim.MediaTypeJSON,
		"application/json, text/plain, */*": scim.MediaTypeJSON, "application/json, application/scim+json": scim.MediaType,
		"application/scim+json;q=0, application/json": scim.MediaTypeJSON,
	} {
		if got := scim.ResponseMediaType(accept); got != want {
			t.Errorf("ResponseMediaType(%q) = %q", accept, got)
		}
	}
}

func TestParseSearchRequest(t *testing.T) {
	t.Parallel()
	number := func(n int) *int { return &n }
	empty, cursor := "", "abc"
	for body, want := range map[string]scim.SearchRequest{
		`{}`: {},
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["a","b.c"],"excludedAttributes":["d"],"filter":"x pr","sortBy":"y",
			"sortOrder":"descending","startIndex":1,"count":10}`: {
			Attributes: "a,b.c", ExcludedAttributes: "d", Filter: "x pr", SortBy: "y", SortOrder: "descending", StartIndex: number(1), Count: number(10),
		},
		`{"SORTBY":"y","Attributes":"a","count":"-3","startIndex":null,"more":{}}`: {SortBy: "y", Attributes: "a", Count: number(-3)},
		`{"cursor":""}`:                    {Cursor: &empty},
		`{"cursor":"abc","count":0}`:       {Cursor: &cursor, Count: number(0)},
		`{"cursor":null,"attributes":[]}`:  {},
		`{"count":123456789012345678901}`:  {Count: number(math.MaxInt)},
		`{"count":-123456789012345678901}`: {Count: number(math.MinInt)},
	} {
		got, err := scim.ParseSearchRequest([]byte(body))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v: %s", body, err, diff)
		}
	}
	for body, want := range map[string]scim.Type{
		`{"a":1,"A":2}`: scim.InvalidSyntax, `{"filter":true}`: scim.InvalidSyntax, `{"count":1e3}`: scim.InvalidSyntax, `{"count":{}}`: scim.InvalidSyntax,
		`{"cursor":"","count":1e3}`: scim.InvalidCount, `{"schemas":["x"]}`: scim.InvalidSyntax, `{"schemas":7}`: scim.InvalidSyntax, `{"attributes":[[]]}`: scim.InvalidSyntax,
	} {
		var e *scim.Error
		if _, err := scim.ParseSearchRequest([]byte(body)); !errors.As(err, &e) || e.ScimType != want || e.Status != 400 {
			t.Errorf("%s: %v", body, err)
		}
	}
}
