package endpoint

import (
	"net/http"

	"github.com/caddy-scim/caddy-scim/scim"
)

// me serves /Me, RFC 7644 section 3.11: the user that the token is bound to, as the user's own path would. A token that
// is bound to nobody has nothing there. POST creates nothing: whom it would create is there already.
func (r *request) me(id string) error {
	if id != "" {
		return &scim.Error{Status: http.StatusNotFound, Detail: "There is no endpoint " + scim.Quote("/Me/"+id)}
	}
	user, bound := r.access.limits.User()
	if !bound || user == "" {
		return &scim.Error{Status: http.StatusNotFound, Detail: "The token is bound to no user; /Me is for one that is"}
	}
	r.kind = r.tenant.Users()
	r.w.Header().Set("Location", r.location()+user) // in any response
	return r.resource(user)
}
