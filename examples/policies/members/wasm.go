//go:build !wasip1

package members

import _ "embed"

// Wasm is the policy as a WebAssembly module, so that nobody needs to build it to
// try it. A test builds it anew and compares what both do.
//
//go:generate env GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath "-ldflags=-s -w" -o members.wasm ./guest
//go:embed members.wasm
var Wasm []byte
