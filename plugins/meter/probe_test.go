package meter

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
)

func TestProbe(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("N"))
	if n == 0 {
		t.Skip()
	}
	var wasm []byte
	if f := os.Getenv("FILE"); f != "" {
		wasm = readFile(t, f)
	} else {
		wasm = bombs[os.Getenv("BOMB")](n)
	}
	size := len(wasm)
	start := time.Now()
	if os.Getenv("RAW") == "" {
		m, err := Rewrite(wasm, Limits{})
		if err != nil {
			fmt.Printf("%-32s n=%-7d %8d B refused in %v: %v\n", os.Getenv("BOMB"), n, size, time.Since(start), err)
			if os.Getenv("FORCE") == "" {
				return
			}
			m = mustRewriteUnlimited(wasm)
		}
		fmt.Printf("%+v\n", m.Stats)
		wasm = m.Wasm
	}
	rewrote := time.Since(start)
	rt := newRuntime(t, wazero.NewRuntimeConfig())
	var before, after syscall.Rusage
	syscall.Getrusage(0, &before)
	start = time.Now()
	_, err := rt.CompileModule(experimental.WithCompilationWorkers(t.Context(), 2), wasm)
	wall := time.Since(start)
	syscall.Getrusage(0, &after)
	fmt.Printf("%-32s n=%-7d %8d B rewrite %5dms compile %6dms cpu %6dms = %7.2f ms/KB rss %d MB %v\n", os.Getenv("BOMB")+os.Getenv("FILE"), n, size, rewrote.Milliseconds(),
		wall.Milliseconds(), (after.Utime.Nano()-before.Utime.Nano()+after.Stime.Nano()-before.Stime.Nano())/1e6, float64((after.Utime.Nano()-before.Utime.Nano()))/1e6/float64(size)*1000, after.Maxrss/1024, err)
}
func mustRewriteUnlimited([]byte) *Module { return nil }
