// Runs a policy in Node.js, without Caddy: it does what the host does as far as a test of the policy can tell. What it
// leaves out are the limits (time, work, memory, sizes) and the finer checks of answers, for which there is
// `caddy scim policy test`.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

const abi = 1;

/** Why a call has no answer. kind is "policy" for an error of the policy's own, "trap" for a crash, "output" for nonsense. */
export class PolicyError extends Error {
  constructor(kind, detail) {
    super(detail);
    this.name = "PolicyError";
    this.kind = kind;
  }
}

/** Loads the module in a file. */
export async function load(file) {
  return new Policy(new WebAssembly.Module(await readFile(file)));
}

/** Reads a JSON array of golden cases. */
export async function readCases(file) {
  return JSON.parse(await readFile(file, "utf8"));
}

/** A policy. Each call sees it as if it were the first. */
export class Policy {
  /** What the policy has logged since it was loaded, line by line. */
  logged = [];
  #module;

  constructor(module) {
    this.#module = module;
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const known = from === "scim_policy" || (from === "wasi_snapshot_preview1" && name === "fd_write");
      if (!known) throw new Error(`the module imports ${from}.${name}, which no policy has`);
    }
  }

  /** What the policy says of itself. */
  describe() {
    return this.call("describe", "");
  }

  /** Judges a write. What the host always sends may be left out. */
  decide(input) {
    return this.call("decide", { connection: { id: "", profile: "" }, tenant: { id: "" }, ...input, abi });
  }

  /** Maps an action. */
  map(input) {
    return this.call("map", { tenant: { id: "" }, ...input, abi });
  }

  /** Imports a record. */
  import(input) {
    return this.call("import", { tenant: { id: "" }, ...input, abi });
  }

  /** Calls a hook with a document, its JSON text or the bytes of that, and returns the answer. */
  call(hook, input) {
    if (!(input instanceof Uint8Array)) {
      input = new TextEncoder().encode(typeof input === "string" ? input : JSON.stringify(input));
    }
    const { failed, output } = this.#run(hook, input);
    const answer = new TextDecoder("utf-8", { fatal: true }).decode(output);
    if (failed) throw new PolicyError("policy", answer);
    try {
      return JSON.parse(answer);
    } catch (cause) {
      throw new PolicyError("output", `not JSON: ${cause.message}`);
    }
  }

  /** Runs a golden case. It throws if anything else comes of it than the case wants. */
  check(c) {
    let answer;
    try {
      answer = this[c.hook](c.input);
    } catch (err) {
      if (!(err instanceof PolicyError) || !c.error) throw err;
      assert.equal(err.kind, c.error, err.message);
      assert.ok(err.message.includes(c.detail ?? ""), `failed with "${err.message}", want "${c.detail}"`);
      return;
    }
    assert.equal(c.error, undefined, `answered ${JSON.stringify(answer)}`);
    assert.deepEqual(meant(answer), meant(c.want));
  }

  #run(hook, input) {
    let memory;
    let output;
    let lastWords = "";
    const bytes = (ptr, size) => new Uint8Array(memory.buffer, ptr, size);
    const utf8 = (ptr, size) => new TextDecoder().decode(bytes(ptr, size));
    const instance = new WebAssembly.Instance(this.#module, {
      scim_policy: {
        input_len: () => input.length,
        read_input: (ptr, size) => {
          const part = input.subarray(0, size >>> 0);
          bytes(ptr, part.length).set(part);
          return part.length;
        },
        write_output: (ptr, size) => void (output = bytes(ptr, size).slice()),
        log: (ptr, size) => void this.logged.push(utf8(ptr, size)),
      },
      wasi_snapshot_preview1: {
        fd_write: (_fd, vectors, _count, written) => {
          const view = new DataView(memory.buffer);
          const size = view.getUint32(vectors + 4, true);
          lastWords = utf8(view.getUint32(vectors, true), size).trimEnd();
          this.logged.push(lastWords);
          view.setUint32(written, size, true);
          return 0;
        },
      },
    });
    memory = instance.exports.memory;
    let result;
    try {
      instance.exports._initialize();
      result = instance.exports[hook]();
    } catch (cause) {
      throw new PolicyError("trap", lastWords ? `${cause.message}: ${lastWords}` : cause.message);
    }
    if (output === undefined) throw new PolicyError("output", "the hook has written no answer");
    return { failed: result !== 0, output };
  }
}

/** An answer with what the host takes for granted. */
function meant(answer) {
  if (answer.verdict === "deny") return { status: 403, ...answer };
  return answer;
}
