package adapter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// ImportConfig says how the application's accounts become resources.
type ImportConfig struct {
	// Match lists the attributes by which a user is found that an account belongs to, in their order: externalId, userName,
	// emails.value. One that finds several is a conflict. Those three by default. The id by which a user is linked with the
	// account already goes before all of them and need not be named.
	Match []string
	// MatchGroups is the same for groups: externalId, displayName by default.
	MatchGroups []string
	// Every is after which time an import is started by itself; 0 for never.
	Every time.Duration
}

// matchID is the name of the link with the account, in Match.
const matchID = "id"

// minEvery is the least pause between jobs that start by themselves.
const minEvery = time.Minute

var defaultMatch = map[store.Type][]string{
	store.User:  {"externalId", "userName", "emails.value"},
	store.Group: {"externalId", "displayName"},
}

// match lists the attributes that a type's resources are matched by.
func (c *TenantConfig) match(typ store.Type) []string {
	given := c.Import.Match
	if typ == store.Group {
		given = c.Import.MatchGroups
	}
	if len(given) == 0 {
		return defaultMatch[typ]
	}
	return slices.DeleteFunc(slices.Clone(given), func(name string) bool { return name == matchID })
}

// checkImport reports what is wrong with the lists and with how they are imported.
func (c *TenantConfig) checkImport() (errs []error) {
	known := indexes(c.Types)
	for name, typ := range map[string]store.Type{"import.match": store.User, "import.match_groups": store.Group} {
		var can []string
		for _, ix := range known[typ] {
			can = append(can, ix.Attribute)
		}
		for i, attribute := range c.match(typ) {
			if !slices.Contains(can, attribute) || slices.Contains(c.match(typ)[:i], attribute) {
				errs = append(errs, fmt.Errorf("%s: %q is there twice, or not one of id, %s", name, attribute, strings.Join(can, ", ")))
			}
		}
	}
	if c.Import.Every != 0 && c.Import.Every < minEvery {
		errs = append(errs, fmt.Errorf("import.every: %s is less than %s", c.Import.Every, minEvery))
	}
	if c.Connector == nil {
		return errs
	}
	groups, _ := c.Connector.Groups()
	if c.Import.Every != 0 && !c.Connector.CanList() && (groups == nil || !groups.CanList()) {
		errs = append(errs, fmt.Errorf("import.every: %w", ErrNoImport))
	}
	byPolicy := c.Policy == nil || c.Policy.has(abi.HookImport) // a release may bring the hook
	for typ, conn := range map[store.Type]*connector.Connector{store.User: c.Connector, store.Group: groups} {
		if rt := c.Types.ResourceType(string(typ)); rt != nil {
			errs = append(errs, checkList(rt, typ, conn, byPolicy)...)
		}
	}
	return errs
}

// finding is which resource an account belongs to.
type finding struct {
	rec *store.Record // nil for none; of a rehearsal it may be one that would be there
	// linked means that the resource has the account already.
	linked bool
	// ended is why the account does not become a resource: an item's kind; empty where it does.
	ended, reason string
}

// find finds the resource that an account belongs to.
func (im *importer) find(a *account) (finding, error) {
	switch id, err := im.tx.LinkedTo(im.typ, a.LegacyID); {
	case err == nil:
		rec, err := im.tx.Load(im.typ, id)
		if err != nil {
			return finding{}, err
		}
		if rec.Desired.Deleted {
			return finding{ended: itemDeleted, reason: "its resource was deleted, and the application keeps the account"}, nil
		}
		return finding{rec: rec, linked: true}, nil
	case !errors.Is(err, store.ErrNotFound):
		return finding{}, err
	}
	if im.rehearsal.linked(im.typ, a.LegacyID) {
		return finding{linked: true}, nil
	}
	for _, attribute := range im.t.cfg.match(im.typ) {
		recs, err := im.tx.Sharing(im.typ, attribute, a.Doc, 2)
		if err != nil {
			return finding{}, err
		}
		values := im.tx.Values(im.typ, attribute, a.Doc)
		virtual := im.rehearsal.sharing(im.typ, attribute, values)
		switch {
		case len(recs)+len(virtual) == 0:
			continue
		case len(recs)+len(virtual) > 1:
			return finding{ended: itemConflict, reason: "more than one resource has its " + attribute}, nil
		case len(virtual) == 1:
			return finding{ended: itemConflict, reason: "the resource with its " + attribute + " belongs to another account"}, nil
		}
		return im.judge(recs[0], attribute), nil
	}
	return im.fresh(a)
}

// judge says whether an account can be linked with the resource that an attribute has found.
func (im *importer) judge(rec *store.Record, attribute string) finding {
	switch {
	case rec.Applied.LegacyID != "" && exists(rec.Applied.Account), im.rehearsal.taken(im.typ, rec.ID):
		return finding{ended: itemConflict, reason: "the resource with its " + attribute + " belongs to another account"}
	case rec.Hold != nil:
		return finding{ended: itemConflict, reason: "the resource with its " + attribute + " waits for an approval"}
	case rec.Attempt != nil && rec.Dirty() && !rec.Due.After(im.now()):
		return finding{ended: itemWaiting, reason: "the application is being told of the resource with its " + attribute}
	}
	return finding{rec: rec}
}

// fresh says whether a new resource can be made of an account.
func (im *importer) fresh(a *account) (finding, error) {
	var taken *store.UniquenessError
	switch err := im.tx.Holder(im.typ, "", a.Doc); {
	case errors.As(err, &taken):
		return finding{ended: itemConflict, reason: "another resource has its " + taken.Attribute}, nil
	case err != nil:
		return finding{}, err
	}
	if attribute, held := im.rehearsal.holder(im.tx, im.typ, a.Doc); held {
		return finding{ended: itemConflict, reason: "another resource has its " + attribute}, nil
	}
	switch buried, err := im.tx.Buried(im.typ, a.Doc); {
	case err == nil && !buried.Modified.Before(im.fetched):
		// The page may be older than that, and the account gone by now.
		return finding{ended: itemDeleted, reason: "a resource of that name was deleted while the list was read"}, nil
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return finding{}, err
	}
	return finding{}, nil
}
