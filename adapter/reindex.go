package adapter

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// reindexer builds, in the background, the indexes that a configuration asks for and the stored resources are not in
// yet, one tenant at a time.
type reindexer struct {
	mu      sync.Mutex
	running map[kv.Tenant]chan struct{} // closed when the tenant's build has ended
	all     sync.WaitGroup
}

// useIndexes makes the tenant's indexes follow its schemas. From then on all writes keep them in step; what is stored
// already is put in in the background.
func (e *Engine) useIndexes(t *Tenant) error {
	unfinished, err := e.store.UseIndexes(e.ctx, t.cfg.ID, indexes(t.cfg.Types))
	if err != nil {
		return fmt.Errorf("indexes: %w", err)
	}
	if unfinished {
		e.reindex(t.cfg.ID)
	}
	return nil
}

// reindex starts to build a tenant's indexes. One build that is under way sees by itself that there is more to do.
func (e *Engine) reindex(id kv.Tenant) {
	r := &e.reindexer
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.running[id]
	done := make(chan struct{})
	if r.running == nil {
		r.running = map[kv.Tenant]chan struct{}{}
	}
	r.running[id] = done
	r.all.Go(func() {
		defer close(done)
		if before != nil {
			<-before
		}
		e.build(id)
	})
}

func (e *Engine) build(id kv.Tenant) {
	log := e.log.With("tenant", id.Name())
	log.Info("building indexes of stored resources")
	twice := 0
	err := e.store.BuildIndexes(e.ctx, id, func(d store.Duplicate) {
		twice++
		log.Warn("two resources have the same value of an attribute that is unique now; both keep it until one is changed",
			"type", string(d.Type), "attribute", d.Attribute, "ids", d.IDs[:])
	})
	switch {
	case err == nil:
		log.Info("the indexes of stored resources are complete", "duplicates", twice)
	case errors.Is(err, context.Canceled), errors.Is(err, kv.ErrClosed):
		// It goes on at the next start.
	default:
		log.Error("building indexes failed; filters look at every resource until the next start or reload", "error", err)
	}
}

// Indexed waits until all resources are in the indexes that the tenant's configuration asks for.
func (t *Tenant) Indexed(ctx context.Context) error {
	r := &t.engine.reindexer
	r.mu.Lock()
	done := r.running[t.cfg.ID]
	r.mu.Unlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
