package bulk

import (
	"fmt"
	"net/http"

	"github.com/caddy-scim/caddy-scim/scim"
)

// TooLarge is the 413 to a body of more than limit bytes. RFC 7644 §3.7.4 wants the limit named.
func TooLarge(limit int64) *scim.Error {
	return &scim.Error{
		Status: http.StatusRequestEntityTooLarge,
		Detail: fmt.Sprintf("The size of the bulk operation exceeds the maxPayloadSize (%d)", limit),
	}
}

// tooMany is the 413 to more operations than limit.
func tooMany(n, limit int) *scim.Error {
	return &scim.Error{
		Status: http.StatusRequestEntityTooLarge,
		Detail: fmt.Sprintf("The bulk operation has %d operations, which exceeds the maxOperations (%d)", n, limit),
	}
}
