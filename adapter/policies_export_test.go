package adapter

import "context"

// Refresh brings what is loaded of the tenant's releases in step with what is stored, which otherwise happens every minute.
func (t *Tenant) Refresh(ctx context.Context) { t.shelf.refresh(ctx) }

// Examining reports whether an upload of the tenant is being examined.
func (t *Tenant) Examining() bool { return len(t.shelf.examining) > 0 }

// RunList runs golden cases that may take so much fuel together.
var RunList = runList //nolint:gochecknoglobals // for tests alone
