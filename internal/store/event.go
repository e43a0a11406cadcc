package store

import "github.com/caddy-scim/caddy-scim/internal/kv"

// tableQueues holds the events that streams have not delivered yet: stream, event → event.
const tableQueues kv.Table = "queue"

// EventNote is what an operation's event will say beside what the journal says. It is kept until the outcome is final.
type EventNote struct {
	ExternalID string `json:"external_id,omitempty"`
	// Active is what the operation makes of a resource's attribute active; nil where it leaves that alone.
	Active *bool `json:"active,omitempty"`
}

// Watcher is told of operations whose outcome has become final.
type Watcher interface {
	// Concluded is called in the transaction that writes the outcome, so what it writes is stored with it or not at all.
	// It is called once for each operation, in the order in which those of one resource were asked for. As
	// transactions may run more than once, it must have no other effect.
	Concluded(tx *Tx, op *Operation) error
	// Queued is called after a transaction that has put events into queues: how many, by their streams.
	Queued(tenant kv.Tenant, streams map[string]int)
}

// Watch makes w the store's watcher. It must be called before the store is used.
func (s *Store) Watch(w Watcher) { s.watcher = w }

// concluded tells the watcher of an operation whose outcome is final from now on.
func (tx *Tx) concluded(op *Operation) error {
	if tx.watcher != nil {
		if err := tx.watcher.Concluded(tx, op); err != nil {
			return err
		}
	}
	op.Note = nil
	return nil
}

// Tenant returns the tenant whose records the transaction is on.
func (tx *Tx) Tenant() kv.Tenant { return tx.tenant }

// Enqueue puts an event at the end of a stream's queue. Ids sort in the order of the events. An id must not be used twice.
func (tx *Tx) Enqueue(stream, id string, event []byte) error {
	if err := tx.kv.Set(tx.key(tableQueues).String(stream).String(id), event); err != nil {
		return err
	}
	if tx.queued == nil {
		tx.queued = map[string]int{}
	}
	tx.queued[stream]++
	return nil
}

// Queue calls fn for the events of a stream's queue, the oldest first, beginning with the id from or the first behind it,
// until fn returns false. A caller who knows that nothing lies before from spares the backend stepping over what did.
func (tx *Tx) Queue(stream, from string, fn func(id string, event []byte) bool) error {
	return tx.scanQueue(tableQueues, stream, from, kv.ScanOptions{}, fn)
}

// QueueLen returns how many events a stream's queue holds. It reads all their ids.
func (tx *Tx) QueueLen(stream string) (n int, err error) {
	return tx.queueLen(tableQueues, stream)
}

// Dequeue takes an event out of a stream's queue, and reports whether it was there.
func (tx *Tx) Dequeue(stream, id string) (bool, error) {
	return tx.dequeue(tableQueues, stream, id)
}

// Queues lists the streams whose queues hold something, those of earlier configurations included.
func (tx *Tx) Queues() ([]string, error) { return tx.queueNames(tableQueues) }
