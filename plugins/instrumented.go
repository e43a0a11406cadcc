//go:build race

package plugins

// slowdown is how many times as much a compiler's process may take. The race detector
// makes everything slow and large.
const slowdown = 20
