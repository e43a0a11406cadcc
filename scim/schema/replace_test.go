package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

func TestReplace(t *testing.T) {
	t.Parallel()
	before := decode(t, `{`+both+`,"id":"1","meta":{"resourceType":"User"},"groups":[{"value":"g"}],"userName":"a","title":"old","name":{"givenName":"b"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"d"}}`)
	n, err := schema.User().Replace(before, decode(t, `{"id":"2","groups":[],"meta":{"version":"9"},"userName":"b","password":"p","roles":["r"]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := decode(t, `{`+core+`,"id":"1","meta":{"resourceType":"User"},"groups":[{"value":"g"}],"userName":"b","roles":[{"value":"r"}]}`)
	if diff := cmp.Diff(want, n.Doc); diff != "" {
		t.Error(diff)
	}
	if p, _ := n.Secrets.Get("password"); p != "p" {
		t.Error("no password")
	}
	_, err = schema.User().Replace(before, decode(t, `{"title":"x"}`))
	wantError(t, err, scim.InvalidValue, `"userName"`)
}

func TestReplaceImmutable(t *testing.T) {
	t.Parallel()
	rt := widget(t)
	const head, tail = `{"label":"x",`, `"urn:example:paint":{"colour":"red"}}`
	before, err := rt.Normalize(decode(t, head+`"serial":"S1","batches":["1","2"],"origin":{"country":"DE","mine":"North"},`+tail), schema.FromServer)
	if err != nil {
		t.Fatal(err)
	}
	kept := scim.Clone(before.Doc)
	for _, tc := range []struct{ in, refused string }{
		{`"serial":"S1",`, ""},
		{``, ""},
		{`"batches":["2","1"],`, ""},
		{`"origin":{"country":"FR"},`, ""},
		{`"origin":{"country":"FR","mine":"NORTH"},`, ""},
		{`"serial":"s1",`, "serial"},
		{`"batches":["1"],`, "batches"},
		{`"batches":["1","3"],`, "batches"},
		{`"origin":{"mine":"South"},`, "origin.mine"},
	} {
		n, err := rt.Replace(before.Doc, decode(t, head+tc.in+tail))
		if tc.refused != "" {
			wantError(t, err, scim.Mutability, `"`+tc.refused+`" is immutable`)
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", tc.in, err)
		}
		if n.Doc["serial"] != "S1" || n.Doc["batches"] == nil {
			t.Errorf("%s: immutable attributes got lost: %v", tc.in, n.Doc)
		}
		if origin, ok := n.Doc["origin"].(scim.Object); ok && origin["mine"] == nil {
			t.Errorf("%s: origin.mine got lost", tc.in)
		}
	}
	if !scim.Equal(kept, before.Doc) {
		t.Error("the document before was changed")
	}
}
