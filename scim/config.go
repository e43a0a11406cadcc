package scim

import "strings"

// ServiceProviderConfigURN is the schema of the document at /ServiceProviderConfig.
const ServiceProviderConfigURN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

// ServiceProviderConfig is the document at /ServiceProviderConfig (RFC 7643 §5). A feature that
// comes later turns its own field on; clients choose what they send by it.
type ServiceProviderConfig struct {
	Schemas               []string               `json:"schemas"`
	DocumentationURI      string                 `json:"documentationUri,omitempty"`
	Patch                 Feature                `json:"patch"`
	Bulk                  BulkFeature            `json:"bulk"`
	Filter                FilterFeature          `json:"filter"`
	ChangePassword        Feature                `json:"changePassword"`
	Sort                  Feature                `json:"sort"`
	ETag                  Feature                `json:"etag"`
	Pagination            *Pagination            `json:"pagination,omitempty"`
	SecurityEvents        *SecurityEvents        `json:"securityEvents,omitempty"`
	AuthenticationSchemes []AuthenticationScheme `json:"authenticationSchemes"`
	Meta                  DiscoveryMeta          `json:"meta"`
}

// Feature is on or off.
type Feature struct {
	Supported bool `json:"supported"`
}

// BulkFeature describes /Bulk (RFC 7644 §3.7). The limits are required even where it is off.
type BulkFeature struct {
	Supported bool `json:"supported"`
	// MaxOperations is the largest number of operations in one request.
	MaxOperations int `json:"maxOperations"`
	// MaxPayloadSize is the largest body in bytes.
	MaxPayloadSize int64 `json:"maxPayloadSize"`
}

// FilterFeature describes queries.
type FilterFeature struct {
	Supported bool `json:"supported"`
	// MaxResults is the largest page.
	MaxResults int `json:"maxResults"`
}

// Pagination describes how queries are paged (RFC 9865 §4).
type Pagination struct {
	Cursor                  bool   `json:"cursor"`
	Index                   bool   `json:"index"`
	DefaultPaginationMethod string `json:"defaultPaginationMethod,omitempty"`
	DefaultPageSize         int    `json:"defaultPageSize,omitempty"`
	MaxPageSize             int    `json:"maxPageSize,omitempty"`
	// CursorTimeout is in seconds.
	CursorTimeout int `json:"cursorTimeout,omitempty"`
}

// SecurityEvents describes asynchronous requests and events (RFC 9967).
type SecurityEvents struct {
	// AsyncRequest is "none", "long" or "request".
	AsyncRequest string   `json:"asyncRequest"`
	EventURIs    []string `json:"eventUris,omitempty"`
}

// AuthenticationScheme is one way to authenticate (RFC 7643 §5).
type AuthenticationScheme struct {
	Type             string `json:"type"`
	Name             string `json:"name"`
	Description      string `json:"description"`
	SpecURI          string `json:"specUri,omitempty"`
	DocumentationURI string `json:"documentationUri,omitempty"`
	Primary          bool   `json:"primary,omitempty"`
}

// DiscoveryMeta is the meta of a discovery document.
type DiscoveryMeta struct {
	ResourceType string `json:"resourceType"`
	Location     string `json:"location"`
}

// NewServiceProviderConfig describes a provider with PATCH, filters of at most maxResults a page
// and bearer tokens, all else off. baseURL is the SCIM root, such as https://host/scim/v2.
func NewServiceProviderConfig(baseURL string, maxResults int) *ServiceProviderConfig {
	return &ServiceProviderConfig{
		Schemas: []string{ServiceProviderConfigURN},
		Patch:   Feature{Supported: true},
		Filter:  FilterFeature{Supported: true, MaxResults: maxResults},
		AuthenticationSchemes: []AuthenticationScheme{{
			Type:        "oauthbearertoken",
			Name:        "OAuth Bearer Token",
			Description: "A bearer token of this connection in the Authorization header",
			SpecURI:     "https://www.rfc-editor.org/info/rfc6750",
			Primary:     true,
		}},
		Meta: DiscoveryMeta{
			ResourceType: "ServiceProviderConfig",
			Location:     strings.TrimSuffix(baseURL, "/") + "/ServiceProviderConfig",
		},
	}
}
