package scim

// The events of RFC 9967 that are published, by their URIs. Those about attributes come as notices: they name what has
// changed and hold no values.
const (
	EventCreate     = "urn:ietf:params:scim:event:prov:create:notice"
	EventPut        = "urn:ietf:params:scim:event:prov:put:notice"
	EventPatch      = "urn:ietf:params:scim:event:prov:patch:notice"
	EventDelete     = "urn:ietf:params:scim:event:prov:delete"
	EventActivate   = "urn:ietf:params:scim:event:prov:activate"
	EventDeactivate = "urn:ietf:params:scim:event:prov:deactivate"
	EventAsyncResp  = "urn:ietf:params:scim:event:misc:asyncresp"
)

// EventURIs lists the events that are published, RFC 9967 section 4.
func EventURIs() []string {
	return []string{EventCreate, EventPut, EventPatch, EventDelete, EventActivate, EventDeactivate, EventAsyncResp}
}
