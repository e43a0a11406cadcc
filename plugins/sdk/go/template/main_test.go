package main

import (
	"testing"

	policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"
	"github.com/caddy-scim/caddy-scim/plugins/sdk/go/policytest"
)

func TestCases(t *testing.T) { policytest.Cases(t, thePolicy(), "cases.json") }

func TestBrokenUser(t *testing.T) {
	d, err := decide(&policy.DecideInput{
		Operation: policy.OpCreate, ResourceType: policy.TypeUser, After: []byte(`{"userName":1}`),
	})
	if err == nil {
		t.Errorf("decided %+v, want an error", d)
	}
}
