// Package seal keeps small secrets unreadable where they have to be stored for a while: a password on its way to the
// application. It is AES-256-GCM under a key that is kept apart from the store.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// KeySize is the size of a key in bytes.
const KeySize = 32

// ErrOpen means that a sealed secret was sealed under another key or for another purpose, or is damaged.
var ErrOpen = errors.New("the sealed secret cannot be opened")

// Box seals and opens. It is safe for concurrent use and prints nothing of its key.
type Box struct{ aead cipher.AEAD }

// New returns a Box for a key of KeySize bytes.
func New(key []byte) (*Box, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("the key has %d bytes, want %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Box{aead}, nil
}

// Random returns a Box with a key that nobody else has: what it seals is lost with the process.
func Random() *Box {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails
	box, err := New(key)
	if err != nil {
		panic(err) // the key has the right size
	}
	return box
}

// Load returns the Box whose key is in a file, which is made, readable by its owner alone, where it is not there.
//
// # Errors
//
// A file of another size than KeySize, one that others can read or change, and the file system's.
func Load(path string) (*Box, error) {
	key, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = create(path)
	}
	if err != nil {
		return nil, err
	}
	box, err := New(key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return box, nil
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := private(info); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return io.ReadAll(io.LimitReader(f, KeySize+1))
}

// create writes a new key beside the path and links it there, so that of two processes that do so at once both have
// the same key, and a crash leaves none or a whole one.
func create(path string) ([]byte, error) {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	switch err := os.Link(f.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		return read(path)
	case err != nil:
		return nil, err
	}
	return key, nil
}

// Seal returns a secret that only Open with the same purpose gives back. The purpose says what it is sealed for, such
// as the resource that it belongs to, so that nobody can put it elsewhere.
func (b *Box) Seal(secret []byte, purpose string) []byte {
	return b.aead.Seal(nil, nil, secret, []byte(purpose)) //nolint:gosec // this AEAD takes no nonce: it draws one itself
}

// Open returns the secret, or ErrOpen.
func (b *Box) Open(sealed []byte, purpose string) ([]byte, error) {
	secret, err := b.aead.Open(nil, nil, sealed, []byte(purpose))
	if err != nil {
		return nil, ErrOpen
	}
	return secret, nil
}

// Format prints nothing of the key, whatever the verb.
func (b *Box) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[key]") }

// Interface guard.
var _ fmt.Formatter = (*Box)(nil)
