package endpoint

import "github.com/caddy-scim/caddy-scim/scim"

// bulk serves /Bulk, RFC 7644 section 3.7.
func (r *request) bulk(_ string) error {
	return scim.NotImplemented("The endpoint /Bulk is not supported")
}
