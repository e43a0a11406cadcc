package abi

import "encoding/json"

// Verdict is a policy's answer to a write.
type Verdict string

// The verdicts, from the mildest to the strictest.
const (
	// Allow lets the write through.
	Allow Verdict = "allow"
	// Hold stores the write and keeps it from the application until somebody
	// approves it.
	Hold Verdict = "hold"
	// Deny refuses the write; nothing is stored.
	Deny Verdict = "deny"
)

// Lifecycle overrides, for one user, what the tenant's rules say shall happen
// when access is taken away.
type Lifecycle string

// The lifecycle overrides.
const (
	// LifecycleDefault leaves the choice to the tenant's rules.
	LifecycleDefault Lifecycle = ""
	// LifecycleDeactivate deactivates the account.
	LifecycleDeactivate Lifecycle = "deactivate"
	// LifecycleSuspend suspends the account.
	LifecycleSuspend Lifecycle = "suspend"
	// LifecycleDelete deletes the account.
	LifecycleDelete Lifecycle = "delete"
	// LifecycleNothing leaves the account as it is.
	LifecycleNothing Lifecycle = "nothing"
)

// DecideInput is what the decide hook gets: one write, before it is stored.
type DecideInput struct {
	// ABI is the version of this document, see Version. The host fills it in.
	ABI int `json:"abi"`
	// Operation says what the client asks for.
	Operation Operation `json:"operation"`
	// ResourceType is "User" or "Group".
	ResourceType string `json:"resource_type"`
	// Before is the stored SCIM resource; absent for a create.
	Before json.RawMessage `json:"before,omitempty"`
	// After is the SCIM resource as it would be stored; absent for a delete.
	After json.RawMessage `json:"after,omitempty"`
	// Changed lists the attribute paths that differ between Before and After,
	// such as "name.familyName", sorted. It may be empty.
	Changed []string `json:"changed,omitempty"`
	// Members is what the write does to the members of a group, who are part of
	// neither Before nor After; absent where it does nothing to them. A policy can
	// deny or hold the change and cannot rewrite it.
	Members *MemberChange `json:"members,omitempty"`
	// Connection says through which client the write came.
	Connection Connection `json:"connection"`
	// Tenant says for whom the policy runs.
	Tenant Tenant `json:"tenant"`
	// Settings is the tenant's configuration of this policy, a JSON object;
	// absent where there is none.
	Settings json.RawMessage `json:"settings,omitempty"`
}

// MemberChange is what a write does to the members of a group.
type MemberChange struct {
	// Clear says that every member that the group has is removed first.
	Clear bool `json:"clear,omitempty"`
	// Remove and Add list the SCIM ids of who leaves and who joins.
	Remove []string `json:"remove,omitempty"`
	Add    []string `json:"add,omitempty"`
}

// Decision is what the decide hook answers.
//
// Fields that do not belong to the verdict must be absent. Texts for people are
// cleaned by ParseDecision: control characters become spaces and what is longer
// than the limit is cut.
type Decision struct {
	// Verdict is required.
	Verdict Verdict `json:"verdict"`

	// Status is the HTTP status of a deny: 400 to 499 without 401, 407, 408 and
	// 429, which speak of the client's token and pace and are not a policy's to
	// say. 0 stands for 403; ParseDecision fills that in.
	Status int `json:"status,omitempty"`
	// ScimType is the error type of a deny, one of RFC 7644 table 9, or empty.
	ScimType string `json:"scim_type,omitempty"`
	// Detail says why, in words that the identity provider shows to its
	// administrator. Required for a deny; at most MaxDetail bytes.
	Detail string `json:"detail,omitempty"`

	// Title is the headline of what an approver is asked. Required for a hold;
	// at most MaxTitle bytes.
	Title string `json:"title,omitempty"`
	// Reason tells the approver why. At most MaxReason bytes.
	Reason string `json:"reason,omitempty"`

	// ExpiresIn is after how many seconds a hold counts as rejected, MinExpiry to
	// MaxExpiry; 0 leaves it to the tenant's rules. Only for a hold.
	ExpiresIn int `json:"expires_in,omitempty"`

	// Lifecycle overrides the tenant's rules for this write. Not for a deny.
	Lifecycle Lifecycle `json:"lifecycle,omitempty"`
	// After replaces the resource that will be stored: a whole SCIM resource, a
	// JSON object. Absent leaves it as it is. Not for a deny and not for a delete.
	After json.RawMessage `json:"after,omitempty"`
}
