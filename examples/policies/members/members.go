// Package members is an example policy, written in Go, for the example legacy
// application. It
//
//   - denies a user whose userName or e-mail is outside the tenant's domains,
//   - holds the creation of an administrator, and a change that makes somebody one,
//   - derives the application's role from the department, and
//   - maps SCIM users to the application's own field names and calls.
//
// The package is ordinary Go and is tested as such. The guest below it registers
// the policy and is what becomes a WebAssembly module.
package members

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"
)

// Settings is what a tenant configures.
type Settings struct {
	// Domain is the e-mail domain of the tenant, such as "acme.example".
	Domain string `json:"domain"`
	// Domains are further ones. With neither, every domain is allowed.
	Domains []string `json:"domains"`
}

// settingsSchema is the JSON Schema of Settings.
const settingsSchema = `{
	"type": "object",
	"properties": {
		"domain": {"type": "string", "description": "e-mail domain of the tenant, such as acme.example"},
		"domains": {"type": "array", "items": {"type": "string"}, "description": "further e-mail domains"}
	},
	"additionalProperties": false
}`

// Policy returns the policy.
func Policy() policy.Policy {
	return policy.Policy{
		Name:           "members",
		Version:        "1.0.0",
		SettingsSchema: settingsSchema,
		Decide:         Decide,
		Map:            Map,
		Warm:           warm,
	}
}

// warm lets encoding/json learn this package's own types.
func warm() {
	var s Settings
	// Both values are constant and fit their types.
	_ = json.Unmarshal([]byte(`{"domain":"a","domains":["b"]}`), &s)
	_, _ = json.Marshal(member{})
}

// Decide checks the domain and asks for an approval of new administrators.
func Decide(in *policy.DecideInput) (*policy.Decision, error) {
	if in.ResourceType != policy.TypeUser || in.Operation == policy.OpDelete {
		return policy.Allow(), nil
	}
	after, err := policy.ParseUser(in.After)
	if err != nil {
		return nil, err
	}
	// Taking access away must not fail on an address that was once let in. Coming
	// back is checked like everything else.
	if in.Operation == policy.OpUpdate && !after.IsActive() {
		return policy.Allow(), nil
	}
	var settings Settings
	if err := policy.Settings(in.Settings, &settings); err != nil {
		return nil, err
	}
	if denied := checkDomains(after, settings); denied != nil {
		return denied, nil
	}
	if roleOf(after) != roleAdmin {
		return policy.Allow(), nil
	}
	before, err := policy.ParseUser(in.Before)
	if err != nil {
		return nil, err
	}
	switch {
	case in.Operation == policy.OpCreate:
		return policy.Hold("New administrator: "+after.UserName,
			"the department, user type or roles make this account an administrator"), nil
	case roleOf(before) != roleAdmin:
		return policy.Hold("Becomes administrator: "+after.UserName,
			"the department, user type or roles change from "+roleOf(before)+" to administrator"), nil
	case !before.IsActive():
		return policy.Hold("Administrator comes back: "+after.UserName,
			"the account was inactive and would be an administrator again"), nil
	}
	return policy.Allow(), nil
}

// checkDomains denies a user with an address outside the tenant's domains. A
// userName without "@" is not an address.
func checkDomains(u *policy.User, settings Settings) *policy.Decision {
	domains := settings.Domains
	if settings.Domain != "" {
		domains = append([]string{settings.Domain}, domains...)
	}
	if len(domains) == 0 {
		return nil
	}
	outside := func(attribute, address string) *policy.Decision {
		at := strings.LastIndexByte(address, '@')
		if at < 0 && attribute == "userName" || slices.ContainsFunc(domains, func(domain string) bool {
			return at > 0 && strings.EqualFold(address[at+1:], domain)
		}) {
			return nil
		}
		return policy.Deny(400, "invalidValue", fmt.Sprintf("%s %q is not in the domain %s",
			attribute, address, strings.Join(domains, " or ")))
	}
	if denied := outside("userName", u.UserName); denied != nil {
		return denied
	}
	for _, email := range u.Emails {
		if denied := outside("emails.value", email.Value); denied != nil {
			return denied
		}
	}
	return nil
}

// The application's roles.
const (
	roleAdmin      = "admin"
	roleEngineer   = "engineer"
	roleAccountant = "accountant"
	roleMember     = "member"
)

// roleOf derives the application's role.
func roleOf(u *policy.User) string {
	department := strings.ToLower(u.Enterprise.Department)
	isAdmin := func(s string) bool { return strings.Contains(strings.ToLower(s), "admin") }
	switch {
	case department == "administration", isAdmin(u.UserType),
		slices.ContainsFunc(u.Roles, func(r policy.Value) bool { return isAdmin(r.Value) || isAdmin(r.Display) }):
		return roleAdmin
	case department == "it", department == "engineering":
		return roleEngineer
	case department == "finance":
		return roleAccountant
	}
	return roleMember
}
