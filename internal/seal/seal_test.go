package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/seal"
)

func TestSealed(t *testing.T) {
	t.Parallel()
	box, other := seal.Random(), seal.Random()
	secret := []byte("correct horse")
	sealed := box.Seal(secret, "acme/u1")
	if bytes.Contains(sealed, secret) || bytes.Equal(sealed, box.Seal(secret, "acme/u1")) {
		t.Error("the secret shows")
	}
	got, err := box.Open(sealed, "acme/u1")
	if err != nil || !bytes.Equal(got, secret) {
		t.Errorf("got %q, %v", got, err)
	}
	cut := sealed[:len(sealed)-1]
	for name, open := range map[string]func() ([]byte, error){
		"other key":     func() ([]byte, error) { return other.Open(sealed, "acme/u1") },
		"other purpose": func() ([]byte, error) { return box.Open(sealed, "acme/u2") },
		"cut off":       func() ([]byte, error) { return box.Open(cut, "acme/u1") },
		"nothing":       func() ([]byte, error) { return box.Open(nil, "acme/u1") },
	} {
		if got, err := open(); !errors.Is(err, seal.ErrOpen) || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %s", box, box, box, box); strings.Trim(s, "[key] ") != "" {
		t.Errorf("prints %q", s)
	}
}

// Whoever comes first makes the key, and all have the same.
func TestLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret.key")
	boxes := make([]*seal.Box, 8)
	var wg sync.WaitGroup
	for i := range boxes {
		wg.Go(func() {
			var err error
			if boxes[i], err = seal.Load(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, box := range boxes {
		if got, err := box.Open(boxes[0].Seal([]byte("x"), ""), ""); err != nil || string(got) != "x" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data string
		mode os.FileMode
		want string
	}{
		"short": {"abc", 0o600, "3 bytes, want 32"}, "long": {strings.Repeat("x", 40), 0o600, "want 32"},
		"open to others": {strings.Repeat("x", 32), 0o644, "0600"},
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(test.data), test.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Load(path); err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), test.data) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
