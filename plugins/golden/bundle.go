package golden

import "github.com/caddy-scim/caddy-scim/plugins/abi/bundle"

// Section is the name of the custom section that holds a module's cases.
const Section = bundle.Section

// Bundle returns wasm with cases, a JSON array, in its custom section Section, in
// the place of those that were there. nil takes them away. All else stays as it is,
// byte for byte; the version of the module, the SHA-256 of its bytes, becomes
// another, so bundling comes before signing.
//
// # Errors
//
// Those of ReadCases, and a module whose sections do not fit into it.
func Bundle(wasm, cases []byte) ([]byte, error) {
	if cases != nil {
		if _, err := ReadCases(cases); err != nil {
			return nil, err
		}
	}
	return bundle.Put(wasm, cases)
}

// Bundled returns the cases that wasm carries, for ReadCases to read, and whether it
// carries any. They are part of wasm and must not be changed. It looks at no more of
// a module than where its sections begin and end.
//
// # Errors
//
// The sections do not fit into the module, there are cases twice, or they have more
// than MaxBytes.
func Bundled(wasm []byte) (cases []byte, ok bool, err error) { return bundle.Find(wasm) }
