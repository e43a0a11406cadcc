// What a policy sees of SCIM, what it builds, and how it fails.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { load, PolicyError } from "../lib/testing.mjs";

const policy = await load(new URL("../testdata/probe/probe.wasm", import.meta.url));
const ada = JSON.parse(await readFile(new URL("../../go/testdata/user.json", import.meta.url), "utf8"));
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const show = (what, doc) => policy.import({ resource_type: "User", record: { do: what, doc } }).resource.shown;

test("a user's attributes", () => {
  assert.deepEqual(show("user", { ...ada, profileUrl: "https://acme.example/ada", entitlements: [{ value: "e", display: "E" }] }), {
    plain: [
      ada.id, ada.externalId, ada.userName, ada.displayName, "ada", "https://acme.example/ada", ada.title, "Employee", "en", "en-US",
      "Europe/Berlin", "Engineering", "ada.lovelace@acme.example", "+49 30 1234567", "Ada Lovelace",
    ],
    active: true,
    name: ["Ada Lovelace", "Lovelace", "Ada", "King", "", ""],
    emails: [["ada.lovelace@acme.example", "", "work", "true"], ["ada@acme.example", "", "home", "false"]],
    phoneNumbers: [["+49 30 1234567", "", "work", "false"], ["+49 170 1234567", "", "mobile", "false"]],
    roles: [["user", "User", "app", "true"]],
    entitlements: [["e", "E", "", "false"]],
    addresses: [["Hauptstrasse 1, 10115 Berlin", "Hauptstrasse 1", "Berlin", "", "10115", "DE", "work", "true"]],
    enterprise: ["701984", "4130", "Acme", "Analytical", "Engineering", "26118915-6090-4610-87e4-49d8ca9f808d", "Charles Babbage"],
  });
});

test("a user who is not there", () => {
  const nobody = show("user");
  assert.equal(nobody.active, true);
  assert.deepEqual(new Set(nobody.plain), new Set([""]));
  assert.deepEqual([nobody.emails, nobody.addresses, nobody.roles], [[], [], []]);
});

test("whether a user is active", () => {
  for (const [user, want] of [[{}, true], [{ active: true }, true], [{ active: false }, false]]) {
    assert.equal(show("user", user).active, want);
  }
});

test("the address to write to", () => {
  const email = (...emails) => show("user", { emails }).plain[12];
  assert.equal(email({ value: "a" }, { value: "b", type: "Work" }, { value: "c", primary: true }), "c");
  assert.equal(email({ value: "a" }, { value: "b", type: "Work" }), "b");
  assert.equal(email({ value: "a" }, { value: "b" }), "a");
  assert.equal(email({ primary: true }, { value: "b" }), "b");
  assert.equal(email(), "");
});

test("the name to show", () => {
  const fullName = (user) => show("user", user).plain[14];
  assert.equal(fullName({ name: { formatted: "A", givenName: "B" }, displayName: "C", userName: "D" }), "A");
  assert.equal(fullName({ name: { givenName: "B", familyName: "E" }, displayName: "C", userName: "D" }), "B E");
  assert.equal(fullName({ name: { familyName: "E" } }), "E");
  assert.equal(fullName({ displayName: "C", userName: "D" }), "C");
  assert.equal(fullName({ userName: "D" }), "D");
});

test("a group's attributes", () => {
  assert.deepEqual(show("group", { id: "g", externalId: "e", displayName: "d" }), ["g", "e", "d"]);
});

test("a user that is built", () => {
  assert.deepEqual(show("builder"), {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", enterprise],
    userName: "ada",
    externalId: "7",
    name: { givenName: "Ada", familyName: "Lovelace" },
    title: "Countess",
    userType: "Employee",
    active: true,
    emails: [{ value: "ada@acme.example", type: "work", primary: true }, { value: "ada@home.example", type: "home" }],
    roles: [{ value: "author", primary: true }],
    [enterprise]: { department: "Research", costCenter: "4130" },
    x: { y: 1 },
  });
});

test("values that are written", () => {
  assert.deepEqual(show("values"), {
    i64: Number(-(2n ** 63n)),
    u64: Number(2n ** 64n - 1n),
    i32: -1,
    f64: 1.5,
    f32: 0.25,
    large: 1e300,
    yes: true,
    null: null,
    list: [[1, 2], [3]],
    none: null,
    '"\\/\n\u0001é😀\u2028': '"\\/\n\u0001é😀\u2028',
    half: "\ufffd-\ufffd",
    twice: "second",
  });
});

test("requests", () => {
  assert.deepEqual(show("requests").requests, [
    { method: "GET", path: "/a" },
    { method: "POST", path: "/a", body: 1 },
    { method: "PUT", path: "/a", body: 1 },
    { method: "PATCH", path: "/a", body: 1 },
    { method: "DELETE", path: "/a" },
    { body: 1 },
    {},
  ]);
});

test("paths", () => {
  assert.equal(show("path", ["members", "a/b c", "é?#"]), "/members/a%2Fb%20c/%C3%A9%3F%23");
  assert.equal(show("path", []), "");
});

test("what it says of itself", () => {
  assert.deepEqual(policy.describe(), { name: "probe", hooks: ["import"] });
});

test("hooks that are not registered", () => {
  assert.deepEqual(policy.decide({ operation: "create", resource_type: "User" }), { verdict: "allow" });
  assert.deepEqual(policy.map({ action: "create", resource_type: "User", id: "u" }), { requests: [] });
});

test("numbers that JSON does not have", () => {
  for (const what of ["not a number", "infinite"]) {
    assert.throws(() => show(what), new PolicyError("policy", "a number of JSON is finite"));
  }
});

test("crashes have last words", () => {
  for (const [what, words] of [
    ["throw", /: thrown é \(assembly\/index\.ts:\d+:\d+\)$/],
    ["assert", /: no such kind \(assembly\/index\.ts:\d+:\d+\)$/],
    ["bounds", /: Index out of range \(/],
  ]) {
    assert.throws(() => show(what, {}), (err) => err.kind === "trap" && words.test(err.message), what);
  }
});

test("lines for the log", () => {
  const lines = ["", "first", "zweite äöü 😀", "x".repeat(5000)];
  const before = policy.logged.length;
  show("log", lines);
  assert.deepEqual(policy.logged.slice(before), lines);
});
