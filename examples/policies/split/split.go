// Package split holds an example policy as a WebAssembly module: one user is an account
// and a licence in the application.
package split

import _ "embed"

// Wasm is the policy. A test compiles it anew and compares.
//
//go:generate npm --prefix ../../../plugins/sdk/assemblyscript run build
//go:embed split.wasm
var Wasm []byte
