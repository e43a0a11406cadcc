//go:build !race

package plugins

// slowdown is how many times as much a compiler's process may take; see the other
// definition, for the race detector.
const slowdown = 1
