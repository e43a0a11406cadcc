package filter_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

func TestAlternatives(t *testing.T) {
	t.Parallel()
	type eq = filter.Equality
	type alts = [][]eq
	every := func(string) bool { return true }
	tests := []struct {
		filter string
		want   alts // nil: a scan
	}{
		{`userName eq "GARRY@EXAMPLE.COM"`, alts{{{"userName", "garry@example.com"}}}},
		{`USERNAME eq "Ängström"`, alts{{{"userName", "ängström"}}}},
		{`externalId eq "00uA"`, alts{{{"externalId", "00uA"}}}},
		{`id eq "X" and manager eq "Y"`, alts{{{"id", "X"}, {enterprise + ":manager.value", "Y"}}}},
		{`emails eq "A@b"`, alts{{{"emails.value", "a@b"}}}},
		{`emails.value eq "A@b"`, alts{{{"emails.value", "a@b"}}}},
		{`emails[type eq "Work"].value eq "A@b"`, alts{{{"emails.type", "work"}, {"emails.value", "a@b"}}}},
		{`emails[type eq "work" or value eq "a@b"]`, alts{{{"emails.type", "work"}}, {{"emails.value", "a@b"}}}},
		{`emails[type eq "work" or primary eq true].value eq "a@b"`, alts{{{"emails.value", "a@b"}}}},
		{enterprise + `:employeeNumber eq "1"`, alts{{{enterprise + ":employeeNumber", "1"}}}},
		{`schemas[value eq "x"]`, alts{{{"schemas", "x"}}}},
		{`(userName eq "a" and title pr) and (active eq true and displayName eq "b")`, alts{{{"userName", "a"}, {"displayName", "b"}}}},
		{`userName eq "a" and (title eq "x" or title eq "y")`, alts{{{"userName", "a"}, {"title", "x"}}, {{"userName", "a"}, {"title", "y"}}}},
		{`(id eq "a" or id eq "b") and (title eq "x" or title eq "y" or title eq "z")`, alts{{{"id", "a"}}, {{"id", "b"}}}},
		{`(title eq "x" or title eq "y" or title eq "z") and (id eq "a" or id eq "b")`, alts{{{"id", "a"}}, {{"id", "b"}}}},
		{`userName eq "a" or id eq "b"`, alts{{{"userName", "a"}}, {{"id", "b"}}}},
		{`userName eq "a" or title pr`, nil},
		{`not (userName eq "a")`, nil},
		{`not (not (userName eq "a"))`, nil},
		{`userName ne "a"`, nil},
		{`userName sw "a"`, nil},
		{`userName eq null`, nil},
		{`active eq true`, nil},
		{`meta.created eq "2011-05-13T04:42:34Z"`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			t.Parallel()
			got, ok := compile(t, tt.filter, schema.User()).Alternatives(every)
			if diff := cmp.Diff(tt.want, got); diff != "" || ok != (tt.want != nil) {
				t.Errorf("%v: %s", ok, diff)
			}
		})
	}
	got, ok := compile(t, `id eq "G" and members[value eq "U"]`, schema.Group()).Alternatives(every)
	if diff := cmp.Diff(alts{{{"id", "G"}, {"members.value", "U"}}}, got); diff != "" || !ok {
		t.Errorf("members: %s", diff)
	}
	onlyID := func(path string) bool { return path == "id" }
	for f, want := range map[string]alts{
		`title eq "x"`:               nil,
		`title eq "x" and id eq "a"`: {{{"id", "a"}}},
		`title eq "x" or id eq "a"`:  nil,
		`id eq "b" or id eq "a"`:     {{{"id", "b"}}, {{"id", "a"}}},
		`(title eq "x" or title eq "y" ) and (id eq "b" or id eq "a" or id eq "c")`: {{{"id", "b"}}, {{"id", "a"}}, {{"id", "c"}}},
	} {
		if got, ok := compile(t, f, schema.User()).Alternatives(onlyID); !cmp.Equal(got, want) || ok != (want != nil) {
			t.Errorf("%s: %v %v", f, got, ok)
		}
	}
	long := `id eq "0"`
	for i := range filter.MaxTerms - 1 {
		long += fmt.Sprintf(` or id eq "%d"`, i)
	}
	if got, ok := compile(t, long, schema.User()).Alternatives(every); !ok || len(got) != filter.MaxTerms {
		t.Errorf("%d alternatives, %v", len(got), ok)
	}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	for f, want := range map[string]filter.Need{
		`displayName eq "x"`:                                         {},
		`members.value eq "U"`:                                       {Values: []string{"U"}},
		`members eq "U"`:                                             {Values: []string{"U"}},
		`id eq "G" and members[value eq "U"]`:                        {Values: []string{"U"}},
		`not (members[value eq "U"]) or members.value eq "V"`:        {Values: []string{"U", "V"}},
		`members[value eq "U" and type eq "User"]`:                   {Values: []string{"U"}},
		`members[type eq "User" and (value eq "V" or value eq "U")]`: {Values: []string{"U", "V"}},
		`members[value eq "U" or type eq "User"]`:                    {All: true, Values: []string{"U"}},
		`members[not (value eq "U")]`:                                {All: true},
		`members[value sw "U"]`:                                      {All: true},
		`members.value ne "U"`:                                       {All: true},
		`members.type eq "User" and members.value eq "U"`:            {All: true, Values: []string{"U"}},
		`members pr`: {One: true},
		`members.value pr and not (members.value eq "U")`: {One: true, Values: []string{"U"}},
		`members eq null`:    {One: true},
		`members.display pr`: {All: true},
		`members[value pr]`:  {All: true},
		`urn:ietf:params:scim:schemas:core:2.0:Group:members eq "U"`: {Values: []string{"U"}},
	} {
		got := compile(t, f, schema.Group()).Needs("members")
		if f == `members[value eq "U" or type eq "User"]` || f == `members.type eq "User" and members.value eq "U"` {
			got.Values, want.Values = nil, nil // of no interest where all are needed
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", f, diff)
		}
	}
}

func TestBetween(t *testing.T) {
	t.Parallel()
	for f, want := range map[string]string{
		`meta.lastModified gt "2021-01-01T00:00:00Z"`:                                                              "2021..",
		`meta.lastModified ge "2021-01-01T00:00:00Z" and title pr and meta.lastModified lt "2023-01-01T00:00:00Z"`: "2021..2023",
		`meta.lastModified le "2022-01-01T00:00:00Z" and meta.lastModified lt "2023-01-01T00:00:00Z"`:              "..2022",
		`meta.lastModified gt "2022-01-01T00:00:00Z" and meta.lastModified gt "2021-01-01T00:00:00Z"`:              "2022..",
		`meta.lastModified eq "2022-01-01T00:00:00Z"`:                                                              "2022..2022",
		`meta.lastModified ne "2022-01-01T00:00:00Z"`:                                                              "..",
		`meta.lastModified sw "2022"`:                                                                              "..",
		`not (meta.lastModified gt "2022-01-01T00:00:00Z")`:                                                        "..",
		`meta.lastModified gt "2022-01-01T00:00:00Z" or title pr`:                                                  "..",
		`meta.created gt "2022-01-01T00:00:00Z"`:                                                                   "..",
	} {
		from, to := compile(t, f, schema.User()).Between("meta.lastModified")
		year := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.Format("2006")
		}
		if got := year(from) + ".." + year(to); got != want {
			t.Errorf("%s: %s, want %s", f, got, want)
		}
	}
}

func TestExcludes(t *testing.T) {
	t.Parallel()
	for f, want := range map[string]bool{
		`meta.resourceType eq "User"`:                                     false,
		`meta.resourceType eq "Group"`:                                    true,
		`(meta.resourceType eq "User") or (meta.resourceType eq "Group")`: false,
		`meta.resourceType eq "Group" and title pr`:                       true,
		`meta.resourceType eq "Group" or title pr`:                        false,
		`meta.resourceType ne "User"`:                                     true,
		`not (meta.resourceType eq "User")`:                               true,
		`not (meta.resourceType eq "Group")`:                              false,
		`not (meta.resourceType eq "User" or title pr)`:                   true,
		`meta.resourceType sw "Us" and meta.resourceType gt "Users"`:      true,
		`title pr`:                  false,
		`meta.resourceType eq null`: true,
	} {
		if got := compile(t, f, schema.User()).Excludes("meta.resourceType", "User"); got != want {
			t.Errorf("%s: %v", f, got)
		}
	}
}

func TestCompileEach(t *testing.T) {
	t.Parallel()
	user, group := []byte(`{"userName":"ann","displayName":"Ann"}`), []byte(`{"displayName":"Ann","members":[{"value":"U"}]}`)
	tests := []struct {
		filter      string
		user, group bool
	}{
		{`displayName eq "ann"`, true, true},
		{`userName eq "ann"`, true, false},
		{`userName pr`, true, false},
		{`userName ne "ann"`, false, true},
		{`userName eq null`, false, true},
		{`userName ne null`, true, false},
		{`userName gt "a"`, true, false},
		{`not (userName pr)`, false, true},
		{`not (userName eq "x") and not (members.value eq "x")`, true, true},
		{`members.value eq "U"`, false, true},
		{`members[value eq "U"] or emails[type eq "work"]`, false, true},
		{`not (emails[type eq "work"])`, true, true},
		{`urn:ietf:params:scim:schemas:core:2.0:User:displayName eq "ann"`, true, false},
		{enterprise + `:department pr or members pr`, false, true},
	}
	for _, tt := range tests {
		e, err := filter.Parse(tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		ms, err := filter.CompileEach(e, schema.User(), schema.Group())
		if err != nil {
			t.Errorf("%s: %v", tt.filter, err)
			continue
		}
		if u, g := ms[0].Match(user), ms[1].Match(group); u != tt.user || g != tt.group {
			t.Errorf("%s: user %v, group %v", tt.filter, u, g)
		}
		if alts, ok := ms[1].Alternatives(func(string) bool { return true }); tt.filter == `userName eq "ann"` && (!ok || len(alts) != 0) {
			t.Errorf("%s: a group may match: %v %v", tt.filter, alts, ok)
		}
	}
	for f, detail := range map[string]string{
		`nothing eq "x"`:                      `"nothing" is not known`,
		`emails.kind eq "x"`:                  `"emails.kind" is not known`,
		`userName pr and emails[kind eq "x"]`: `"kind" is not a sub-attribute of emails`,
		`members[kind eq "x"]`:                `"kind" is not a sub-attribute of members`,
		`password eq "x"`:                     `never returned`,
		`userName gt null`:                    `does not suit null`,
		`active gt true`:                      `operator "gt" does not suit`,
		`emails[type eq 5]`:                   `"type" is of type string`,
		`userName[value eq "x"]`:              `has no values`,
	} {
		e, err := filter.Parse(f)
		if err != nil {
			t.Fatal(err)
		}
		ms, err := filter.CompileEach(e, schema.User(), schema.Group())
		if ms != nil {
			t.Errorf("%s compiles", f)
			continue
		}
		wantInvalidFilter(t, nil, err, detail)
	}
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	for f, want := range map[string][]string{
		`id eq "X" and manager.value eq "Y" or not (ID pr)`: {"id", enterprise + ":manager"},
		`emails[type eq "work"] or emails.value pr`:         {"emails"},
		enterprise + ` pr and name.givenName pr`:            {enterprise, "name"},
	} {
		if got := compile(t, f, schema.User()).Attributes(); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", f, got, want)
		}
	}
}
