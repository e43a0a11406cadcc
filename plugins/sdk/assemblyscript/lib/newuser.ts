import { Json } from "./json";
import { ENTERPRISE } from "./user";

/**
 * Builds a SCIM user, as import answers with:
 *
 *     new UserBuilder().userName("ada").name("Ada", "Lovelace").email("ada@acme.example").json()
 *
 * Empty texts are left out, so that what the application does not know stays unsaid.
 */
@final
export class UserBuilder {
  private user: Json = Json.parse('{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}');
  private extended: bool = false;

  userName(value: string): UserBuilder {
    return this.text(["userName"], value);
  }

  externalId(value: string): UserBuilder {
    return this.text(["externalId"], value);
  }

  displayName(value: string): UserBuilder {
    return this.text(["displayName"], value);
  }

  name(given: string, family: string): UserBuilder {
    return this.text(["name", "givenName"], given).text(["name", "familyName"], family);
  }

  title(value: string): UserBuilder {
    return this.text(["title"], value);
  }

  userType(value: string): UserBuilder {
    return this.text(["userType"], value);
  }

  active(value: bool): UserBuilder {
    return this.set(["active"], value);
  }

  /** Adds an e-mail address. The first one is the primary. */
  email(value: string, type: string = "work"): UserBuilder {
    return this.add("emails", value, type);
  }

  /** Adds a telephone number. The first one is the primary. */
  phone(value: string, type: string = "work"): UserBuilder {
    return this.add("phoneNumbers", value, type);
  }

  /** Adds a role. The first one is the primary. */
  role(value: string): UserBuilder {
    return this.add("roles", value, "");
  }

  /** Sets an attribute of the enterprise extension, such as "department". */
  enterprise(attribute: string, value: string): UserBuilder {
    if (!value.length) return this;
    if (!this.extended) this.user = this.user.set(["schemas"], this.user.get("schemas").strings().concat([ENTERPRISE]));
    this.extended = true;
    return this.set([ENTERPRISE, attribute], value);
  }

  /** Sets any attribute to a text, unless that is empty. */
  text(path: string[], value: string): UserBuilder {
    return value.length ? this.set(path, value) : this;
  }

  /** Sets any attribute. What `Json.of` takes can be a value. */
  set<T>(path: string[], value: T): UserBuilder {
    this.user = this.user.set(path, value);
    return this;
  }

  /** The user. */
  json(): Json {
    return this.user;
  }

  private add(attribute: string, value: string, type: string): UserBuilder {
    if (!value.length) return this;
    const list = this.user.get(attribute).items();
    let element = Json.parse("{}").set(["value"], value);
    if (type.length) element = element.set(["type"], type);
    if (!list.length) element = element.set(["primary"], true);
    list.push(element);
    return this.set([attribute], list);
  }
}
