package limit

import (
	"sync/atomic"
	"time"
)

// Rate is so many requests a second in the long run, and so many at once. The zero Rate is no limit.
type Rate struct {
	PerSecond int // 1 to 1,000,000
	Burst     int // 1 to 1,000,000
}

func (r Rate) limited() bool { return r.PerSecond > 0 }

// interval is the time that one request takes up.
func (r Rate) interval() int64 { return int64(time.Second) / int64(r.PerSecond) }

// slack is how far a bucket may run ahead of the clock before a request is refused.
func (r Rate) slack() int64 { return r.interval() * int64(r.Burst-1) }

// maxDebt bounds how far unrefused charges let a bucket run ahead: a caller is never locked out for longer.
const maxDebt = int64(time.Minute)

// bucket is a leaky bucket as the generic cell rate algorithm has it: one number, the time at which all that was
// taken will have leaked out. The rate is no part of it, so that a change of the configuration fills no bucket.
type bucket struct {
	ahead atomic.Int64 // nanoseconds on the Keeper's clock
}

// take takes one request's worth, or tells how long to wait for it.
func (b *bucket) take(now int64, r Rate) (wait time.Duration, ok bool) {
	for {
		old := b.ahead.Load()
		full := max(old, now)
		if over := full - now - r.slack(); over > 0 {
			return time.Duration(over), false
		}
		if b.ahead.CompareAndSwap(old, full+r.interval()) {
			return 0, true
		}
	}
}

// giveBack undoes a take.
func (b *bucket) giveBack(r Rate) { b.ahead.Add(-r.interval()) }

// charge takes one request's worth whether it is there or not.
func (b *bucket) charge(now int64, r Rate) {
	for {
		old := b.ahead.Load()
		if b.ahead.CompareAndSwap(old, min(max(old, now)+r.interval(), now+r.slack()+maxDebt)) {
			return
		}
	}
}

// wait is how long take would refuse.
func (b *bucket) wait(now int64, r Rate) time.Duration {
	return time.Duration(max(0, b.ahead.Load()-now-r.slack()))
}
