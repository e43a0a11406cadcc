package endpoint_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/scim"
)

// Every operator on every type of attribute, RFC 7644 table 3.
func TestFilterOperators(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true, Configure: device(t)})
	const urn = `"urn:example:device:2.0:User"`
	inactive(s, `{"userName":"a","title":"Chief","name":{"givenName":"Zoë"},`+urn+`:{"floor":-2,"weight":1.5,"since":"2020-01-01T00:00:00Z","badge":"AbC","leased":true,"image":"https://x/A.png","cert":"aGk=","tags":["red","Blue"],"pin":"1"}}`)
	inactive(s, `{"userName":"b","title":"clerk",`+urn+`:{"floor":10,"weight":1.25,"since":"2021-06-01T02:00:00+02:00","badge":"abc","leased":false,"image":"https://x/b.png","cert":"aGo="}}`)
	inactive(s, `{"userName":"c","emails":[{"value":"c@x","type":"work"},{"value":"C@home","type":"home","primary":true}],`+urn+`:{"floor":9,"tags":["green"]}}`)
	tests := map[string]string{
		// string
		`title eq "CHIEF"`: "a", `title ne "chief"`: "bc", `title co "E"`: "ab", `title sw "CL"`: "b", `title ew "f"`: "a", `title pr`: "ab",
		`title gt "chief"`: "b", `title ge "chief"`: "ab", `title lt "clerk"`: "a", `title le "clerk"`: "ab", `name.givenName eq "ZOE\u0308"`: "a",
		// case exact
		`badge eq "abc"`: "b", `badge ne "abc"`: "ac", `badge co "b"`: "ab", `badge sw "A"`: "a", `badge ew "c"`: "b", `badge gt "AbC"`: "b", `badge le "abc"`: "ab",
		// integer
		`floor eq -2`: "a", `floor ne 10`: "ac", `floor gt 9`: "b", `floor ge 9`: "bc", `floor lt 9`: "a", `floor le 9`: "ac", `floor pr`: "abc", `floor eq "10"`: "b",
		// decimal
		`weight eq 1.50`: "a", `weight gt 1.25`: "a", `weight ge 1.25`: "ab", `weight lt 2`: "ab", `weight le 125e-2`: "b", `weight ne 1.5`: "bc",
		// dateTime
		`since eq "2021-06-01T00:00:00Z"`: "b", `since gt "2020-01-01T00:00:00Z"`: "b", `since ge "2020-01-01T01:00:00+01:00"`: "ab", `since lt "2021-01-01T00:00:00Z"`: "a",
		`since le "2021-06-01T00:00:00.000Z"`: "ab", `since sw "2021"`: "b", `since ne "2020-01-01T00:00:00Z"`: "bc",
		`meta.created gt "2020-01-01T00:00:00Z"`: "abc", `meta.lastModified lt "2020-01-01T00:00:00Z"`: "",
		// boolean
		`leased eq true`: "a", `leased eq false`: "b", `leased ne true`: "bc", `leased pr`: "ab", `active eq "False"`: "abc", `active eq true`: "",
		// reference
		`image eq "https://x/A.png"`: "a", `image eq "https://x/a.png"`: "", `image sw "https://x/"`: "ab", `image ew ".png"`: "ab", `image gt "https://x/A.png"`: "b",
		// binary
		`cert eq "aGk="`: "a", `cert ne "aGk="`: "bc", `cert pr`: "ab",
		// multi-valued
		`tags eq "RED"`: "a", `tags co "re"`: "ac", `tags[value sw "b"]`: "a", `tags ne "red"`: "abc", `not (tags eq "red")`: "bc",
		// complex
		`emails co "@x"`: "c", `emails.type eq "home"`: "c", `emails[type eq "work" and value eq "c@home"]`: "", `emails[type eq "home" and value eq "c@home"]`: "c",
		`emails[primary eq true].value sw "C@H"`: "c", `emails[not (primary eq true)]`: "c", `name pr`: "a", `emails pr and not (title pr)`: "c",
		// names and URNs
		`urn:example:device:2.0:User:floor eq 9`: "c", `URN:EXAMPLE:device:2.0:user:FLOOR EQ 9`: "c", `urn:ietf:params:scim:schemas:core:2.0:User:title pr`: "ab",
		`schemas eq "urn:example:device:2.0:User"`: "abc", `schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`: "",
		`meta.resourceType eq "User"`: "abc", `meta.resourceType eq "Group"`: "", `meta.version eq "W/\"1\""`: "abc", `meta.location sw "http"`: "abc", `meta pr`: "abc",
		// logic: not before and, and before or
		`userName eq "a" or userName eq "b" and title eq "x"`: "a", `(userName eq "a" or userName eq "b") and title eq "clerk"`: "b",
		`not (title pr) or not (floor lt 0) and leased eq true`: "c", `title eq null`: "c", `title ne null`: "ab",
	}
	for f, want := range tests {
		r := s.Want(http.StatusOK, "GET", "/Users"+query("filter", f), nil)
		if got := strings.Join(names(r), ""); got != want || r.Get("totalResults").Int() != int64(len(want)) {
			t.Errorf("%s: got %q, want %q", f, got, want)
		}
	}
	for f, detail := range map[string]string{
		`leased gt true`: `"leased"`, `leased ge true`: `"leased"`, `leased lt true`: `"leased"`, `leased le true`: `"leased"`, `leased co "t"`: `"leased"`,
		`cert gt "a"`: `"cert"`, `cert ge "a"`: `"cert"`, `cert lt "a"`: `"cert"`, `cert le "a"`: `"cert"`,
		`floor co 1`: `"floor"`, `floor eq "x"`: `"floor"`, `since gt "soon"`: `"since"`, `title eq 5`: `"title"`,
		`pin eq "1"`: "never returned", `pin pr`: "never returned", `password sw "a"`: "never returned",
		`userName regex "a"`: "regex", `userName`: "operators", `userName eq`: "", `nothing pr`: `"nothing"`, `name eq "x"`: `"name" is complex`, `(title pr`: `")"`,
	} {
		wantError(t, s.Do("GET", "/Users"+query("filter", f), nil), scim.InvalidFilter, detail)
	}
}

// Filters by members and groups, whatever serves them.
func TestFilterEdges(t *testing.T) {
	t.Parallel()
	s := adaptertest.Start(t, adaptertest.Options{NoGroups: true})
	ann, bob, eve := inactive(s, `{"userName":"ann"}`), inactive(s, `{"userName":"bob"}`), inactive(s, `{"userName":"eve"}`)
	post := func(name string, members ...string) string {
		return s.Want(http.StatusCreated, "POST", "/Groups", group(name, members...)).Get("id").Str
	}
	inner := post("inner", ann, bob)
	outer := post("outer", inner, eve)
	empty := post("empty")
	post("pending", "nobody-yet")
	tests := []struct{ path, filter, want string }{
		{"/Groups", `members.value eq "` + ann + `"`, "inner"},
		{"/Groups", `members eq "` + inner + `"`, "outer"},
		{"/Groups", `id eq "` + inner + `" and members[value eq "` + ann + `"]`, "inner"},
		{"/Groups", `id eq "` + inner + `" and members[value eq "` + eve + `"]`, ""},
		{"/Groups", `members[value eq "` + bob + `" and type eq "User"]`, "inner"},
		{"/Groups", `members[value eq "` + bob + `" and type eq "Group"]`, ""},
		{"/Groups", `members[value eq "` + bob + `" or value eq "` + eve + `"]`, "inner outer"},
		{"/Groups", `members.value eq "` + ann + `" or displayName eq "EMPTY"`, "inner empty"},
		{"/Groups", `not (members.value eq "` + ann + `")`, "outer empty pending"},
		{"/Groups", `members pr`, "inner outer pending"},
		{"/Groups", `not (members pr)`, "empty"},
		{"/Groups", `members.type eq "Group"`, "outer"},
		{"/Groups", `members.$ref ew "/Users/` + eve + `"`, "outer"},
		{"/Groups", `members.value eq "nobody-yet"`, "pending"},
		{"/Groups", `members.value eq "` + strings.ToUpper(ann) + `"`, ""},
		{"/Groups", `members.value eq "` + strings.Repeat("x", 3000) + `"`, ""},
		{"/Users", `groups.value eq "` + inner + `"`, "ann bob"},
		{"/Users", `groups.value eq "` + outer + `"`, "ann bob eve"},
		{"/Users", `groups[value eq "` + outer + `" and type eq "direct"]`, "eve"},
		{"/Users", `groups.value eq "` + outer + `" and userName eq "bob"`, "bob"},
		{"/Users", `groups.value eq "` + empty + `"`, ""},
		{"/Users", `groups.value eq "nothing" or userName sw "e"`, "eve"},
		{"/Users", `groups.display eq "Inner"`, "ann bob"},
		{"/Users", `groups eq "` + strings.Repeat("x", 3000) + `"`, ""},
	}
	for _, tt := range tests {
		for _, params := range [][]string{nil, {"cursor", ""}, {"excludedAttributes", "members,groups"}, {"sortBy", "meta.created"}} {
			r := s.Want(http.StatusOK, "GET", tt.path+query(append(params, "filter", tt.filter)...), nil)
			if got := strings.Join(names(r), " "); got != tt.want || r.Get("totalResults").Int() != int64(len(strings.Fields(tt.want))) {
				t.Errorf("%s %s %v: got %q, want %q", tt.path, tt.filter, params, got, tt.want)
			}
			if params != nil && params[0] == "excludedAttributes" && (strings.Contains(r.Body, `"members"`) || strings.Contains(r.Body, `"groups"`)) {
				t.Errorf("%s: shows what is excluded: %s", tt.filter, r.Body)
			}
		}
	}
	r := s.Want(http.StatusOK, "GET", "/Groups"+query("sortBy", "members", "sortOrder", "descending"), nil)
	if diff := cmp.Diff([]string{"empty", "pending", "outer", "inner"}, names(r)); diff != "" {
		t.Errorf("sorted by members: %s", diff)
	}
	s.Want(http.StatusOK, "GET", "/Groups"+query("sortBy", "members.type"), nil)
	s.Want(http.StatusOK, "GET", "/Users"+query("sortBy", "groups.display"), nil)
}
