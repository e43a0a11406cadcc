// Package meter rewrites a WebAssembly module so that it runs on a budget: of fuel,
// which is work, and of depth, which is room for calls in calls. The same module
// with the same input uses the same fuel and gives the same answer on every machine.
package meter
