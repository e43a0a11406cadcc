package adapter

import (
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
)

// Condition is what a client demands of a resource's version before it is changed, RFC 7644 section 3.14. It is checked
// in the transaction that reads the resource, and the change starts over if the resource moves before it is stored, so
// two writers that both name the version they have read cannot overwrite each other. The zero value demands nothing.
type Condition struct {
	// Match lists entity tags of which the resource must have one; "*" is any. Nil demands nothing.
	Match []string
	// NoneMatch lists entity tags of which the resource must have none; "*" is any. Nil demands nothing.
	NoneMatch []string
}

// ETag is the entity tag of a version: weak, as the same version can be shown with other attributes.
func ETag(version uint64) string { return `W/"` + strconv.FormatUint(version, 10) + `"` }

// Holds reports whether a resource of the version meets the condition.
func (c Condition) Holds(version uint64) bool {
	return (c.Match == nil || names(c.Match, version)) && !names(c.NoneMatch, version)
}

// names reports whether a list of entity tags has that of a version. Tags are compared weakly, RFC 9110 section 8.8.3.2.
func names(tags []string, version uint64) bool {
	opaque := strings.TrimPrefix(ETag(version), "W/")
	return slices.ContainsFunc(tags, func(tag string) bool {
		return tag == "*" || strings.TrimPrefix(tag, "W/") == opaque
	})
}

func (c Condition) check(rec *store.Record) error {
	if c.Holds(rec.Desired.Version) {
		return nil
	}
	version := ETag(rec.Desired.Version)
	if names(c.NoneMatch, rec.Desired.Version) {
		return scim.PreconditionFailed("The resource is there, in the version %s, which the request excludes", version)
	}
	return scim.PreconditionFailed("The resource has changed; its version is %s", version)
}
