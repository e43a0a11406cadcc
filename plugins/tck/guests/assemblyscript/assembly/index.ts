// The test guest of the AssemblyScript SDK, see package tck.

import {
  DecideInput,
  Decision,
  Group,
  ImportInput,
  ImportOutput,
  Json,
  JsonObject,
  Lifecycle,
  log,
  MapInput,
  MapOutput,
  Policy,
  register,
  Request,
} from "../../../../sdk/assemblyscript/lib";

/** How many calls this memory has seen. */
let calls = 0;

/** What a case wants of a hook. */
function behaviour(settings: Json): string {
  calls++;
  return settings.get("tck").asString();
}

function decide(input: DecideInput): Decision {
  const want = behaviour(input.settings);
  const before = input.userBefore.userName;
  const after = input.userAfter.userName;
  if (want == "deny") return Decision.deny(409, "uniqueness", "tck denies " + after);
  if (want == "deny_plainly") return Decision.deny(0, "", "tck denies");
  if (want == "hold") return Decision.hold("tck", shown(input, before, after));
  if (want == "counts") return Decision.hold("tck", shownCounts(input));
  if (want == "expires") return Decision.hold("tck", "an hour").expiresIn(3600);
  if (want == "members") return Decision.hold("tck", shownMembers(input));
  if (want == "lifecycle") return Decision.allow().lifecycle(Lifecycle.Suspend);
  if (want == "rewrite") return Decision.allow().rewrite(input.after);
  if (want == "state" && calls != 1) return Decision.deny(0, "", "tck has seen " + calls.toString() + " calls");
  if (want == "wrong") return new Decision("maybe");
  if (want == "error") return Decision.error("tck error é");
  if (want == "panic") throw new Error("tck panic");
  if (want == "loop") for (let n: u32 = 1; n != 0; n += 2) {} // never even
  if (want == "log") {
    log("tck: first");
    log("tck: zweite Zeile äöü");
  }
  return Decision.allow();
}

/** Every field of the input but the resources. */
function shown(input: DecideInput, before: string, after: string): string {
  const words = [
    input.abi.toString(),
    input.operation,
    input.resourceType,
    before,
    after,
    input.changed.join(","),
    input.connection.id,
    input.connection.profile,
    input.tenant.id,
  ];
  let text = "";
  for (let i = 0; i < words.length; i++) {
    if (words[i].length) text += (text.length ? " " : "") + words[i];
  }
  return text;
}

/** What is known of the tenant. */
function shownCounts(input: DecideInput): string {
  const tenant = input.tenant;
  const counts = tenant.counts;
  if (!counts) return `${tenant.id}: ${tenant.seatLimit} seats, not counted`;
  return (
    `${tenant.id}: ${counts.activeUsers} of ${tenant.seatLimit} seats, ` +
    `${counts.users} users, ${counts.groups} groups`
  );
}

/** A group and what becomes of its members. */
function shownMembers(input: DecideInput): string {
  const before = new Group(input.before);
  const after = new Group(input.after);
  const m = input.members;
  const members = m
    ? `clear ${m.clear} remove ${m.remove.join(",")} add ${m.add.join(",")}`
    : "members stay";
  return before.displayName + "; " + after.externalId + " " + after.displayName + "; " + members;
}

function map(input: MapInput): MapOutput {
  const want = behaviour(input.settings);
  if (want == "none") return MapOutput.declarative();
  if (want == "error") return MapOutput.error("tck error é");
  const body = new JsonObject()
    .put("abi", input.abi)
    .put("action", input.action)
    .put("resource_type", input.resourceType)
    .put("id", input.id)
    .put("legacy_id", input.legacyId)
    .put("before", input.userBefore.userName)
    .put("after", input.userAfter.userName)
    .put("tenant", input.tenant.id)
    .putJson("members", input.json.get("members"));
  return MapOutput.requests([
    Request.patch("/tck/" + input.legacyId + "?of=" + input.id, body.json()),
    new Request(),
  ]);
}

function importRecord(input: ImportInput): ImportOutput {
  const want = behaviour(input.settings);
  const login = input.record.get("login").asString();
  if (want == "skip") return ImportOutput.skip("tck skips " + login);
  if (want == "wrong") return ImportOutput.resource(Json.none);
  if (want == "error") return ImportOutput.error("tck error é");
  const resource = new JsonObject()
    .put("userName", login)
    .put("displayName", `${input.abi} ${input.resourceType} ${input.tenant.id}`)
    .put("record", input.record);
  return ImportOutput.resource(resource.json(), input.record.get("id").asString());
}

register(
  new Policy("tck", "1.0.0")
    .settings('{"type":"object","properties":{"tck":{"type":"string"}}}')
    .decide(decide)
    .map(map)
    .import(importRecord)
    .needsCounts(),
);
