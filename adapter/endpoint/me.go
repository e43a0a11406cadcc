package endpoint

import "github.com/caddy-scim/caddy-scim/scim"

// me serves /Me, RFC 7644 section 3.11: the user that the token is bound to.
func (r *request) me(_ string) error {
	return scim.NotImplemented("The endpoint /Me is not supported")
}
