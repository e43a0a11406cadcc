package abi

import "encoding/json"

// MapInput is what the map hook gets: one action that the application must be
// told of.
type MapInput struct {
	// ABI is the version of this document, see Version. The host fills it in.
	ABI int `json:"abi"`
	// Action says what the application must do.
	Action Action `json:"action"`
	// ResourceType is "User" or "Group".
	ResourceType string `json:"resource_type"`
	// ID is the resource's SCIM id.
	ID string `json:"id"`
	// LegacyID is the application's own id of the account or, for a group, of what
	// the group is there; empty before a create.
	LegacyID string `json:"legacy_id,omitempty"`
	// Before is the resource as the application last acknowledged it; absent for
	// a create.
	Before json.RawMessage `json:"before,omitempty"`
	// After is the resource as it shall be; absent for a delete.
	After json.RawMessage `json:"after,omitempty"`
	// Members lists, for add_members and remove_members, who joins or leaves the
	// group that the other fields speak of. There is one where the route of the
	// action speaks of one member. For set_members it lists everybody who is to be
	// in the group, and is absent where that is nobody.
	Members []Member `json:"members,omitempty"`
	// Tenant says for whom the policy runs.
	Tenant Tenant `json:"tenant"`
	// Settings is the tenant's configuration of this policy, a JSON object;
	// absent where there is none.
	Settings json.RawMessage `json:"settings,omitempty"`
}

// Member is one member of a group.
type Member struct {
	// ID is the member's SCIM id.
	ID string `json:"id"`
	// LegacyID is the application's own id of the member; empty where it has none.
	LegacyID string `json:"legacy_id,omitempty"`
	// Type is "User" or "Group".
	Type string `json:"type"`
}

// MapOutput is what the map hook answers.
type MapOutput struct {
	// Requests are sent to the application in this order, at most MaxRequests of
	// them. None means that the connector's own routes and field map are used, as
	// if the policy had no map hook.
	Requests []Request `json:"requests"`
}

// Request is one HTTP request to the application.
type Request struct {
	// Method is GET, POST, PUT, PATCH or DELETE. Empty stands for the method of
	// the route that is configured for the action.
	Method string `json:"method,omitempty"`
	// Path is appended to the application's base URL. It starts with one "/", may
	// have a query, and has no fragment and no "." or ".." segment. Empty stands
	// for the path of the route that is configured for the action.
	Path string `json:"path,omitempty"`
	// Body is the JSON body. Absent means that the request has none.
	Body json.RawMessage `json:"body,omitempty"`
}
