import { Bytes } from "./bytes";
import { text } from "./decide";
import { fail } from "./failure";
import { Json, Kind, member } from "./json";
import { Tenant } from "./tenant";
import { Group, User } from "./user";

/** What the application must be told, in `MapInput.action`. */
export namespace Action {
  export const Create: string = "create";
  export const Update: string = "update";
  export const Suspend: string = "suspend";
  export const Deactivate: string = "deactivate";
  export const Reactivate: string = "reactivate";
  export const Delete: string = "delete";
  export const AddMembers: string = "add_members";
  export const RemoveMembers: string = "remove_members";
  export const SetMembers: string = "set_members";
}

/** What map gets: one action that the application must be told of. */
@final
export class MapInput {
  /** json is the whole input. */
  constructor(readonly json: Json) {}

  get abi(): i64 { return this.json.get("abi").asInt(); }
  /** One of `Action`. */
  get action(): string { return this.json.get("action").asString(); }
  /** One of `ResourceType`. */
  get resourceType(): string { return this.json.get("resource_type").asString(); }
  /** The SCIM id. */
  get id(): string { return this.json.get("id").asString(); }
  /** The application's own id; "" before a create. */
  get legacyId(): string { return this.json.get("legacy_id").asString(); }
  /** The resource as the application last acknowledged it; not there for a create. */
  get before(): Json { return this.json.get("before"); }
  /** The resource as it shall be; not there for a delete. */
  get after(): Json { return this.json.get("after"); }
  /** Before and after as users. */
  get userBefore(): User { return new User(this.before); }
  get userAfter(): User { return new User(this.after); }
  /** Before and after as groups. */
  get groupBefore(): Group { return new Group(this.before); }
  get groupAfter(): Group { return new Group(this.after); }

  /** For add_members and remove_members, who joins or leaves the group that the rest speaks of; for set_members, all who
   * are to be in it. */
  get members(): Member[] {
    const items = this.json.get("members").items();
    const list = new Array<Member>(items.length);
    for (let i = 0; i < items.length; i++) list[i] = new Member(items[i]);
    return list;
  }

  get tenant(): Tenant { return new Tenant(this.json.get("tenant")); }
  /** What the tenant configured for this policy; it may not be there. */
  get settings(): Json { return this.json.get("settings"); }
}

/** One member of a group. */
@final
export class Member {
  constructor(readonly json: Json) {}

  /** The member's SCIM id. */
  get id(): string { return this.json.get("id").asString(); }
  /** The application's own id of the member; "" where it has none. */
  get legacyId(): string { return this.json.get("legacy_id").asString(); }
  /** One of `ResourceType`. */
  get type(): string { return this.json.get("type").asString(); }
}

/** What map answers: requests that are sent to the application in their order, at most 16. */
export class MapOutput {
  private constructor(private list: Request[]) {}

  /** These requests. */
  static requests(list: Request[]): MapOutput {
    return new MapOutput(list);
  }

  /** The connector's own routes and field map. */
  static declarative(): MapOutput {
    return new MapOutput([]);
  }

  /** Makes the call fail, see `fail`. */
  static error(message: string): MapOutput {
    fail(message);
    return new MapOutput([]);
  }

  /** The JSON that the host reads. */
  encode(): Bytes {
    const doc = new Bytes(1024);
    doc.ascii('{"requests":[');
    for (let i = 0; i < this.list.length; i++) {
      if (i) doc.push(0x2c);
      this.list[i].json().append(doc);
    }
    doc.ascii("]}");
    return doc;
  }
}

/**
 * One request to the application. Method and path are the route's that is configured for the action where they are
 * empty. A path begins with one "/" and is appended to the application's base URL, which it cannot leave; use `path` to
 * make one of texts that come from elsewhere. `{legacy_id}` and `{id}` in a path stand for the ids; in the second request
 * of a create, `{legacy_id}` is what the answer to the first one told.
 */
@final
export class Request {
  constructor(
    private method: string = "",
    private path: string = "",
    private body: Json = Json.none,
  ) {}

  static get(path: string): Request { return new Request("GET", path); }
  static post(path: string, body: Json = Json.none): Request { return new Request("POST", path, body); }
  static put(path: string, body: Json = Json.none): Request { return new Request("PUT", path, body); }
  static patch(path: string, body: Json = Json.none): Request { return new Request("PATCH", path, body); }
  static delete(path: string, body: Json = Json.none): Request { return new Request("DELETE", path, body); }

  /** The JSON that the host reads. */
  json(): Json {
    const doc = new Bytes(256);
    doc.push(0x7b);
    text(doc, "method", this.method);
    text(doc, "path", this.path);
    if (this.body.kind != Kind.None) member(doc, "body", this.body);
    doc.push(0x7d);
    return Json.trusted(doc);
  }
}

/** A path of segments, each percent-encoded: `path(["members", input.legacyId, "suspend"])`. */
export function path(segments: string[]): string {
  let whole = "";
  for (let i = 0; i < segments.length; i++) whole += "/" + encodeURIComponent(segments[i]);
  return whole;
}
