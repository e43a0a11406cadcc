package policytest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"
)

// fickle does what the resource type says.
var fickle = policy.Policy{
	Name: "fickle",
	Decide: func(in *policy.DecideInput) (*policy.Decision, error) {
		switch in.ResourceType {
		case "error":
			return nil, errors.New("no user")
		case "panic":
			panic("boom")
		case "wrong":
			return &policy.Decision{Verdict: "maybe"}, nil
		}
		return policy.Deny(0, "", in.Tenant.ID), nil
	},
	Map: func(*policy.MapInput) (*policy.MapOutput, error) { return policy.Declarative(), nil },
	Import: func(in *policy.ImportInput) (*policy.ImportOutput, error) {
		return policy.Imported(in.Record, "7"), nil
	},
}

func TestCases(t *testing.T) {
	t.Parallel()
	Cases(t, fickle, "testdata/cases.json")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		test one
		want string
	}{
		{one{Hook: "decide", Input: []byte(`{"tenant":{"id":"a"}}`), Want: []byte(`{"verdict":"deny","detail":"a"}`)}, ""},
		{one{Hook: "decide", Input: []byte(`{"tenant":{"id":"a"}}`), Want: []byte(`{"verdict":"deny","detail":"b"}`)}, `answered`},
		{one{Hook: "decide", Input: []byte(`{"tenant":{"id":"a"}}`), Want: []byte(`{"verdict":"dny"}`)}, `want: verdict: is "dny"`},
		{one{Hook: "decide", Input: []byte(`{"tenant":{"id":"a"}}`), Error: "policy"}, `want the failure "policy"`},
		{one{Hook: "decide", Input: []byte(`{"resource_type":"panic"}`), Error: "policy"}, `failed (trap): panic: boom`},
		{one{Hook: "decide", Input: []byte(`{"resource_type":"error"}`), Want: []byte(`{"verdict":"allow"}`)}, `failed: no user`},
		{one{Hook: "decide", Input: []byte(`{"resource_type":"error"}`), Error: "policy", Detail: "group"}, `with "group"`},
		{one{Hook: "decide", Input: []byte(`{"resourcetype":"error"}`), Error: "policy"}, `input: json: unknown field`},
		{one{Hook: "describe", Input: []byte(`{}`), Error: "policy"}, `the hook is "describe"`},
		{one{Hook: "decide", Input: []byte(`{}`), Error: "fuel"}, ""},
	} {
		if got := c.test.check(fickle); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			raw, _ := json.Marshal(c.test)
			t.Errorf("%s: %q, want %q", raw, got, c.want)
		}
	}
}
