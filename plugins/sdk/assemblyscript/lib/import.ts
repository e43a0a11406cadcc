import { Bytes } from "./bytes";
import { text } from "./decide";
import { fail } from "./failure";
import { Json, Kind, member } from "./json";
import { Tenant } from "./tenant";

/** What import gets: one account as the application tells of it. */
@final
export class ImportInput {
  /** json is the whole input. */
  constructor(readonly json: Json) {}

  get abi(): i64 { return this.json.get("abi").asInt(); }
  /** What the record becomes, one of `ResourceType`. */
  get resourceType(): string { return this.json.get("resource_type").asString(); }
  /** The account, a JSON object of the application's own making. */
  get record(): Json { return this.json.get("record"); }
  get tenant(): Tenant { return new Tenant(this.json.get("tenant")); }
  /** What the tenant configured for this policy; it may not be there. */
  get settings(): Json { return this.json.get("settings"); }
}

/** What import answers: the account as a SCIM resource, or that it is left out. */
export class ImportOutput {
  private constructor(
    private resource: Json,
    private legacyId: string,
    private skipped: bool,
    private reason: string,
  ) {}

  /** The account as a SCIM resource, with the application's own id of it; "" where the connector knows where to find that. */
  static resource(resource: Json, legacyId: string = ""): ImportOutput {
    return new ImportOutput(resource, legacyId, false, "");
  }

  /** Leaves the account out, such as a robot's. The reason stands in the report. */
  static skip(reason: string = ""): ImportOutput {
    return new ImportOutput(Json.none, "", true, reason);
  }

  /** Makes the call fail, see `fail`. */
  static error(message: string): ImportOutput {
    fail(message);
    return ImportOutput.skip();
  }

  /** The JSON that the host reads. */
  encode(): Bytes {
    const doc = new Bytes(1024);
    doc.push(0x7b);
    if (this.skipped) member(doc, "skip", Json.of(true));
    if (this.resource.kind != Kind.None) member(doc, "resource", this.resource);
    text(doc, "legacy_id", this.legacyId);
    text(doc, "reason", this.reason);
    doc.push(0x7d);
    return doc;
  }
}
