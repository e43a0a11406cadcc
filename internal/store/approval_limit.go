package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// Tables of the deprovision limit.
const (
	tableLimited kv.Table = "dh" // approval that the limit holds → nothing
	// tableTaken has under 0 a Deprovisions, and from 1 on when somebody's access was taken away, one by one.
	tableTaken kv.Table = "dp"
)

// KeepDeprovisions is how long it is remembered that somebody's access was taken away.
const KeepDeprovisions = 720 * time.Hour

// Deprovisions says what is stored of a tenant's deprovision limit.
type Deprovisions struct {
	First  uint64 `json:"first"`  // the oldest time that is kept
	Next   uint64 `json:"next"`   // behind the newest
	Held   int    `json:"held"`   // how many approvals wait that the limit has asked for
	Raised bool   `json:"raised"` // the alarm is
}

// Deprovisions returns what is stored of the tenant's deprovision limit.
func (tx *Tx) Deprovisions() (Deprovisions, error) {
	d := Deprovisions{First: 1, Next: 1}
	b, err := tx.get(tx.key(tableTaken).Uint64(0))
	if errors.Is(err, ErrNotFound) {
		return d, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil {
		return d, fmt.Errorf("deprovision limit: %w: %w", errCorrupt, err)
	}
	return d, nil
}

// PutDeprovisions stores what Deprovisions returned, changed.
func (tx *Tx) PutDeprovisions(d Deprovisions) error {
	b, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("deprovision limit: %w", err)
	}
	return tx.kv.Set(tx.key(tableTaken).Uint64(0), b)
}

// TakenAt returns when access was taken away, by its number in [First, Next).
func (tx *Tx) TakenAt(number uint64) (time.Time, error) {
	b, err := tx.get(tx.key(tableTaken).Uint64(number))
	if err != nil {
		return time.Time{}, fmt.Errorf("deprovision %d: %w", number, err)
	}
	if len(b) != 8 {
		return time.Time{}, fmt.Errorf("deprovision %d: %w", number, errCorrupt)
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(b))).UTC(), nil
}

// TakenSince returns the number of the first time that is after since, d.Next for none. The times grow with the numbers.
func (tx *Tx) TakenSince(d Deprovisions, since time.Time) (first uint64, err error) {
	n := sort.Search(int(d.Next-d.First), func(i int) bool {
		at, failed := tx.TakenAt(d.First + uint64(i))
		err = errors.Join(err, failed)
		return failed != nil || at.After(since)
	})
	return d.First + uint64(n), err
}

// Take notes that access is taken away at a time, which is not before the last one, forgets what is too old to matter, and
// brings d in step.
func (tx *Tx) Take(d *Deprovisions, at time.Time) error {
	for range 2 { // one comes, so that there are ever fewer of the old
		if d.First == d.Next {
			break
		}
		switch first, err := tx.TakenAt(d.First); {
		case err != nil:
			return err
		case at.Sub(first) > KeepDeprovisions:
			if err := tx.kv.Delete(tx.key(tableTaken).Uint64(d.First)); err != nil {
				return err
			}
			d.First++
		}
	}
	err := tx.kv.Set(tx.key(tableTaken).Uint64(d.Next), binary.BigEndian.AppendUint64(nil, uint64(at.UnixNano())))
	d.Next++
	return errors.Join(err, tx.PutDeprovisions(*d))
}

// fileLimit brings the list of approvals that the limit has asked for in step with one that is about to be stored.
func (tx *Tx) fileLimit(prev, a *Approval) error {
	was, is := prev.limited(), a.limited()
	if was == is {
		return nil
	}
	d, err := tx.Deprovisions()
	if err != nil {
		return err
	}
	key := tx.key(tableLimited).String(a.ID)
	if is {
		d.Held++
		err = tx.kv.Set(key, nil)
	} else {
		d.Held--
		err = tx.kv.Delete(key)
	}
	return errors.Join(err, tx.PutDeprovisions(d))
}

// limited reports whether the approval waits because of the limit.
func (a *Approval) limited() bool { return a.Limit && a.State == ApprovalPending }

// Limited calls fn for the approvals behind an id (empty: from the first) that wait because of the deprovision limit,
// oldest first, until fn returns false.
func (tx *Tx) Limited(after string, fn func(*Approval) bool) error {
	return tx.approvals(tableLimited, after, fn)
}

// LimitedIDs is Limited with the ids alone.
func (tx *Tx) LimitedIDs(after string, fn func(id string) bool) error {
	return tx.ends(behind(tx.key(tableLimited), after), false, 1, fn)
}

// LastLimited is the newest approval that waits because of the deprovision limit, "" for none.
func (tx *Tx) LastLimited() (last string, err error) {
	err = tx.ends(kv.Prefix(tx.key(tableLimited)), true, 1, func(id string) bool {
		last = id
		return false
	})
	return last, err
}
