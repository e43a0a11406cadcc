package plugins

import (
	"context"
	"errors"
	"runtime"

	"github.com/tetratelabs/wazero/api"

	"github.com/caddy-scim/caddy-scim/plugins/meter"
)

const (
	// maxFuel bounds Options.Fuel, so that nothing that is reckoned with it overflows.
	maxFuel = 1 << 50
	// initialFuelFactor is how many times the fuel of a call an initialisation may take,
	// and initialTimeFactor how many times its time: a Go guest starts a whole runtime
	// there, and a machine that is busy must not fail it where a call would not.
	initialFuelFactor = 2
	initialTimeFactor = 10
	// fuelSlice is how much a guest gets at a time, some hundred microseconds of work:
	// the collector of garbage has to wait for it, and so does whoever else wants the
	// processor.
	fuelSlice = 500_000
	// stackFuel is what the whole of a stack takes, some 20 MB that are copied at each step
	// of its growth.
	stackFuel = 100_000_000
	// bytesPerFuel is how many bytes a host function moves for one unit.
	bytesPerFuel = 8
	// hostCallFuel is what it takes to call a host function.
	hostCallFuel = 100
	// pieceFuel is what each piece takes of what a guest passes in pieces, which may be
	// empty.
	pieceFuel = 50
	// shallowDepth is how deep calls may nest, in the units of package meter, before the
	// host has to do something about the room that they took, some 100 KB.
	shallowDepth = 16 << 10
	// instanceFuel is what it takes to make an instance, beside its memory and what the
	// guest does in its initialisation.
	instanceFuel = 250_000
)

// tank is the fuel of one call. The guest counts down a global; when that is below zero
// it calls refuel, which fills it up again out of what is left of the limit.
type tank struct {
	gauge   api.MutableGlobal
	limit   int64 // for the whole call
	granted int64 // handed out so far
}

// fill begins a call.
func (t *tank) fill(limit uint64) {
	t.limit = int64(limit)
	t.granted = min(fuelSlice, t.limit)
	t.gauge.Set(uint64(t.granted))
}

// used is what the call has taken so far.
func (t *tank) used() uint64 {
	if t.gauge == nil {
		return 0
	}
	return uint64(max(0, t.granted-t.left()))
}

func (t *tank) left() int64 { return int64(t.gauge.Get()) }

// take charges the guest for what a host function does on its behalf.
func (t *tank) take(fuel int64) { t.gauge.Set(uint64(t.left() - fuel)) }

// refill grants the next slice, and reports whether there was anything left to grant.
func (t *tank) refill() bool {
	left := t.left()
	if t.granted-left > t.limit {
		return false
	}
	more := min(max(0, -left)+fuelSlice, t.limit-t.granted)
	t.granted += more
	t.gauge.Set(uint64(left + more))
	return true
}

// refuel is called by a guest whose slice is used up. It lets others have the
// processor, and ends the call where that is due.
func refuel(c *call, _ api.Memory, _ []uint64) {
	if !c.tank.refill() {
		panic(c.errorf(ErrFuel, "stopped after %d units", c.tank.limit))
	}
	runtime.Gosched()
	if err := c.overdue(); err != nil {
		panic(err)
	}
}

// overflow is called by a guest whose calls nest too deep, and in each call that nests
// deeper than most, so that the host knows of it.
func overflow(c *call, _ api.Memory, _ []uint64) {
	if c.shallow {
		c.shallow = false
		left := int64(c.depth.Get()) + meter.DefaultDepth - shallowDepth
		c.depth.Set(uint64(left))
		if left >= 0 {
			return
		}
	}
	c.tank.take(stackFuel) // to grow the stack as far as that, unseen by the meter
	panic(c.errorf(ErrTrap, "stack overflow"))
}

// charge takes fuel for a host function that moves size bytes.
func (c *call) charge(size uint32) { c.tank.take(int64(size) / bytesPerFuel) }

// attach reaches for the meter when a guest calls the host for the first time in its
// life. A new instance begins with an empty one, and a start function runs before
// anybody outside can fill it.
func (c *call) attach(guest api.Module) {
	if c.tank.gauge != nil {
		return
	}
	gauge, ok := guest.ExportedGlobal(meter.FuelGlobal).(api.MutableGlobal)
	if !ok {
		panic(errors.New("a guest runs without a meter"))
	}
	c.tank.gauge = gauge
}

// overdue says why the call must end now, where it must.
func (c *call) overdue() error {
	if c.ctx.Err() != nil {
		return &endedError{c.hook, context.Cause(c.ctx)}
	}
	if !c.limits.Clock().Before(c.until) {
		return c.errorf(ErrTimeout, "stopped after %v", c.deadline)
	}
	return nil
}
