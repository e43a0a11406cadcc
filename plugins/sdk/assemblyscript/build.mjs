// Compiles every module of this repository that is committed beside its source in AssemblyScript: npm run build.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const asc = join(here, "node_modules/assemblyscript/bin/asc.js");

for (const [dir, wasm] of [
  ["../../tck/guests/assemblyscript", "guest.wasm"],
  ["testdata/probe", "probe.wasm"],
  ["../../../examples/policies/mapping", "mapping.wasm"],
  ["../../../examples/policies/split", "split.wasm"],
]) {
  const cwd = join(here, dir);
  const node = (...args) => execFileSync(process.execPath, args, { cwd, stdio: "inherit" });
  node(asc, "--config", "asconfig.json", "--outFile", wasm);
  if (existsSync(join(cwd, "cases.json"))) node(join(here, "lib/bundle.mjs"), wasm, "cases.json");
}
