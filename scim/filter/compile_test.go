package filter_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/filter"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ filter, detail string }{
		{`favourite eq "x"`, `"favourite" is not known for the resource type User`},
		{`name.nick eq "x"`, `"name.nick" is not known`},
		{`userName.x eq "x"`, `"userName.x" is not known`},
		{`urn:example:2.0:User:userName eq "x"`, `"urn:example:2.0:User:userName" is not known`},
		{enterprise + `:userName pr`, `:userName" is not known`},
		{`title pr and (title pr or not (favourite pr))`, `"favourite"`},
		{`favourite[type pr]`, `"favourite" is not known`},
		{`emails[kind eq "x"]`, `"kind" is not a sub-attribute of emails`},
		{`emails[type.x eq "x"]`, `"type.x" is not a sub-attribute of emails`},
		{`emails[urn:x:type eq "x"]`, `"urn:x:type" is not a sub-attribute of emails`},
		{`schemas[kind eq "x"]`, `"kind" is not a sub-attribute of schemas`},
		{`userName[value eq "x"]`, `"userName", which has no values`},
		{enterprise + `[department eq "x"]`, `which has no values`},

		{`active gt true`, `operator "gt" does not suit the attribute "active" of type boolean`},
		{`active le "true"`, `operator "le" does not suit`},
		{`active co "t"`, `operator "co" does not suit`},
		{`active sw "t"`, `operator "sw" does not suit`},
		{`active ew "t"`, `operator "ew" does not suit`},
		{`emails.primary ge false`, `operator "ge" does not suit the attribute "emails.primary"`},
		{`emails[primary lt false]`, `operator "lt" does not suit the attribute "primary"`},
		{`x509Certificates.value gt "x"`, `operator "gt" does not suit`},
		{`x509Certificates co "x"`, `operator "co" does not suit the attribute "x509Certificates" of type binary`},

		{`userName eq 5`, `"userName" is of type string and cannot be compared with "5"`},
		{`userName eq true`, `"userName" is of type string and cannot be compared with "true"`},
		{`active eq "yes"`, `"active" is of type boolean`},
		{`active eq 1`, `"active" is of type boolean`},
		{`meta.created gt "yesterday"`, `"meta.created" is of type dateTime`},
		{`meta.created gt "2011-05-13"`, `"meta.created" is of type dateTime`},
		{`meta.created gt 5`, `"meta.created" is of type dateTime`},
		{`meta.created sw 5`, `"meta.created" is of type dateTime`},
		{`userName gt null`, `operator "gt" on the attribute "userName" does not suit null`},
		{`userName co null`, `does not suit null`},
		{`active gt null`, `does not suit`},

		{`name eq "x"`, `"name" is complex`},
		{`addresses co "x"`, `"addresses" is complex`},
		{`meta gt "x"`, `"meta" is complex`},
		{enterprise + ` eq "x"`, `is complex`},

		{`password eq "x"`, `"password" is never returned`},
		{`password pr`, `"password" is never returned`},
		{`password sw "a" or userName pr`, `"password" is never returned`},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			t.Parallel()
			e, err := filter.Parse(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			m, err := filter.Compile(e, schema.User())
			wantInvalidFilter(t, m, err, tt.detail)
		})
	}
	for f, detail := range map[string]string{
		`count co "1"`:     `operator "co" does not suit the attribute "count" of type integer`,
		`count eq "x"`:     `"count" is of type integer`,
		`count eq ""`:      `"count" is of type integer`,
		`count eq true`:    `"count" is of type integer`,
		`count eq 1e999`:   `"count" is of type integer`,
		`level sw "1"`:     `operator "sw" does not suit the attribute "level" of type decimal`,
		`secret.part pr`:   `"secret.part" is never returned`,
		`secret eq "x"`:    `"secret" is never returned`,
		`secret[part pr]`:  `"part" is never returned`,
		`secret[value pr]`: `"value" is never returned`,
	} {
		e, err := filter.Parse(f)
		if err != nil {
			t.Fatal(err)
		}
		m, err := filter.Compile(e, custom(t))
		wantInvalidFilter(t, m, err, detail)
	}
}

// An expression that was not parsed is checked all the same.
func TestCompileHandMade(t *testing.T) {
	t.Parallel()
	for detail, e := range map[string]filter.Expr{
		"part that is not known":     nil,
		"operator that is not known": filter.Compare{Attr: name("userName"), Value: text("x")},
		"cannot follow the attribute": filter.ValuePath{Attr: name("emails"), Filter: filter.ValuePath{
			Attr: name("value"), Filter: pr("value")}},
	} {
		m, err := filter.Compile(e, schema.User())
		wantInvalidFilter(t, m, err, detail)
	}
}

func wantInvalidFilter(t *testing.T, m *filter.Matcher, err error, detail string) {
	t.Helper()
	var se *scim.Error
	if m != nil || !errors.As(err, &se) {
		t.Fatalf("got %v, %v; want a *scim.Error", m, err)
	}
	if se.Status != http.StatusBadRequest || se.ScimType != scim.InvalidFilter {
		t.Errorf("got %d %s, want 400 invalidFilter", se.Status, se.ScimType)
	}
	if !strings.Contains(se.Detail, detail) {
		t.Errorf("got %q, want something with %q", se.Detail, detail)
	}
}

func TestCompileElement(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path, elem string
		want       bool
	}{
		{`emails[type eq "work"].value`, `{"type":"Work","value":"x"}`, true},
		{`emails[type eq "work"]`, `{"type":"home"}`, false},
		{`emails[type eq "work"]`, `{}`, false},
		{`emails[primary eq "True"].value`, `{"primary":true}`, true},
		{`emails[primary eq false].value`, `{}`, true},
		{`emails[value ew "example.com" and not (type eq "work")]`, `{"value":"a@Example.com"}`, true},
		{`addresses[type eq "work"].streetAddress`, `{"type":"work"}`, true},
		{`members[value eq "U"]`, `{"value":"U"}`, false}, // not of a User; see below
		{enterprise + `:manager[value eq "x"]`, `{"value":"x"}`, true},
		{`manager[value eq "x"].displayName`, `{"value":"y"}`, false},
		{`schemas[value eq "x"]`, `"x"`, true},
		{`schemas[value eq "x"]`, `"X"`, false},
		{`schemas[value eq "x"]`, `{"value":"x"}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			p, err := filter.ParsePath(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			rt := schema.User()
			m, err := filter.CompileElement(p.Attr, p.Filter, rt)
			if strings.HasPrefix(tt.path, "members") {
				wantInvalidFilter(t, m, err, `"members" is not known for the resource type User`)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Match([]byte(tt.elem)); got != tt.want {
				t.Errorf("Match: got %v, want %v", got, tt.want)
			}
			if got := m.MatchValue(gjson.Parse(tt.elem)); got != tt.want {
				t.Errorf("MatchValue: got %v, want %v", got, tt.want)
			}
			if got := m.MatchObject(gjson.Parse(tt.elem).Value()); got != tt.want {
				t.Errorf("MatchObject: got %v, want %v", got, tt.want)
			}
		})
	}
	for attr, detail := range map[string]string{
		"userName": `"userName", which has no values`, "name.givenName": `which has no values`, "password": `never returned`, enterprise: `which has no values`,
	} {
		p, err := filter.ParsePath(attr)
		if err != nil {
			t.Fatal(err)
		}
		m, err := filter.CompileElement(p.Attr, pr("value"), schema.User())
		wantInvalidFilter(t, m, err, detail)
	}
	m, err := filter.CompileElement(name("emails"), pr("value"), schema.User())
	if err != nil {
		t.Fatal(err)
	}
	if m.MatchObject(func() {}) {
		t.Error("what is no JSON matches")
	}
}
