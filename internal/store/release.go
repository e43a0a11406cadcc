package store

import (
	"encoding/json"
	"time"
)

// PolicyType is the ResourceType of the journal's entries about releases of a policy.
const PolicyType Type = "Policy"

// ReleaseState says how far a release has come.
type ReleaseState string

// The states of a release.
const (
	ReleaseUploaded ReleaseState = "uploaded" // it was never used
	ReleaseShadow   ReleaseState = "shadow"   // it is asked after the fact, and nothing comes of its answers
	ReleaseCanary   ReleaseState = "canary"   // it rules a share of the resources
	ReleaseActive   ReleaseState = "active"   // it rules all others
	ReleaseRetired  ReleaseState = "retired"  // it was used, and is not any more
)

// Release is one upload of a policy: a module with its settings, under a number that counts the tenant's uploads from 1.
type Release struct {
	Number        uint64          `json:"number"`
	State         ReleaseState    `json:"state"`                    // filled in when it is read
	Version       string          `json:"version"`                  // SHA-256 of the module, hexadecimal
	Name          string          `json:"name"`                     // what its author calls it
	AuthorVersion string          `json:"author_version,omitempty"` // the author's version of it
	Size          int             `json:"size"`                     // of the module, in bytes
	Hooks         []string        `json:"hooks"`                    // those that it has
	Needs         []string        `json:"needs,omitempty"`          // what it wants to be told beside the write itself
	Settings      json.RawMessage `json:"settings,omitempty"`       // a JSON object; absent for none
	Note          string          `json:"note,omitempty"`           // the uploader's words
	By            string          `json:"by,omitempty"`             // who uploaded it
	Signer        string          `json:"signer,omitempty"`         // the id of the key whose signature it has
	Uploaded      time.Time       `json:"uploaded"`
	Promoted      time.Time       `json:"promoted,omitzero"` // when it last became canary or active
	Retired       time.Time       `json:"retired,omitzero"`  // when it last stopped ruling
	Cases         int             `json:"cases,omitempty"`   // how many golden cases it brought along
	DescribeFuel  uint64          `json:"describe_fuel,omitempty"`
	CaseFuel      uint64          `json:"case_fuel,omitempty"` // the most that one of its cases took
}

// ShadowStats counts what came of the runs of a shadow since it was started.
type ShadowStats struct {
	Release   uint64    `json:"release"`        // the shadow's number; 0 where there was none yet
	Since     time.Time `json:"since,omitzero"` // when it became the shadow
	Runs      uint64    `json:"runs"`           // Same and Different together
	Same      uint64    `json:"same"`           // it would have come to the same
	Different uint64    `json:"different"`      // it would not, those that failed included
	Failed    uint64    `json:"failed"`         // it gave no answer that can be used
	Dropped   uint64    `json:"dropped"`        // not run, because too much was waiting
	Fuel      uint64    `json:"fuel,omitempty"` // the most that one run took
}

// Difference is one case in which a shadow would have done something else than the policy that ruled.
type Difference struct {
	ID           string          `json:"id"`
	Time         time.Time       `json:"time"`
	Operation    string          `json:"operation,omitempty"` // the journal's entry; empty for one that was not stored, and for map
	Hook         string          `json:"hook"`                // decide or map
	Subject      string          `json:"subject"`             // the operation of decide or the action of map
	ResourceType Type            `json:"resource_type"`
	ResourceID   string          `json:"resource_id,omitempty"`
	Ruled        uint64          `json:"ruled,omitempty"` // the release that ruled; 0 for a configured policy or none
	Shadow       uint64          `json:"shadow"`          // the release that would have
	What         []string        `json:"what"`            // verdict, status, lifecycle, document, requests, failure
	Was          json.RawMessage `json:"was,omitempty"`   // the answer that ruled; absent where there was none or nothing is kept; of one too long to keep its beginning, marked as cut
	Would        json.RawMessage `json:"would,omitempty"` // the shadow's answer, likewise
	WasError     string          `json:"was_error,omitempty"`
	WouldError   string          `json:"would_error,omitempty"`
}
