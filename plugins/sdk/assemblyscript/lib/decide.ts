import { Bytes } from "./bytes";
import { fail } from "./failure";
import { Json, Kind, member } from "./json";
import { Tenant } from "./tenant";
import { Group, User } from "./user";

/** What a client asks for, in `DecideInput.operation`. */
export namespace Operation {
  export const Create: string = "create";
  export const Update: string = "update";
  export const Delete: string = "delete";
}

/** What shall happen to a user when access is taken away, whatever the tenant's rules say; see `Decision.lifecycle`. */
export namespace Lifecycle {
  export const Deactivate: string = "deactivate";
  export const Suspend: string = "suspend";
  export const Delete: string = "delete";
  export const Nothing: string = "nothing";
}

/** What decide gets: one write, before it is stored. */
@final
export class DecideInput {
  /** json is the whole input. */
  constructor(readonly json: Json) {}

  get abi(): i64 { return this.json.get("abi").asInt(); }
  /** One of `Operation`. */
  get operation(): string { return this.json.get("operation").asString(); }
  /** One of `ResourceType`. */
  get resourceType(): string { return this.json.get("resource_type").asString(); }
  /** The stored SCIM resource; not there for a create. */
  get before(): Json { return this.json.get("before"); }
  /** The SCIM resource as it would be stored; not there for a delete. */
  get after(): Json { return this.json.get("after"); }
  /** Before and after as users. */
  get userBefore(): User { return new User(this.before); }
  get userAfter(): User { return new User(this.after); }
  /** Before and after as groups. */
  get groupBefore(): Group { return new Group(this.before); }
  get groupAfter(): Group { return new Group(this.after); }
  /** The attribute paths that differ between before and after, such as "name.familyName". It may be empty. */
  get changed(): string[] { return this.json.get("changed").strings(); }

  /** What the write does to the members of a group, null where it does nothing to them. It cannot be rewritten. */
  get members(): MemberChange | null {
    const members = this.json.get("members");
    return members.exists ? new MemberChange(members) : null;
  }

  /** The client through which the write came. */
  get connection(): Connection { return new Connection(this.json.get("connection")); }
  get tenant(): Tenant { return new Tenant(this.json.get("tenant")); }
  /** What the tenant configured for this policy; it may not be there. */
  get settings(): Json { return this.json.get("settings"); }
}

/** What a write does to the members of a group. */
@final
export class MemberChange {
  constructor(readonly json: Json) {}

  /** Whether every member that the group has is removed first. */
  get clear(): bool { return this.json.get("clear").asBool(); }
  /** The SCIM ids of who leaves. */
  get remove(): string[] { return this.json.get("remove").strings(); }
  /** The SCIM ids of who joins. */
  get add(): string[] { return this.json.get("add").strings(); }
}

/** The identity provider's access through which a write came. */
@final
export class Connection {
  constructor(readonly json: Json) {}

  get id(): string { return this.json.get("id").asString(); }
  /** The client's dialect: "okta", "entra", "onelogin", "jumpcloud", "google" or "generic". */
  get profile(): string { return this.json.get("profile").asString(); }
}

/**
 * What decide answers. Make one with `allow`, `deny`, `hold` or `error`, and add to it:
 *
 *     return Decision.hold("New administrator", "by department").expiresIn(3 * 24 * 3600);
 */
@final
export class Decision {
  private status: i32 = 0;
  private scimType: string = "";
  private detail: string = "";
  private title: string = "";
  private reason: string = "";
  private expiry: i64 = 0;
  private end: string = "";
  private after: Json = Json.none;

  /** A decision with any verdict. The host refuses what is not "allow", "deny" or "hold". */
  constructor(private verdict: string) {}

  /** Lets the write through. */
  static allow(): Decision {
    return new Decision("allow");
  }

  /**
   * Refuses the write. Status is 400 to 499, 0 standing for 403; scimType is one of RFC 7644 table 9 or empty; detail is
   * shown to the identity provider's administrator and required.
   */
  static deny(status: i32, scimType: string, detail: string): Decision {
    const d = new Decision("deny");
    d.status = status;
    d.scimType = scimType;
    d.detail = detail;
    return d;
  }

  /** Lets the write wait for an approval. Title is the headline for the approver and required; reason says more. */
  static hold(title: string, reason: string = ""): Decision {
    const d = new Decision("hold");
    d.title = title;
    d.reason = reason;
    return d;
  }

  /** Makes the call fail, see `fail`. */
  static error(message: string): Decision {
    fail(message);
    return new Decision("");
  }

  /** After how many seconds the hold counts as rejected: 60 to 7,776,000, which is 90 days. 0 leaves it to the tenant's rules. */
  expiresIn(seconds: i64): Decision {
    this.expiry = seconds;
    return this;
  }

  /** One of `Lifecycle`, instead of what the tenant's rules say. Not for a deny. */
  lifecycle(action: string): Decision {
    this.end = action;
    return this;
  }

  /** Has another resource stored: a whole SCIM resource, best made from `DecideInput.after` by `Json.set`. Not for a deny or a delete. */
  rewrite(after: Json): Decision {
    this.after = after;
    return this;
  }

  /** The JSON that the host reads. */
  encode(): Bytes {
    const doc = new Bytes(512);
    doc.push(0x7b);
    member(doc, "verdict", Json.of(this.verdict));
    if (this.status) member(doc, "status", Json.of(this.status));
    text(doc, "scim_type", this.scimType);
    text(doc, "detail", this.detail);
    text(doc, "title", this.title);
    text(doc, "reason", this.reason);
    if (this.expiry) member(doc, "expires_in", Json.of(this.expiry));
    text(doc, "lifecycle", this.end);
    if (this.after.kind != Kind.None) member(doc, "after", this.after);
    doc.push(0x7d);
    return doc;
  }
}

/** Appends a member unless its text is empty. */
export function text(doc: Bytes, name: string, value: string): void {
  if (value.length) member(doc, name, Json.of(value));
}
