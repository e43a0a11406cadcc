// Package mapping holds an example policy as a WebAssembly module: users of SCIM and accounts of the
// application, turned into each other by a table of fields.
package mapping

import _ "embed"

// Wasm is the policy. A test compiles it anew and compares.
//
//go:generate npm --prefix ../../../plugins/sdk/assemblyscript run build
//go:embed mapping.wasm
var Wasm []byte
