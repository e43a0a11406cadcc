package store

import "encoding/json"

// Request is what a client asked for with an operation, as the journal keeps it: bounded, and without what is secret.
type Request struct {
	Changes []AttributeChange `json:"changes,omitempty"`
	// MoreChanges is how many attributes beside them changed.
	MoreChanges int             `json:"more_changes,omitempty"`
	Members     *MembersRequest `json:"members,omitempty"`
}

// AttributeChange is what became of one attribute. A value that is too long is cut, and stands as a text then that ends
// in "…"; one that is secret is "[redacted]".
type AttributeChange struct {
	Path string          `json:"path"`
	Old  json.RawMessage `json:"old,omitempty"` // absent where there was none
	New  json.RawMessage `json:"new,omitempty"` // absent where there is none any more
}

// MembersRequest is who joined and left a group.
type MembersRequest struct {
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
	// MoreAdded and MoreRemoved are how many did beside them.
	MoreAdded   int `json:"more_added,omitempty"`
	MoreRemoved int `json:"more_removed,omitempty"`
	// All means that everybody else left: the group was emptied.
	All bool `json:"all,omitempty"`
}
