// Package owners holds an example policy as a WebAssembly module: it suspends the accounts of owners where others are deleted.
package owners

import _ "embed"

// Wasm is the policy. A test builds it anew and compares what both do.
//
//go:generate make -C .. owners/owners.wasm
//go:embed owners.wasm
var Wasm []byte
