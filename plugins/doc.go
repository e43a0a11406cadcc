// Package plugins runs policies: WebAssembly modules that a tenant brings along
// and that the host does not trust.
//
// A policy is a pure function, JSON in and JSON out. It has no clock, no
// randomness, no network, no files, no arguments and no environment, and it keeps
// nothing from one call to the next: before an instance is used again its memory
// and its globals are put back to what they were after initialisation. The same
// input therefore always gives the same output, which is what makes offline tests
// and replays exact. Package abi describes the documents, docs/policy-abi.md the
// contract with a guest.
//
// # Limits
//
// Everything is bounded, see Options: the module, its memory, what it reads,
// writes and logs, how long it runs and how many instances of it exist. Reference
// types are off, because a table can grow outside the memory limit.
//
// The deadline is checked where a guest loops. A module that recurses without
// looping is stopped by the stack's limit alone, which an exponential recursion
// does not reach in useful time; until modules are metered, load only policies
// whose authors you know.
package plugins
