// What the module exports for the host. This file is compiled beside the policy's own, see asconfig.json; nobody imports
// it.

import { runDecide, runDescribe, runImport, runMap } from "./policy";

/** Says which version of the ABI the module speaks. */
export function scim_policy_abi_1(): void {}

export { runDecide as decide, runMap as map, runImport as import, runDescribe as describe };
