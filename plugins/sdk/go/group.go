package policy

import (
	"encoding/json"
)

// Group is a SCIM group (RFC 7643 section 4.2). Its members are not part of it:
// what becomes of them is in DecideInput.Members and MapInput.Members.
type Group struct {
	ID          string `json:"id,omitempty"`
	ExternalID  string `json:"externalId,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
}

// ParseGroup reads a SCIM group, the Before or After of an input. The result of an
// absent one is an empty group. Attribute names are matched exactly, since the host
// sends them as the schema spells them.
func ParseGroup(doc json.RawMessage) (*Group, error) {
	if len(doc) == 0 {
		return new(Group), nil
	}
	g, err := readGroup(doc)
	if err != nil {
		return nil, &contextError{"read the group", err}
	}
	return g, nil
}
