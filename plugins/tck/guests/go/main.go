// Command go is the test guest of the Go SDK, see package tck.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"
)

func init() {
	policy.Register(policy.Policy{
		Name:           "tck",
		Version:        "1.0.0",
		SettingsSchema: `{"type":"object","properties":{"tck":{"type":"string"}}}`,
		Needs:          []string{policy.NeedCounts},
		Decide:         decide,
		Map:            mapAction,
		Import:         importRecord,
	})
}

func main() {}

// calls counts the calls that this memory has seen.
var calls int

// behaviour says what a case wants of a hook.
func behaviour(settings json.RawMessage) (string, error) {
	calls++
	var s struct {
		TCK string `json:"tck"`
	}
	err := policy.Settings(settings, &s)
	return s.TCK, err
}

func decide(in *policy.DecideInput) (*policy.Decision, error) {
	want, err := behaviour(in.Settings)
	if err != nil {
		return nil, err
	}
	before, err := policy.ParseUser(in.Before)
	if err != nil {
		return nil, err
	}
	after, err := policy.ParseUser(in.After)
	if err != nil {
		return nil, err
	}
	switch want {
	case "go_world":
		return world(), nil
	case "go_garbage":
		return garbage(), nil
	case "go_hoard":
		return hoard(), nil
	case "deny":
		return policy.Deny(409, "uniqueness", "tck denies "+after.UserName), nil
	case "deny_plainly":
		return policy.Deny(0, "", "tck denies"), nil
	case "hold":
		return policy.Hold("tck", strings.Join(strings.Fields(fmt.Sprintln(in.ABI, in.Operation, in.ResourceType,
			before.UserName, after.UserName, strings.Join(in.Changed, ","), in.Connection.ID, in.Connection.Profile, in.Tenant.ID)), " ")), nil
	case "counts":
		return holdCounts(in), nil
	case "expires":
		return policy.HoldFor(time.Hour, "tck", "an hour"), nil
	case "members":
		return holdMembers(in)
	case "lifecycle":
		d := policy.Allow()
		d.Lifecycle = policy.LifecycleSuspend
		return d, nil
	case "rewrite":
		d := policy.Allow()
		d.After = in.After
		return d, nil
	case "state":
		if calls != 1 {
			return policy.Deny(0, "", fmt.Sprintf("tck has seen %d calls", calls)), nil
		}
	case "wrong":
		return &policy.Decision{Verdict: "maybe"}, nil
	case "error":
		return nil, errors.New("tck error é")
	case "panic":
		panic("tck panic")
	case "loop":
		for n := uint32(1); n != 0; n += 2 { // never even
		}
	case "log":
		policy.Logf("tck: %s", "first")
		policy.Logf("tck: zweite Zeile äöü")
	}
	return policy.Allow(), nil
}

// holdCounts shows what is known of the tenant.
func holdCounts(in *policy.DecideInput) *policy.Decision {
	tenant, counts := in.Tenant, in.Tenant.Counts
	if counts == nil {
		return policy.Hold("tck", fmt.Sprintf("%s: %d seats, not counted", tenant.ID, tenant.SeatLimit))
	}
	return policy.Hold("tck", fmt.Sprintf("%s: %d of %d seats, %d users, %d groups",
		tenant.ID, counts.ActiveUsers, tenant.SeatLimit, counts.Users, counts.Groups))
}

// holdMembers shows a group and what becomes of its members.
func holdMembers(in *policy.DecideInput) (*policy.Decision, error) {
	before, err := policy.ParseGroup(in.Before)
	if err != nil {
		return nil, err
	}
	after, err := policy.ParseGroup(in.After)
	if err != nil {
		return nil, err
	}
	members := "members stay"
	if m := in.Members; m != nil {
		members = fmt.Sprintf("clear %t remove %s add %s", m.Clear, strings.Join(m.Remove, ","), strings.Join(m.Add, ","))
	}
	return policy.Hold("tck", before.DisplayName+"; "+after.ExternalID+" "+after.DisplayName+"; "+members), nil
}

func mapAction(in *policy.MapInput) (*policy.MapOutput, error) {
	want, err := behaviour(in.Settings)
	if err != nil {
		return nil, err
	}
	switch want {
	case "none":
		return policy.Declarative(), nil
	case "error":
		return nil, errors.New("tck error é")
	}
	before, err := policy.ParseUser(in.Before)
	if err != nil {
		return nil, err
	}
	after, err := policy.ParseUser(in.After)
	if err != nil {
		return nil, err
	}
	shown := map[string]any{
		"abi": in.ABI, "action": in.Action, "resource_type": in.ResourceType, "id": in.ID, "legacy_id": in.LegacyID,
		"before": before.UserName, "after": after.UserName, "tenant": in.Tenant.ID,
	}
	if in.Members != nil {
		shown["members"] = in.Members
	}
	body, err := json.Marshal(shown)
	if err != nil {
		return nil, err
	}
	return policy.Requests(
		policy.Request{Method: "PATCH", Path: "/tck/" + in.LegacyID + "?of=" + in.ID, Body: body},
		policy.Request{},
	), nil
}

func importRecord(in *policy.ImportInput) (*policy.ImportOutput, error) {
	want, err := behaviour(in.Settings)
	if err != nil {
		return nil, err
	}
	login := policy.Text(in.Record, "login")
	switch want {
	case "skip":
		return policy.Skip("tck skips " + login), nil
	case "wrong":
		return &policy.ImportOutput{}, nil
	case "error":
		return nil, errors.New("tck error é")
	}
	resource, err := json.Marshal(map[string]any{
		"userName": login, "displayName": fmt.Sprint(in.ABI, " ", in.ResourceType, " ", in.Tenant.ID), "record": in.Record,
	})
	if err != nil {
		return nil, err
	}
	return policy.Imported(resource, policy.Text(in.Record, "id")), nil
}
