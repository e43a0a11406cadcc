package caddymodule

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBadgerLocationIsTheDirectoryAlone(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	data := filepath.Join(dir, "a", "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "a"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	want, err := (&Badger{path: data}).Location()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []*Badger{
		{path: data + "/"}, {path: "a/data"}, {path: "./a/../a/data"}, {path: filepath.Join(dir, "link", "data")},
		{path: data, MemTable: 64 << 20, BlockCache: 1 << 20, GCInterval: -1},
	} {
		if got, err := b.Location(); got != want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", b.path, got, err, want)
		}
	}
	if got, err := (&Badger{path: "b"}).Location(); got == want || err != nil {
		t.Errorf("another directory: got %q, %v", got, err)
	}
}

func TestBadgerOptions(t *testing.T) {
	t.Parallel()
	b := &backend{options: (&Badger{Path: "here"}).Options()}
	for _, c := range []struct {
		next *Badger
		want []string
	}{
		{&Badger{Path: "there"}, nil},
		{&Badger{MemTable: 32 << 20, BlockCache: 32 << 20}, nil}, // the defaults, spelt out
		{&Badger{MemTable: 64 << 20, GCInterval: -1}, []string{"gc_interval", "mem_table"}},
	} {
		if diff := cmp.Diff(c.want, b.changed(c.next.Options())); diff != "" {
			t.Errorf("%+v: -want +got:\n%s", c.next, diff)
		}
	}
}

func TestBadgerInAPlaceThatCannotBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := acquire(&Badger{path: filepath.Join(file, "data")}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("no error")
	}
}
