package adapter

import (
	"hash/fnv"
	"time"
)

// backoff is the pause after the n-th failure in a row: least, doubled each time up to most, and of that between half
// and all. The part is drawn from the resource's id, so that many resources that failed at once do not come back at
// once, and a resource's pauses are the same on every run.
func backoff(least, most time.Duration, n int, id string) time.Duration {
	pause := least
	for i := 1; i < n && pause < most; i++ {
		pause *= 2
	}
	pause = min(pause, most)
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	_, _ = h.Write([]byte{byte(n)})
	half := pause / 2
	if half <= 0 {
		return pause
	}
	return half + time.Duration(h.Sum64()%uint64(half+1))
}
