package abi

import "encoding/json"

// ImportInput is what the import hook gets: one account as the application tells
// of it.
type ImportInput struct {
	// ABI is the version of this document, see Version. The host fills it in.
	ABI int `json:"abi"`
	// ResourceType is what the record becomes: "User" or "Group".
	ResourceType string `json:"resource_type"`
	// Record is the account, a JSON object of the application's own making.
	Record json.RawMessage `json:"record"`
	// Tenant says for whom the policy runs.
	Tenant Tenant `json:"tenant"`
	// Settings is the tenant's configuration of this policy, a JSON object;
	// absent where there is none.
	Settings json.RawMessage `json:"settings,omitempty"`
}

// ImportOutput is what the import hook answers: either Resource or Skip.
type ImportOutput struct {
	// Resource is the account as a SCIM resource, a JSON object.
	Resource json.RawMessage `json:"resource,omitempty"`
	// LegacyID is the application's own id of the account; empty where the
	// connector knows where to find it. Only with Resource; at most MaxLegacyID
	// bytes.
	LegacyID string `json:"legacy_id,omitempty"`
	// Skip leaves the account out, such as a robot's.
	Skip bool `json:"skip,omitempty"`
	// Reason tells the report why. Only with Skip; at most MaxReason bytes.
	Reason string `json:"reason,omitempty"`
}

// MaxLegacyID bounds ImportOutput.LegacyID, in bytes.
const MaxLegacyID = 512

// ParseImportOutput reads and checks the answer of the import hook.
//
// # Errors
//
// Every error is a *FieldError.
func ParseImportOutput(answer []byte) (*ImportOutput, error) {
	var o ImportOutput
	if err := decodeStrict(answer, &o); err != nil {
		return nil, err
	}
	o.Reason = CleanText(o.Reason, MaxReason)
	o.Resource = presentOrNil(o.Resource)
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &o, nil
}

// Validate checks o. It does not change o.
//
// # Errors
//
// The first problem found, a *FieldError.
func (o *ImportOutput) Validate() error {
	switch {
	case o.Skip && o.Resource != nil:
		return fieldErrorf("skip", "is true beside a resource, want one of the two")
	case !o.Skip && o.Resource == nil:
		return fieldErrorf("resource", "is missing, want a SCIM resource, or skip")
	case o.Resource != nil && !isObject(o.Resource):
		return fieldErrorf("resource", "is not a JSON object, want a SCIM resource")
	case o.Skip && o.LegacyID != "":
		return fieldErrorf("legacy_id", "has no meaning for what is skipped")
	case len(o.LegacyID) > MaxLegacyID:
		return fieldErrorf("legacy_id", "has %d bytes, want at most %d", len(o.LegacyID), MaxLegacyID)
	case !o.Skip && o.Reason != "":
		return fieldErrorf("reason", "belongs to skip")
	}
	return nil
}
