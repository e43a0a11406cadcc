import assert from "node:assert/strict";
import { test } from "node:test";

import { load, PolicyError, readCases } from "../sdk/testing.mjs";

const policy = await load("build/{{.Name}}.wasm");

// The golden cases, which the module carries along as well.
for (const c of await readCases("cases.json")) test(c.name, () => policy.check(c));

test("a user's name is a text", () => {
  const input = { operation: "create", resource_type: "User", after: { userName: 1 } };
  assert.throws(() => policy.decide(input), new PolicyError("policy", '"userName" is not a string'));
});
