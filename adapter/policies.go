package adapter

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// A tenant's policy comes from one of two places. Where the configuration names one, TenantConfig.Policy, that rules: the
// tenant is pinned. Everywhere else its releases rule, which are uploaded, tried, made active and taken back while the
// server runs, by the methods below. Releases can be uploaded and tried for a pinned tenant too.

var (
	// ErrPinned means that the configuration sets the tenant's policy, so that no release can rule.
	ErrPinned = errors.New("the configuration sets this tenant's policy; take the file out of it (policy FILE in a Caddyfile, policy.file in JSON) to let releases rule")
	// ErrNoReleases means that this server keeps no releases of policies.
	ErrNoReleases = errors.New("this server keeps no releases of policies")
	// ErrNoRelease means that the tenant has no release of that number.
	ErrNoRelease = errors.New("no such release")
	// ErrNoPrevious means that there is nothing to go back to.
	ErrNoPrevious = errors.New("no release was active before")
)

// PolicyError says what is wrong with an upload or with what is asked of a release.
type PolicyError struct {
	// Field is what is wrong: module, signature, settings or one of them such as settings.domain, cases, note, by,
	// percent, release, application.
	Field string
	// Problem says what is wrong with it and what would be right: printable, on one line and bounded.
	Problem string
	// Err is the cause where there is one, such as a *plugins.LoadError.
	Err error
}

// Error implements error.
func (e *PolicyError) Error() string { return e.Field + ": " + e.Problem }

// Unwrap returns the cause.
func (e *PolicyError) Unwrap() error { return e.Err }

// Upload is a policy that somebody hands in.
type Upload struct {
	Module    []byte          // WebAssembly
	Signature []byte          // Ed25519 over Module, 64 bytes; needed where the tenant has signers
	Settings  json.RawMessage // a JSON object; nil for none
	Note      string          // the uploader's words, at most MaxNote bytes
	By        string          // who uploads, as the operator names them
}

// Bounds of an upload.
const (
	MaxNote = 1000 // bytes of Upload.Note
	MaxBy   = 200  // bytes of Upload.By
)

// Report is what became of checking an upload.
type Report struct {
	Version     string          `json:"version"` // SHA-256 of the module, hexadecimal
	Description abi.Description `json:"description"`
	Signer      string          `json:"signer,omitempty"` // the id of the key whose signature was checked
	Cases       []CaseReport    `json:"cases,omitempty"`  // the golden cases that the module brings along
	// DescribeFuel is what it took to describe itself.
	DescribeFuel uint64 `json:"describe_fuel,omitempty"`
}

// CaseReport is what one golden case took.
type CaseReport struct {
	Name string `json:"name"`
	Fuel uint64 `json:"fuel"`
}

// PolicyStatus says which policies a tenant has and which of them rule. Numbers are 0 for none.
type PolicyStatus struct {
	Pinned        string            `json:"pinned,omitempty"` // the version of the policy that the configuration sets
	Guard         string            `json:"guard,omitempty"`  // the version of the operator's policy
	Active        uint64            `json:"active,omitempty"`
	Canary        uint64            `json:"canary,omitempty"`
	CanaryPercent int               `json:"canary_percent,omitempty"`
	Shadow        uint64            `json:"shadow,omitempty"`
	Previous      uint64            `json:"previous,omitempty"` // what would rule all after a rollback
	Releases      []store.Release   `json:"releases"`           // newest first, without their settings
	ShadowStats   store.ShadowStats `json:"shadow_stats"`
	// Loading means that releases are being compiled, and requests wait for them.
	Loading bool `json:"loading,omitempty"`
	// Trouble says why the tenant's writes are refused, or why its shadow does not run; empty where all is well.
	Trouble string `json:"trouble,omitempty"`
	// Failing says of the policy that rules, and of the canary, that they keep failing; empty where they answer.
	Failing []PolicyFailing `json:"failing,omitempty"`
}

// Replay is what a candidate would have done with what policies were asked. For the same recordings and the same
// candidate it is the same to the byte.
type Replay struct {
	Version   string `json:"version"`   // the candidate's
	Ran       int    `json:"ran"`       // Same and Different together
	Same      int    `json:"same"`      // it would have come to the same
	Different int    `json:"different"` // it would not, those that failed included
	Failed    int    `json:"failed"`    // it gave no answer that can be used
	FuelMax   uint64 `json:"fuel_max"`  // the most that one call took
	FuelMean  uint64 `json:"fuel_mean"` // of all calls, rounded down
	// Changes are the recordings that would have gone otherwise, oldest first, at most MaxReplayChanges of them, and of no
	// more than 8 MiB.
	Changes []ReplayChange `json:"changes"`
	// Omitted are those of Different that are counted and not among Changes, as they are too many or too large.
	Omitted int `json:"changes_omitted,omitempty"`
}

// MaxReplayChanges bounds Replay.Changes.
const MaxReplayChanges = 1000

// ReplayChange is one recording that a candidate would have answered otherwise.
type ReplayChange struct {
	Recording    string     `json:"recording"`           // its id
	Operation    string     `json:"operation,omitempty"` // the journal's entry; empty for map
	Time         time.Time  `json:"time"`                // of the recording
	Hook         string     `json:"hook"`
	Subject      string     `json:"subject"` // the operation of decide or the action of map
	ResourceType store.Type `json:"resource_type"`
	ResourceID   string     `json:"resource_id,omitempty"`
	What         []string   `json:"what"` // verdict, status, lifecycle, document, requests, failure
	// Was and Would are the answers; of one beyond 8 KiB {"cut":true,"bytes":length,"begins":"…"}.
	Was        json.RawMessage `json:"was,omitempty"`
	Would      json.RawMessage `json:"would,omitempty"`
	WasError   string          `json:"was_error,omitempty"`
	WouldError string          `json:"would_error,omitempty"`
}

// PolicyLogLine is one line that a policy has logged. It is the policy's word, and likely to hold personal data.
type PolicyLogLine struct {
	Seq       uint64    `json:"seq"` // counts the tenant's lines from 1
	Time      time.Time `json:"time"`
	Release   uint64    `json:"release,omitempty"` // 0 for a policy of the configuration
	Shadow    bool      `json:"shadow,omitempty"`  // it ran as the shadow
	Version   string    `json:"version"`
	Hook      string    `json:"hook"`
	Text      string    `json:"text"`
	Truncated bool      `json:"truncated,omitempty"` // the call logged more than is kept, behind this line
}

// Interface guard.
var _ error = (*PolicyError)(nil)
