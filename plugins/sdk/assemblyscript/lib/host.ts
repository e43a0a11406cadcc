// The only file that knows of the host: pointers and imports stay in here.

import { Bytes } from "./bytes";
import { PADDING } from "./scan";

// @ts-ignore: decorator
@external("scim_policy", "input_len")
declare function input_len(): u32;
// @ts-ignore: decorator
@external("scim_policy", "read_input")
declare function read_input(ptr: usize, size: u32): u32;
// @ts-ignore: decorator
@external("scim_policy", "write_output")
declare function write_output(ptr: usize, size: u32): void;
// @ts-ignore: decorator
@external("scim_policy", "log")
declare function host_log(ptr: usize, size: u32): void;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, vectors: usize, count: i32, written: usize): i32;

/** Reads the input of the call. */
export function readInput(): Bytes {
  const size = input_len();
  const input = new Bytes(<usize>size + PADDING);
  input.size = min(read_input(input.data, size), size);
  return input;
}

/** Makes these bytes the answer of the call. */
export function writeOutput(answer: Bytes): void {
  write_output(answer.data, <u32>answer.size);
}

/**
 * Writes one line to the policy's log, which the tenant's administrators can read. The host bounds how much a call may
 * log. Do not log personal data.
 */
export function log(line: string): void {
  const text = new Bytes(line.length + 1);
  text.utf8(line);
  host_log(text.data, <u32>text.size);
}

/**
 * Takes the place of the compiler's own abort, which would be an import that no policy may have. A failed assertion and
 * `throw new Error(…)` end here. The message goes to standard error, where the host looks for the last words of a call
 * that crashed; it goes to the log from there.
 */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const words = message ? message : "aborted";
  const place = file ? " (" + file + ":" + line.toString() + ":" + column.toString() + ")" : "";
  const text = new Bytes(<usize>words.length + 64);
  text.utf8(words + place + "\n");
  const standardError = 2;
  const vector = heap.alloc(3 * sizeof<usize>());
  store<usize>(vector, text.data);
  store<usize>(vector, text.size, sizeof<usize>());
  fd_write(standardError, vector, 1, vector + 2 * sizeof<usize>());
  unreachable();
}
