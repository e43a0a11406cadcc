// Package plugins runs policies: WebAssembly modules that a tenant brings along
// and that the host does not trust.
//
// A policy is a pure function, JSON in and JSON out. It has no clock, no
// randomness, no network, no files, no arguments and no environment, and it keeps
// nothing from one call to the next: before an instance is used again its memory
// and its globals are put back to what they were after initialisation. The same
// input therefore always gives the same output and takes the same fuel, on every
// machine, which is what makes offline tests and replays exact. Package abi
// describes the documents, docs/policy-abi.md the contract with a guest.
//
// # What holds a guest
//
//   - Structure: package meter refuses what could take memory or time out of all
//     proportion to its size before the runtime sees it. Reference types are off,
//     because a table can grow outside the memory limit, and so are vector
//     instructions, whose results differ between processors.
//   - Compilation: a process of its own compiles a module, with limits on processor
//     time and memory, see Options.Compiler. What it made is kept on disk.
//   - Fuel: package meter puts a counter into the module, so that every run ends
//     after a fixed amount of work, recursion without a loop included. What the host
//     does for a guest is charged as well. Whenever a slice of the fuel is used up the
//     guest comes back to the host, which lets others have the processor and sees
//     whether the caller is still there: nothing has to watch a guest from outside.
//   - Depth: the same package counts how deep calls nest.
//   - Memory, input, output and log are bounded, see Options.
//   - Turns: no policy runs on more than half of the processors at once, and loading
//     one takes no turn from those that work.
//   - Suspension: a policy whose failures cost more than their budget fails at once
//     for a while.
//   - An instance that failed is thrown away.
//
// # Many policies
//
// A Host keeps instances and machine code as long as there is room for what is idle,
// and gives up what was used longest ago; a policy that was given up comes back when
// it is called. Policies of the same module share its code and the snapshot of its
// memory after initialisation, and nothing else.
package plugins
