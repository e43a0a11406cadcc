package endpoint

import "github.com/caddy-scim/caddy-scim/scim"

// events serves what lies below /Events: completion events, poll and keys, RFC 9967.
func (r *request) events(_ string) error {
	return scim.NotImplemented("The endpoint /Events is not supported")
}
