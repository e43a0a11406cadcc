package patch_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

const ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// apply runs operations, written as the list in a message, on a document of which schemas and the
// required attribute are added.
func apply(t testing.TB, rt *schema.ResourceType, doc, ops string) (before scim.Object, after schema.Normalized, err error) {
	t.Helper()
	before = canonical(t, rt, doc)
	parsed, err := patch.Parse([]byte(`{"Operations":[` + ops + `]}`))
	if err != nil {
		return before, after, err
	}
	kept := scim.Clone(before)
	after, err = patch.Apply(rt, before, parsed)
	if !scim.Equal(kept, before) {
		t.Errorf("the document given was changed to %v", before)
	}
	if err != nil && after.Doc != nil {
		t.Error("an error and a document")
	}
	return before, after, err
}

func canonical(t testing.TB, rt *schema.ResourceType, doc string) scim.Object {
	t.Helper()
	obj := decode(t, doc)
	required := map[string]string{"User": "userName", "Group": "displayName", "Asset": "label"}[rt.Name]
	if _, ok := obj[required]; !ok {
		obj[required] = "r"
	}
	n, err := rt.Normalize(obj, schema.FromServer)
	if err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	return n.Doc
}

type change struct{ before, ops, after string }

func testChanges(t *testing.T, rt *schema.ResourceType, changes map[string]change) {
	t.Helper()
	for name, tc := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, n, err := apply(t, rt, tc.before, tc.ops)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(canonical(t, rt, tc.after), n.Doc); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The examples of RFC 7644 §3.5.2.1 to §3.5.2.3 that are about users.
func TestExamplesUser(t *testing.T) {
	t.Parallel()
	testChanges(t, schema.User(), map[string]change{
		"add without a path": {
			`{"emails":[{"value":"b@e.example","type":"work"}],"nickName":"B"}`,
			`{"op":"add","value":{"emails":[{"value":"babs@jensen.org","type":"home"}],"nickname":"Babs"}}`,
			`{"emails":[{"value":"b@e.example","type":"work"},{"value":"babs@jensen.org","type":"home"}],"nickName":"Babs"}`,
		},
		"remove by a filter of two parts": {
			`{"emails":[{"value":"a@example.com","type":"work"},{"value":"b@example.org","type":"work"},{"value":"c@example.com","type":"home"}]}`,
			`{"op":"remove","path":"emails[type eq \"work\" and value ew \"example.com\"]"}`,
			`{"emails":[{"value":"b@example.org","type":"work"},{"value":"c@example.com","type":"home"}]}`,
		},
		"replace a whole address": {
			`{"addresses":[{"type":"work","streetAddress":"1 Old","region":"X"},{"type":"home","locality":"Y","primary":true}]}`,
			`{"op":"replace","path":"addresses[type eq \"work\"]","value":{"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","formatted":"911 Universal City Plaza\nHollywood, CA 91608 US","primary":true}}`,
			`{"addresses":[{"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","formatted":"911 Universal City Plaza\nHollywood, CA 91608 US","primary":true},{"type":"home","locality":"Y","primary":false}]}`,
		},
		"replace a part of an address": {
			`{"addresses":[{"type":"work","streetAddress":"1 Old","region":"X"},{"type":"home","streetAddress":"2 Old"}]}`,
			`{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"1010 Broadway Ave"}`,
			`{"addresses":[{"type":"work","streetAddress":"1010 Broadway Ave","region":"X"},{"type":"home","streetAddress":"2 Old"}]}`,
		},
		"replace all values without a path": {
			`{"emails":[{"value":"old@example.com"}],"title":"T"}`,
			`{"op":"replace","value":{"emails":[{"value":"bjensen@example.com","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}],"nickname":"Babs"}}`,
			`{"emails":[{"value":"bjensen@example.com","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}],"nickName":"Babs","title":"T"}`,
		},
	})
}

// The examples of RFC 7644 §3.5.2.1 to §3.5.2.3 that are about groups.
func TestExamplesGroup(t *testing.T) {
	t.Parallel()
	const babs = `{"display":"Babs Jensen","$ref":"https://example.com/v2/Users/2819","value":"2819"}`
	const james = `{"display":"James Smith","$ref":"https://example.com/v2/Users/08e1","value":"08e1"}`
	testChanges(t, schema.Group(), map[string]change{
		"add a member":              {`{"members":[` + james + `]}`, `{"op":"add","path":"members","value":[` + babs + `]}`, `{"members":[` + james + `,` + babs + `]}`},
		"add the first member":      {`{}`, `{"op":"add","path":"members","value":[` + babs + `]}`, `{"members":[` + babs + `]}`},
		"add a member again":        {`{"members":[` + babs + `]}`, `{"op":"add","path":"members","value":[{"value":"2819","display":"Another"}]}`, `{"members":[` + babs + `]}`},
		"remove a member":           {`{"members":[` + babs + `,` + james + `]}`, `{"op":"remove","path":"members[value eq \"2819\"]"}`, `{"members":[` + james + `]}`},
		"remove one who is not":     {`{"members":[` + james + `]}`, `{"op":"remove","path":"members[value eq \"2819\"]"}`, `{"members":[` + james + `]}`},
		"remove all members":        {`{"members":[` + babs + `,` + james + `]}`, `{"op":"remove","path":"members"}`, `{}`},
		"remove and add":            {`{"members":[` + babs + `]}`, `{"op":"remove","path":"members[value eq \"2819\"]"},{"op":"add","path":"members","value":[` + james + `]}`, `{"members":[` + james + `]}`},
		"replace by remove and add": {`{"members":[{"value":"1"}]}`, `{"op":"remove","path":"members"},{"op":"add","path":"members","value":[` + babs + `,` + james + `]}`, `{"members":[` + babs + `,` + james + `]}`},
		"replace":                   {`{"members":[{"value":"1"}]}`, `{"op":"replace","path":"members","value":[` + babs + `,` + james + `]}`, `{"members":[` + babs + `,` + james + `]}`},
	})
}

func TestApply(t *testing.T) {
	t.Parallel()
	const work, home = `{"value":"w@e.example","type":"work","primary":true}`, `{"value":"h@e.example","type":"home"}`
	testChanges(t, schema.User(), map[string]change{
		// add
		"add to a complex attribute merges":        {`{"name":{"givenName":"a"}}`, `{"op":"add","path":"name","value":{"familyName":"b"}}`, `{"name":{"givenName":"a","familyName":"b"}}`},
		"add null to a list adds nothing":          {`{"emails":[` + work + `]}`, `{"op":"add","path":"emails","value":null}`, `{"emails":[` + work + `]}`},
		"add of one object":                        {`{"emails":[` + work + `]}`, `{"op":"add","path":"emails","value":` + home + `}`, `{"emails":[` + work + `,` + home + `]}`},
		"add of what is there":                     {`{"emails":[` + work + `]}`, `{"op":"add","path":"emails","value":[{"value":"W@E.example","type":"Work"}]}`, `{"emails":[{"value":"W@E.example","type":"Work","primary":true}]}`},
		"add of a primary takes it from the other": {`{"emails":[` + work + `]}`, `{"op":"add","path":"emails","value":[{"value":"n@e.example","primary":true}]}`, `{"emails":[{"value":"w@e.example","type":"work","primary":false},{"value":"n@e.example","primary":true}]}`},
		"add by filter merges":                     {`{"emails":[` + work + `,` + home + `]}`, `{"op":"add","path":"emails[type eq \"home\"]","value":{"display":"d"}}`, `{"emails":[` + work + `,{"value":"h@e.example","type":"home","display":"d"}]}`},
		"add by filter creates":                    {`{}`, `{"op":"add","path":"emails[type eq \"home\" and primary eq true]","value":{"value":"v"}}`, `{"emails":[{"value":"v","type":"home","primary":true}]}`},
		"primary by filter":                        {`{"emails":[` + work + `,` + home + `]}`, `{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`, `{"emails":[{"value":"w@e.example","type":"work","primary":false},{"value":"h@e.example","type":"home","primary":true}]}`},
		"sub-attribute of all":                     {`{"emails":[` + work + `,` + home + `]}`, `{"op":"replace","path":"emails.display","value":"d"}`, `{"emails":[{"value":"w@e.example","type":"work","primary":true,"display":"d"},{"value":"h@e.example","type":"home","display":"d"}]}`},
		"sub-attribute of none":                    {`{}`, `{"op":"add","path":"emails.value","value":"v"}`, `{"emails":[{"value":"v"}]}`},
		// replace
		"replace of a complex attribute merges":   {`{"name":{"givenName":"a","familyName":"b"}}`, `{"op":"replace","path":"name","value":{"familyName":"c"}}`, `{"name":{"givenName":"a","familyName":"c"}}`},
		"replace by filter replaces":              {`{"emails":[{"value":"v","type":"work","display":"d","primary":true}]}`, `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"n"}}`, `{"emails":[{"value":"n","type":"work"}]}`},
		"replace by filter of all that match":     {`{"emails":[{"value":"1","type":"work"},{"value":"2","type":"work"}]}`, `{"op":"replace","path":"emails[type eq \"work\"].display","value":"d"}`, `{"emails":[{"value":"1","type":"work","display":"d"},{"value":"2","type":"work","display":"d"}]}`},
		"replace into two of the same makes one":  {`{"emails":[{"value":"1","type":"work"},{"value":"2","type":"work"}]}`, `{"op":"replace","path":"emails[type eq \"work\"].value","value":"3"}`, `{"emails":[{"value":"3","type":"work"}]}`},
		"replace a list by an empty one":          {`{"emails":[` + work + `]}`, `{"op":"replace","path":"emails","value":[]}`, `{}`},
		"replace by null":                         {`{"title":"t","name":{"givenName":"a"},"emails":[` + work + `]}`, `{"op":"replace","value":{"title":null,"name":null,"emails":null}}`, `{}`},
		"replace an element by null":              {`{"emails":[` + work + `,` + home + `]}`, `{"op":"replace","path":"emails[type eq \"home\"]","value":null}`, `{"emails":[` + work + `]}`},
		"clear a value that is not there":         {`{"emails":[` + work + `]}`, `{"op":"replace","path":"emails[type eq \"home\"].value","value":""}`, `{"emails":[` + work + `]}`},
		"not without a match but with":            {`{"emails":[` + work + `]}`, `{"op":"replace","path":"emails[not (type eq \"home\")].display","value":"d"}`, `{"emails":[{"value":"w@e.example","type":"work","primary":true,"display":"d"}]}`},
		"a whole extension":                       {`{"` + ent + `":{"department":"a","division":"b"}}`, `{"op":"replace","path":"` + ent + `","value":{"Department":"c","manager":"1"}}`, `{"` + ent + `":{"department":"c","division":"b","manager":{"value":"1"}}}`},
		"an extension without a path":             {`{}`, `{"op":"add","value":{"` + ent + `":{"department":"c","manager.value":"1"}}}`, `{"` + ent + `":{"department":"c","manager":{"value":"1"}}}`},
		"an extension by null":                    {`{"` + ent + `":{"department":"a"}}`, `{"op":"replace","value":{"` + ent + `":null}}`, `{}`},
		"the core URN without a path":             {`{}`, `{"op":"add","value":{"urn:ietf:params:scim:schemas:core:2.0:User":{"title":"t"},"urn:ietf:params:scim:schemas:core:2.0:User:nickName":"n"}}`, `{"title":"t","nickName":"n"}`},
		"the core URN in a path":                  {`{}`, `{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:User:name.givenName","value":"n"}`, `{"name":{"givenName":"n"}}`},
		"an extension's attribute without a URN":  {`{}`, `{"op":"add","path":"department","value":"n"}`, `{"` + ent + `":{"department":"n"}}`},
		"manager.displayName is passed over":      {`{}`, `{"op":"add","path":"` + ent + `:manager","value":{"value":"1","displayName":"x"}}`, `{"` + ent + `":{"manager":{"value":"1"}}}`},
		"a manager by sub-attribute":              {`{"` + ent + `":{"manager":{"value":"1","$ref":"u/1"}}}`, `{"op":"replace","path":"` + ent + `:manager.value","value":"2"}`, `{"` + ent + `":{"manager":{"value":"2"}}}`},
		"the same manager again":                  {`{"` + ent + `":{"manager":{"value":"1","$ref":"u/1"}}}`, `{"op":"replace","path":"` + ent + `:manager","value":"1"}`, `{"` + ent + `":{"manager":{"value":"1","$ref":"u/1"}}}`},
		"a path on schemas does nothing":          {`{}`, `{"op":"add","path":"schemas","value":["` + ent + `"]}`, `{}`},
		"echoed readOnly attributes do nothing":   {`{}`, `{"op":"replace","value":{"id":"9","meta":{"version":"1"},"groups":[{"value":"g"}],"schemas":["urn:x"],"title":"t"}}`, `{"title":"t"}`},
		"add of a value with a label differently": {`{"emails":[` + work + `]}`, `{"op":"add","path":"emails","value":[{"value":"w@e.example","type":"home"}]}`, `{"emails":[` + work + `,{"value":"w@e.example","type":"home"}]}`},
		// remove
		"remove a simple attribute":           {`{"title":"t"}`, `{"op":"remove","path":"title"}`, `{}`},
		"remove what is not there":            {`{}`, `{"op":"remove","path":"title"}`, `{}`},
		"remove a sub-attribute":              {`{"name":{"givenName":"a","familyName":"b"}}`, `{"op":"remove","path":"name.givenName"}`, `{"name":{"familyName":"b"}}`},
		"remove the last sub-attribute":       {`{"name":{"givenName":"a"}}`, `{"op":"remove","path":"name.givenName"}`, `{}`},
		"remove a complex attribute":          {`{"name":{"givenName":"a"}}`, `{"op":"remove","path":"name"}`, `{}`},
		"remove a sub-attribute by filter":    {`{"emails":[{"value":"v","type":"work","display":"d"}]}`, `{"op":"remove","path":"emails[type eq \"work\"].display"}`, `{"emails":[{"value":"v","type":"work"}]}`},
		"remove the value by filter":          {`{"emails":[` + work + `,` + home + `]}`, `{"op":"remove","path":"emails[type eq \"work\"].value"}`, `{"emails":[` + home + `]}`},
		"remove of a label keeps the other":   {`{"emails":[{"type":"work","primary":true}]}`, `{"op":"remove","path":"emails[type eq \"work\"].primary"}`, `{"emails":[{"type":"work"}]}`},
		"remove a sub-attribute of all":       {`{"emails":[{"value":"v","display":"d"},{"value":"w","display":"e"}]}`, `{"op":"remove","path":"emails.display"}`, `{"emails":[{"value":"v"},{"value":"w"}]}`},
		"remove an extension":                 {`{"` + ent + `":{"department":"a"},"title":"t"}`, `{"op":"remove","path":"` + ent + `"}`, `{"title":"t"}`},
		"remove listed by value":              {`{"emails":[` + work + `,` + home + `]}`, `{"op":"remove","path":"emails","value":[{"value":"W@e.example","display":"forgotten"}]}`, `{"emails":[` + home + `]}`},
		"remove listed by value and type":     {`{"emails":[{"value":"v","type":"work"},{"value":"v","type":"home"}]}`, `{"op":"remove","path":"emails","value":{"value":"v","type":"home"}}`, `{"emails":[{"value":"v","type":"work"}]}`},
		"remove listed by type alone":         {`{"emails":[` + work + `,` + home + `]}`, `{"op":"remove","path":"emails","value":[{"type":"home"}]}`, `{"emails":[` + work + `]}`},
		"remove listed as a string":           {`{"emails":[` + work + `,` + home + `]}`, `{"op":"remove","path":"emails","value":"h@e.example"}`, `{"emails":[` + work + `]}`},
		"remove listed: none":                 {`{"emails":[` + work + `]}`, `{"op":"remove","path":"emails","value":[]}`, `{"emails":[` + work + `]}`},
		"remove listed: null is no list":      {`{"emails":[` + work + `]}`, `{"op":"remove","path":"emails","value":null}`, `{}`},
		"remove of a singular with its value": {`{"title":"t"}`, `{"op":"remove","path":"title","value":"u"}`, `{}`},
		"remove required and add again":       {`{"userName":"a"}`, `{"op":"remove","path":"userName"},{"op":"add","path":"userName","value":"b"}`, `{"userName":"b"}`},
	})
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	const doc = `{"id":"1","groups":[{"value":"g"}],"emails":[{"value":"v","type":"work"}],"` + ent + `":{"manager":{"value":"1","displayName":"M"}}}`
	for _, tc := range []struct {
		ops    string
		typ    scim.Type
		detail string
	}{
		{`{"op":"replace","path":"usrName","value":"x"}`, scim.InvalidPath, `did you mean "userName"?`},
		{`{"op":"replace","path":"name.giveName","value":"x"}`, scim.InvalidPath, `did you mean "name.givenName"?`},
		{`{"op":"replace","path":"` + ent + `:departmnt","value":"x"}`, scim.InvalidPath, `did you mean "` + ent + `:department"?`},
		{`{"op":"replace","path":"urn:example:pet:name","value":"x"}`, scim.InvalidPath, `unknown attribute "urn:example:pet:name"`},
		{`{"op":"replace","path":"emails[type eq \"work\"].kind","value":"x"}`, scim.InvalidPath, `unknown attribute "emails.kind"`},
		{`{"op":"replace","path":"name[givenName eq \"x\"].familyName","value":"x"}`, scim.InvalidPath, "not a list"},
		{`{"op":"replace","path":"emails[kind eq \"work\"].value","value":"x"}`, scim.InvalidFilter, "kind"},
		{`{"op":"replace","path":"emails[primary gt true].value","value":"x"}`, scim.InvalidFilter, "primary"},
		{`{"op":"replace","value":{"usrName":"x"}}`, scim.InvalidSyntax, `did you mean "userName"?`},
		{`{"op":"replace","value":{"name":{"giveName":"x"}}}`, scim.InvalidSyntax, `did you mean "name.givenName"?`},
		{`{"op":"replace","value":{"` + ent + `":{"departmnt":"x"}}}`, scim.InvalidSyntax, `did you mean "` + ent + `:department"?`},
		{`{"op":"replace","value":{"emails[type eq":"x"}}`, scim.InvalidPath, "cannot be read"},
		{`{"op":"replace","value":"x"}`, scim.InvalidValue, "must be an object; found a string"},
		{`{"op":"add","value":[{"title":"x"}]}`, scim.InvalidValue, "must be an object; found an array"},
		{`{"op":"replace","path":"active","value":"maybe"}`, scim.InvalidValue, `"active" must be a boolean (true or false); found a string "maybe"`},
		{`{"op":"replace","path":"name","value":"Bob"}`, scim.InvalidValue, `"name" must be an object`},
		{`{"op":"replace","path":"title","value":["a","b"]}`, scim.InvalidValue, `"title" must be a string`},
		{`{"op":"replace","path":"emails[type eq \"work\"]","value":5}`, scim.InvalidValue, `"emails" must be an object; found a number`},
		{`{"op":"replace","path":"emails[type eq \"work\"].primary","value":"x"}`, scim.InvalidValue, `"emails.primary" must be a boolean`},
		{`{"op":"replace","path":"emails[type ne \"work\"].value","value":"x"}`, scim.NoTarget, "selects nothing"},
		{`{"op":"add","path":"emails[type eq \"a\" or type eq \"b\"].value","value":"x"}`, scim.NoTarget, "selects nothing"},
		{`{"op":"add","path":"emails[type eq \"a\" and type eq \"b\"].value","value":"x"}`, scim.NoTarget, "selects nothing"},
		{`{"op":"replace","path":"emails[not (type eq \"work\")]","value":{"value":"x"}}`, scim.NoTarget, "selects nothing"},
		{`{"op":"replace","path":"id","value":"x"}`, scim.Mutability, `"id" is readOnly`},
		{`{"op":"replace","path":"meta.version","value":"x"}`, scim.Mutability, `"meta.version" is readOnly`},
		{`{"op":"remove","path":"groups"}`, scim.Mutability, `"groups" is readOnly`},
		{`{"op":"remove","path":"groups[value eq \"g\"]"}`, scim.Mutability, `"groups" is readOnly`},
		{`{"op":"replace","path":"` + ent + `:manager.displayName","value":"x"}`, scim.Mutability, `manager.displayName" is readOnly`},
		{`{"op":"remove","path":"schemas"}`, scim.Mutability, `"schemas"`},
		{`{"op":"remove","path":"userName"}`, scim.Mutability, `The required attribute "userName" cannot be removed`},
		{`{"op":"replace","path":"userName","value":null}`, scim.InvalidValue, `"userName" is missing or empty`},
		{`{"op":"replace","value":{"userName":" "}}`, scim.InvalidValue, `"userName" is missing or empty`},
		{`{"op":"add","path":"title","value":"x"},{"op":"add","path":"titel","value":"x"}`, scim.InvalidPath, `Operation 2: The path "titel"`},
		{`{"op":"add","path":"roles","value":[` + strings.Repeat(`"x",`, 1000) + `"x"]}`, scim.InvalidValue, "more than the 1000 values"},
	} {
		_, _, err := apply(t, schema.User(), doc, tc.ops)
		wantError(t, err, tc.typ, tc.detail)
	}
}

// Many operations on a long list are refused before they keep a processor busy.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	var roles strings.Builder
	for i := range 1000 {
		roles.WriteString(`"` + strings.Repeat("x", i+1) + `",`)
	}
	doc := `{"roles":[` + strings.TrimSuffix(roles.String(), ",") + `]}`
	for _, c := range []struct{ ops, terms int }{{600, 1}, {3, 200}} {
		term := `value co \"y\"`
		op := `{"op":"remove","path":"roles[` + term + strings.Repeat(" or "+term, c.terms-1) + `]"},`
		_, _, err := apply(t, schema.User(), doc, strings.TrimSuffix(strings.Repeat(op, c.ops), ","))
		wantError(t, err, scim.TooMany, "look at more than 100000 values")
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ ops, want string }{
		{`{"op":"replace","path":"password","value":"p"}`, "p"},
		{`{"op":"add","value":{"password":"p"}}`, "p"},
		{`{"op":"add","path":"password","value":"p"},{"op":"replace","path":"password","value":"q"}`, "q"},
		{`{"op":"add","path":"password","value":"p"},{"op":"remove","path":"password"}`, ""},
	} {
		before, n, err := apply(t, schema.User(), `{}`, tc.ops)
		if err != nil {
			t.Fatal(err)
		}
		if !scim.Equal(before, n.Doc) {
			t.Errorf("%s: the document became %v", tc.ops, n.Doc)
		}
		if got, _ := n.Secrets.Get("password"); got != tc.want && (got != nil || tc.want != "") {
			t.Errorf("%s: password %v", tc.ops, got)
		}
	}
}

// What the standard schemas have no example of.
func TestCharacteristics(t *testing.T) {
	t.Parallel()
	rt := asset(t)
	testChanges(t, rt, map[string]change{
		"set an immutable attribute":         {`{}`, `{"op":"add","path":"serial","value":"S"}`, `{"serial":"S"}`},
		"set it to the same":                 {`{"serial":"S"}`, `{"op":"replace","path":"serial","value":"S"}`, `{"serial":"S"}`},
		"set an immutable list":              {`{}`, `{"op":"add","path":"batches","value":["1","2"]}`, `{"batches":["1","2"]}`},
		"add to it what is there":            {`{"batches":["1","2"]}`, `{"op":"add","path":"batches","value":["2"]}`, `{"batches":["1","2"]}`},
		"set an immutable sub-attribute":     {`{"origin":{"country":"DE"}}`, `{"op":"add","path":"origin.mine","value":"N"}`, `{"origin":{"country":"DE","mine":"N"}}`},
		"add to a list of simple values":     {`{"tags":["a"]}`, `{"op":"add","path":"tags","value":["A","b"]}`, `{"tags":["a","b"]}`},
		"remove listed simple values":        {`{"tags":["a","b","c"]}`, `{"op":"remove","path":"tags","value":["A","c"]}`, `{"tags":["b"]}`},
		"remove simple values by filter":     {`{"tags":["a","b"]}`, `{"op":"remove","path":"tags[value eq \"a\"]"}`, `{"tags":["b"]}`},
		"replace simple values by filter":    {`{"tags":["a","b"]}`, `{"op":"replace","path":"tags[value eq \"a\"]","value":"c"}`, `{"tags":["b","c"]}`},
		"an integer as a string":             {`{}`, `{"op":"add","path":"size","value":"5"}`, `{"size":5}`},
		"a writeOnly sub-attribute vanishes": {`{"origin":{"country":"DE"}}`, `{"op":"add","path":"origin","value":{"pin":"1","country":"FR"}}`, `{"origin":{"country":"FR"}}`},
	})
	const doc = `{"serial":"S","batches":["1","2"],"origin":{"country":"DE","mine":"N"}}`
	for _, tc := range []struct {
		ops    string
		typ    scim.Type
		detail string
	}{
		{`{"op":"replace","path":"serial","value":"s"}`, scim.Mutability, `"serial" is immutable`},
		{`{"op":"replace","value":{"serial":"T"}}`, scim.Mutability, `"serial" is immutable`},
		{`{"op":"remove","path":"serial"}`, scim.Mutability, `"serial" is immutable`},
		{`{"op":"add","path":"batches","value":["3"]}`, scim.Mutability, `"batches" is immutable`},
		{`{"op":"remove","path":"batches","value":["2"]}`, scim.Mutability, `"batches" is immutable`},
		{`{"op":"remove","path":"batches[value eq \"1\"]"}`, scim.Mutability, `"batches" is immutable`},
		{`{"op":"replace","path":"origin.mine","value":"S"}`, scim.Mutability, `"origin.mine" is immutable`},
		{`{"op":"replace","path":"origin","value":{"mine":null}}`, scim.Mutability, `"origin.mine" is immutable`},
		{`{"op":"replace","path":"tags[value eq \"x\"]","value":"c"}`, scim.NoTarget, "selects nothing"},
	} {
		_, _, err := apply(t, rt, doc, tc.ops)
		wantError(t, err, tc.typ, tc.detail)
	}
	_, n, err := apply(t, rt, `{}`, `{"op":"add","path":"origin.pin","value":"1"}`)
	if pin, _ := n.Secrets.Get("origin.pin"); err != nil || pin != "1" || n.Doc["origin"] != nil {
		t.Errorf("%v, %v, %v", pin, n.Doc, err)
	}
}

// asset is a resource type with attributes that the standard schemas lack.
func asset(t testing.TB) *schema.ResourceType {
	t.Helper()
	s, err := schema.Parse([]byte(`{"id":"urn:example:asset","attributes":[
		{"name":"label","required":true},
		{"name":"serial","mutability":"immutable","caseExact":true},
		{"name":"size","type":"integer"},
		{"name":"tags","multiValued":true},
		{"name":"batches","multiValued":true,"mutability":"immutable"},
		{"name":"origin","type":"complex","subAttributes":[
			{"name":"country"},{"name":"mine","mutability":"immutable"},{"name":"pin","mutability":"writeOnly"}]}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	rt, err := schema.NewResourceType("Asset", "/Assets", "", s)
	if err != nil {
		t.Fatal(err)
	}
	return rt
}
