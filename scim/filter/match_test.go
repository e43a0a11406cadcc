package filter_test

import (
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/scim/schema"
)

func TestMatchUser(t *testing.T) {
	t.Parallel()
	doc := document(t, "user.json")
	tests := []struct {
		filter string
		want   bool
	}{
		// RFC 7644 §3.4.2.2, figure 2.
		{`userName eq "bjensen"`, false},
		{`userName eq "bjensen@example.com"`, true},
		{`name.familyName co "O'Malley"`, false},
		{`name.familyName co "ens"`, true},
		{`userName sw "J"`, false},
		{`userName sw "B"`, true},
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "B"`, true},
		{`title pr`, true},
		{`meta.lastModified gt "2011-05-13T04:42:34Z"`, false},
		{`meta.lastModified ge "2011-05-13T04:42:34Z"`, true},
		{`meta.lastModified lt "2011-05-13T04:42:34Z"`, false},
		{`meta.lastModified le "2011-05-13T04:42:34Z"`, true},
		{`title pr and userType eq "Employee"`, true},
		{`title pr or userType eq "Intern"`, true},
		{`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`, true},
		{`schemas eq "urn:ietf:params:scim:schemas:core:2.0:Group"`, false},
		{`userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")`, true},
		{`userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")`, false},
		{`userType eq "Employee" and (emails.type eq "work")`, true},
		{`userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`, true},
		{`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]`, true},

		// What identity providers send.
		{`userName eq "BJENSEN@EXAMPLE.COM"`, true},
		{`externalId eq "701984"`, true},
		{`emails[type eq "work"].value eq "bjensen@example.com"`, true},
		{`emails[type eq "home"].value eq "bjensen@example.com"`, false},
		{`id eq "2819c223-7f76-453a-919d-413861904646" and manager eq "26118915-6090-4610-87e4-49d8ca9f808d"`, true},
		{`id eq "2819c223-7f76-453a-919d-413861904646" and manager eq "x"`, false},
		{`emails[primary eq true].value pr`, true},
		{`emails[primary eq "True"].value eq "bjensen@example.com"`, true},
		{`emails[primary eq "False"].value eq "bjensen@example.com"`, false},
		{`active eq "False"`, false},
		{`active eq "TRUE"`, true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "tour operations"`, true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:MANAGER.VALUE eq "26118915-6090-4610-87e4-49d8ca9f808d"`, true},
		{`department eq "Tour Operations"`, true},

		// Letter case: of names never, of values as caseExact says.
		{`USERNAME EQ "bjensen@example.com"`, true},
		{`NAME.FAMILYNAME eq "jensen"`, true},
		{`id eq "2819C223-7F76-453A-919D-413861904646"`, false},
		{`profileUrl eq "HTTPS://login.example.com/bjensen"`, false},
		{`groups.value eq "E9E30DBA-f08f-4109-8486-d5c6a331660a"`, false},
		{`displayName eq "ＢＡＢＳ Jensen"`, true},
		{`displayName eq "BABS JENſEN"`, true},
		{`displayName eq "Bâbs Jensen"`, false},

		// Text operators.
		{`nickName eq "Bab"`, false},
		{`nickName sw "bab"`, true},
		{`nickName sw "babs"`, true},
		{`nickName sw "babsy"`, false},
		{`nickName ew "ABS"`, true},
		{`nickName ew "xbabs"`, false},
		{`nickName co ""`, true},
		{`nickName co "é"`, false},
		{`nickName gt "babr"`, true},
		{`nickName gt "babs"`, false},
		{`nickName ge "BABS"`, true},
		{`nickName lt "babt"`, true},
		{`nickName le "baa"`, false},
		{`profileUrl sw "https://login"`, true},
		{`profileUrl ew "bjensen"`, true},
		{`profileUrl co "EXAMPLE"`, false},
		{`profileUrl gt "https://a"`, true},
		{`name.formatted co "Jensen, III"`, true},
		{`addresses.formatted co "Plaza\nHollywood"`, true},

		// Points in time are compared as such.
		{`meta.lastModified eq "2011-05-13T06:42:34+02:00"`, true},
		{`meta.lastModified eq "2011-05-13T04:42:34.000Z"`, true},
		{`meta.lastModified eq "2011-05-13T04:42:34"`, true},
		{`meta.lastModified gt "2011-05-13T05:00:00+02:00"`, true},
		{`meta.lastModified ne "2011-05-13T04:42:34Z"`, false},
		{`meta.lastModified sw "2011-05-13t"`, true},

		// Several values: any one of them.
		{`emails eq "babs@jensen.org"`, true},
		{`emails.value eq "babs@jensen.org"`, true},
		{`emails ne "babs@jensen.org"`, true},
		{`not (emails eq "babs@jensen.org")`, false},
		{`emails.type eq "home" and emails.value eq "bjensen@example.com"`, true},
		{`emails[type eq "home" and value eq "bjensen@example.com"]`, false},
		{`emails[not (type eq "work")]`, true},
		{`emails[type eq "other"]`, false},
		{`not (emails[type eq "other"])`, true},
		{`schemas ne "urn:ietf:params:scim:schemas:core:2.0:User"`, true},
		{`schemas co "enterprise"`, true},
		{`groups[display eq "tour guides"].value pr`, true},
		{`groups.$ref ew "660a"`, true},
		{`groups[$ref ew "660a"]`, true},
		{`schemas[value ew ":Group"]`, false},
		{`schemas[value ew "2.0:User"]`, true},

		// A missing primary is false.
		{`emails[type eq "home" and primary eq false]`, true},
		{`emails[type eq "work" and primary eq false]`, false},
		{`emails.primary eq false`, true},
		{`emails[type eq "home" and primary ne true]`, true},
		{`emails[type eq "home" and primary pr]`, false},
		{`phoneNumbers.primary eq true`, false},
		{`phoneNumbers.primary eq false`, true},
		{`roles.primary eq false`, false},
		{`roles.primary ne true`, true},
		{`roles.primary eq null`, true},

		// Presence, and what is missing: it equals null alone.
		{`name pr`, true},
		{`name.honorificPrefix pr`, true},
		{`emails pr`, true},
		{`emails.display pr`, false},
		{`roles pr`, false},
		{`entitlements.value pr`, false},
		{`active pr`, true},
		{`meta pr`, true},
		{`manager pr`, true},
		{`manager.$ref pr`, true},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr`, true},
		{`roles.value eq "x"`, false},
		{`roles.value ne "x"`, true},
		{`roles ne "x"`, true},
		{`roles[value ne "x"]`, false},
		{`emails.display ne "x"`, true},
		{`title eq null`, false},
		{`title ne null`, true},
		{`roles eq null`, true},
		{`roles ne null`, false},
		{`emails eq null`, false},
		{`emails.display eq null`, true},
		{`emails.primary eq null`, true},
		{`emails[type eq "work" and primary eq null]`, false},
		{`manager ne null`, true},
		{`name eq null`, false},
		{`addresses ne null`, true},
		{`roles.value gt ""`, false},
		{`roles.value co ""`, false},

		// A singular complex attribute counts as one value.
		{`name[familyName eq "Jensen" and givenName eq "Barbara"]`, true},
		{`name[familyName eq "Jensen" and givenName eq "John"]`, false},
		{`manager[displayName sw "john"]`, true},

		// Precedence.
		{`active eq true or title eq "x" and title eq "y"`, true},
		{`(active eq true or title eq "x") and title eq "y"`, false},
		{`not (active eq true) or title pr`, true},
		{`not (active eq true or title pr)`, false},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			t.Parallel()
			m := compile(t, tt.filter, schema.User())
			if got := m.Match(doc); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestMatchGroup(t *testing.T) {
	t.Parallel()
	doc := []byte(`{"displayName":"Group 1","id":"G","members":[{"value":"U","type":"User"},{"value":"V","type":"Group"}]}`)
	for f, want := range map[string]bool{
		`displayName eq "group 1"`:                    true,
		`id eq "G" and members[value eq "U"]`:         true,
		`id eq "G" and members[value eq "u"]`:         false,
		`id eq "G" and members[value eq "W"]`:         false,
		`members.value eq "V"`:                        true,
		`members eq "V"`:                              true,
		`members[value eq "V" and type eq "User"]`:    false,
		`members[value eq "V"].type eq "group"`:       true,
		`not (members[value eq "W"])`:                 true,
		`meta.lastModified gt "2011-05-13T04:42:34Z"`: false,
	} {
		if got := compile(t, f, schema.Group()).Match(doc); got != want {
			t.Errorf("%s: got %v, want %v", f, got, want)
		}
	}
}

// custom is a resource type with every data type.
func custom(t testing.TB) *schema.ResourceType {
	t.Helper()
	s, err := schema.Parse(document(t, "custom.json"))
	if err != nil {
		t.Fatal(err)
	}
	rt, err := schema.NewResourceType("Device", "/Devices", "", s)
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

func TestMatchTypes(t *testing.T) {
	t.Parallel()
	rt := custom(t)
	doc := []byte(`{"count":9007199254740993,"level":-2.50,"tags":["Red","Blue"],"numbers":[1,20],"key":"QUJD","since":"2020-02-29T12:00:00.123456789Z",
		"exact":"ABC","slots":[{"size":3,"ports":["a","b"]},{"size":12}]}`)
	for f, want := range map[string]bool{
		`count eq 9007199254740993`:                 true,
		`count eq 9007199254740992`:                 false, // the same as a float
		`count gt 9007199254740992`:                 true,
		`count ge "9007199254740993"`:               true,
		`count lt 1e17`:                             true,
		`count lt 9223372036854775808`:              true, // beyond an int64
		`count gt -9223372036854775808`:             true,
		`count le 0`:                                false,
		`count ne 5`:                                true,
		`level eq -2.5`:                             true,
		`level eq -25e-1`:                           true,
		`level lt -2`:                               true,
		`level gt -3`:                               true,
		`level eq "-2.5"`:                           true,
		`tags eq "red"`:                             true,
		`tags ne "red"`:                             true,
		`tags eq "green"`:                           false,
		`tags[value sw "b"]`:                        true,
		`tags[VALUE sw "g"]`:                        false,
		`tags[value sw "b" and value sw "r"]`:       false,
		`tags pr`:                                   true,
		`numbers gt 19`:                             true,
		`numbers gt 20`:                             false,
		`numbers[value gt 1 and value lt 20]`:       false,
		`numbers[value ge 1 and value lt 20]`:       true,
		`key eq "QUJD"`:                             true,
		`key eq "qujd"`:                             false,
		`key ne "qujd"`:                             true,
		`since eq "2020-02-29T12:00:00.123456789Z"`: true,
		`since gt "2020-02-29T12:00:00.123456788Z"`: true,
		`since lt "2020-02-29T12:00:00.123456788Z"`: false,
		`exact eq "abc"`:                            false,
		`exact sw "AB"`:                             true,
		`exact co "b"`:                              false,
		`slots[size gt 3 and ports pr]`:             false,
		`slots[size ge 3 and ports eq "B"]`:         true,
		`slots.ports eq "c"`:                        false,
		`slots.ports eq null`:                       true,
		`slots.size lt 12`:                          true,
	} {
		if got := compile(t, f, rt).Match(doc); got != want {
			t.Errorf("%s: got %v, want %v", f, got, want)
		}
	}
}

// What is stored against its type, or is no document at all, matches as if it
// were missing.
func TestMatchOddDocuments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		filter, doc string
		want        bool
	}{
		{`userName eq "1"`, `{"userName":1}`, false},
		{`userName ne "1"`, `{"userName":1}`, true},
		{`active eq true`, `{"active":"true"}`, false},
		{`meta.created gt "2020-01-01T00:00:00Z"`, `{"meta":{"created":"soon"}}`, false},
		{`meta.created ne "2020-01-01T00:00:00Z"`, `{"meta":{"created":"soon"}}`, true},
		{`name.givenName eq "x"`, `{"name":"x"}`, false},
		{`name.givenName eq null`, `{"name":{}}`, true},
		{`emails.value eq "x"`, `{"emails":{"value":"x"}}`, true},
		{`emails[value eq "x"]`, `{"emails":{"value":"x"}}`, true},
		{`emails[value eq null]`, `{"emails":[]}`, false},
		{`emails pr`, `{"emails":[{},{"value":null},{"value":""}]}`, false},
		{`emails pr`, `{"emails":[{},{"value":"x"}]}`, true},
		{`title pr`, `{"title":""}`, false},
		{`emails eq null`, `{"emails":[{"type":"work"}]}`, false},
		{`emails.value eq null`, `{"emails":[{"type":"work"}]}`, true},
		{`title co "É"`, `{"title":"Café"}`, true},
		{`title ew "e\u0301"`, `{"title":"CAFÉ"}`, true},
		{`title gt "cafe"`, `{"title":"CAFÉ"}`, true},
		{`title eq ""`, `{"title":""}`, true},
		{`title eq ""`, `{}`, false},
		{`name pr`, `{"name":{"givenName":""}}`, false},
		{`title pr`, `{"title":` + strings.Repeat("[", 100_000), true},
		{`title pr`, ``, false},
		{`title eq null`, ``, true},
		{`title eq null`, `[]`, true},
		{`title eq null`, `"title"`, true},
		{`title eq "x"`, `{"title":"x`, false},
		{`title eq "x"`, `{"tit\u006ce":"x"}`, true},
		{`userName eq "é😀\n"`, `{"userName":"\u00c9\ud83d\ude00\n"}`, true},
		{`userName co "` + strings.Repeat("Ab", 200) + `"`, `{"userName":"x` + strings.Repeat("aB", 200) + `"}`, true},
	} {
		if got := compile(t, tt.filter, schema.User()).Match([]byte(tt.doc)); got != tt.want {
			t.Errorf("%s on %.60s: got %v, want %v", tt.filter, tt.doc, got, tt.want)
		}
	}
	if compile(t, `title pr`, schema.User()).Match(nil) {
		t.Error("nothing has a title")
	}
}

// More attributes than fit on the stack.
func TestMatchManyAttributes(t *testing.T) {
	t.Parallel()
	m := compile(t, `id pr and externalId pr and userName pr and displayName pr and nickName pr and title pr and active eq true and locale pr and
		timezone pr and userType pr and department pr and emails pr and groups pr`, schema.User())
	if !m.Match(document(t, "user.json")) {
		t.Error("no match")
	}
	if m.Match([]byte(`{}`)) {
		t.Error("nothing matches")
	}
}
