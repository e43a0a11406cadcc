package adapter

import "context"

// MaxExpiries is how many approvals one sweep ends.
const MaxExpiries = maxExpiries

// Sweep keeps others from ending approvals in a sweep, until done is called.
func (t *Tenant) Sweep(ctx context.Context) (done func(), err error) {
	return t.dispatcher.expiries.sweep(ctx)
}
