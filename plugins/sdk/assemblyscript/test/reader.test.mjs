// The reader of JSON against the one of JavaScript, which is as strict.

import assert from "node:assert/strict";
import { test } from "node:test";

import { load, PolicyError } from "../lib/testing.mjs";
import { random } from "./random.mjs";

const policy = await load(new URL("../testdata/probe/probe.wasm", import.meta.url));

/** What the policy makes of a document, given as JSON text, after something was done with it. */
function shown(what, doc, more = "") {
  return policy.call("import", `{"record":{"do":"${what}","doc":${doc}${more}}}`).resource.shown;
}

/** The error that the policy reports. */
function problem(what, doc, more = "") {
  try {
    return `answered ${JSON.stringify(shown(what, doc, more))}`;
  } catch (err) {
    assert.ok(err instanceof PolicyError && err.kind === "policy", err);
    return err.message;
  }
}

/** Whether the whole text is read as JSON. */
function accepts(text) {
  try {
    policy.call("import", text);
    return true;
  } catch (err) {
    assert.equal(err.message, "the input is not valid JSON");
    return false;
  }
}

test("takes the JSON that JavaScript takes, and no other", () => {
  const good = [
    "{}", " { } ", '{"a":1}', '\t{\r\n"a" : 1 , "b":[ ] }\n', '{"a":[1,[2,[]],{"b":{}}]}', '{"":0}', '{"a":-0}',
    '{"a":-0.0e-0}', '{"a":1E+10}', '{"a":123456789012345678901234567890.5}', '{"a":true,"b":false,"c":null}',
    '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00"}', '{"a":"\\ud800"}', '{"a":"é\u2028😀\u007f"}', '{"a":"12345678"}',
    '{"a":"1234567\\""}', '{"record":{}}',
  ];
  const bad = [
    "", " ", "{", "}", "[", '{"a"}', '{"a":}', '{"a":1,}', '{,"a":1}', '{"a":1 "b":2}', "{a:1}", "{'a':1}", '{"a":1}}', '{"a":1}x',
    '{"a":1}{}', '{"a":[1,]}', '{"a":[,1]}', '{"a":[1 2]}', '{"a":[1}', '{"a":{]}', '{"a":01}', '{"a":1.}', '{"a":.1}', '{"a":+1}',
    '{"a":-}', '{"a":1e}', '{"a":1e+}', '{"a":0x1}', '{"a":1_0}', '{"a":NaN}', '{"a":Infinity}', '{"a":-Infinity}', '{"a":tru}',
    '{"a":truee}', '{"a":True}', '{"a":nul}', '{"a":fals}', '{"a":undefined}', '{"a":"\n"}', '{"a":"\u0000"}', '{"a":"\u001f"}',
    '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"\\u12g4"}', '{"a":"\\', '{"a":"\\u', '{"a":"b', '{"a', '{"', '{"a":"b\\"}', '/**/{}',
    '{"a":1/**/}', "\u00a0{}", '{"a":\u00a01}', "\ufeff{}", '{"a":1}\u0000', "\u0000",
  ];
  for (const [texts, want] of [[good, true], [bad, false]]) {
    for (const text of texts) {
      let parsed = true;
      try {
        JSON.parse(text);
      } catch {
        parsed = false;
      }
      assert.equal(parsed, want, `JavaScript: ${text}`);
      assert.equal(accepts(text), want, JSON.stringify(text));
    }
  }
});

test("takes broken documents as JavaScript does", () => {
  const draw = random(1);
  const sample = '{"record":{"a":[1,-2.5e+3,"x\\u00e9\\n",{"b":null}],"é":"ab\\"cdefghijk","t":true,"f":false},"z":{}}';
  const pieces = [..."{}[]:,\"\\ \n0123456789-+.eEtrufalsn\u0000é😀x"];
  let broken = 0;
  for (let n = 0; n < 3000; n++) {
    const text = [...sample];
    for (let i = draw(3); i >= 0; i--) {
      const at = draw(text.length);
      const change = draw(3);
      if (change === 0) text.splice(at, 1 + draw(4));
      else text.splice(at, change - 1, pieces[draw(pieces.length)]);
    }
    const mutant = text.join("");
    let want = true;
    try {
      JSON.parse(mutant);
    } catch {
      want = false;
      broken++;
    }
    let got = true;
    try {
      policy.call("import", mutant);
    } catch (err) {
      // Other errors are about what the document says.
      got = err.message !== "the input is not valid JSON";
    }
    assert.equal(got, want, mutant);
  }
  assert.ok(broken > 1000 && broken < 2900, `${broken} were broken`);
});

test("takes well-formed UTF-8 and no other", () => {
  const inside = (...bytes) => Buffer.from([...Buffer.from('{"a":"'), ...bytes, ...Buffer.from('"}')]);
  for (const bytes of [[0xc2, 0x80], [0xdf, 0xbf], [0xe0, 0xa0, 0x80], [0xed, 0x9f, 0xbf], [0xee, 0x80, 0x80], [0xef, 0xbf, 0xbf],
    [0xf0, 0x90, 0x80, 0x80], [0xf4, 0x8f, 0xbf, 0xbf]]) {
    assert.ok(accepts(inside(...bytes)), `${bytes}`);
  }
  for (const bytes of [[0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xc2, 0x20], [0xe0, 0x9f, 0xbf], [0xe2, 0x82], [0xe2, 0x28, 0xa1],
    [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x9f, 0x98], [0xf0, 0x9f, 0x28, 0x80], [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe]]) {
    assert.ok(!accepts(inside(...bytes)), `${bytes}`);
  }
});

test("bounds how deep a document is", () => {
  const nested = (n) => `{"record":{},"more":${"[".repeat(n)}${"]".repeat(n)}}`;
  assert.ok(accepts(nested(127)));
  assert.throws(() => policy.call("import", nested(128)), new PolicyError("policy", "the input is nested too deeply"));
  assert.throws(() => policy.call("import", nested(200_000)), new PolicyError("policy", "the input is nested too deeply"));
});

test("hands documents on byte by byte", () => {
  const doc = '{"n":[12345678901234567890,1.10,-0,1E5],"s":"\\u00e9\\/é😀","o":{"b":1,"a":2},"e":[]}';
  assert.equal(shown("text", doc), doc);
});

test("reads strings as JavaScript does", () => {
  const draw = random(2);
  const pieces = ["a", "é", "\u2028", "😀", '\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000", "\\u00E9", "\\ud83d\\ude00", " "];
  for (let n = 0; n < 500; n++) {
    let text = "";
    for (let i = draw(20); i > 0; i--) text += pieces[draw(pieces.length)];
    assert.equal(shown("string", `"${text}"`), JSON.parse(`"${text}"`), text);
  }
  assert.equal(shown("string", '"\\ud800 \\ude00"'), "\ufffd \ufffd");
});

test("reads and writes every character at every place", () => {
  const characters = ["\u0000", "\u001f", " ", "!", '"', "#", "[", "\\", "]", "~", "\u007f", "\u0080", "é", "\u07ff", "\u0800", "\u2028", "\uffff", "😀"];
  for (const c of characters) {
    for (let at = 0; at < 10; at++) {
      const text = `${"x".repeat(at)}${c}${"y".repeat(9)}${c}`;
      assert.equal(shown("string", JSON.stringify(text)), text);
      assert.equal(shown("text", JSON.stringify(text)), JSON.stringify(text));
      assert.equal(shown("find", `{"x":1,${JSON.stringify(text)}:2}`, `,"path":[${JSON.stringify(text)}]`), 2);
    }
  }
});

test("reads whole numbers of 64 bits", () => {
  for (const n of ["0", "-0", "7", "-1", "9223372036854775807", "-9223372036854775808"]) {
    assert.equal(policy.call("import", `{"record":{"do":"int","doc":${n}}}`).resource.shown, Number(BigInt(n)));
  }
  for (const n of ["9223372036854775808", "-9223372036854775809", "99999999999999999999", "1.5", "1.0", "1e3"]) {
    assert.equal(problem("int", n), '"doc" is not a whole number of 64 bits');
  }
});

test("reads other numbers", () => {
  for (const n of ["0", "-1.5", "1e300", "123456789.125", "5e-324", "0.1"]) assert.equal(shown("float", n), Number(n));
  assert.equal(shown("number", "12345678901234567890.10"), "12345678901234567890.10");
});

test("tells what a value is", () => {
  const kinds = ["null", "true", "1", '"a"', "[]", "{}"];
  assert.deepEqual(kinds.map((doc) => shown("kind", doc)), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(kinds.map((doc) => shown("exists", doc)), [false, true, true, true, true, true]);
  assert.equal(policy.import({ resource_type: "User", record: { do: "kind" } }).resource.shown, 0);
});

test("is empty where there is nothing, or null", () => {
  const empty = { string: "otherwise", bool: true, int: 7, float: 0.5, number: "otherwise", length: 0, names: [], items: [], strings: [] };
  for (const [what, want] of Object.entries(empty)) {
    assert.deepEqual(shown(what, "null"), want, what);
    assert.deepEqual(policy.import({ resource_type: "User", record: { do: what } }).resource.shown, want, what);
  }
  assert.equal(shown("find", "null", ',"path":["a","b"]'), null);
});

test("fails where a value is of another type", () => {
  for (const [what, doc, want] of [
    ["string", "1", "a string"], ["bool", '"true"', "true or false"], ["int", '"1"', "a number"], ["float", "true", "a number"],
    ["number", "[]", "a number"], ["length", '"a"', "an array"], ["names", "[]", "an object"], ["items", "{}", "an array"],
    ["strings", '["a",1]', "a string"], ["at", "{}", "an array"], ["find", "[1]", "an object"], ["set", "[1]", "an object"],
  ]) {
    assert.equal(problem(what, doc, ',"path":["a"],"index":0,"value":1'), `"doc" is not ${want}`, what);
  }
  assert.equal(problem("find", '{"a":{"b":1}}', ',"path":["a","b","c"]'), '"b" is not an object');
});

test("finds members and elements", () => {
  const doc = '{ "a" : { "\\u00e9" : [ 1 , "x" ] } , "b":{}, "aa":3, "": 4}';
  const find = (...path) => shown("find", doc, `,"path":${JSON.stringify(path)}`);
  assert.deepEqual(find("a", "é"), [1, "x"]);
  assert.equal(find("aa"), 3);
  assert.equal(find(""), 4);
  assert.equal(find("A"), null);
  assert.equal(find("b", "c"), null);
  assert.deepEqual(shown("names", doc), ["a", "b", "aa", ""]);
  assert.equal(shown("length", doc), 4);
  assert.deepEqual(shown("items", "[ 1 ,[2], {} ]"), [1, [2], {}]);
  assert.deepEqual(shown("strings", '["a","\\n",null]'), ["a", "\n", ""]);
  assert.equal(shown("at", "[1,2,3]", ',"index":2'), 3);
  assert.equal(shown("at", "[1,2,3]", ',"index":3'), null);
  assert.equal(shown("at", "[1,2,3]", ',"index":-1'), null);
  assert.equal(problem("find", '{"a":1,"\\u0061":2}', ',"path":["a"]'), '"a" is there twice');
});

test("finds a member among many", () => {
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`name${i}`, i])));
  assert.equal(shown("find", many, ',"path":["name4999"]'), 4999);
  assert.equal(shown("length", `[${"0,".repeat(9999)}0]`), 10_000);
});

test("sets and removes", () => {
  const set = (doc, path, value) => shown("set", doc, `,"path":${JSON.stringify(path)},"value":${value}`);
  const remove = (doc, path) => shown("remove", doc, `,"path":${JSON.stringify(path)}`);
  const text = (value) => JSON.stringify(value);
  assert.equal(text(set('{"a":1,"b":{"c":2},"d":3}', ["b", "c"], "[4]")), '{"a":1,"b":{"c":[4]},"d":3}');
  assert.equal(text(set("{}", ["a", "b"], '"é"')), '{"a":{"b":"é"}}');
  assert.equal(text(set('{"a":null}', ["a", "b"], "1")), '{"a":{"b":1}}');
  assert.equal(text(set("null", ["a"], "1")), '{"a":1}');
  assert.equal(text(set('{"\\u0061":1}', ["a"], "2")), '{"a":2}');
  assert.equal(text(set('{"a":1}', [], "2")), "2");
  assert.equal(text(remove('{"a":1,"b":2,"c":3}', ["b"])), '{"a":1,"c":3}');
  assert.equal(text(remove('{"a":1}', ["a"])), "{}");
  assert.equal(text(remove('{"a":{"b":1},"c":2}', ["a", "b"])), '{"a":{},"c":2}');
  assert.equal(text(remove('{"a":1}', ["b", "c"])), '{"a":1}');
});

test("compares", () => {
  assert.equal(shown("same", '{"a":1}', ',"other":{"a":1}'), true);
  assert.equal(shown("same", '{"a":1}', ',"other":{"a":2}'), false);
  assert.equal(shown("same", "1"), false);
});

test("parses text", () => {
  assert.deepEqual(shown("parse", '"{\\"a\\":[1,\\"é\\"]}"'), { a: [1, "é"] });
  assert.equal(problem("parse", '"{"'), "text is not valid JSON");
});
