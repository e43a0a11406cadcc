package badgerkv

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes the test binary also the program that the crash test kills, and
// checks at the end that the stores of all tests left no goroutine behind.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDirEnv); dir != "" {
		crashChild(dir)
		return
	}
	goleak.VerifyTestMain(m)
}
