// mapping is an example policy: the application's own words for what SCIM says of a user, set by configuration, in both
// directions. Which calls there are, and where they go, is left to the connector's routes.

import {
  Action,
  ENTERPRISE,
  ImportInput,
  ImportOutput,
  Json,
  JsonObject,
  Kind,
  MapInput,
  MapOutput,
  Policy,
  register,
  Request,
  ResourceType,
  User,
  UserBuilder,
} from "../../../../plugins/sdk/assemblyscript/lib";
import { attribute, isPath, render } from "./source";


/** The fields of the example application, where the settings name none. */
const DEFAULT_FIELDS = Json.parse(`{
  "login": "userName",
  "mail": "emails.value",
  "full_name": "{name.givenName} {name.familyName}",
  "given": "name.givenName",
  "family": "name.familyName",
  "dept": "${ENTERPRISE}:department",
  "title": "title",
  "phone": "phoneNumbers.value",
  "ref": "id"
}`);

/** What the application calls each field, with where its value comes from. */
function fields(settings: Json): Json {
  const named = settings.get("fields");
  return named.exists ? named : DEFAULT_FIELDS;
}

/** The whole account, on create and update. Suspending and the like are for the connector's routes. */
function map(input: MapInput): MapOutput {
  const whole = input.action == Action.Create || input.action == Action.Update;
  if (input.resourceType != ResourceType.User || !whole) return MapOutput.declarative();
  // Every field is always sent, so that one that was emptied in SCIM is emptied in the application too.
  const account = new JsonObject();
  const table = fields(input.settings);
  const names = table.names();
  for (let i = 0; i < names.length; i++) {
    account.put(names[i], render(table.get(names[i]).asString(), input.after, input.id));
  }
  const role = input.settings.get("role");
  if (role.exists) {
    const own = role.get("of").get(input.userAfter.department);
    account.put(role.get("field").asString("role"), own.asString(role.get("otherwise").asString()));
  }
  return MapOutput.requests([new Request("", "", account.json())]); // method and path are the route's
}

/** The way back: what a field holds becomes the attribute that it is made of. */
function importAccount(input: ImportInput): ImportOutput {
  if (input.resourceType != ResourceType.User) return ImportOutput.skip("only users are mapped");
  const user = new UserBuilder();
  const table = fields(input.settings);
  const names = table.names();
  for (let i = 0; i < names.length; i++) {
    const source = table.get(names[i]).asString();
    // What is made of several attributes cannot be taken apart, and the SCIM id is not the application's to say.
    if (isPath(source) && source != "id") attribute(user, source, input.record.get(names[i]).asString());
  }
  const state = input.settings.get("state");
  const current = input.record.get(state.get("field").asString("state"));
  if (current.exists) user.active(current.asString() == state.get("active").asString("active"));

  if (!new User(user.json()).userName.length) return ImportOutput.skip("the account has no name to log in with");
  const number = input.record.get(input.settings.get("id").asString("no"));
  return ImportOutput.resource(user.json(), number.kind == Kind.String ? number.asString() : number.asNumber());
}

const SETTINGS = `{
  "type": "object",
  "properties": {
    "fields": {
      "type": "object",
      "description": "the application's fields, each with the SCIM attribute that it holds, such as name.givenName, or a text with attributes in braces",
      "additionalProperties": {"type": "string", "minLength": 1},
      "minProperties": 1
    },
    "role": {
      "type": "object",
      "description": "a field that depends on the department",
      "properties": {
        "field": {"type": "string", "description": "role by default"},
        "of": {"type": "object", "additionalProperties": {"type": "string"}, "description": "the role of each department"},
        "otherwise": {"type": "string", "description": "the role of all others"}
      },
      "required": ["of", "otherwise"],
      "additionalProperties": false
    },
    "state": {
      "type": "object",
      "description": "for the import: the field that tells whether an account is active, and what it says then; state and active by default",
      "properties": {"field": {"type": "string"}, "active": {"type": "string"}},
      "additionalProperties": false
    },
    "id": {"type": "string", "description": "for the import: the field with the account's own id, no by default"}
  },
  "additionalProperties": false
}`;

register(new Policy("mapping", "1.0.0").settings(SETTINGS).map(map).import(importAccount));
