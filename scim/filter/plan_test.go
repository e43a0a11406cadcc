package filter_test

import (
	"slices"
	"testing"

	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

func TestEqualities(t *testing.T) {
	t.Parallel()
	type eq = filter.Equality
	tests := []struct {
		filter string
		want   []eq
	}{
		{`userName eq "GARRY@EXAMPLE.COM"`, []eq{{"userName", "garry@example.com"}}},
		{`USERNAME eq "Ängström"`, []eq{{"userName", "ängström"}}},
		{`externalId eq "00uA"`, []eq{{"externalId", "00uA"}}},
		{`id eq "X" and manager eq "Y"`, []eq{{"id", "X"}, {enterprise + ":manager.value", "Y"}}},
		{`emails eq "A@b"`, []eq{{"emails.value", "a@b"}}},
		{`emails.value eq "A@b"`, []eq{{"emails.value", "a@b"}}},
		{`emails[type eq "Work"].value eq "A@b"`, []eq{{"emails.type", "work"}, {"emails.value", "a@b"}}},
		{`emails[type eq "work" or value eq "a@b"]`, nil},
		{`emails[type eq "work" or primary eq true].value eq "a@b"`, []eq{{"emails.value", "a@b"}}},
		{enterprise + `:employeeNumber eq "1"`, []eq{{enterprise + ":employeeNumber", "1"}}},
		{`schemas[value eq "x"]`, []eq{{"schemas", "x"}}},
		{`(userName eq "a" and title pr) and (active eq true and displayName eq "b")`, []eq{{"userName", "a"}, {"displayName", "b"}}},
		{`userName eq "a" and (title eq "x" or title eq "y")`, []eq{{"userName", "a"}}},
		{`userName eq "a" or id eq "b"`, nil},
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
			if got := compile(t, tt.filter, schema.User()).Equalities(); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if got := compile(t, `id eq "G" and members[value eq "U"]`, schema.Group()).Equalities(); !slices.Equal(got, []eq{{"id", "G"}, {"members.value", "U"}}) {
		t.Errorf("members: got %v", got)
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
