// Package abi holds the JSON documents that the host and a policy exchange.
//
// A policy is a WebAssembly module with up to four hooks. Each hook gets one
// JSON document and answers with one:
//
//	decide    DecideInput → Decision     before a write is stored
//	map       MapInput    → MapOutput    before an action is sent to the application
//	import    ImportInput → ImportOutput when the application's accounts are read
//	describe  nothing     → Description  when the module is loaded
//
// What the host sends may gain fields within one ABI version, so a policy
// ignores fields that it does not know. What a policy answers is read strictly:
// an unknown field is an error, because a misspelt "detail" or "verdict" must
// not turn into a silent yes.
//
// The package needs the standard library only, so that a guest can import it.
package abi

// Version is the ABI version that this package describes. The host puts it into
// every input; a module says that it speaks it by exporting a function named
// Marker.
const Version = 1

// Marker is the name of the export that says which ABI version a module was
// built for. It is a function without parameters and results that the host
// looks for and never calls.
const Marker = "scim_policy_abi_1"

// The hooks, by the name under which a module exports them.
const (
	HookDecide   = "decide"
	HookMap      = "map"
	HookImport   = "import"
	HookDescribe = "describe"
)

// Operation is what a client asks for, in DecideInput.
type Operation string

// The operations.
const (
	OpCreate Operation = "create"
	OpUpdate Operation = "update"
	OpDelete Operation = "delete"
)

// Action is what the application must be told, in MapInput.
type Action string

// The actions.
const (
	ActionCreate        Action = "create"
	ActionUpdate        Action = "update"
	ActionSuspend       Action = "suspend"
	ActionDeactivate    Action = "deactivate"
	ActionReactivate    Action = "reactivate"
	ActionDelete        Action = "delete"
	ActionAddMembers    Action = "add_members"
	ActionRemoveMembers Action = "remove_members"
	// ActionSetMembers comes in the place of the two before it, where the operator
	// has given it a route: the members that are listed are all there are to be.
	ActionSetMembers Action = "set_members"
	// ActionSetPassword never reaches a policy: no policy sees a password.
	ActionSetPassword Action = "set_password"
)

// Actions returns every action, in the order in which the documentation lists
// them. The slice is the caller's.
func Actions() []Action {
	return []Action{
		ActionCreate, ActionUpdate, ActionSuspend, ActionDeactivate,
		ActionReactivate, ActionDelete, ActionAddMembers, ActionRemoveMembers,
		ActionSetMembers, ActionSetPassword,
	}
}

// Valid reports whether a is one of the actions above.
func (a Action) Valid() bool {
	switch a {
	case ActionCreate, ActionUpdate, ActionSuspend, ActionDeactivate,
		ActionReactivate, ActionDelete, ActionAddMembers, ActionRemoveMembers,
		ActionSetMembers, ActionSetPassword:
		return true
	}
	return false
}

// Tenant is the customer organisation on whose behalf a policy runs.
type Tenant struct {
	// ID is the tenant's name, such as "acme".
	ID string `json:"id"`
	// SeatLimit is how many active users the tenant has paid for; absent where the
	// operator has not said. Nobody but a policy enforces it.
	SeatLimit int `json:"seat_limit,omitempty"`
	// Counts is how many resources the tenant has, as they are desired, without the
	// write in question. Only decide gets it, and only where describe lists
	// NeedCounts.
	Counts *Counts `json:"counts,omitempty"`
}

// Counts is how many resources a tenant has.
type Counts struct {
	// Users is all users, ActiveUsers those whose active is not false.
	Users       int `json:"users"`
	ActiveUsers int `json:"active_users"`
	// Groups is all groups.
	Groups int `json:"groups"`
}

// Connection is the identity provider's access through which a write came.
type Connection struct {
	// ID is the connection's id within the tenant.
	ID string `json:"id"`
	// Profile is the client's dialect: "okta", "entra", "onelogin", "jumpcloud",
	// "google" or "generic".
	Profile string `json:"profile"`
}
