//go:build !wasip1

package policy

import (
	"fmt"
	"os"
)

// logLine goes to standard error where there is no host, so that "go test" shows it.
func logLine(line string) { fmt.Fprintln(os.Stderr, line) }
