// Puts golden cases into a module, so that whoever uploads it has them run first:
//
//     node bundle.mjs MODULE.wasm CASES.json
//
// They are the custom section scim_policy_cases, at the end. Those that were there are replaced.

import { readFile, writeFile } from "node:fs/promises";

const sectionName = "scim_policy_cases";
const header = 8;

const [, , wasmFile, casesFile] = process.argv;
if (!casesFile) throw new Error("usage: node bundle.mjs MODULE.wasm CASES.json");

const wasm = await readFile(wasmFile);
const cases = await readFile(casesFile);
if (!Array.isArray(JSON.parse(cases.toString("utf8")))) throw new Error(`${casesFile} is not a JSON array`);

const parts = [wasm.subarray(0, header)];
for (let at = header; at < wasm.length; ) {
  const size = uleb(wasm, at + 1);
  const end = size.end + size.value;
  if (wasm[at] !== 0 || nameAt(wasm, size.end) !== sectionName) parts.push(wasm.subarray(at, end));
  at = end;
}
const name = Buffer.from(sectionName);
const body = Buffer.concat([toUleb(name.length), name, cases]);
parts.push(Buffer.from([0]), toUleb(body.length), body);
await writeFile(wasmFile, Buffer.concat(parts));

/** The name of the custom section whose body begins at an offset. */
function nameAt(data, at) {
  const size = uleb(data, at);
  return data.toString("utf8", size.end, size.end + size.value);
}

/** The unsigned LEB128 number at an offset, and where it ends. */
function uleb(data, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = data[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, end: at };
  }
}

function toUleb(value) {
  const bytes = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}
