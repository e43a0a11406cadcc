// {{.Name}} is a policy that wants a department of every user.

import { DecideInput, Decision, Operation, Policy, register, ResourceType } from "../sdk";

function decide(input: DecideInput): Decision {
  if (input.resourceType != ResourceType.User || input.operation == Operation.Delete) return Decision.allow();
  const user = input.userAfter;
  const department = user.department;
  if (department == "") return Decision.deny(400, "invalidValue", user.userName + " has no department");
  if (department == "Board") {
    return Decision.hold("New board member: " + user.userName, "the board approves its members");
  }
  return Decision.allow();
}

// The last statement: what it names has to be there before it.
register(new Policy("{{.Name}}", "0.1.0").decide(decide));
