// Where the value of a field comes from: an attribute's path, such as "name.givenName" or "emails.value", or a text with
// paths in braces, such as "{name.givenName} {name.familyName}".

import { ENTERPRISE, Json, Kind, User, UserBuilder } from "../../../../plugins/sdk/assemblyscript/lib";

const EXTENSION = ENTERPRISE + ":";

/** Reports whether a source is one path, and so can be followed in both directions. */
export function isPath(source: string): bool {
  return !source.includes("{");
}

/** The value of a source for a user. */
export function render(source: string, user: Json, id: string): string {
  if (isPath(source)) return valueAt(source, user, id);
  let text = "";
  for (let at = 0; at < source.length; ) {
    const open = source.indexOf("{", at);
    const close = source.indexOf("}", max(open, at));
    if (open < 0 || close < 0) {
      text += source.slice(at);
      break;
    }
    text += source.slice(at, open) + valueAt(source.slice(open + 1, close), user, id);
    at = close + 1;
  }
  return text.trim();
}

/** Sets the attribute that a path names, unless the value is empty. */
export function attribute(user: UserBuilder, path: string, value: string): void {
  if (path.startsWith(EXTENSION)) user.enterprise(path.slice(EXTENSION.length), value);
  else if (path == "emails.value") user.email(value);
  else if (path == "phoneNumbers.value") user.phone(value);
  else if (path == "roles.value") user.role(value);
  else user.text(path.split("."), value);
}

function valueAt(path: string, user: Json, id: string): string {
  if (path == "id") return id;
  if (path == "emails.value") return new User(user).email;
  if (path == "phoneNumbers.value") return new User(user).phone;
  let at = user;
  if (path.startsWith(EXTENSION)) {
    at = user.get(ENTERPRISE);
    path = path.slice(EXTENSION.length);
  }
  const names = path.split(".");
  for (let i = 0; i < names.length; i++) {
    if (at.kind == Kind.Array) at = at.at(0); // of other lists the first element
    at = at.get(names[i]);
  }
  return at.kind == Kind.String ? at.asString() : at.exists ? at.toString() : "";
}
