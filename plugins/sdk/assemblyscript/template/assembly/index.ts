// {{.Name}} is a policy that wants a department of every user.

import { DecideInput, Decision, Operation, Policy, register, ResourceType } from "../sdk";

function decide(input: DecideInput): Decision {
  if (input.resourceType != ResourceType.User || input.operation == Operation.Delete) return Decision.allow();
  const user = input.userAfter;
  const department = user.department;
  const board = input.settings.get("board").asString("Board");
  if (department == "") return Decision.deny(400, "invalidValue", user.userName + " has no department");
  if (department == board) {
    return Decision.hold("New board member: " + user.userName, "the board approves its members");
  }
  return Decision.allow();
}

// The JSON Schema of what a tenant configures.
const SETTINGS = `{
  "type": "object",
  "properties": {
    "board": {"type": "string", "minLength": 1, "description": "the department whose new members somebody must approve; Board if absent"}
  },
  "additionalProperties": false
}`;

// The last statement: what it names has to be there before it.
register(new Policy("{{.Name}}", "0.1.0").settings(SETTINGS).decide(decide));
