package adapter

import "context"

// Refresh brings what is loaded of the tenant's releases in step with what is stored, which otherwise happens every minute.
func (t *Tenant) Refresh(ctx context.Context) { t.shelf.refresh(ctx) }
