package kv

import "fmt"

// Meter checks and counts the writes of one transaction, for the use of
// backends. The zero value is ready.
type Meter struct{ used int }

// Admit is the one check every write passes. It returns the encoded key, or
// ErrInvalidKey, or ErrTooBig where key, value or the sum of all writes so far is
// above its limit; a write that is refused does not count.
func (m *Meter) Admit(k Key, value []byte) (string, error) {
	enc, err := k.Encoded()
	if err != nil {
		return "", err
	}
	if len(value) > MaxValueBytes {
		return "", fmt.Errorf("%w: a value of %d bytes, the most is %d", ErrTooBig, len(value), MaxValueBytes)
	}
	size := len(enc) + len(value)
	if m.used+size > MaxTxBytes {
		return "", fmt.Errorf("%w: the transaction writes more than %d bytes", ErrTooBig, MaxTxBytes)
	}
	m.used += size
	return enc, nil
}
