// The resources of SCIM, RFC 7643 section 4, as views of their documents. The host sends attributes as the schema spells
// them, so names match exactly.

import { Json } from "./json";

/** Where a user's enterprise attributes are. */
export const ENTERPRISE: string = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** A SCIM user. The user of a document that is not there has nothing but empty attributes. */
@final
export class User {
  /** json is the whole document, for what has no name below. */
  constructor(readonly json: Json) {}

  get id(): string { return this.json.get("id").asString(); }
  get externalId(): string { return this.json.get("externalId").asString(); }
  get userName(): string { return this.json.get("userName").asString(); }
  get displayName(): string { return this.json.get("displayName").asString(); }
  get nickName(): string { return this.json.get("nickName").asString(); }
  get profileUrl(): string { return this.json.get("profileUrl").asString(); }
  get title(): string { return this.json.get("title").asString(); }
  get userType(): string { return this.json.get("userType").asString(); }
  get preferredLanguage(): string { return this.json.get("preferredLanguage").asString(); }
  get locale(): string { return this.json.get("locale").asString(); }
  get timezone(): string { return this.json.get("timezone").asString(); }

  /** Whether the user may use the application: all may whose active is not false. */
  get active(): bool { return this.json.get("active").asBool(true); }

  get name(): Name { return new Name(this.json.get("name")); }
  get emails(): Value[] { return values(this.json.get("emails")); }
  get phoneNumbers(): Value[] { return values(this.json.get("phoneNumbers")); }
  get roles(): Value[] { return values(this.json.get("roles")); }
  get entitlements(): Value[] { return values(this.json.get("entitlements")); }

  get addresses(): Address[] {
    const items = this.json.get("addresses").items();
    const list = new Array<Address>(items.length);
    for (let i = 0; i < items.length; i++) list[i] = new Address(items[i]);
    return list;
  }

  /** The enterprise extension; empty where the user has none. */
  get enterprise(): Enterprise { return new Enterprise(this.json.get(ENTERPRISE)); }

  /** The enterprise extension's department. */
  get department(): string { return this.enterprise.department; }

  /** The address to write to: the primary one, else the one of type work, else the first, else "". */
  get email(): string { return best(this.emails); }

  /** The number to call, chosen as `email` is. */
  get phone(): string { return best(this.phoneNumbers); }

  /** The name to show: formatted, else given and family name, else displayName, else userName. */
  get fullName(): string {
    const name = this.name;
    const formatted = name.formatted;
    if (formatted.length) return formatted;
    const both = (name.givenName + " " + name.familyName).trim();
    if (both.length) return both;
    const displayName = this.displayName;
    return displayName.length ? displayName : this.userName;
  }
}

/** A person's name. */
@final
export class Name {
  constructor(readonly json: Json) {}

  get formatted(): string { return this.json.get("formatted").asString(); }
  get familyName(): string { return this.json.get("familyName").asString(); }
  get givenName(): string { return this.json.get("givenName").asString(); }
  get middleName(): string { return this.json.get("middleName").asString(); }
  get honorificPrefix(): string { return this.json.get("honorificPrefix").asString(); }
  get honorificSuffix(): string { return this.json.get("honorificSuffix").asString(); }
}

/** One element of a multi-valued attribute, such as an e-mail or a role. */
@final
export class Value {
  constructor(readonly json: Json) {}

  get value(): string { return this.json.get("value").asString(); }
  get display(): string { return this.json.get("display").asString(); }
  get type(): string { return this.json.get("type").asString(); }
  get primary(): bool { return this.json.get("primary").asBool(); }
}

/** One postal address. */
@final
export class Address {
  constructor(readonly json: Json) {}

  get formatted(): string { return this.json.get("formatted").asString(); }
  get streetAddress(): string { return this.json.get("streetAddress").asString(); }
  get locality(): string { return this.json.get("locality").asString(); }
  get region(): string { return this.json.get("region").asString(); }
  get postalCode(): string { return this.json.get("postalCode").asString(); }
  get country(): string { return this.json.get("country").asString(); }
  get type(): string { return this.json.get("type").asString(); }
  get primary(): bool { return this.json.get("primary").asBool(); }
}

/** The enterprise extension of a user. */
@final
export class Enterprise {
  constructor(readonly json: Json) {}

  get employeeNumber(): string { return this.json.get("employeeNumber").asString(); }
  get costCenter(): string { return this.json.get("costCenter").asString(); }
  get organization(): string { return this.json.get("organization").asString(); }
  get division(): string { return this.json.get("division").asString(); }
  get department(): string { return this.json.get("department").asString(); }

  /** The manager's SCIM id. */
  get managerId(): string { return this.json.get("manager").get("value").asString(); }
  get managerName(): string { return this.json.get("manager").get("displayName").asString(); }
}

/** A SCIM group. Who is in it is not part of it: see `DecideInput.members` and `MapInput.members`. */
@final
export class Group {
  /** json is the whole document, for what has no name below. */
  constructor(readonly json: Json) {}

  get id(): string { return this.json.get("id").asString(); }
  get externalId(): string { return this.json.get("externalId").asString(); }
  get displayName(): string { return this.json.get("displayName").asString(); }
}

function values(list: Json): Value[] {
  const items = list.items();
  const result = new Array<Value>(items.length);
  for (let i = 0; i < items.length; i++) result[i] = new Value(items[i]);
  return result;
}

/** The value that is primary, else of type work, else the first. */
function best(list: Value[]): string {
  let chosen = "";
  let rank = 0;
  for (let i = 0; i < list.length; i++) {
    const r = list[i].primary ? 3 : isWork(list[i].type) ? 2 : 1;
    if (r <= rank) continue;
    const value = list[i].value;
    if (!value.length) continue;
    chosen = value;
    rank = r;
  }
  return chosen;
}

/** Whether a type is "work", in whatever case. `toLowerCase` would bring tables along that are larger than all of this. */
function isWork(type: string): bool {
  if (type.length != 4) return false;
  for (let i = 0; i < 4; i++) if ((type.charCodeAt(i) | 0x20) != "work".charCodeAt(i)) return false;
  return true;
}
