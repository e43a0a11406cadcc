// AssemblyScript has no exceptions that can be caught. What goes wrong while a document is read is therefore remembered,
// reading goes on with an empty value, and the call ends with an error in the place of its answer.

let failed: bool = false;
let message: string = "";

/**
 * Makes the call fail: whatever the hook returns, the host gets this message in its place. A request then gets 503 and a
 * delivery is tried again, so use it only for what is not the identity provider's fault, and `Decision.deny` for what is.
 * The first message of a call counts.
 */
export function fail(text: string): void {
  if (failed) return;
  failed = true;
  message = text;
}

/** Reports whether the call has failed. */
export function hasFailed(): bool {
  return failed;
}

/** The message of the failed call, "" if it has not failed. */
export function failure(): string {
  return message;
}
