package kv

import "fmt"

// Range is the half-open interval of keys from From up to, but not including,
// To. Both ends must belong to one tenant; they may lie in different tables. If
// To is not behind From the range is empty.
type Range struct{ From, To Key }

// Prefix is the range of k itself and of every key that extends k by parts. A
// string part counts as a whole: the prefix "ab" does not cover "abc".
func Prefix(k Key) Range { return Range{From: k, To: k.After()} }

// Encoded returns the two ends as bytes, for the use of backends. It is the one
// check every range passes: ErrInvalidKey if an end is invalid, ErrTooBig if one
// is too long, ErrInvalidRange if the range would cross tenants.
func (r Range) Encoded() (from, to string, err error) {
	for _, k := range [...]Key{r.From, r.To} {
		if k.enc == "" {
			return "", "", ErrInvalidKey
		}
		if len(k.enc) > MaxKeyBytes+len(boundMark) {
			return "", "", tooLong(len(k.enc))
		}
	}
	if r.From.Tenant() != r.To.Tenant() {
		return "", "", fmt.Errorf("%w: its ends belong to two tenants", ErrInvalidRange)
	}
	return r.From.enc, r.To.enc, nil
}
