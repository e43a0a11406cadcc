package endpoint

import (
	"path"
	"strings"
)

// keysMaxAge is how long receivers may use the keys without asking again. Who meets a key that is new asks earlier.
const keysMaxAge = "max-age=300"

// public serves what needs no token, and reports whether the request was for that: the keys by which receivers, who have
// no token of a tenant's, check events. They are the same for all tenants, so they tell of none.
func (r *request) public(route string) (served bool, err error) {
	name, id, _ := strings.Cut(strings.Trim(path.Clean(route), "/"), "/")
	if !strings.EqualFold(name, "events") || id != keysPath {
		return false, nil
	}
	if !r.reads() {
		return true, r.notAllowed("GET, HEAD")
	}
	keys, err := r.h.cfg.Generation.EventKeys(r.Context())
	if err != nil {
		return true, err
	}
	r.w.Header().Set("Cache-Control", keysMaxAge)
	return true, r.send("application/jwk-set+json", keys)
}
