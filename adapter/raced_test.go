//go:build race

package adapter_test

// raced means that the race detector watches, under which all takes several times as long.
const raced = true
