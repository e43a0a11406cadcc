package endpoint_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
)

func TestList(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{})
	ids := map[string]string{}
	for i := range 25 {
		name := fmt.Sprintf("user%02d", i)
		ids[name] = s.Want(http.StatusCreated, "POST", "/Users", user(name)).Get("id").Str
	}
	s.Want(http.StatusOK, "PATCH", "/Users/"+ids["user03"], patchActive("false"))
	other, err := s.Send("POST", s.URL+"/Users", user("stranger"), "Authorization", "Bearer "+adaptertest.OtherToken)
	if err != nil || other.Status != http.StatusCreated {
		t.Fatalf("other tenant: %v %+v", err, other)
	}

	tests := []struct {
		filter string
		total  int64
		first  string // user name of the first
	}{
		{`userName eq "USER07@ACME.example"`, 1, "user07"},
		{`userName eq "stranger@acme.example"`, 0, ""},
		{`externalId eq "ext-user09"`, 1, "user09"},
		{`externalId eq "EXT-user09"`, 0, ""},
		{`emails.value eq "user11@acme.example"`, 1, "user11"},
		{`emails[type eq "work"].value eq "user11@acme.example"`, 1, "user11"},
		{`emails[type eq "home"].value eq "user11@acme.example"`, 0, ""},
		{`id eq "` + ids["user05"] + `"`, 1, "user05"},
		{`id eq "` + ids["user05"] + `" and userName eq "user06@acme.example"`, 0, ""},
		{`active eq false`, 1, "user03"},
		{`not (active eq false)`, 24, "user00"},
		{`userName sw "user1"`, 10, "user10"},
		{`userName eq "user01@acme.example" or externalId eq "ext-user02"`, 2, "user01"},
		{`(userName co "user0" or userName co "user1") and active eq true`, 19, "user00"},
		{`meta.lastModified gt "2020-01-01T00:00:00Z"`, 25, "user00"},
		{`meta.lastModified lt "2020-01-01T00:00:00Z"`, 0, ""},
		{`title pr`, 0, ""},
		{`emails[type eq "work" and value ew "@acme.example"]`, 25, "user00"},
	}
	for _, tt := range tests {
		r := s.Want(http.StatusOK, "GET", "/Users?filter="+url.QueryEscape(tt.filter), nil)
		if got := r.Get("totalResults").Int(); got != tt.total || r.Get("Resources.#").Int() != tt.total {
			t.Errorf("%s: total %d with %d resources, want %d", tt.filter, got, r.Get("Resources.#").Int(), tt.total)
		}
		if first := r.Get("Resources.0.userName").Str; tt.first != "" && first != tt.first+"@acme.example" {
			t.Errorf("%s: first is %q", tt.filter, first)
		}
	}

	var seen []string
	for start := int64(1); ; {
		r := s.Want(200, "GET", fmt.Sprintf("/Users?startIndex=%d&count=10", start), nil)
		if r.Get("totalResults").Int() != 25 || r.Get("startIndex").Int() != start {
			t.Fatalf("page at %d: %s", start, r.Body[:200])
		}
		for _, u := range r.Get("Resources").Array() {
			seen = append(seen, u.Get("userName").Str)
		}
		start += r.Get("itemsPerPage").Int()
		if start > 25 {
			break
		}
	}
	for i, name := range seen {
		if want := fmt.Sprintf("user%02d@acme.example", i); name != want {
			t.Errorf("place %d is %s, want %s", i, name, want)
		}
	}
	for query, items := range map[string]int64{"count=0": 0, "count=-1": 0, "startIndex=0&count=2": 2, "startIndex=-5&count=2": 2, "startIndex=26": 0, "startIndex=9223372036854775807&count=5": 0} {
		if r := s.Want(200, "GET", "/Users?"+query, nil); r.Get("totalResults").Int() != 25 || r.Get("Resources.#").Int() != items {
			t.Errorf("%s: %d of %d", query, r.Get("Resources.#").Int(), r.Get("totalResults").Int())
		}
	}
	r := s.Want(200, "GET", "/Users?attributes=userName&count=1", nil)
	if u := r.Get("Resources.0"); !u.Get("id").Exists() || !u.Get("userName").Exists() || u.Get("emails").Exists() {
		t.Errorf("attributes=userName shows %s", u.Raw)
	}
	r = s.Want(200, "GET", "/Users?excludedAttributes=emails,id&count=1", nil)
	if u := r.Get("Resources.0"); !u.Get("id").Exists() || !u.Get("userName").Exists() || u.Get("emails").Exists() {
		t.Errorf("excludedAttributes=emails,id shows %s", u.Raw)
	}
	// As Entra ID writes it: quotes unescaped, blanks as plus signs.
	raw := s.Want(200, "GET", `/Users?filter=userName+eq+"USER01%40acme.example"`, nil)
	if raw.Get("totalResults").Int() != 1 || !strings.Contains(raw.Body, ids["user01"]) {
		t.Errorf("filter with plain quotes: %s", raw.Body)
	}
}
