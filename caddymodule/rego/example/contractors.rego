# Who may have an account, and what an approver has to look at: people of the company's own domains, contractors for as
# long as somebody has approved of them, and no more users than there are seats.
package scim

describe := {
	"name": "contractors",
	"version": "1.0.0",
	"needs": ["counts"],
	"settings": {
		"type": "object",
		"properties": {
			"domains": {"type": "array", "items": {"type": "string"}, "minItems": 1},
			"approval_days": {"type": "integer", "minimum": 1, "maximum": 90},
		},
		"required": ["domains"],
		"additionalProperties": false,
	},
}

user := input.after

# A write is about access if it gives it: to somebody new, or to somebody who had none.
gives_access if {
	input.resource_type == "User"
	input.operation != "delete"
	object.get(user, "active", true)
	not had_access
}

had_access if object.get(input.before, "active", true)

work_email := email.value if {
	some email in user.emails
	email.type == "work"
}

known_domain if split(work_email, "@")[1] in input.settings.domains

full if input.tenant.counts.active_users >= input.tenant.seat_limit

# What is denied comes first, then what is held; everything else is allowed.
decide := {
	"verdict": "deny",
	"status": 400,
	"scim_type": "invalidValue",
	"detail": $"{user.userName} needs a work email in one of the domains {concat(", ", input.settings.domains)}",
} if {
	gives_access
	not known_domain
}

else := {"verdict": "deny", "detail": $"all {input.tenant.seat_limit} seats are taken"} if {
	gives_access
	full
}

else := {
	"verdict": "hold",
	"title": $"Contractor: {user.userName}",
	"reason": $"{work_email} works for another company",
	"expires_in": (object.get(input.settings, "approval_days", 14) * 24) * 3600,
} if {
	gives_access
	user.userType == "Contractor"
}

# Names of contractors say what they are.
else := {"verdict": "allow", "after": object.union(user, {"displayName": $"{user.displayName} (contractor)"})} if {
	input.resource_type == "User"
	user.userType == "Contractor"
	not endswith(user.displayName, "(contractor)")
}

else := {"verdict": "allow"}

# Contractors have accounts of their own kind. No requests stand for the routes that are configured.
map := {"requests": [
	{"method": "POST", "path": "/members", "body": {"login": user.userName, "mail": work_email, "title": "Contractor"}},
]} if {
	input.action == "create"
	user.userType == "Contractor"
}

else := {"requests": []}

import_record := {"skip": true, "reason": "a robot's account"} if startswith(input.record.login, "svc-")

else := {
	"resource": {"userName": input.record.login, "emails": [{"value": input.record.mail, "type": "work"}]},
	"legacy_id": format_int(input.record.no, 10),
}

# Run by `caddy scim policy test`, and by the server before it takes the policy.
cases := [
	{
		"name": "a colleague",
		"hook": "decide",
		"input": {
			"operation": "create",
			"resource_type": "User",
			"after": {"userName": "ada", "emails": [{"value": "ada@acme.example", "type": "work"}]},
			"settings": {"domains": ["acme.example"]},
		},
		"want": {"verdict": "allow"},
	},
	{
		"name": "a stranger",
		"hook": "decide",
		"input": {
			"operation": "create",
			"resource_type": "User",
			"after": {"userName": "eve", "emails": [{"value": "eve@globex.example", "type": "work"}]},
			"settings": {"domains": ["acme.example", "acme.test"]},
		},
		"want": {
			"verdict": "deny",
			"status": 400,
			"scim_type": "invalidValue",
			"detail": "eve needs a work email in one of the domains acme.example, acme.test",
		},
	},
	{
		"name": "nobody without an email",
		"hook": "decide",
		"input": {
			"operation": "create",
			"resource_type": "User",
			"after": {"userName": "eve"},
			"settings": {"domains": ["acme.example"]},
		},
		"want": {
			"verdict": "deny",
			"status": 400,
			"scim_type": "invalidValue",
			"detail": "eve needs a work email in one of the domains acme.example",
		},
	},
	{
		"name": "no seat",
		"hook": "decide",
		"input": {
			"operation": "update",
			"resource_type": "User",
			"before": {"userName": "ada", "active": false},
			"after": {"userName": "ada", "emails": [{"value": "ada@acme.example", "type": "work"}]},
			"tenant": {"id": "acme", "seat_limit": 10, "counts": {"users": 12, "active_users": 10, "groups": 0}},
			"settings": {"domains": ["acme.example"]},
		},
		"want": {"verdict": "deny", "status": 403, "detail": "all 10 seats are taken"},
	},
	{
		"name": "a contractor",
		"hook": "decide",
		"input": {
			"operation": "create",
			"resource_type": "User",
			"after": {"userName": "bob", "userType": "Contractor", "emails": [{"value": "bob@acme.example", "type": "work"}]},
			"settings": {"domains": ["acme.example"], "approval_days": 2},
		},
		"want": {
			"verdict": "hold",
			"title": "Contractor: bob",
			"reason": "bob@acme.example works for another company",
			"expires_in": 172800,
		},
	},
	{
		"name": "a contractor's name",
		"hook": "decide",
		"input": {
			"operation": "update",
			"resource_type": "User",
			"before": {"userName": "bob", "userType": "Contractor"},
			"after": {"userName": "bob", "userType": "Contractor", "displayName": "Bob"},
			"settings": {"domains": ["acme.example"]},
		},
		"want": {
			"verdict": "allow",
			"after": {"userName": "bob", "userType": "Contractor", "displayName": "Bob (contractor)"},
		},
	},
	{
		"name": "somebody leaves",
		"hook": "decide",
		"input": {"operation": "delete", "resource_type": "User", "before": {"userName": "eve"}, "settings": {"domains": ["acme.example"]}},
		"want": {"verdict": "allow"},
	},
	{
		"name": "a contractor's account",
		"hook": "map",
		"input": {
			"action": "create",
			"resource_type": "User",
			"id": "1",
			"after": {"userName": "bob", "userType": "Contractor", "emails": [{"value": "bob@acme.example", "type": "work"}]},
		},
		"want": {"requests": [
			{"method": "POST", "path": "/members", "body": {"login": "bob", "mail": "bob@acme.example", "title": "Contractor"}},
		]},
	},
	{
		"name": "a colleague's account",
		"hook": "map",
		"input": {"action": "create", "resource_type": "User", "id": "1", "after": {"userName": "ada"}},
		"want": {"requests": []},
	},
	{
		"name": "an account of the application's",
		"hook": "import",
		"input": {"resource_type": "User", "record": {"no": 17, "login": "ada", "mail": "ada@acme.example"}},
		"want": {
			"resource": {"userName": "ada", "emails": [{"value": "ada@acme.example", "type": "work"}]},
			"legacy_id": "17",
		},
	},
	{
		"name": "a robot",
		"hook": "import",
		"input": {"resource_type": "User", "record": {"no": 18, "login": "svc-backup", "mail": "ops@acme.example"}},
		"want": {"skip": true, "reason": "a robot's account"},
	},
]
