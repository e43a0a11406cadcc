package plugins

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// unfinished begins the names of folders that code is compiled into. A host that ends in
// the middle of that leaves one behind.
const unfinished = "new-"

// removeUnfinished removes such folders, if they are so old that no other host that shares
// dir can be at work there.
func removeUnfinished(dir string) {
	folders, _ := filepath.Glob(filepath.Join(dir, unfinished+"*")) // the pattern is right
	for _, folder := range folders {
		if info, err := os.Stat(folder); err == nil && time.Since(info.ModTime()) > 10*compileWall {
			_ = os.RemoveAll(folder) // or the next time
		}
	}
}

// keep moves the one file below from, the code that the runtime has written, to where
// the runtime looks for it below dir, and leaves a mark that names it and says what is
// in it.
func keep(dir, from, mark string) error {
	var code []string
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			code = append(code, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(code) != 1 {
		return fmt.Errorf("the compiler left %d files", len(code))
	}
	name, err := filepath.Rel(from, code[0])
	if err != nil {
		return err
	}
	sum, err := sumOf(code[0])
	if err != nil {
		return err
	}
	marked := filepath.Join(from, "mark")
	if err := os.WriteFile(marked, []byte(sum+" "+name), 0o600); err != nil {
		return err
	}
	for old, kept := range map[string]string{code[0]: filepath.Join(dir, name), marked: filepath.Join(dir, mark)} {
		if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
			return err
		}
		if err := os.Rename(old, kept); err != nil {
			return err
		}
	}
	return nil
}

// isKept reports whether the code that a mark names is what it was, and that it has been
// used. Code that is not is made anew.
func isKept(dir, mark string) bool {
	mark = filepath.Join(dir, mark)
	content, err := os.ReadFile(mark)
	if err != nil {
		return false
	}
	want, name, _ := strings.Cut(string(content), " ")
	if !filepath.IsLocal(name) {
		return false
	}
	code := filepath.Join(dir, name)
	sum, err := sumOf(code)
	if err != nil || sum != want {
		return false
	}
	// For pruneCache. A folder that nobody may write serves all the same.
	now := time.Now()
	_ = os.Chtimes(mark, now, now)
	_ = os.Chtimes(code, now, now)
	return true
}

// sumOf returns a checksum of a file.
func sumOf(path string) (sum string, err error) {
	file, err := os.Open(path) //nolint:gosec // a name that is local to the cache
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// maxCacheBytes bounds Options.CacheDir. What a host finds there beyond that when it
// starts, it removes, the oldest first; a module that is used again is compiled again.
const maxCacheBytes = 2 << 30

// pruneCache removes the oldest files below dir until the rest has at most limit bytes.
// That it cannot is no reason not to run: the cache is only larger than it need be.
func pruneCache(dir string, limit int64) {
	type file struct {
		path  string
		size  int64
		mtime time.Time
	}
	var all []file
	var total int64
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // what cannot be read stays
		}
		if info, err := entry.Info(); err == nil {
			all = append(all, file{path, info.Size(), info.ModTime()})
			total += info.Size()
		}
		return nil
	})
	slices.SortFunc(all, func(a, b file) int { return cmp.Or(a.mtime.Compare(b.mtime), cmp.Compare(a.path, b.path)) })
	for _, f := range all {
		if total <= limit {
			return
		}
		if os.Remove(f.path) == nil {
			total -= f.size
		}
	}
}
