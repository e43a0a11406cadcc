package plugins

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

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
