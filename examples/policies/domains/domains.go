// Package domains holds an example policy as a WebAssembly module: it keeps users' e-mail addresses in the organisation's domains.
package domains

import _ "embed"

// Wasm is the policy. A test builds it anew and compares what both do.
//
//go:generate make -C .. domains/domains.wasm
//go:embed domains.wasm
var Wasm []byte
