package adapter

import (
	"context"
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
	ErrPinned = errors.New("the configuration sets this tenant's policy; take the option file out of its policy block to let releases rule")
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
	Releases      []store.Release   `json:"releases"`           // newest first
	ShadowStats   store.ShadowStats `json:"shadow_stats"`
	// Loading means that releases are being compiled, and requests wait for them.
	Loading bool `json:"loading,omitempty"`
	// Trouble says why the tenant's writes are refused, or why its shadow does not run; empty where all is well.
	Trouble string `json:"trouble,omitempty"`
}

// PushPolicy checks an upload and stores it as a release. Nothing rules differently for that.
//
// It is checked in size and structure, signed where the tenant has signers, metered, compiled and asked to describe
// itself; its settings fit the schema that it describes, and it passes the golden cases that it brings along. What is
// wrong is the error, and then nothing is stored.
//
// # Errors
//
//   - a *PolicyError that names what is wrong with the upload
//   - ErrNoReleases
func (t *Tenant) PushPolicy(ctx context.Context, up Upload) (*store.Release, *Report, error) {
	return nil, nil, ErrNoReleases
}

// Policies returns the tenant's policies as they are now.
func (t *Tenant) Policies(ctx context.Context) (PolicyStatus, error) {
	return PolicyStatus{}, nil
}

// ShadowPolicy lets a release be asked beside what rules, from now on and in the place of the shadow before it; 0 stops
// the shadow. The statistics begin anew. by is who says so.
//
// # Errors
//
// ErrNoRelease, ErrNoReleases, a *PolicyError for a release that rules.
func (t *Tenant) ShadowPolicy(ctx context.Context, number uint64, by string) error {
	return ErrNoReleases
}

// PromotePolicy lets a release rule: with a percent of 1 to 99 that share of the resources, as a canary in the place of
// the one before it, with 100 all of them. Deliveries that have failed are tried again at once.
//
// # Errors
//
// ErrPinned, ErrNoRelease, ErrNoReleases, a *PolicyError for a percent that is none, and for a release without the hook
// map where the application lacks routes.
func (t *Tenant) PromotePolicy(ctx context.Context, number uint64, percent int, by string) error {
	return ErrNoReleases
}

// RollbackPolicy takes the last promotion back and returns the release that rules all then. Where there is a canary it
// ends, and the active release stays; else the release that was active before is active again.
//
// # Errors
//
// ErrPinned, ErrNoPrevious, ErrNoReleases, and a *PolicyError as PromotePolicy has it.
func (t *Tenant) RollbackPolicy(ctx context.Context, by string) (*store.Release, error) {
	return nil, ErrNoReleases
}

// PolicyModule returns a release's module as it was uploaded.
//
// # Errors
//
// ErrNoRelease.
func (t *Tenant) PolicyModule(ctx context.Context, number uint64) ([]byte, error) {
	return nil, ErrNoRelease
}

// PolicyDifferences returns where shadows would have done something else, newest first and at most limit of them; 0 for
// all that are kept, the newest 1,000.
func (t *Tenant) PolicyDifferences(ctx context.Context, limit int) ([]store.Difference, error) {
	return nil, nil
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
	// Changes are the recordings that would have gone otherwise, oldest first, at most MaxReplayChanges of them.
	Changes []ReplayChange `json:"changes"`
}

// MaxReplayChanges bounds Replay.Changes.
const MaxReplayChanges = 1000

// ReplayChange is one recording that a candidate would have answered otherwise.
type ReplayChange struct {
	Recording    string          `json:"recording"`           // its id
	Operation    string          `json:"operation,omitempty"` // the journal's entry; empty for map
	Time         time.Time       `json:"time"`                // of the recording
	Hook         string          `json:"hook"`
	Subject      string          `json:"subject"` // the operation of decide or the action of map
	ResourceType store.Type      `json:"resource_type"`
	ResourceID   string          `json:"resource_id,omitempty"`
	What         []string        `json:"what"` // verdict, status, lifecycle, document, requests, failure
	Was          json.RawMessage `json:"was,omitempty"`
	Would        json.RawMessage `json:"would,omitempty"`
	WasError     string          `json:"was_error,omitempty"`
	WouldError   string          `json:"would_error,omitempty"`
}

// ReplayPolicy runs an upload, which is checked as PushPolicy does and not stored, over what policies were asked since a
// time, one after the other, and compares. It changes nothing. progress, where it is not nil, is told now and then how
// far it has come.
func (t *Tenant) ReplayPolicy(ctx context.Context, up Upload, since time.Time, progress func(done, total int)) (*Replay, error) {
	return nil, ErrNoReleases
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

// ImportRecord asks the tenant's policy to turn a record of the application's into a resource of a type, and returns that
// as it would be stored: complete and in canonical form.
//
// # Errors
//
// plugins.ErrNoHook where the policy has no hook import or there is none; what the hook fails with; a *scim.Error for a
// resource that cannot be.
func (t *Tenant) ImportRecord(ctx context.Context, typ store.Type, record json.RawMessage) (*abi.ImportOutput, error) {
	return nil, ErrNoReleases
}

// Interface guard.
var _ error = (*PolicyError)(nil)
