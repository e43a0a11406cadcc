package policy

import (
	"encoding/json"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// The functions below read the documents that the host sends. They are what
// encoding/json would do with the types' tags, but that names match exactly.

func readDecideInput(doc []byte) (*DecideInput, error) {
	c, in := newCursor(doc), new(DecideInput)
	for m := c.object(); c.next(&m); {
		switch string(c.key) {
		case "abi":
			in.ABI = c.int()
		case "operation":
			in.Operation = abi.Operation(c.string())
		case "resource_type":
			in.ResourceType = c.string()
		case "before":
			in.Before = c.document()
		case "after":
			in.After = c.document()
		case "changed":
			in.Changed = c.strings()
		case "members":
			in.Members = c.memberChange()
		case "connection":
			for o := c.object(); c.next(&o); {
				switch string(c.key) {
				case "id":
					in.Connection.ID = c.string()
				case "profile":
					in.Connection.Profile = c.string()
				default:
					c.raw()
				}
			}
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

func readMapInput(doc []byte) (*MapInput, error) {
	c, in := newCursor(doc), new(MapInput)
	for m := c.object(); c.next(&m); {
		switch string(c.key) {
		case "abi":
			in.ABI = c.int()
		case "action":
			in.Action = abi.Action(c.string())
		case "resource_type":
			in.ResourceType = c.string()
		case "id":
			in.ID = c.string()
		case "legacy_id":
			in.LegacyID = c.string()
		case "before":
			in.Before = c.document()
		case "after":
			in.After = c.document()
		case "members":
			for list := c.array(); c.next(&list); {
				in.Members = append(in.Members, c.member())
			}
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

// memberChange reads what a write does to members. null counts as none.
func (c *cursor) memberChange() *MemberChange {
	if c.null() {
		return nil
	}
	change := new(MemberChange)
	for o := c.object(); c.next(&o); {
		switch string(c.key) {
		case "clear":
			change.Clear = c.bool()
		case "remove":
			change.Remove = c.strings()
		case "add":
			change.Add = c.strings()
		default:
			c.raw()
		}
	}
	return change
}

func (c *cursor) member() (m Member) {
	for o := c.object(); c.next(&o); {
		switch string(c.key) {
		case "id":
			m.ID = c.string()
		case "legacy_id":
			m.LegacyID = c.string()
		case "type":
			m.Type = c.string()
		default:
			c.raw()
		}
	}
	return m
}

func (c *cursor) strings() (list []string) {
	for a := c.array(); c.next(&a); {
		list = append(list, c.string())
	}
	return list
}

// document reads a JSON value as it is. null counts as none.
func (c *cursor) document() json.RawMessage {
	raw := c.raw()
	if string(raw) == "null" {
		return nil
	}
	return raw
}

func (c *cursor) tenant() (t abi.Tenant) {
	for o := c.object(); c.next(&o); {
		switch string(c.key) {
		case "id":
			t.ID = c.string()
		case "seat_limit":
			t.SeatLimit = c.int()
		case "counts":
			t.Counts = c.counts()
		default:
			c.raw()
		}
	}
	return t
}

// counts reads how many resources a tenant has. null counts as not known.
func (c *cursor) counts() *abi.Counts {
	if c.null() {
		return nil
	}
	n := new(abi.Counts)
	for o := c.object(); c.next(&o); {
		switch string(c.key) {
		case "users":
			n.Users = c.int()
		case "active_users":
			n.ActiveUsers = c.int()
		case "groups":
			n.Groups = c.int()
		default:
			c.raw()
		}
	}
	return n
}

func readUser(doc []byte) (*User, error) {
	c, u := newCursor(doc), new(User)
	for m := c.object(); c.next(&m); {
		switch string(c.key) {
		case "id":
			u.ID = c.string()
		case "externalId":
			u.ExternalID = c.string()
		case "userName":
			u.UserName = c.string()
		case "name":
			u.Name = c.name()
		case "displayName":
			u.DisplayName = c.string()
		case "nickName":
			u.NickName = c.string()
		case "profileUrl":
			u.ProfileURL = c.string()
		case "title":
			u.Title = c.string()
		case "userType":
			u.UserType = c.string()
		case "preferredLanguage":
			u.PreferredLanguage = c.string()
		case "locale":
			u.Locale = c.string()
		case "timezone":
			u.Timezone = c.string()
		case "active":
			if !c.null() {
				u.Active = new(c.bool())
			}
		case "emails":
			u.Emails = c.values()
		case "phoneNumbers":
			u.PhoneNumbers = c.values()
		case "addresses":
			for list := c.array(); c.next(&list); {
				u.Addresses = append(u.Addresses, c.address())
			}
		case "roles":
			u.Roles = c.values()
		case "entitlements":
			u.Entitlements = c.values()
		case EnterpriseURN:
			u.Enterprise = c.enterprise()
		default:
			c.raw()
		}
	}
	return u, c.end()
}

func readGroup(doc []byte) (*Group, error) {
	c, g := newCursor(doc), new(Group)
	for m := c.object(); c.next(&m); {
		switch string(c.key) {
		case "id":
			g.ID = c.string()
		case "externalId":
			g.ExternalID = c.string()
		case "displayName":
			g.DisplayName = c.string()
		default:
			c.raw()
		}
	}
	return g, c.end()
}

func (c *cursor) name() (n Name) {
	for o := c.object(); c.next(&o); {
		switch string(c.key) {
		case "formatted":
			n.Formatted = c.string()
		case "familyName":
			n.FamilyName = c.string()
		case "givenName":
			n.GivenName = c.string()
		case "middleName":
			n.MiddleName = c.string()
		case "honorificPrefix":
			n.HonorificPrefix = c.string()
		case "honorificSuffix":
			n.HonorificSuffix = c.string()
		default:
			c.raw()
		}
	}
	return n
}

func (c *cursor) values() (list []Value) {
	for elements := c.array(); c.next(&elements); {
		var v Value
		for o := c.object(); c.next(&o); {
			switch string(c.key) {
			case "value":
				v.Value = c.string()
			case "display":
				v.Display = c.string()
			case "type":
				v.Type = c.string()
			case "primary":
				v.Primary = c.bool()
			default:
				c.raw()
			}
		}
		list = append(list, v)
	}
	return list
}

func (c *cursor) address() (a Address) {
	for o := c.object(); c.next(&o); {
		switch string(c.key) {
		case "formatted":
			a.Formatted = c.string()
		case "streetAddress":
			a.StreetAddress = c.string()
		case "locality":
			a.Locality = c.string()
		case "region":
			a.Region = c.string()
		case "postalCode":
			a.PostalCode = c.string()
		case "country":
			a.Country = c.string()
		case "type":
			a.Type = c.string()
		case "primary":
			a.Primary = c.bool()
		default:
			c.raw()
		}
	}
	return a
}

func (c *cursor) enterprise() *Enterprise {
	e := new(Enterprise)
	for o := c.object(); c.next(&o); {
		switch string(c.key) {
		case "employeeNumber":
			e.EmployeeNumber = c.string()
		case "costCenter":
			e.CostCenter = c.string()
		case "organization":
			e.Organization = c.string()
		case "division":
			e.Division = c.string()
		case "department":
			e.Department = c.string()
		case "manager":
			for m := c.object(); c.next(&m); {
				switch string(c.key) {
				case "value":
					e.Manager.Value = c.string()
				case "displayName":
					e.Manager.DisplayName = c.string()
				default:
					c.raw()
				}
			}
		default:
			c.raw()
		}
	}
	return e
}
