package policy

import (
	"encoding/json"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// userURN is the schema of a user (RFC 7643 section 4.1).
const userURN = "urn:ietf:params:scim:schemas:core:2.0:User"

// Imported answers an Import with a SCIM resource. legacyID is the application's own
// id of the account; empty where the connector knows where to find it.
func Imported(resource json.RawMessage, legacyID string) *ImportOutput {
	return &ImportOutput{Resource: resource, LegacyID: legacyID}
}

// ImportedUser is Imported for a user, with the schemas that it has.
func ImportedUser(u *User, legacyID string) (*ImportOutput, error) {
	doc := struct {
		Schemas []string `json:"schemas"`
		User
	}{[]string{userURN}, *u}
	if doc.Enterprise != nil {
		if *doc.Enterprise == (Enterprise{}) {
			doc.Enterprise = nil
		} else {
			doc.Schemas = append(doc.Schemas, EnterpriseURN)
		}
	}
	resource, err := json.Marshal(doc)
	if err != nil {
		return nil, &contextError{"write the user", err}
	}
	return Imported(resource, legacyID), nil
}

// Skip answers an Import with "leave this account out". Reason is for the report.
func Skip(reason string) *ImportOutput { return &ImportOutput{Skip: true, Reason: reason} }

func readImportInput(doc []byte) (*ImportInput, error) {
	c, in := newCursor(doc), new(abi.ImportInput)
	for m := c.object(); c.next(&m); {
		switch string(c.key) {
		case "abi":
			in.ABI = c.int()
		case "resource_type":
			in.ResourceType = c.string()
		case "record":
			in.Record = c.document()
		case "tenant":
			in.Tenant = c.tenant()
		case "settings":
			in.Settings = c.document()
		default:
			c.raw()
		}
	}
	return in, c.end()
}
