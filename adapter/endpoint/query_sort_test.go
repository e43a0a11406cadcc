package endpoint_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim"
)

// RFC 7644 section 3.4.2.3.
func TestSort(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true, Configure: device(t)})
	const urn = `"urn:example:device:2.0:User"`
	for _, doc := range []string{
		`{"userName":"c","title":"beta","name":{"familyName":"Émile"},"emails":[{"value":"z@x"},{"value":"b@x","type":"work","primary":true}],` + urn + `:{"floor":-5,"weight":10.5,"since":"2021-01-01T01:30:00+02:00","badge":"b","leased":true,"tags":["m","a"]}}`,
		`{"userName":"A","title":"Alpha","name":{"familyName":"adler"},"emails":[{"value":"a@x","type":"home"}],` + urn + `:{"floor":100,"weight":-0.5,"since":"2021-01-01T00:00:00Z","badge":"B","leased":false,"tags":["z"]}}`,
		`{"userName":"b","title":"ALPHA","name":{"familyName":"Zorn"},` + urn + `:{"floor":20,"weight":9.5,"since":"2021-01-01T00:00:00.5Z","badge":"a"}}`,
		`{"userName":"d","emails":[{"value":"C@x"},{"value":"0@x"}]}`,
	} {
		inactive(s, doc)
	}
	tests := []struct{ by, order, want string }{
		{"userName", "", "Abcd"},
		{"userName", "ascending", "Abcd"},
		{"USERNAME", "Descending", "dcbA"},
		{"title", "ascending", "Abcd"},  // Alpha and ALPHA are alike, and as old as their ids
		{"title", "descending", "dcAb"}, // what has no title is first
		{"name.familyName", "", "Abcd"}, // adler, Zorn, Émile: é is behind z, no language is implied
		{"emails", "", "Acdb"},          // the primary value, else the first
		{"emails.value", "descending", "bdcA"},
		{"emails.type", "", "Acbd"}, // the type of the primary value, none for the first of d's
		{"floor", "", "cbAd"},       // by number, not by text
		{"floor", "descending", "dAbc"},
		{"weight", "", "Abcd"},
		{"since", "", "cAbd"}, // by time, not by text
		{"badge", "", "Abcd"}, // case exact: B, a, b
		{"leased", "", "Acbd"},
		{"tags", "", "cAbd"},
		{"urn:example:device:2.0:User:floor", "", "cbAd"},
		{"urn:ietf:params:scim:schemas:core:2.0:User:userName", "", "Abcd"},
		{"meta.created", "", "cAbd"},
		{"id", "descending", "dbAc"},
		{"active", "", "cAbd"},
		{"", "descending", "cAbd"},
	}
	for _, tt := range tests {
		r := s.Want(http.StatusOK, "GET", "/Users"+query("sortBy", tt.by, "sortOrder", tt.order), nil)
		if got := strings.Join(names(r), ""); got != tt.want || r.Get("totalResults").Int() != 4 {
			t.Errorf("by %s %s: got %s, want %s", tt.by, tt.order, got, tt.want)
		}
	}
	r := s.Want(http.StatusOK, "GET", "/Users"+query("sortBy", "userName", "startIndex", "2", "count", "2"), nil)
	if got := strings.Join(names(r), ""); got != "bc" || r.Get("totalResults").Int() != 4 || r.Get("startIndex").Int() != 2 || r.Get("itemsPerPage").Int() != 2 {
		t.Errorf("second page: %s", r.Body)
	}
	r = s.Want(http.StatusOK, "GET", "/Users"+query("sortBy", "title", "filter", `title eq "alpha"`, "sortOrder", "descending", "count", "1"), nil)
	if got := strings.Join(names(r), ""); got != "A" || r.Get("totalResults").Int() != 2 {
		t.Errorf("sorted and filtered: %s", r.Body)
	}
	for by, detail := range map[string]string{
		"nothing": `"nothing"`, "name.nothing": `"name.nothing"`, "name": `"name"; it must name one of its sub-attributes`, "meta": `"meta"`,
		"password": "never returned", "pin": "never returned", `emails[type eq "work"]`: "sortBy must be the path", "a b": "sortBy", "urn:example:device:2.0:User": "complex",
		strings.Repeat("x", 10_000): "sortBy",
	} {
		wantError(t, s.Do("GET", "/Users"+query("sortBy", by), nil), scim.InvalidValue, detail)
	}
	wantError(t, s.Do("GET", "/Users"+query("sortBy", "userName", "sortOrder", "upwards"), nil), scim.InvalidValue, "sortOrder")
}
