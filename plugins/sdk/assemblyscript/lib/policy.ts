import { DecideInput, Decision } from "./decide";
import { failure, hasFailed } from "./failure";
import { Bytes } from "./bytes";
import { readInput, writeOutput } from "./host";
import { ImportInput, ImportOutput } from "./import";
import { Json } from "./json";
import { MapInput, MapOutput } from "./map";
import { JsonObject } from "./object";

/**
 * What a policy consists of. Hooks are optional, but there must be one:
 *
 *     register(new Policy("hello", "1.0.0").decide(decide));
 *
 *     function decide(input: DecideInput): Decision {
 *       return Decision.allow();
 *     }
 */
@final
export class Policy {
  /** The hooks; for the SDK alone. */
  onDecide: ((input: DecideInput) => Decision) | null = null;
  onMap: ((input: MapInput) => MapOutput) | null = null;
  onImport: ((input: ImportInput) => ImportOutput) | null = null;
  private schema: string = "";
  private counted: bool = false;

  /** name is what people call the policy; version is the author's, for people. */
  constructor(
    private name: string,
    private version: string = "",
  ) {}

  /** Sets the function that judges a write before it is stored. Without, everything is allowed. */
  decide(hook: (input: DecideInput) => Decision): Policy {
    this.onDecide = hook;
    return this;
  }

  /** Sets the function that turns an action into requests to the application. Without, the connector's field map does. */
  map(hook: (input: MapInput) => MapOutput): Policy {
    this.onMap = hook;
    return this;
  }

  /** Sets the function that turns an account of the application into a SCIM resource. */
  import(hook: (input: ImportInput) => ImportOutput): Policy {
    this.onImport = hook;
    return this;
  }

  /** Sets the JSON Schema of the settings, an object as JSON text. The host checks settings against it. */
  settings(schema: string): Policy {
    this.schema = schema;
    return this;
  }

  /**
   * Asks for `Tenant.counts` in decide. Counts are exact: writes that change them are judged one after the other, which
   * costs the tenant throughput.
   */
  needsCounts(): Policy {
    this.counted = true;
    return this;
  }

  /** The JSON that describes the policy. */
  describe(): Json {
    const hooks: string[] = [];
    if (this.onDecide) hooks.push("decide");
    if (this.onMap) hooks.push("map");
    if (this.onImport) hooks.push("import");
    const d = new JsonObject().put("name", this.name).putText("version", this.version).put("hooks", hooks);
    if (this.counted) d.put("needs", ["counts"]);
    if (this.schema.length) {
      const schema = new Bytes(this.schema.length);
      schema.utf8(this.schema);
      d.put("settings", Json.read(schema, "the schema of the settings"));
    }
    return d.json();
  }
}

let registered: Policy | null = null;

/** Makes this the policy of the module. To be called once, at the top of a file. */
export function register(policy: Policy): void {
  assert(!registered, "register is called twice");
  registered = policy;
}

// What the exports do, see entry.ts. Each returns 0 for an answer and 1 for an error message.

export function runDecide(): i32 {
  const input = new DecideInput(readDocument());
  const hook = policy().onDecide;
  if (hasFailed()) return finish(new Bytes(0));
  return finish((hook ? hook(input) : Decision.allow()).encode());
}

export function runMap(): i32 {
  const input = new MapInput(readDocument());
  const hook = policy().onMap;
  if (hasFailed()) return finish(new Bytes(0));
  return finish((hook ? hook(input) : MapOutput.declarative()).encode());
}

export function runImport(): i32 {
  const input = new ImportInput(readDocument());
  const hook = policy().onImport;
  if (hasFailed()) return finish(new Bytes(0));
  return finish((hook ? hook(input) : ImportOutput.error("the policy imports nothing")).encode());
}

export function runDescribe(): i32 {
  const doc = new Bytes(1024);
  policy().describe().append(doc);
  return finish(doc);
}

function policy(): Policy {
  assert(registered, "no policy is registered");
  return registered!;
}

function readDocument(): Json {
  return Json.read(readInput(), "the input");
}

/** Hands the answer over, or the message of a call that has failed. */
function finish(answer: Bytes): i32 {
  if (!hasFailed()) {
    writeOutput(answer);
    return 0;
  }
  const message = new Bytes(256);
  message.utf8(failure());
  writeOutput(message);
  return 1;
}
