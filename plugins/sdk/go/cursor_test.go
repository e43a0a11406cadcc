package policy

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// everything is a user with each attribute that User knows, and some that it does not.
const everything = ` {
	"schemas": ["a", {"b": [1, -2.5e3, true, null, "]}\"\\"]}],
	"id": "1", "externalId": "2", "userName": "3", "displayName": "4", "nickName": "5", "profileUrl": "6",
	"title": "7", "userType": "8", "preferredLanguage": "9", "locale": "10", "timezone": "11", "active": false,
	"name": {"formatted": "a", "familyName": "b", "givenName": "c", "middleName": "d", "honorificPrefix": "e", "honorificSuffix": "f", "x": 1},
	"emails": [{"value": "a", "type": "b", "display": "c", "primary": true, "x": []}, {}],
	"phoneNumbers": [{"value": "a"}], "roles": [{"value": "a"}], "entitlements": [{"value": "a"}],
	"addresses": [{"formatted": "a", "streetAddress": "b", "locality": "c", "region": "d", "postalCode": "e", "country": "f", "type": "g", "primary": true, "x": {}}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "a", "costCenter": "b", "organization": "c",
		"division": "d", "department": "e", "manager": {"value": "f", "displayName": "g", "$ref": "h"}, "x": "y"},
	"x": null
} `

// same checks that reading doc gives what encoding/json gives.
func same[T any](t interface{ Fatalf(string, ...any) }, doc string, read func([]byte) (*T, error)) {
	want := new(T)
	if err := json.Unmarshal([]byte(doc), want); err != nil {
		t.Fatalf("the test's own document %s: %v", doc, err)
	}
	got, err := read([]byte(doc))
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: got %+v, want %+v", doc, got, want)
	}
}

func TestReadDocuments(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{everything, `{}`, `null`, `{"active":null,"emails":null,"userName":null,"name":null}`, `{"active":true}`} {
		same(t, doc, readUser)
	}
	for _, doc := range []string{
		`{}`,
		`{"abi":1,"operation":"update","resource_type":"User","before":{"a":[1, 2]},"after": {"b":"}"} ,"changed":["x","y.z"],` +
			`"connection":{"id":"c","profile":"okta","new":1},"tenant":{"id":"t","new":[]},"settings":{"domain":"d"},"new":{"x":[{}]}}`,
		`{"operation":"update","resource_type":"Group","members":{"clear":true,"remove":["a","b\u00e9"],"add":["c"],"new":[1]}}`,
		`{"members":{}}`,
		`{"members":null}`,
	} {
		same(t, doc, readDecideInput)
	}
	for _, doc := range []string{
		`{}`,
		`{"abi":1,"action":"create","resource_type":"User","id":"1","legacy_id":"2","before":{"a":1},"after":{"b":2},"tenant":{"id":"t"},"settings":{},"new":7}`,
		`{"action":"add_members","resource_type":"Group","members":[{"id":"u1","legacy_id":"7","type":"User","new":{}},{},null],"new":7}`,
	} {
		same(t, doc, readMapInput)
	}
}

func TestReadGroup(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{`{"id":"1","externalId":"2","displayName":"3","schemas":["x"],"members":[{"value":"4"}]}`, `{}`, `null`} {
		same(t, doc, readGroup)
	}
	if g, err := ParseGroup(nil); err != nil || *g != (Group{}) {
		t.Errorf("an absent group is %+v, %v", g, err)
	}
	if _, err := ParseGroup(json.RawMessage(`{"displayName":1}`)); err == nil {
		t.Error("a displayName that is a number was read")
	}
}

func TestReadStrings(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		`""`, `"a"`, `"\"\\\/\b\f\n\r\t"`, `"é😀"`, `"\u00e9\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\u0041"`,
		`"\ude00"`, `"\uD83D\uDE00"`, `"\u2028"`, `"a\u0000b"`,
	} {
		same(t, `{"userName":`+s+`}`, readUser)
	}
}

func TestReadBroken(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		``:                                     "not valid JSON",
		`[]`:                                   "not an object",
		`{`:                                    "not valid JSON",
		`{}{}`:                                 "not valid JSON",
		`{"id":"1"`:                            "not valid JSON",
		`{"id" "1"}`:                           "not valid JSON",
		`{"id":"1" "title":"2"}`:               "not valid JSON",
		`{"id":"1",}`:                          "not valid JSON",
		`{null:"1"}`:                           "not valid JSON",
		`{"id":}`:                              `"id" is not a string`,
		`{"id":"`:                              "not valid JSON",
		`{"id":"\`:                             "not valid JSON",
		`{"id":"\x"}`:                          "not valid JSON",
		`{"id":"\u12g4"}`:                      "not valid JSON",
		`{"id":"\u12`:                          "not valid JSON",
		`{"id":1}`:                             `"id" is not a string`,
		`{"active":"true"}`:                    `"active" is not true or false`,
		`{"emails":{}}`:                        `"emails" is not an array`,
		`{"emails":["a"]}`:                     `"emails" is not an object`,
		`{"emails":[{"primary":1}]}`:           `"primary" is not true or false`,
		`{"name":"Ada"}`:                       `"name" is not an object`,
		`{"x":[1,2}`:                           "not valid JSON",
		`{"x":"\`:                              "not valid JSON",
		`{"x":`:                                "not valid JSON",
		`{"x":` + strings.Repeat("[", 100_000): "not valid JSON",
	} {
		if _, err := readUser([]byte(doc)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50s: %v, want %s", doc, err, want)
		}
	}
	for doc, want := range map[string]string{
		`{"members":[]}`:              `"members" is not an object`,
		`{"members":{"add":["a",1]}}`: `"add" is not a string`,
		`{"members":{"clear":"x"}}`:   `"clear" is not true or false`,
	} {
		if _, err := readDecideInput([]byte(doc)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", doc, err, want)
		}
	}
	if _, err := readDecideInput([]byte(`{"abi":"1"}`)); err == nil || !strings.Contains(err.Error(), `"abi" is not a whole number`) {
		t.Errorf("abi: %v", err)
	}
}

// TestReadAnyUser writes users by encoding/json and reads them back.
func TestReadAnyUser(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		value := rapid.Custom(func(t *rapid.T) Value {
			return Value{Value: text.Draw(t, "value"), Type: text.Draw(t, "type"), Display: text.Draw(t, "display"), Primary: rapid.Bool().Draw(t, "primary")}
		})
		u := &User{
			UserName:   text.Draw(t, "userName"),
			Name:       Name{GivenName: text.Draw(t, "givenName"), Formatted: text.Draw(t, "formatted")},
			Emails:     rapid.SliceOf(value).Draw(t, "emails"),
			Active:     rapid.Ptr(rapid.Bool(), true).Draw(t, "active"),
			Enterprise: &Enterprise{Department: text.Draw(t, "department"), Manager: Manager{Value: text.Draw(t, "manager")}},
		}
		doc, err := json.MarshalIndent(u, "", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		same(t, string(doc), readUser)
	})
}

// FuzzReadUser checks that what encoding/json can read can be read, with the same
// result where names are spelt as in the schema and not given twice.
func FuzzReadUser(f *testing.F) {
	f.Add(everything)
	f.Add(`{"userName":"\ud83d\ude00","emails":[{"primary":true}]}`)
	f.Fuzz(func(t *testing.T, doc string) {
		got, err := readUser([]byte(doc))
		var want User
		if json.Unmarshal([]byte(doc), &want) != nil {
			return
		}
		if err != nil {
			// Names that encoding/json does not match exactly are not read here.
			if !strings.Contains(err.Error(), "is not") {
				t.Fatalf("%q: %v", doc, err)
			}
			return
		}
		if again, err := json.Marshal(got); err != nil || !json.Valid(again) {
			t.Fatalf("%q: read as %+v, which cannot be written: %v", doc, got, err)
		}
	})
}

func BenchmarkParseUser(b *testing.B) {
	doc, err := os.ReadFile("testdata/user.json")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseUser(doc); err != nil {
			b.Fatal(err)
		}
	}
}
