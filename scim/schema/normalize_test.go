package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// widget has an attribute of every type and characteristic that the standard schemas lack.
func widget(t testing.TB) *schema.ResourceType {
	t.Helper()
	parse := func(file string) *schema.Schema {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := schema.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	rt, err := schema.NewResourceType("Widget", "/Widgets", "", parse("widget.json"), schema.Extension{Schema: parse("paint.json"), Required: true})
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

const (
	core = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]`
	both = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]`
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"names in any case":          {`{"USERNAME":"a","Name":{"GIVENNAME":"b"},"emails":[{"VALUE":"c"}]}`, `{` + core + `,"emails":[{"value":"c"}],"name":{"givenName":"b"},"userName":"a"}`},
		"booleans":                   {`{"userName":"a","active":"False","emails":[{"value":"b","Primary":"TRUE"}]}`, `{"active":false,"emails":[{"primary":true,"value":"b"}],` + core + `,"userName":"a"}`},
		"unassigned":                 {`{"userName":"a","title":null,"nickName":"","emails":[],"name":{},"addresses":[{}],"phoneNumbers":[null,{"value":null,"type":"work"}]}`, `{` + core + `,"userName":"a"}`},
		"a label by choice":          {`{"userName":"a","phoneNumbers":[{"type":"work"}]}`, `{"phoneNumbers":[{"type":"work"}],` + core + `,"userName":"a"}`},
		"an object for a list":       {`{"userName":"a","emails":{"value":"b"}}`, `{"emails":[{"value":"b"}],` + core + `,"userName":"a"}`},
		"a string for a list":        {`{"userName":"a","emails":"b"}`, `{"emails":[{"value":"b"}],` + core + `,"userName":"a"}`},
		"strings in a list":          {`{"userName":"a","roles":["b","c",""]}`, `{"roles":[{"value":"b"},{"value":"c"}],` + core + `,"userName":"a"}`},
		"read-only":                  {`{"userName":"a","id":5,"meta":"x","groups":{"nonsense":1}}`, `{` + core + `,"userName":"a"}`},
		"schemas recomputed":         {`{"schemas":["urn:x","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"a"}`, `{` + core + `,"userName":"a"}`},
		"no schemas":                 {`{"userName":"a"}`, `{` + core + `,"userName":"a"}`},
		"extension":                  {`{"userName":"a","urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User":{"Department":"b"}}`, `{` + both + `,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"b"},"userName":"a"}`},
		"empty extension":            {`{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":null}}`, `{` + core + `,"userName":"a"}`},
		"null extension":             {`{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":null}`, `{` + core + `,"userName":"a"}`},
		"manager string":             {`{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":"1"}}`, `{` + both + `,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"1"}},"userName":"a"}`},
		"manager list":               {`{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":[{"value":"1","displayName":"x"}]}}`, `{` + both + `,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"1"}},"userName":"a"}`},
		"manager empty":              {`{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":""}}`, `{` + core + `,"userName":"a"}`},
		"dotted":                     {`{"userName":"a","name.givenName":"b","name":{"familyName":"c"}}`, `{"name":{"familyName":"c","givenName":"b"},` + core + `,"userName":"a"}`},
		"dotted into a list":         {`{"userName":"a","emails.value":"b"}`, `{"emails":[{"value":"b"}],` + core + `,"userName":"a"}`},
		"URN on a core attribute":    {`{"urn:ietf:params:scim:schemas:core:2.0:User:userName":"a","urn:ietf:params:scim:schemas:core:2.0:User:name.givenName":"b"}`, `{"name":{"givenName":"b"},` + core + `,"userName":"a"}`},
		"URN on an extension's":      {`{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"1","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value":"2"}`, `{` + both + `,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"1","manager":{"value":"2"}},"userName":"a"}`},
		"the core as an extension":   {`{"urn:ietf:params:scim:schemas:core:2.0:User":{"userName":"a"},"title":"b"}`, `{` + core + `,"title":"b","userName":"a"}`},
		"two primary":                {`{"userName":"a","emails":[{"value":"1"},{"value":"2","primary":true},{"value":"3","primary":true}]}`, `{"emails":[{"value":"1"},{"primary":true,"value":"2"},{"primary":false,"value":"3"}],` + core + `,"userName":"a"}`},
		"same by value and type":     {`{"userName":"a","emails":[{"value":"x","type":"work"},{"value":"X","type":"Work","display":"d"},{"value":"x","type":"home"}]}`, `{"emails":[{"display":"d","type":"work","value":"X"},{"type":"home","value":"x"}],` + core + `,"userName":"a"}`},
		"unusual canonical values":   {`{"userName":"a","emails":[{"value":"x","type":"sunday"}]}`, `{"emails":[{"type":"sunday","value":"x"}],` + core + `,"userName":"a"}`},
		"base64":                     {`{"userName":"a","x509Certificates":["AQID","-_8","+/8="]}`, `{` + core + `,"userName":"a","x509Certificates":[{"value":"AQID"},{"value":"-_8"},{"value":"+/8="}]}`},
		"the same again in own form": {`{` + both + `,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"1"}},"userName":"a"}`, `{` + both + `,"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"1"}},"userName":"a"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := decode(t, tc.in)
			kept := scim.Clone(in)
			n, err := schema.User().Normalize(in, schema.FromClient)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decode(t, tc.want), n.Doc); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !scim.Equal(kept, in) {
				t.Errorf("the argument was changed to %v", in)
			}
		})
	}
}

func TestNormalizeRefuses(t *testing.T) {
	t.Parallel()
	const ent = `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`
	long := strings.Repeat("x", schema.MaxString+1)
	for _, tc := range []struct {
		body   string
		typ    scim.Type
		detail string
	}{
		{`{"usrName":"a"}`, scim.InvalidSyntax, `unknown attribute "usrName"; did you mean "userName"?`},
		{`{"userName":"a","naame":{}}`, scim.InvalidSyntax, `unknown attribute "naame"; did you mean "name"?`},
		{`{"userName":"a","name":{"giveName":"b"}}`, scim.InvalidSyntax, `unknown attribute "name.giveName"; did you mean "name.givenName"?`},
		{`{"userName":"a","name.giveName":"b"}`, scim.InvalidSyntax, `unknown attribute "name.giveName"; did you mean "name.givenName"?`},
		{`{"userName":"a","zodiac":"b"}`, scim.InvalidSyntax, `unknown attribute "zodiac"`},
		{`{"userName":"a","department":"b"}`, scim.InvalidSyntax, `unknown attribute "department"; did you mean "` + ent + `:department"?`},
		{`{"userName":"a","` + ent + `":{"departmnt":"b"}}`, scim.InvalidSyntax, `unknown attribute "` + ent + `:departmnt"; did you mean "` + ent + `:department"?`},
		{`{"userName":"a","` + ent + `:departmnt":"b"}`, scim.InvalidSyntax, `did you mean "` + ent + `:department"?`},
		{`{"userName":"a","urn:example:pet":{"name":"b"}}`, scim.InvalidSyntax, `unknown attribute "urn:example:pet"`},
		{`{"userName":"a","emails":[{"value":"b","kind":"work"}]}`, scim.InvalidSyntax, `unknown attribute "emails.kind"`},
		{`{"userName":"a","\u0000\u001b[31m":1}`, scim.InvalidSyntax, `unknown attribute "`},
		{`{"userName":"a","name":{"givenName":"b"},"name.givenName":"c"}`, scim.InvalidSyntax, `"name.givenName" is given twice`},
		{`{"userName":"a","urn:ietf:params:scim:schemas:core:2.0:User:userName":"c"}`, scim.InvalidSyntax, `"userName" is given twice`},
		{`{}`, scim.InvalidValue, `The required attribute "userName" is missing or empty`},
		{`{"userName":""}`, scim.InvalidValue, `"userName" is missing or empty`},
		{`{"userName":" \t"}`, scim.InvalidValue, `"userName" is missing or empty`},
		{`{"userName":5}`, scim.InvalidValue, `The attribute "userName" must be a string; found a number`},
		{`{"userName":["a"]}`, scim.InvalidValue, `"userName" must be a string; found an array`},
		{`{"userName":"a","active":"perhaps"}`, scim.InvalidValue, `The attribute "active" must be a boolean (true or false); found a string "perhaps"`},
		{`{"userName":"a","active":1}`, scim.InvalidValue, `"active" must be a boolean (true or false); found a number`},
		{`{"userName":"a","active":""}`, scim.InvalidValue, `found an empty string`},
		{`{"userName":"a","name":"Bob"}`, scim.InvalidValue, `The attribute "name" must be an object; found a string`},
		{`{"userName":"a","name":[{},{}]}`, scim.InvalidValue, `"name" must be an object; found an array`},
		{`{"userName":"a","emails":[5]}`, scim.InvalidValue, `The attribute "emails" must be a list of objects; found a number`},
		{`{"userName":"a","addresses":["Main Street"]}`, scim.InvalidValue, `"addresses" must be a list of objects; found a string`},
		{`{"userName":"a","emails":[{"value":{"a":1}}]}`, scim.InvalidValue, `"emails.value" must be a string; found an object`},
		{`{"userName":"a","` + ent + `":"b"}`, scim.InvalidValue, `"` + ent + `" must be an object; found a string`},
		{`{"userName":"a","schemas":5}`, scim.InvalidValue, `"schemas" must be a list of URIs; found a number`},
		{`{"userName":"a","schemas":[5]}`, scim.InvalidValue, `"schemas" must be a list of URIs; found a number`},
		{`{"userName":"a","title":"b\u0000c"}`, scim.InvalidValue, `"title" holds a NUL character`},
		{`{"userName":"` + long + `"}`, scim.InvalidValue, `"userName" is longer than the 65536 bytes accepted`},
		{`{"userName":"a","roles":[` + strings.Repeat(`"x",`, schema.DefaultMaxElements) + `"x"]}`, scim.InvalidValue, `"roles" has more than the 1000 values accepted`},
		{`{"userName":"a","x509Certificates":["%%%"]}`, scim.InvalidValue, `"x509Certificates.value" must be a string in base64`},
		{`{"userName":"a","password":5}`, scim.InvalidValue, `"password" must be a string`},
	} {
		t.Run(tc.detail, func(t *testing.T) {
			t.Parallel()
			_, err := schema.User().Normalize(decode(t, tc.body), schema.FromClient)
			wantError(t, err, tc.typ, tc.detail)
		})
	}
}

func TestNormalizeTypes(t *testing.T) {
	t.Parallel()
	rt := widget(t)
	const paint = `"urn:example:paint":{"colour":"red"}`
	for _, tc := range []struct{ in, want string }{ // want "" = refused
		{`"size":5`, `"size":5`},
		{`"size":"5"`, `"size":5`},
		{`"size":"-0"`, `"size":0`},
		{`"size":9223372036854775807`, `"size":9223372036854775807`},
		{`"size":9223372036854775808`, ``},
		{`"size":1.0`, ``},
		{`"size":1e3`, ``},
		{`"size":"five"`, ``},
		{`"size":true`, ``},
		{`"weight":1.50`, `"weight":1.50`},
		{`"weight":"1e3"`, `"weight":1e3`},
		{`"weight":"0x10"`, ``},
		{`"weight":" 1"`, ``},
		{`"weight":"NaN"`, ``},
		{`"weight":1e999`, ``},
		{`"weight":` + strings.Repeat("1", 65), ``},
		{`"made":"2008-01-23T04:56:22Z"`, `"made":"2008-01-23T04:56:22Z"`},
		{`"made":"2008-01-23T04:56:22.123456+05:30"`, `"made":"2008-01-23T04:56:22.123456+05:30"`},
		{`"made":"2008-01-23T04:56:22"`, `"made":"2008-01-23T04:56:22"`},
		{`"made":"2008-01-23"`, ``},
		{`"made":"2008-01-23 04:56:22Z"`, ``},
		{`"made":"2008-02-30T04:56:22Z"`, ``},
		{`"made":"2008-01-23T04:56:22,5Z"`, ``},
		{`"made":""`, `"made":null`},
		{`"seal":"AQI="`, `"seal":"AQI="`},
		{`"seal":"A"`, ``},
		{`"tags":["a","A","b",""]`, `"tags":["a","b"]`},
		{`"tags":"a"`, `"tags":["a"]`},
		{`"tags":[{"value":"a"}]`, ``},
		{`"ratings":[1,"1",2]`, `"ratings":[1,2]`},
		{`"parts":[{"count":"3"}]`, `"parts":[{"count":3}]`},
	} {
		t.Run(tc.in[:min(len(tc.in), 60)], func(t *testing.T) {
			t.Parallel()
			n, err := rt.Normalize(decode(t, `{"label":"x",`+paint+`,`+tc.in+`}`), schema.FromClient)
			if tc.want == "" {
				name, _, _ := strings.Cut(strings.Trim(tc.in, `"`), `"`)
				wantError(t, err, scim.InvalidValue, `"`+name+`"`)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := decode(t, `{"schemas":["urn:example:widget","urn:example:paint"],"label":"x",`+paint+`,`+tc.want+`}`)
			for k, v := range want {
				if v == nil {
					delete(want, k)
				}
			}
			if diff := cmp.Diff(want, n.Doc); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRequired(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ body, missing string }{
		{`{"urn:example:paint":{"colour":"red"}}`, "label"},
		{`{"label":"x"}`, "urn:example:paint:colour"},
		{`{"label":"x","urn:example:paint":{"coats":2}}`, "urn:example:paint:colour"},
		{`{"label":"x","urn:example:paint":{"colour":"red","maker":{"city":"y"}}}`, "urn:example:paint:maker.name"},
	} {
		_, err := widget(t).Normalize(decode(t, tc.body), schema.FromClient)
		wantError(t, err, scim.InvalidValue, `The required attribute "`+tc.missing+`" is missing`)
	}
	_, err := schema.Group().Normalize(decode(t, `{"displayName":"x","members":[{"display":"y"}]}`), schema.FromClient)
	wantError(t, err, scim.InvalidValue, `"members.value"`)
}

func TestServerKeepsReadOnly(t *testing.T) {
	t.Parallel()
	doc := decode(t, `{`+core+`,"userName":"a","id":"1","meta":{"resourceType":"User","created":"2008-01-23T04:56:22Z"},"groups":[{"value":"g","$ref":"../Groups/g","type":"direct"}]}`)
	n, err := schema.User().Normalize(doc, schema.FromServer)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc, n.Doc); diff != "" {
		t.Error(diff)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	const password = "t1meMa$heen"
	n, err := schema.User().Normalize(decode(t, `{"userName":"a","Password":"`+password+`"}`), schema.FromClient)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := n.Secrets.Get("password"); !ok || got != password {
		t.Errorf("password = %v", got)
	}
	if diff := cmp.Diff([]string{"password"}, n.Secrets.Paths()); diff != "" {
		t.Error(diff)
	}
	if _, ok := n.Doc["password"]; ok {
		t.Error("the document holds the password")
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secrets", n.Secrets, "normalized", n)
	marshalled, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{
		fmt.Sprint(n), fmt.Sprintf("%#v", n), fmt.Sprintf("%+v %v %s %q %x", &n, n.Secrets, n.Secrets, n.Secrets, n.Secrets), log.String(), string(marshalled),
	} {
		if strings.Contains(shown, password) || strings.Contains(shown, fmt.Sprintf("%x", password)) {
			t.Errorf("shown: %s", shown)
		}
	}
	_, err = schema.User().Normalize(decode(t, `{"userName":"a","password":["`+password+`"]}`), schema.FromClient)
	if err == nil || strings.Contains(err.Error(), password) {
		t.Errorf("got %v", err)
	}
}

func decode(t testing.TB, s string) scim.Object {
	t.Helper()
	obj, err := scim.Decode([]byte(s))
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return obj
}

func wantError(t testing.TB, err error, typ scim.Type, detail string) {
	t.Helper()
	e, ok := errors.AsType[*scim.Error](err)
	if !ok || e.Status != 400 || e.ScimType != typ || !strings.Contains(e.Detail, detail) {
		t.Errorf("got %v, want %s … %s", err, typ, detail)
	}
}
