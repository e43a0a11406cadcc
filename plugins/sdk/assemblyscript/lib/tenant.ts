import { Json } from "./json";

/** What `DecideInput.resourceType` and others can be. */
export namespace ResourceType {
  export const User: string = "User";
  export const Group: string = "Group";
}

/** The customer organisation on whose behalf the policy runs. */
@final
export class Tenant {
  constructor(readonly json: Json) {}

  /** The tenant's name, such as "acme". */
  get id(): string { return this.json.get("id").asString(); }

  /** How many active users the tenant has paid for, 0 where the operator has not said. */
  get seatLimit(): i64 { return this.json.get("seat_limit").asInt(); }

  /**
   * How many resources the tenant has, without the write in question; null in all hooks but decide, and there too unless
   * the policy says `needsCounts`.
   */
  get counts(): Counts | null {
    const counts = this.json.get("counts");
    return counts.exists ? new Counts(counts) : null;
  }
}

/** How many resources a tenant has. */
@final
export class Counts {
  constructor(readonly json: Json) {}

  get users(): i64 { return this.json.get("users").asInt(); }
  /** The users whose active is not false. */
  get activeUsers(): i64 { return this.json.get("active_users").asInt(); }
  get groups(): i64 { return this.json.get("groups").asInt(); }
}
