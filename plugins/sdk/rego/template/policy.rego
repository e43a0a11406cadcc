# {{.Name}} wants a department of every user, and approval of whoever joins the board.
package scim

describe := {
	"name": "{{.Name}}",
	"version": "0.1.0",
	"settings": {
		"type": "object",
		"properties": {"board": {"type": "string", "description": "the board's department"}},
		"additionalProperties": false,
	},
}

user := input.after

department := user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].department

board := object.get(object.get(input, "settings", {}), "board", "Board")

# A rule that has no value for an input makes the request fail, so there is a default.
default decide := {"verdict": "allow"}

decide := {
	"verdict": "deny",
	"status": 400,
	"scim_type": "invalidValue",
	"detail": $"{user.userName} has no department",
} if {
	input.resource_type == "User"
	input.operation != "delete"
	not department
}

decide := {
	"verdict": "hold",
	"title": $"New board member: {user.userName}",
	"reason": "the board approves its members",
} if {
	input.resource_type == "User"
	department == board
}
