package bundle_test

import (
	"bytes"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/abi/bundle"
)

// TestPut takes cases as they are: what they say is not looked at here.
func TestPut(t *testing.T) {
	t.Parallel()
	wasm := []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00")
	with, err := bundle.Put(wasm, []byte("anything"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := bundle.Put(with, []byte("anything")); err != nil || !bytes.Equal(again, with) {
		t.Errorf("put twice it is %q, %v, want %q", again, err, with)
	}
	cases, ok, err := bundle.Find(with)
	if err != nil || !ok || string(cases) != "anything" {
		t.Errorf("found %q, %t, %v", cases, ok, err)
	}
	if without, err := bundle.Put(with, nil); err != nil || !bytes.Equal(without, wasm) {
		t.Errorf("taken away it is %q, %v", without, err)
	}
	if _, err := bundle.Put(wasm, make([]byte, bundle.MaxBytes+1)); err == nil {
		t.Error("put too many")
	}
	if _, err := bundle.Put(wasm[:9], nil); err == nil {
		t.Error("put into half a module")
	}
}
