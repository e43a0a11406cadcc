package adapter

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Whatever an application has, an application that takes every call has what is wanted after a few of them.
func TestActionsConverge(t *testing.T) {
	t.Parallel()
	rules := rapid.SampledFrom([]Rule{RuleNothing, RuleSuspend, RuleDeactivate})
	overrides := rapid.SampledFrom([]string{"", "", "nothing", "suspend", "deactivate", "delete"})
	docs := rapid.SampledFrom([][]byte{
		[]byte(`{"active":true,"userName":"ann"}`), []byte(`{"active":false,"userName":"ann"}`), []byte(`{"userName":"ann"}`),
		[]byte(`{"active":true,"userName":"bob"}`), []byte(`{"active":false,"userName":"bob"}`), []byte(`{"userName":"bob"}`),
	})
	rapid.Check(t, func(t *rapid.T) {
		onDelete := rapid.OneOf(rules, rapid.Just(RuleDelete)).Draw(t, "on delete")
		after := time.Duration(0)
		if onDelete.keeps() && rapid.Bool().Draw(t, "for a while") {
			after = time.Hour
		}
		tenant := &Tenant{cfg: TenantConfig{Lifecycle: Lifecycle{
			OnDelete: onDelete, OnInactive: rules.Draw(t, "on inactive"), DeleteAfter: after,
		}}}
		d := &dispatcher{engine: &Engine{owner: "me", clock: time.Now}, unrecorded: map[string]struct{}{}}
		rec := &store.Record{Desired: store.State{
			Version: 7, Doc: docs.Draw(t, "desired"), Deleted: rapid.Bool().Draw(t, "deleted"), Lifecycle: overrides.Draw(t, "override"),
		}}
		rec.Applied.Account = rapid.SampledFrom([]store.Account{
			store.AccountAbsent, store.AccountActive, store.AccountSuspended, store.AccountDeactivated, store.AccountDeleted,
		}).Draw(t, "account")
		if rec.Applied.Account != store.AccountAbsent {
			rec.Applied.Doc, rec.Applied.Version = docs.Draw(t, "applied"), 5
			rec.Applied.Unsure, rec.Applied.Adrift = rapid.Bool().Draw(t, "unsure"), rapid.Bool().Draw(t, "adrift")
		}
		if exists(rec.Applied.Account) {
			rec.Applied.LegacyID = "1001"
		}
		had, knew := rec.Applied.Account, rec.Applied.Doc
		var told []abi.Action
		for d.plan(tenant, rec, time.Unix(1, 0)); rec.Dirty(); d.plan(tenant, rec, time.Unix(1, 0)) {
			told = append(told, rec.Attempt.Action)
			if len(told) > 4 {
				t.Fatalf("no end: %v", told)
			}
			s := &shipment{attempt: *rec.Attempt, target: rec.Target()}
			if err := acknowledge(rec, s, connector.Outcome{Kind: connector.Done, LegacyID: "1001"}); err != nil {
				t.Fatal(err)
			}
			rec.Attempt = nil
		}
		level := bytes.Equal(rec.Applied.Doc, rec.Desired.Doc)
		if rec.Desired.Deleted && exists(rec.Applied.Account) {
			level = sameFields(rec.Applied.Doc, knew) // nobody has told it of anything else
		}
		if rec.Applied.Version != 7 || !level || rec.Applied.Deleted != rec.Desired.Deleted {
			t.Errorf("not level: %+v", rec.Applied)
		}
		override := rec.Desired.Lifecycle == string(RuleSuspend) || rec.Desired.Lifecycle == string(RuleDeactivate)
		kept := after > 0 && rec.Desired.Deleted && exists(rec.Applied.Account) && (rec.Desired.Lifecycle == "" || override)
		if rec.Parting != kept {
			t.Errorf("the account is said to be kept for a while: %v, after %v", rec.Parting, told)
		}
		wants := rec.Desired.Present() && active(rec.Desired.Doc)
		if has := rec.Applied.Account == store.AccountActive; wants && !has {
			t.Errorf("the person has no access after %v", told)
		} else if !wants && has && had != store.AccountActive && told != nil {
			t.Errorf("the person was given access by %v", told)
		}
	})
}
