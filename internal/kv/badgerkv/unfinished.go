package badgerkv

import (
	"fmt"
	"os"
	"path/filepath"
)

// dropUnfinished removes the files that a process was killed at while it made them. Badger makes its logs of memory tables
// and its value logs empty first. One that is still empty makes it give up, and leave half of itself running; nothing has
// ever been in it.
//
// That no other process is just making the file is for Badger's lock to say. A directory that is in use is left to Badger,
// which has the error for it.
func dropUnfinished(dir string) error {
	free, err := lock(dir)
	if err != nil || free == nil {
		return err
	}
	defer free()
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("badgerkv: %w", err)
	}
	for _, file := range files {
		if ext := filepath.Ext(file.Name()); ext != ".mem" && ext != ".vlog" {
			continue
		}
		info, err := file.Info()
		if err == nil && info.Size() == 0 {
			err = os.Remove(filepath.Join(dir, file.Name()))
		}
		if err != nil {
			return fmt.Errorf("badgerkv: %w", err)
		}
	}
	return nil
}
