// Package approval holds an example policy as a WebAssembly module: it lets whoever joins one of some departments wait for an approval.
package approval

import _ "embed"

// Wasm is the policy. A test builds it anew and compares what both do.
//
//go:generate make -C .. approval/approval.wasm
//go:embed approval.wasm
var Wasm []byte
