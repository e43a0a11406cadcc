package plugins

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// TestPieces passes many pieces to the host, which cost something though they are empty.
func TestPieces(t *testing.T) {
	t.Parallel()
	p := mustLoad(t, newHost(t, Options{}), hostile(t, "many_vectors"))
	_, used, err := p.Decide(t.Context(), &abi.DecideInput{Operation: abi.OpCreate, ResourceType: "User"})
	if want := uint64((1024 + 256) * pieceFuel); err != nil || used.Fuel < want {
		t.Errorf("%v, took %d units, want at least %d", err, used.Fuel, want)
	}
}

// TestCheapFailures calls policies whose calls cost next to nothing, while each one costs
// the host a new instance.
func TestCheapFailures(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, name := range []string{"trap", "dear_to_make"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustLoad(t, newHost(t, Options{Fuel: 1_000_000, Clock: func() time.Time { return now }}), hostile(t, name))
			calls := 0
			for ; calls < 100; calls++ {
				if _, err := decide(t.Context(), p); errors.Is(err, ErrSuspended) {
					break
				}
			}
			if calls < wastedCalls || calls == 100 {
				t.Errorf("suspended after %d calls", calls)
			}
		})
	}
}

// TestDeepCalls looks at what an idle instance keeps of calls that nested deep. It is not
// parallel: others' memory would be in the way.
func TestDeepCalls(t *testing.T) {
	p := mustLoad(t, newHost(t, Options{}), hostile(t, "deep"))
	settled := func() uint64 {
		var memory runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&memory)
		return memory.HeapAlloc
	}
	before := settled()
	mustAllow(t, p)
	if after := settled(); after > before+1<<20 {
		t.Errorf("the heap has %d bytes, %d before the call", after, before)
	}
}
