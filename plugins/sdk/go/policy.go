// Package policy is the Go SDK for policies. A policy is a package main that
// registers its hooks:
//
//	func init() {
//		policy.Register(policy.Policy{Name: "hello", Decide: decide})
//	}
//
//	func decide(in *policy.DecideInput) (*policy.Decision, error) {
//		if in.ResourceType != policy.TypeUser || in.Operation == policy.OpDelete {
//			return policy.Allow(), nil
//		}
//		user, err := policy.ParseUser(in.After)
//		if err != nil {
//			return nil, err
//		}
//		if user.Enterprise.Department == "" {
//			return policy.Deny(400, "invalidValue", "every user needs a department"), nil
//		}
//		return policy.Allow(), nil
//	}
//
//	func main() {}
//
// It is built by
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags="-s -w" -o hello.wasm .
//
// and tested by plain "go test": the package works natively as well, where the
// hooks are ordinary functions and no WebAssembly is involved.
//
// A policy is a pure function. It has no files, no network, no clock and no
// randomness, and what it stores in variables is gone at the next call. A returned
// error or a panic makes the request fail with 503 and a delivery be retried, so
// return an error only for what is not the identity provider's fault, and Deny for
// what is.
package policy

import (
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// The documents of the ABI, see package abi for each field.
type (
	// DecideInput is what Policy.Decide gets.
	DecideInput = abi.DecideInput
	// Decision is what Policy.Decide answers; see Allow, Deny and Hold.
	Decision = abi.Decision
	// MapInput is what Policy.Map gets.
	MapInput = abi.MapInput
	// MapOutput is what Policy.Map answers; see Requests and Declarative.
	MapOutput = abi.MapOutput
	// ImportInput is what Policy.Import gets.
	ImportInput = abi.ImportInput
	// ImportOutput is what Policy.Import answers; see Imported, ImportedUser and Skip.
	ImportOutput = abi.ImportOutput
	// Tenant is for whom the policy runs, and Counts what it has.
	Tenant = abi.Tenant
	// Counts is how many resources a tenant has.
	Counts = abi.Counts
	// Request is one HTTP request to the application.
	Request = abi.Request
	// Member is one of MapInput.Members.
	Member = abi.Member
	// MemberChange is DecideInput.Members.
	MemberChange = abi.MemberChange
)

// What is asked for and what must be done, for comparisons.
const (
	OpCreate = abi.OpCreate
	OpUpdate = abi.OpUpdate
	OpDelete = abi.OpDelete

	ActionCreate        = abi.ActionCreate
	ActionUpdate        = abi.ActionUpdate
	ActionSuspend       = abi.ActionSuspend
	ActionDeactivate    = abi.ActionDeactivate
	ActionReactivate    = abi.ActionReactivate
	ActionDelete        = abi.ActionDelete
	ActionAddMembers    = abi.ActionAddMembers
	ActionRemoveMembers = abi.ActionRemoveMembers
	ActionSetMembers    = abi.ActionSetMembers

	LifecycleDeactivate = abi.LifecycleDeactivate
	LifecycleSuspend    = abi.LifecycleSuspend
	LifecycleDelete     = abi.LifecycleDelete
	LifecycleNothing    = abi.LifecycleNothing

	// NeedCounts is for Policy.Needs.
	NeedCounts = abi.NeedCounts

	TypeUser  = "User"
	TypeGroup = "Group"
)

// Policy is what a policy consists of. Decide, Map and Import are optional, but there
// must be one of them.
type Policy struct {
	// Name is what people call the policy. Required.
	Name string
	// Version is the author's version, for people.
	Version string
	// SettingsSchema is the JSON Schema of the settings, an object; empty for none.
	SettingsSchema string
	// Needs lists what Decide wants to be told beside the write: NeedCounts, or nothing.
	Needs []string
	// Decide answers a write before it is stored. nil allows everything.
	Decide func(*DecideInput) (*Decision, error)
	// Map turns an action into requests to the application. nil leaves that to the
	// connector's own field map.
	Map func(*MapInput) (*MapOutput, error)
	// Import turns an account of the application's into a SCIM resource. Optional.
	Import func(*ImportInput) (*ImportOutput, error)
	// Warm is called once at the end of Register, and what it leaves in memory is
	// there in every call. A policy that decodes its own types can do so here, so
	// that encoding/json need not learn them again each time. Optional.
	Warm func()
}

// registered is the policy of this module. It is set while the package is
// initialised and never changed after.
var registered Policy

// Register makes p the policy of this module. It must be called exactly once, from
// an init function.
func Register(p Policy) {
	switch {
	case registered.Name != "":
		panic("policy: Register is called twice")
	case p.Name == "":
		panic("policy: Register needs a Name")
	}
	registered = p
	if p.Warm != nil {
		p.Warm()
	}
}

// Allow lets a write through.
func Allow() *Decision { return &Decision{Verdict: abi.Allow} }

// Deny refuses a write. Status is 400 to 499, 0 standing for 403; scimType is one
// of RFC 7644 table 9 or empty; detail is shown to the identity provider's
// administrator.
func Deny(status int, scimType, detail string) *Decision {
	return &Decision{Verdict: abi.Deny, Status: status, ScimType: scimType, Detail: detail}
}

// Hold lets a write wait for an approval. Title is the headline for the approver
// and required; reason says more.
func Hold(title, reason string) *Decision {
	return &Decision{Verdict: abi.Hold, Title: title, Reason: reason}
}

// HoldFor is Hold for a while, a minute to 90 days: who is not approved by then counts
// as rejected.
func HoldFor(wait time.Duration, title, reason string) *Decision {
	d := Hold(title, reason)
	d.ExpiresIn = int(wait / time.Second)
	return d
}

// Requests answers a Map with requests that are sent in this order.
func Requests(list ...Request) *MapOutput { return &MapOutput{Requests: list} }

// Declarative answers a Map with "use the connector's own routes and field map".
func Declarative() *MapOutput { return &MapOutput{Requests: []Request{}} }
