// Package seats holds an example policy as a WebAssembly module: nobody gets in when all seats are taken.
package seats

import _ "embed"

// Wasm is the policy. A test builds it anew and compares what both do.
//
//go:generate make -C .. seats/seats.wasm
//go:embed seats.wasm
var Wasm []byte
