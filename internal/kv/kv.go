// Package kv is the one storage interface below everything that caddy-scim
// keeps: an ordered, transactional key-value space.
//
// Keys are built by [Tenant.Key] and the methods of [Key] alone, so that every
// key belongs to a tenant and the byte order of keys is the order of their
// parts. Backends live in the packages below this one and are held to the same
// behaviour by the suite in kvtest.
package kv

import (
	"context"
	"errors"
	"iter"
)

// Limits that every backend keeps. They are set by the narrowest backend.
const (
	// MaxKeyBytes bounds an encoded key. A PostgreSQL B-tree takes no index
	// entry above some 2,700 bytes; what can be longer (an e-mail address, a
	// userName) must be cut or hashed by the caller.
	MaxKeyBytes = 2048
	// MaxValueBytes bounds one value: 8 MiB.
	MaxValueBytes = 8 << 20
	// MaxTxBytes bounds what one transaction writes, keys and values together:
	// 64 MiB. Every Set and Delete counts, also where it overwrites another.
	MaxTxBytes = 64 << 20
	// MinTxWrites is the number of small writes (key and value 200 bytes
	// together) that one transaction can hold in every backend. Some take more,
	// up to MaxTxBytes; beyond their limit Update returns ErrTooBig.
	MinTxWrites = 20_000
)

// Errors that a Store or a Tx returns, to be matched with errors.Is.
var (
	// ErrNotFound: Get found no value under the key.
	ErrNotFound = errors.New("kv: not found")
	// ErrReadOnly: Set or Delete was called inside View.
	ErrReadOnly = errors.New("kv: read-only transaction")
	// ErrClosed: the store is closed or closing.
	ErrClosed = errors.New("kv: store is closed")
	// ErrTxDone: a Tx, or an iterator of one, was used after its function returned.
	ErrTxDone = errors.New("kv: transaction has ended")
	// ErrConflict: other writers interfered more often than the backend retries.
	// Nothing is stored.
	ErrConflict = errors.New("kv: transaction conflict")
	// ErrTooBig: a key, a value or a whole transaction is above its limit.
	// Nothing is stored.
	ErrTooBig = errors.New("kv: too big")
	// ErrInvalidTenant: NewTenant was given a name outside its grammar.
	ErrInvalidTenant = errors.New("kv: invalid tenant name")
	// ErrInvalidKey: a key was not begun with Tenant.Key, or is a bound that is
	// only good for a Range, or does not decode as asked.
	ErrInvalidKey = errors.New("kv: invalid key")
	// ErrInvalidRange: the two ends of a Range belong to different tenants.
	ErrInvalidRange = errors.New("kv: invalid range")
)

// Store is an ordered key-value space with transactions.
//
// A Store may be used by many goroutines. View and Update must not be called
// from inside a function given to Update of the same Store, and Close not from
// inside any: they can wait for that function to end.
type Store interface {
	// View runs fn on a snapshot: fn sees every Update that returned before View
	// was called, and nothing that is committed later. Writers do not block it.
	//
	// It returns fn's error as it is, the error of ctx if that is done before fn
	// starts, or ErrClosed.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn in a serialisable transaction. When it returns nil, what fn
	// wrote is durable, as far as the backend can be (the in-memory one cannot).
	//
	// An error from fn is returned as it is and leaves nothing of what fn wrote;
	// so does a panic, which goes on in the caller's goroutine. A backend may run
	// fn more than once, therefore fn must have no effect but through its Tx.
	// If ctx is done before fn starts, fn does not run and the error of ctx is
	// returned. ErrTooBig and ErrConflict leave nothing stored. Any other error
	// is the backend's own failure to commit; whether the writes outlive a
	// restart is then unknown.
	Update(ctx context.Context, fn func(Tx) error) error

	// Close waits for running transactions and releases everything. Later calls
	// of any method return ErrClosed, but for Close itself, which returns what
	// the first call returned.
	Close() error
}

// Tx is what a transaction's function reads and writes with. It is good until
// that function returns (ErrTxDone afterwards) and for one goroutine at a time.
//
// Once the context of the transaction is done, every method returns its error.
type Tx interface {
	// Get returns a copy of the value under k, as the transaction left it, or
	// ErrNotFound. An empty value is a value: the result is then non-nil and of
	// length zero.
	Get(k Key) ([]byte, error)

	// Set stores a copy of value under k. Errors: ErrReadOnly, ErrInvalidKey,
	// ErrTooBig. After ErrTooBig the transaction is as it was before the call.
	Set(k Key, value []byte) error

	// Delete removes k; it is no error if there is none. Errors: ErrReadOnly,
	// ErrInvalidKey, ErrTooBig.
	Delete(k Key) error

	// Scan yields the entries of r in key order, or in the opposite order. It
	// sees the transaction's own earlier writes. What is written while the
	// iteration runs does not show in it, so a loop may set and delete anything,
	// the entry it stands on included. Gets and further scans inside the loop
	// are allowed.
	//
	// An error (ErrInvalidKey, ErrInvalidRange, the context's, the backend's)
	// is yielded once, with a zero Entry, and ends the iteration.
	Scan(r Range, opts ScanOptions) iter.Seq2[Entry, error]
}

// ScanOptions say how Scan goes through a range. The zero value means forward,
// with values.
type ScanOptions struct {
	// Reverse yields the greatest key first.
	Reverse bool
	// KeysOnly leaves Entry.Value nil, which spares reading the values.
	KeysOnly bool
}

// Entry is one key and its value. Both belong to whoever received them.
type Entry struct {
	Key   Key
	Value []byte
}
