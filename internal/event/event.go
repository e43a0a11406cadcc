package event

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/scim"
)

// MediaType is that of a SET, RFC 8417 section 7.2.
const MediaType = "application/secevent+jwt"

// Subject names the resource that an event is about, RFC 9967 section 2.1.
type Subject struct {
	// URI is the resource's path below the SCIM root: "/Users/2819c223".
	URI string
	// ExternalID is the client's own name of the resource; empty where it is not known.
	ExternalID string
}

// MarshalJSON writes a subject of the format "scim".
func (s Subject) MarshalJSON() ([]byte, error) {
	return json.Marshal(subject{"scim", s.URI, s.ExternalID})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Subject) UnmarshalJSON(b []byte) error {
	var in subject
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	s.URI, s.ExternalID = in.URI, in.ExternalID
	return nil
}

type subject struct {
	Format     string `json:"format"`
	URI        string `json:"uri"`
	ExternalID string `json:"externalId,omitempty"`
}

// Payload is what an event says beside its subject. Which fields are set depends on the event.
type Payload struct {
	// Attributes are the names of what was changed: present, if only as an empty list, in create, put and patch.
	Attributes []string `json:"attributes,omitzero"`
	// Version is the resource's entity tag after the change.
	Version string `json:"version,omitempty"`
	// Method, Status, Location and Response are those of an asynchronous request: what RFC 7644 section 3.7.3 says of
	// one operation of a bulk response. Status is that of HTTP, as text.
	Method   string      `json:"method,omitempty"`
	Status   string      `json:"status,omitempty"`
	Location string      `json:"location,omitempty"`
	Response *scim.Error `json:"response,omitempty"`
}

// Event is one event, or several of one change, before it is addressed and signed. It marshals to its claims.
type Event struct {
	ID       string             // jti: names the token; the same when it is sent again
	Txn      string             // names the change, the same in all tokens about it
	Issued   time.Time          // iat
	Occurred time.Time          // toe
	Subject  Subject            // sub_id
	Payloads map[string]Payload // by the event's URI
}

type claims struct {
	ID       string             `json:"jti"`
	Issued   int64              `json:"iat"`
	Occurred int64              `json:"toe"`
	Txn      string             `json:"txn"`
	Subject  Subject            `json:"sub_id"`
	Payloads map[string]Payload `json:"events"`
}

// MarshalJSON writes all claims but iss and aud.
func (e Event) MarshalJSON() ([]byte, error) { return json.Marshal(e.claims()) }

func (e Event) claims() claims {
	return claims{
		ID: e.ID, Txn: e.Txn, Issued: e.Issued.Unix(), Occurred: e.Occurred.Unix(), Subject: e.Subject, Payloads: e.Payloads,
	}
}

// Head is what a queue has to know of an event that it holds.
type Head struct {
	ID     string `json:"jti"`
	Txn    string `json:"txn"`
	Issued int64  `json:"iat"` // Unix seconds
}

// Address completes the claims that an Event marshals to with who issues them and for whom. The payload is not read.
func Address(stored []byte, issuer string, audience []string) ([]byte, error) {
	var set map[string]json.RawMessage
	if err := json.Unmarshal(stored, &set); err != nil {
		return nil, fmt.Errorf("stored event: %w", err)
	}
	var aud any = audience
	if len(audience) == 1 {
		aud = audience[0]
	}
	for name, value := range map[string]any{"iss": issuer, "aud": aud} {
		b, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		set[name] = b
	}
	return json.Marshal(set)
}
