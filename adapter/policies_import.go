package adapter

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// ImportRecord asks the tenant's policy to turn a record of the application's into a resource of a type, and returns that
// as it would be stored: complete and in canonical form. It stores nothing. A canary is not asked: nobody knows yet which
// resource the record becomes.
//
// # Errors
//
// plugins.ErrNoHook where the policy has no hook import or there is none; what the hook fails with; a *scim.Error for a
// resource that cannot be.
func (t *Tenant) ImportRecord(ctx context.Context, typ store.Type, record json.RawMessage) (*abi.ImportOutput, error) {
	out, _, err := t.importRecord(ctx, typ, record)
	return out, err
}

// importRecord is ImportRecord, and says of which paths the policy has spoken.
func (t *Tenant) importRecord(ctx context.Context, typ store.Type, record json.RawMessage) (out *abi.ImportOutput, said []string, err error) {
	kind := t.kind(typ)
	if kind.Schema == nil {
		return nil, nil, fmt.Errorf("import: %q is no resource type of the tenant", string(typ))
	}
	r, err := t.rule(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	defer r.done()
	if !r.has(abi.HookImport) {
		return nil, nil, fmt.Errorf("%s: %w", abi.HookImport, plugins.ErrNoHook)
	}
	in := &abi.ImportInput{ABI: abi.Version, ResourceType: string(typ), Record: record, Tenant: t.identity(), Settings: r.Settings}
	out, _, err = r.Module.Import(ctx, in)
	if err != nil || out.Skip {
		return out, nil, err
	}
	obj, err := scim.Decode(out.Resource)
	if err != nil {
		return nil, nil, err
	}
	if typ == store.Group {
		delete(obj, membersName) // memberships are read one by one
	}
	norm, err := kind.Schema.Normalize(obj, schema.FromClient)
	if err != nil {
		return nil, nil, err
	}
	doc, err := scim.Encode(norm.Doc)
	if err != nil {
		return nil, nil, err
	}
	said = saidPaths(kind.Schema, doc)
	if _, given := norm.Doc["active"]; !given && typ == store.User {
		norm.Doc["active"] = true
	}
	if out.Resource, err = scim.Encode(norm.Doc); err != nil {
		return nil, nil, err
	}
	return out, said, nil
}
