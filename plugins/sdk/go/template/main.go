// Command {{.Name}} is a policy that wants a department of every user.
package main

import policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"

func init() { policy.Register(thePolicy()) }

func main() {}

func thePolicy() policy.Policy {
	return policy.Policy{
		Name:           "{{.Name}}",
		Version:        "0.1.0",
		SettingsSchema: settingsSchema,
		Decide:         decide,
	}
}

// settings is what a tenant configures.
type settings struct {
	// Board is the department whose new members somebody must approve.
	Board string `json:"board"`
}

const settingsSchema = `{
	"type": "object",
	"properties": {
		"board": {"type": "string", "minLength": 1, "description": "the department whose new members somebody must approve; Board if absent"}
	},
	"additionalProperties": false
}`

func decide(in *policy.DecideInput) (*policy.Decision, error) {
	if in.ResourceType != policy.TypeUser || in.Operation == policy.OpDelete {
		return policy.Allow(), nil
	}
	s := settings{Board: "Board"}
	if err := policy.Settings(in.Settings, &s); err != nil {
		return nil, err
	}
	user, err := policy.ParseUser(in.After)
	if err != nil {
		return nil, err
	}
	switch user.Enterprise.Department {
	case "":
		return policy.Deny(400, "invalidValue", user.UserName+" has no department"), nil
	case s.Board:
		return policy.Hold("New board member: "+user.UserName, "the board approves its members"), nil
	}
	return policy.Allow(), nil
}
