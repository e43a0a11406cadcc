package policy

import (
	"encoding/json"
	"strings"
)

// EnterpriseURN is the key of the enterprise extension in a user (RFC 7643
// section 4.3).
const EnterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// User is a SCIM user (RFC 7643 section 4.1) with the attributes that policies ask
// for most. Lookup reads the others.
type User struct {
	ID                string      `json:"id,omitempty"`
	ExternalID        string      `json:"externalId,omitempty"`
	UserName          string      `json:"userName,omitempty"`
	Name              Name        `json:"name,omitzero"`
	DisplayName       string      `json:"displayName,omitempty"`
	NickName          string      `json:"nickName,omitempty"`
	ProfileURL        string      `json:"profileUrl,omitempty"`
	Title             string      `json:"title,omitempty"`
	UserType          string      `json:"userType,omitempty"`
	PreferredLanguage string      `json:"preferredLanguage,omitempty"`
	Locale            string      `json:"locale,omitempty"`
	Timezone          string      `json:"timezone,omitempty"`
	Active            *bool       `json:"active,omitempty"` // see IsActive
	Emails            []Value     `json:"emails,omitempty"`
	PhoneNumbers      []Value     `json:"phoneNumbers,omitempty"`
	Addresses         []Address   `json:"addresses,omitempty"`
	Roles             []Value     `json:"roles,omitempty"`
	Entitlements      []Value     `json:"entitlements,omitempty"`
	Enterprise        *Enterprise `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User,omitempty"`
}

// Name is a person's name.
type Name struct {
	Formatted       string `json:"formatted,omitempty"`
	FamilyName      string `json:"familyName,omitempty"`
	GivenName       string `json:"givenName,omitempty"`
	MiddleName      string `json:"middleName,omitempty"`
	HonorificPrefix string `json:"honorificPrefix,omitempty"`
	HonorificSuffix string `json:"honorificSuffix,omitempty"`
}

// Value is one element of a multi-valued attribute, such as an e-mail or a role.
type Value struct {
	Value   string `json:"value,omitempty"`
	Display string `json:"display,omitempty"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary,omitempty"`
}

// Address is one postal address.
type Address struct {
	Formatted     string `json:"formatted,omitempty"`
	StreetAddress string `json:"streetAddress,omitempty"`
	Locality      string `json:"locality,omitempty"`
	Region        string `json:"region,omitempty"`
	PostalCode    string `json:"postalCode,omitempty"`
	Country       string `json:"country,omitempty"`
	Type          string `json:"type,omitempty"`
	Primary       bool   `json:"primary,omitempty"`
}

// Enterprise is the enterprise extension of a user.
type Enterprise struct {
	EmployeeNumber string  `json:"employeeNumber,omitempty"`
	CostCenter     string  `json:"costCenter,omitempty"`
	Organization   string  `json:"organization,omitempty"`
	Division       string  `json:"division,omitempty"`
	Department     string  `json:"department,omitempty"`
	Manager        Manager `json:"manager,omitzero"`
}

// Manager is a user's manager.
type Manager struct {
	// Value is the manager's SCIM id.
	Value       string `json:"value,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
}

// ParseUser reads a SCIM user, the Before or After of an input. The result of an
// absent one is an empty user. Enterprise is never nil in the result. Attribute
// names are matched exactly, since the host sends them as the schema spells them.
func ParseUser(doc json.RawMessage) (*User, error) {
	u := new(User)
	if len(doc) > 0 {
		var err error
		if u, err = readUser(doc); err != nil {
			return nil, &contextError{"read the user", err}
		}
	}
	if u.Enterprise == nil {
		u.Enterprise = new(Enterprise)
	}
	return u, nil
}

// IsActive reports whether the user may use the application: all may whose active
// is not false.
func (u *User) IsActive() bool { return u.Active == nil || *u.Active }

// Email returns the address to write to: the primary one, else the one of type
// work, else the first, else "".
func (u *User) Email() string {
	best, rank := "", 0
	for _, e := range u.Emails {
		r := 1
		switch {
		case e.Primary:
			r = 3
		case strings.EqualFold(e.Type, "work"):
			r = 2
		}
		if r > rank && e.Value != "" {
			best, rank = e.Value, r
		}
	}
	return best
}

// FullName returns the name to show: formatted, else given and family name, else
// displayName, else userName.
func (u *User) FullName() string {
	if u.Name.Formatted != "" {
		return u.Name.Formatted
	}
	if full := strings.TrimSpace(u.Name.GivenName + " " + u.Name.FamilyName); full != "" {
		return full
	}
	if u.DisplayName != "" {
		return u.DisplayName
	}
	return u.UserName
}

// Lookup returns the attribute that the names lead to, one object after the other:
// Lookup(doc, "name", "givenName"), or Lookup(doc, EnterpriseURN, "division"). It
// returns nil if there is none. Names are matched exactly.
func Lookup(doc json.RawMessage, names ...string) json.RawMessage {
	for _, name := range names {
		c, found := cursor{data: doc}, json.RawMessage(nil)
		for o := c.object(); c.next(&o); {
			if value := c.raw(); string(c.key) == name {
				found = value
			}
		}
		if c.end() != nil || found == nil {
			return nil
		}
		doc = found
	}
	return doc
}

// Text returns the string that the names lead to, as Lookup does; "" if there is none
// or it is no string.
func Text(doc json.RawMessage, names ...string) string {
	c := newCursor(Lookup(doc, names...))
	if c.peek() != '"' {
		return ""
	}
	s := c.string()
	if c.end() != nil {
		return ""
	}
	return s
}

// Set returns doc with the attribute that the names lead to set to value, which is
// encoded as JSON; nil takes it away. What else doc holds stays as it is, which
// makes Set the way to a Decision's After. Objects on the way are made if need be.
func Set(doc json.RawMessage, value any, names ...string) (json.RawMessage, error) {
	if len(names) == 0 {
		return json.Marshal(value)
	}
	object := make(map[string]json.RawMessage)
	if len(doc) > 0 {
		if err := json.Unmarshal(doc, &object); err != nil {
			return nil, &contextError{"set " + names[0], err}
		}
	}
	if object == nil { // doc was null
		object = make(map[string]json.RawMessage)
	}
	inner, err := Set(object[names[0]], value, names[1:]...)
	if err != nil {
		return nil, err
	}
	if string(inner) == "null" {
		delete(object, names[0])
	} else {
		object[names[0]] = inner
	}
	return json.Marshal(object)
}

// Settings decodes the settings of an input into into, a pointer to a struct whose
// values are the defaults: what the settings do not mention stays.
func Settings(raw json.RawMessage, into any) error {
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &contextError{"read the policy's settings", err}
	}
	return nil
}
