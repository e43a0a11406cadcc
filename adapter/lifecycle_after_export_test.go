package adapter

import (
	"context"
	"time"
)

// MaxPartings is how many accounts one pass gives to the dispatcher.
const MaxPartings = maxPartings

// Part has the accounts deleted that have been kept long enough, as the loop does in the background.
func (t *Tenant) Part(ctx context.Context) (next time.Time, err error) { return t.part(ctx) }
