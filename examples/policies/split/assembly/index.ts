// split is an example policy: one SCIM user is two things in the application, an account and a licence, and each action
// is the calls that it takes for both.
//
// When a call fails, all calls of the action are made again. Their order is such that this does no harm.

import {
  Action,
  Json,
  JsonObject,
  MapInput,
  MapOutput,
  Policy,
  register,
  Request,
  ResourceType,
  User,
} from "../../../../plugins/sdk/assemblyscript/lib";

/** The account's place in the application. In a create it is known once the first call has been answered. */
const ACCOUNT = "/members/{legacy_id}";

/** What the application calls an account without a licence. */
const NO_LICENCE = "member";

function map(input: MapInput): MapOutput {
  if (input.resourceType != ResourceType.User) return MapOutput.declarative();
  const action = input.action;
  const before = input.userBefore;
  const after = input.userAfter;
  if (action == Action.Create) {
    return MapOutput.requests([
      Request.post("/members", account(after).put("ref", input.id).json()),
      Request.patch(ACCOUNT, licence(after, input.settings)),
    ]);
  }
  if (action == Action.Update) return update(input, before, after);
  if (action == Action.Suspend || action == Action.Deactivate) {
    // The licence first: somebody else may need it.
    return MapOutput.requests([Request.patch(ACCOUNT, noLicence()), Request.post(ACCOUNT + "/suspend")]);
  }
  if (action == Action.Reactivate) {
    return MapOutput.requests([
      Request.post(ACCOUNT + "/restore"),
      Request.patch(ACCOUNT, licence(after, input.settings)),
    ]);
  }
  if (action == Action.Delete) {
    return MapOutput.requests([Request.patch(ACCOUNT, noLicence()), Request.delete(ACCOUNT)]);
  }
  return MapOutput.error("the action " + action + " means nothing for a user");
}

/** The calls for what has changed, or for both where it cannot be told: no call at all would mean the connector's own. */
function update(input: MapInput, before: User, after: User): MapOutput {
  const newAccount = account(after).json();
  const newLicence = licence(after, input.settings);
  const known = input.before.exists;
  const calls: Request[] = [];
  if (!known || !newAccount.same(account(before).json())) calls.push(Request.patch(ACCOUNT, newAccount));
  // Whoever is inactive has no licence, and gets it back when reactivated.
  if (after.active && (!known || !newLicence.same(licence(before, input.settings)))) {
    calls.push(Request.patch(ACCOUNT, newLicence));
  }
  if (!calls.length) calls.push(Request.patch(ACCOUNT, newAccount));
  return MapOutput.requests(calls);
}

/** Who somebody is. */
function account(user: User): JsonObject {
  return new JsonObject()
    .put("login", user.userName)
    .put("mail", user.email)
    .put("full_name", user.fullName)
    .put("given", user.name.givenName)
    .put("family", user.name.familyName)
    .put("dept", user.department)
    .put("title", user.title);
}

/** What somebody may use: the first entitlement that the settings have a licence for. */
function licence(user: User, settings: Json): Json {
  const licences = settings.get("licences");
  const entitlements = user.entitlements;
  for (let i = 0; i < entitlements.length; i++) {
    const role = licences.get(entitlements[i].value);
    if (role.exists) return new JsonObject().put("role", role).json();
  }
  return noLicence();
}

function noLicence(): Json {
  return new JsonObject().put("role", NO_LICENCE).json();
}

const SETTINGS = `{
  "type": "object",
  "properties": {
    "licences": {
      "type": "object",
      "description": "the application's role for each entitlement; whoever has none of them is a member",
      "additionalProperties": {"enum": ["engineer", "accountant", "admin"]}
    }
  },
  "additionalProperties": false
}`;

register(new Policy("split", "1.0.0").settings(SETTINGS).map(map));
