package badgerkv

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// crashDirEnv tells the test binary that it is the child, and where to write.
const crashDirEnv = "CADDY_SCIM_TEST_CRASH_DIR"

const crashWriters = 8

func crashTenant() kv.Tenant {
	tenant, err := kv.NewTenant("crash")
	if err != nil {
		panic(err)
	}
	return tenant
}

func crashLog(writer int) kv.Key { return crashTenant().Key("log").Uint64(uint64(writer)) }

func crashTwin(writer, n int) kv.Key {
	return crashTenant().Key("twin").Uint64(uint64(writer)).Uint64(uint64(n))
}

// crashValue is small, but for every 16th, which goes to the value log.
func crashValue(writer, n int) []byte {
	value := fmt.Appendf(nil, "%d/%d", writer, n)
	if n%16 == 0 {
		value = append(value, make([]byte, valueThreshold)...)
	}
	return value
}

// crashChild writes until it is killed, and prints "writer n" for every write
// that was acknowledged. The writers' numbers go on from what is stored.
func crashChild(dir string) {
	s, err := Open(Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var printing sync.Mutex
	var wg sync.WaitGroup
	for writer := range crashWriters {
		wg.Go(func() {
			next, err := crashCount(s, writer)
			for ; err == nil; next++ {
				err = s.Update(context.Background(), func(tx kv.Tx) error {
					return errors.Join(
						tx.Set(crashLog(writer).Uint64(uint64(next)), crashValue(writer, next)),
						tx.Set(crashTwin(writer, next), nil),
					)
				})
				if err == nil {
					printing.Lock()
					_, err = fmt.Printf("%d %d\n", writer, next) // one write to the pipe
					printing.Unlock()
				}
			}
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		})
	}
	wg.Wait()
}

// crashCount returns how many entries a writer has, and checks that they are
// whole and without a gap.
func crashCount(s *Store, writer int) (n int, err error) {
	err = s.View(context.Background(), func(tx kv.Tx) error {
		for e, err := range tx.Scan(kv.Prefix(crashLog(writer)), kv.ScanOptions{}) {
			if err != nil {
				return err
			}
			if e.Key != crashLog(writer).Uint64(uint64(n)) {
				return fmt.Errorf("writer %d: number %d is missing", writer, n)
			}
			if !bytes.Equal(e.Value, crashValue(writer, n)) {
				return fmt.Errorf("writer %d: number %d has another value", writer, n)
			}
			if _, err := tx.Get(crashTwin(writer, n)); err != nil {
				return fmt.Errorf("writer %d: number %d is there in part: %w", writer, n, err)
			}
			n++
		}
		twins := 0
		for _, err := range tx.Scan(kv.Prefix(crashTenant().Key("twin").Uint64(uint64(writer))), kv.ScanOptions{KeysOnly: true}) {
			if err != nil {
				return err
			}
			twins++
		}
		if twins != n {
			return fmt.Errorf("writer %d: %d entries, %d twins", writer, n, twins)
		}
		return nil
	})
	return n, err
}

// A process that is killed at any moment has lost nothing that it acknowledged,
// and has left no transaction in part.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	total := 0
	for round := range 6 {
		acknowledged := runAndKill(t, dir, 1+rand.IntN(400))
		s, err := Open(Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatalf("round %d: open after the kill: %v", round, err)
		}
		for writer, want := range acknowledged {
			got, err := crashCount(s, writer)
			if err != nil {
				t.Errorf("round %d: %v", round, err)
			}
			if got < want {
				t.Errorf("round %d: writer %d has %d entries, %d were acknowledged", round, writer, got, want)
			}
			total += want
		}
		if err := s.Close(); err != nil {
			t.Errorf("round %d: close: %v", round, err)
		}
	}
	if total == 0 {
		t.Error("nothing was acknowledged in any round: the test showed nothing")
	}
}

// runAndKill runs the child, kills it after so many acknowledgements, and returns
// how many entries each writer must have.
func runAndKill(t *testing.T, dir string, after int) map[int]int {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashDirEnv+"="+dir)
	var stderr bytes.Buffer
	child.Stderr = &stderr
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := make(map[int]int)
	lines := bufio.NewScanner(stdout)
	seen := 0
	for lines.Scan() { // also what is still in the pipe after the kill
		var writer, n int
		if _, err := fmt.Sscanf(lines.Text(), "%d %d", &writer, &n); err != nil {
			t.Errorf("the child printed %q", lines.Text())
		}
		acknowledged[writer] = max(acknowledged[writer], n+1)
		if seen++; seen == after {
			if err := child.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	err = child.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child ended by itself: %v %s", err, stderr.String())
	}
	return acknowledged
}
