package event_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/caddy-scim/caddy-scim/internal/event"
	"github.com/caddy-scim/caddy-scim/scim"
)

// The claims are those of RFC 9967 figure 15, but for the txn and toe that it leaves out in some.
func TestClaims(t *testing.T) {
	t.Parallel()
	e := event.Event{
		ID: "6164f3bb", Txn: "734f0614", Issued: time.Unix(1458505044, 999), Occurred: time.Unix(1458505000, 0),
		Subject: event.Subject{URI: "/Users/2819c223"},
		Payloads: map[string]event.Payload{
			scim.EventAsyncResp: {Method: "PUT", Status: "400", Response: scim.BadRequest(scim.InvalidSyntax, "Request is unparsable")},
			scim.EventPut:       {Attributes: []string{}, Version: `W/"2"`},
			scim.EventDelete:    {},
		},
	}
	stored, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var head event.Head
	if err := json.Unmarshal(stored, &head); err != nil || head != (event.Head{ID: "6164f3bb", Txn: "734f0614", Issued: 1458505044}) {
		t.Errorf("head %+v, %v", head, err)
	}
	const rest = `"jti":"6164f3bb","iat":1458505044,"toe":1458505000,"txn":"734f0614",
		"sub_id":{"format":"scim","uri":"/Users/2819c223"},
		"events":{
			"urn:ietf:params:scim:event:misc:asyncresp":{"method":"PUT","status":"400","response":{
				"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"scimType":"invalidSyntax","detail":"Request is unparsable","status":"400"}},
			"urn:ietf:params:scim:event:prov:put:notice":{"attributes":[],"version":"W/\"2\""},
			"urn:ietf:params:scim:event:prov:delete":{}
		}}`
	for want, audience := range map[string][]string{
		`{"iss":"https://scim.example.com","aud":"https://a.example",` + rest: {"https://a.example"},
		`{"iss":"https://scim.example.com","aud":["a","b"],` + rest:           {"a", "b"},
	} {
		got, err := event.Address(stored, "https://scim.example.com", audience)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decode(t, []byte(want)), decode(t, got)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	if _, err := event.Address([]byte(`[`), "i", nil); err == nil {
		t.Error("a damaged event is addressed")
	}
}

func decode(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return v
}

func TestSubjectIsReadBack(t *testing.T) {
	t.Parallel()
	want := event.Subject{URI: "/Users/1", ExternalID: "é\"x"}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got event.Subject
	if err := json.Unmarshal(b, &got); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}
