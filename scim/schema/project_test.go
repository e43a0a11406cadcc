package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

const stored = `{"active":true,"emails":[{"primary":true,"type":"work","value":"b@e.example"},{"type":"home","value":"h@e.example"}],"id":"1",` +
	`"meta":{"created":"2008-01-23T04:56:22Z","resourceType":"User"},"name":{"familyName":"Jensen","givenName":"Barbara"},` +
	`"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"D","manager":{"displayName":"M","value":"2"}},"userName":"b"}`

func TestProjection(t *testing.T) {
	t.Parallel()
	const ent = `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`
	const least = `"id":"1",` + both
	for _, tc := range []struct{ attributes, excluded, want string }{
		{"", "", stored},
		{" , ", ",", stored},
		{"userName", "", `{` + least + `,"userName":"b"}`},
		{"USERNAME,Name.GivenName", "", `{` + least + `,"userName":"b","name":{"givenName":"Barbara"}}`},
		{"emails.value", "", `{` + least + `,"emails":[{"value":"b@e.example"},{"value":"h@e.example"}]}`},
		{"emails.primary", "", `{` + least + `,"emails":[{"primary":true}]}`},
		{"emails,emails.value", "", `{` + least + `,"emails":[{"primary":true,"type":"work","value":"b@e.example"},{"type":"home","value":"h@e.example"}]}`},
		{"title", "", `{` + least + `}`},
		{"zodiac", "", `{` + least + `}`},
		{"id", "", `{` + least + `}`},
		{"password", "", `{` + least + `}`},
		{ent, "", `{` + least + `,"` + ent + `":{"department":"D","manager":{"displayName":"M","value":"2"}}}`},
		{ent + ":department", "", `{` + least + `,"` + ent + `":{"department":"D"}}`},
		{ent + ":manager.value", "", `{` + least + `,"` + ent + `":{"manager":{"value":"2"}}}`},
		{"department", "", `{` + least + `,"` + ent + `":{"department":"D"}}`},
		{"urn:ietf:params:scim:schemas:core:2.0:User:userName", "", `{` + least + `,"userName":"b"}`},
		{"meta.created", "", `{` + least + `,"meta":{"created":"2008-01-23T04:56:22Z"}}`},
		{"", "id,schemas,emails,meta,name,active," + ent, `{` + least + `,"userName":"b"}`},
		{"", "id,emails.value,emails.type,name.givenName,meta,active," + ent + ":manager", `{` + least + `,"emails":[{"primary":true}],"name":{"familyName":"Jensen"},"` + ent + `":{"department":"D"},"userName":"b"}`},
		{"", "zodiac", stored},
	} {
		p, err := schema.User().Projection(tc.attributes, tc.excluded)
		if err != nil {
			t.Fatal(err)
		}
		got := p.Apply([]byte(stored))
		if diff := cmp.Diff(decode(t, tc.want), decode(t, string(got))); diff != "" {
			t.Errorf("attributes=%s excluded=%s (-want +got):\n%s", tc.attributes, tc.excluded, diff)
		}
	}
	_, err := schema.User().Projection("userName", "emails")
	wantError(t, err, scim.InvalidValue, "exclude each other")
}

func TestProjectionHonoursReturned(t *testing.T) {
	t.Parallel()
	const doc = `{"audit":"secret","checksum":"c","label":"x","notes":"n","parts":[{"code":"1","origin":"o","value":"v"}],"schemas":["urn:example:widget"]}`
	for _, tc := range []struct{ attributes, excluded, want string }{
		{"", "", `{"checksum":"c","label":"x","parts":[{"code":"1","value":"v"}],"schemas":["urn:example:widget"]}`},
		{"label,audit", "", `{"checksum":"c","label":"x","parts":[{"code":"1"}],"schemas":["urn:example:widget"]}`},
		{"notes,parts", "", `{"checksum":"c","notes":"n","parts":[{"code":"1","value":"v"}],"schemas":["urn:example:widget"]}`},
		{"parts.origin", "", `{"checksum":"c","parts":[{"code":"1","origin":"o"}],"schemas":["urn:example:widget"]}`},
		{"", "checksum,parts,label", `{"checksum":"c","parts":[{"code":"1"}],"schemas":["urn:example:widget"]}`},
	} {
		p, err := widget(t).Projection(tc.attributes, tc.excluded)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(p.Apply([]byte(doc))); got != tc.want {
			t.Errorf("attributes=%s excluded=%s\n got %s\nwant %s", tc.attributes, tc.excluded, got, tc.want)
		}
	}
}

func TestProjectionOfEverythingCostsNothing(t *testing.T) {
	t.Parallel()
	doc := []byte(stored)
	p, err := schema.User().Projection("", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Apply(doc); &got[0] != &doc[0] {
		t.Error("the document was copied")
	}
}
