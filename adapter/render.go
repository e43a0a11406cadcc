package adapter

import (
	"context"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// View is how resources are shown to a client.
type View struct {
	// Root is the SCIM root as the client sees it, for locations; empty leaves them out.
	Root string
	// Show selects the attributes. Those that are computed from the edges of groups are read only where it shows them.
	Show schema.Projection
}

// location is the URL of the resources of a kind, with a trailing slash; empty without a root.
func (v View) location(kind Kind) string {
	if v.Root == "" {
		return ""
	}
	return v.Root + kind.Schema.Endpoint + "/"
}

// Show returns a resource as a client sees it, RFC 7643 section 3.
func (t *Tenant) Show(ctx context.Context, kind Kind, rec *store.Record, view View) (doc []byte, err error) {
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		doc, err = show(tx, kind, rec, view)
		return err
	})
	return doc, err
}

// show is Show inside a transaction.
func show(_ *store.Tx, kind Kind, rec *store.Record, view View) ([]byte, error) {
	return view.Show.Apply(rec.AppendResource(nil, view.location(kind))), nil
}
