package adapter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// ErrNoOperation means that the tenant's journal has no operation of that id.
var ErrNoOperation = errors.New("no such operation in the journal")

func noOperation(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%w: it never was, or has been kept for long enough", ErrNoOperation)
	}
	return err
}

// FollowJournal is ReadJournal for whoever wants to know what comes: the entries that have come or changed behind After, in
// the order of their changes. Where there are none it waits for some, for as long as wait. An operation comes again when
// its outcome has changed, and a call when it is counted once more. To go on from the page's Next misses nothing and
// repeats nothing.
func (t *Tenant) FollowJournal(ctx context.Context, q JournalQuery, wait time.Duration) (JournalPage, error) {
	q.Changes, q.Newest = true, false
	timer := time.NewTimer(max(0, wait))
	defer timer.Stop()
	for {
		news := t.engine.store.JournalNews(t.cfg.ID)
		page, err := t.ReadJournal(ctx, q)
		if err != nil || len(page.Entries) > 0 || page.More {
			return page, err
		}
		q.After = page.Next // what is not wanted is not looked at again
		select {
		case <-news:
		case <-timer.C:
			return page, nil
		case <-t.engine.ctx.Done():
			return page, ErrClosed
		case <-ctx.Done():
			return page, ctx.Err()
		}
	}
}
