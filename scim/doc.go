// Package scim holds what every part of a SCIM 2.0 service provider shares and that needs no
// input or output: errors, the generic resource object, messages and media types of RFC 7643
// and RFC 7644.
//
// The engine that knows attributes is in [github.com/caddy-scim/caddy-scim/scim/schema], filters and
// paths are in scim/filter, and PATCH is in scim/patch.
package scim

// The message URNs of RFC 7644 §3.
const (
	ErrorURN        = "urn:ietf:params:scim:api:messages:2.0:Error"
	ListResponseURN = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	PatchOpURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	SearchURN       = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	BulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	BulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)
