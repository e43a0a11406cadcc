package adapter

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
	"github.com/caddy-scim/caddy-scim/scim/patch"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// Kind is a resource type with the name that the store keeps it under.
type Kind struct {
	Type   store.Type
	Schema *schema.ResourceType
}

// Users is the tenant's kind of RFC 7643 section 4.1, with its extensions.
func (t *Tenant) Users() Kind { return t.kind(store.User) }

// Groups is the tenant's kind of RFC 7643 section 4.2, with its extensions.
func (t *Tenant) Groups() Kind { return t.kind(store.Group) }

// Kinds lists the tenant's kinds.
func (t *Tenant) Kinds() []Kind { return []Kind{t.Users(), t.Groups()} }

func (t *Tenant) kind(typ store.Type) Kind {
	return Kind{typ, t.cfg.Types.ResourceType(string(typ))}
}

// Types are the resource types and schemas that the tenant is served with.
func (t *Tenant) Types() *schema.Registry { return t.cfg.Types }

// Create makes a resource of a client's document, RFC 7644 section 3.3.
//
// A document whose externalId or userName is that of a deleted resource brings that one back, with its id and with the
// account that the application kept. One whose userName is that of an inactive user replaces and reactivates it:
// identity providers create anew what they had switched off, and an error would leave the person out for good. The same
// goes for an inactive user with its externalId: Entra ID renames whom it deletes, and creates them under the old name.
// Where the userName belongs to an active user the error is 409 uniqueness, unless an import has made that user and no
// client has changed it since: then the client takes it over, as it would have adopted the account without the import.
func (t *Tenant) Create(ctx context.Context, caller Caller, kind Kind, body scim.Object) (Result, error) {
	caller.Method = http.MethodPost
	members, err := takeMembers(kind, body)
	if err != nil {
		return Result{}, err
	}
	norm, err := kind.Schema.Normalize(body, schema.FromClient)
	if err != nil {
		return Result{}, err
	}
	if _, given := norm.Doc["active"]; !given && kind.Type == store.User {
		norm.Doc["active"] = true
	}
	doc, err := scim.Encode(norm.Doc)
	if err != nil {
		return Result{}, fmt.Errorf("encode the resource: %w", err)
	}
	password, err := t.password(kind, norm.Secrets)
	if err != nil {
		return Result{}, err
	}
	return t.write(ctx, func(tx *store.Tx) (*change, error) {
		c := &change{caller: caller, kind: kind, doc: doc, members: members, password: password}
		var taken *store.UniquenessError
		switch err := tx.Holder(kind.Type, "", doc); {
		case errors.As(err, &taken):
			if c.prev, err = returning(tx, kind, doc, taken); err != nil {
				return nil, err
			}
			if c.prev == nil {
				return nil, conflict(taken)
			}
			return c, nil
		case err != nil:
			return nil, err
		}
		if away, err := inactiveByExternalID(tx, kind, doc); err != nil || away != nil {
			c.prev = away
			return c, err
		}
		switch buried, err := tx.Buried(kind.Type, doc); {
		case err == nil:
			c.prev = buried
		case !errors.Is(err, store.ErrNotFound):
			return nil, err
		}
		return c, nil
	})
}

// returning finds the inactive resource that a new document means whose unique values are taken: by it alone. nil means
// that they belong to somebody else. A value that says nothing of who it is, such as that of an extension's attribute,
// does not tell.
func returning(tx *store.Tx, kind Kind, doc []byte, taken *store.UniquenessError) (rec *store.Record, err error) {
	if taken.Revives {
		if rec, err = tx.Get(kind.Type, taken.HolderID); err != nil {
			return nil, err
		}
		if taken.Reserved || active(rec.Desired.Doc) && !rec.Imported {
			return nil, nil //nolint:nilnil // it is somebody else's
		}
	} else if rec, err = inactiveByExternalID(tx, kind, doc); err != nil || rec == nil {
		return nil, err
	}
	var other *store.UniquenessError
	switch err := tx.Holder(kind.Type, rec.ID, doc); {
	case errors.As(err, &other):
		return nil, nil //nolint:nilnil // as above
	case err != nil:
		return nil, err
	}
	return rec, nil
}

// inactiveByExternalID returns the inactive resource that has the document's externalId, nil where there is none.
func inactiveByExternalID(tx *store.Tx, kind Kind, doc []byte) (*store.Record, error) {
	ix, ok := tx.Index(kind.Type, "externalId")
	value := gjson.GetBytes(doc, "externalId").Str
	if !ok || value == "" {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	var ids []string
	err := tx.Find(kind.Type, ix, value, func(id string) bool {
		ids = append(ids, id)
		return true
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		rec, err := tx.Get(kind.Type, id)
		if err != nil {
			return nil, err
		}
		if !active(rec.Desired.Doc) && gjson.GetBytes(rec.Desired.Doc, "externalId").Str == value {
			return rec, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none, which is no error
}

func conflict(taken *store.UniquenessError) *scim.Error {
	return scim.Conflict("The value of %q belongs to another resource", taken.Attribute)
}

// Replace puts a client's document in the place of a resource's, RFC 7644 section 3.5.1.
//
// The members of a group stay where the document does not speak of them: a client that has read the group without them
// must not remove them unawares.
func (t *Tenant) Replace(ctx context.Context, caller Caller, kind Kind, id string, body scim.Object) (Result, error) {
	caller.Method = http.MethodPut
	members, err := takeMembers(kind, body)
	if err != nil {
		return Result{}, err
	}
	return t.edit(ctx, caller, kind, id, members, func(before scim.Object) (schema.Normalized, error) {
		return kind.Schema.Replace(before, body)
	})
}

// Patch changes parts of a resource, RFC 7644 section 3.5.2: all of the operations or none.
func (t *Tenant) Patch(ctx context.Context, caller Caller, kind Kind, id string, ops []patch.Operation) (Result, error) {
	caller.Method = http.MethodPatch
	members, rest, err := splitMembers(kind, ops)
	if err != nil {
		return Result{}, err
	}
	return t.edit(ctx, caller, kind, id, members, func(before scim.Object) (schema.Normalized, error) {
		return patch.Apply(kind.Schema, before, rest)
	})
}

// keepActive gives a document that says nothing of active what the one before it says. To leave it out, or to remove it,
// must not let anybody in.
func keepActive(after scim.Object, before []byte) {
	if was := gjson.GetBytes(before, "active"); was.IsBool() {
		if _, given := after["active"]; !given {
			after["active"] = was.Bool()
		}
	}
}

// edit changes an existing resource by a function from its document to the next, and the members of a group by steps.
func (t *Tenant) edit(ctx context.Context, caller Caller, kind Kind, id string, members []patch.ElementChange, fn func(scim.Object) (schema.Normalized, error)) (Result, error) {
	return t.write(ctx, func(tx *store.Tx) (*change, error) {
		prev, err := get(tx, kind, id)
		if err != nil {
			return nil, err
		}
		if err := caller.If.check(prev); err != nil {
			return nil, err
		}
		before, err := scim.Decode(prev.Desired.Doc)
		if err != nil {
			return nil, fmt.Errorf("stored document: %w", err)
		}
		after, err := fn(before)
		if err != nil {
			return nil, err
		}
		keepActive(after.Doc, prev.Desired.Doc)
		doc, err := scim.Encode(after.Doc)
		if err != nil {
			return nil, fmt.Errorf("encode the resource: %w", err)
		}
		var taken *store.UniquenessError
		switch err := tx.Holder(kind.Type, id, doc); {
		case errors.As(err, &taken):
			return nil, conflict(taken)
		case err != nil:
			return nil, err
		}
		password, err := t.password(kind, after.Secrets)
		if err != nil {
			return nil, err
		}
		return &change{caller: caller, kind: kind, prev: prev, doc: doc, members: members, password: password}, nil
	})
}

// Delete removes a resource, RFC 7644 section 3.6. What that does in the application is the tenant's rule.
func (t *Tenant) Delete(ctx context.Context, caller Caller, kind Kind, id string) (Result, error) {
	caller.Method = http.MethodDelete
	return t.write(ctx, func(tx *store.Tx) (*change, error) {
		prev, err := get(tx, kind, id)
		if err != nil {
			return nil, err
		}
		if err := caller.If.check(prev); err != nil {
			return nil, err
		}
		return &change{caller: caller, kind: kind, prev: prev, doc: prev.Desired.Doc, deleted: true}, nil
	})
}

// Get returns a resource as it is desired, RFC 7644 section 3.4.1. It asks neither a policy nor the application.
func (t *Tenant) Get(ctx context.Context, kind Kind, id string) (rec *store.Record, err error) {
	err = t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		rec, err = get(tx, kind, id)
		return err
	})
	return rec, err
}

func get(tx *store.Tx, kind Kind, id string) (*store.Record, error) {
	rec, err := tx.Get(kind.Type, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, scim.NotFound(id)
	}
	return rec, err
}
