package caddymodule

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
)

// policies serves what is below a tenant's path policies.
func (c *adminCall) policies(path []string, notFound error) error {
	get := func(h func() error) error { return c.route(map[string]func() error{http.MethodGet: h}) }
	post := func(h func() error) error { return c.route(map[string]func() error{http.MethodPost: h}) }
	if len(path) == 0 {
		return c.route(map[string]func() error{http.MethodGet: c.listPolicies, http.MethodPost: c.pushPolicy})
	}
	if len(path) == 1 {
		switch path[0] {
		case "unshadow":
			return post(func() error { return c.step("unshadow", c.shadow(0)) })
		case "rollback":
			return post(func() error { return c.step("rollback", c.rollback) })
		case "differences":
			return get(c.listDifferences)
		case "replay":
			return post(c.replayPolicy)
		case "log":
			return get(c.policyLog)
		}
		return notFound
	}
	number, err := strconv.ParseUint(path[0], 10, 64)
	if err != nil || number == 0 || len(path) != 2 {
		return notFound
	}
	switch path[1] {
	case "module":
		return get(func() error { return c.policyModule(number) })
	case "shadow":
		return post(func() error { return c.step("shadow", c.shadow(number)) })
	case "promote":
		return post(func() error { return c.step("promote", c.promote(number)) })
	}
	return notFound
}

// policyError turns an error of the tenant's policies into one for the caller. number is the release that was named, 0
// for none.
func policyError(err error, number uint64) error {
	var wrong *adapter.PolicyError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, adapter.ErrNoRelease):
		return apiError(http.StatusNotFound, "the tenant has no release %d", number)
	case errors.Is(err, adapter.ErrPinned), errors.Is(err, adapter.ErrNoPrevious), errors.Is(err, adapter.ErrNoReleases):
		return apiError(http.StatusConflict, "%w", err)
	case errors.As(err, &wrong):
		return apiError(http.StatusBadRequest, "%w", err)
	}
	return err
}

func (c *adminCall) listPolicies() error {
	status, err := c.status()
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, status)
}

func (c *adminCall) status() (*adapter.PolicyStatus, error) {
	status, err := c.tenant.Policies(c.Context())
	if err != nil {
		return nil, policyError(err, 0)
	}
	if status.Releases == nil {
		status.Releases = []store.Release{}
	}
	return &status, nil
}

// policyUpload is the body of a push, and of a replay.
type policyUpload struct {
	// Module is WebAssembly. Required.
	Module []byte `json:"module"`
	// Signature is 64 bytes, Ed25519 over Module. Required where the tenant has signers.
	Signature []byte `json:"signature,omitempty"`
	// Settings is a JSON object. Default: none.
	Settings json.RawMessage `json:"settings,omitempty"`
	// Note is for people, of a push alone. Default: none.
	Note string `json:"note,omitempty"`
	// By is who uploads. Required.
	By string `json:"by"`
	// Since is when the recordings begin that a replay runs over. Required for a replay, and for nothing else.
	Since time.Time `json:"since,omitzero"`
}

// maxUploadBody bounds the body of an upload, in bytes: the module in base64, and room for the rest.
const maxUploadBody = plugins.DefaultMaxModuleBytes/3*4 + 1<<20

// readUpload reads the body and checks what the adapter leaves to its caller.
func (c *adminCall) readUpload() (up policyUpload, err error) {
	if err = c.readUpTo(maxUploadBody, &up); err != nil {
		return up, err
	}
	if string(up.Settings) == "null" {
		up.Settings = nil
	}
	switch {
	case len(up.Module) == 0:
		return up, apiError(http.StatusBadRequest, "module: missing")
	case len(up.Signature) != 0 && len(up.Signature) != ed25519.SignatureSize:
		return up, apiError(http.StatusBadRequest, "signature: %d bytes, want %d", len(up.Signature), ed25519.SignatureSize)
	case len(up.Note) > adapter.MaxNote || !utf8.ValidString(up.Note):
		return up, apiError(http.StatusBadRequest, "note: longer than %d bytes or not UTF-8", adapter.MaxNote)
	}
	return up, checkBy(up.By)
}

func checkBy(by string) error {
	switch {
	case by == "":
		return apiError(http.StatusBadRequest, "by: missing; it says who does it")
	case len(by) > adapter.MaxBy || !utf8.ValidString(by):
		return apiError(http.StatusBadRequest, "by: longer than %d bytes or not UTF-8", adapter.MaxBy)
	case strings.TrimSpace(by) != by, strings.ContainsFunc(by, unseen):
		return apiError(http.StatusBadRequest, "by: it has characters that nobody sees, by which two names would look like one")
	}
	return nil
}

// unseen reports whether a character does not show, or looks like a plain space and is none.
func unseen(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) || r != ' ' && unicode.Is(unicode.Zs, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

func (u *policyUpload) upload() adapter.Upload {
	return adapter.Upload{Module: u.Module, Signature: u.Signature, Settings: u.Settings, Note: u.Note, By: u.By}
}

// pushedPolicy is the answer to a push.
type pushedPolicy struct {
	Release *store.Release  `json:"release"`
	Report  *adapter.Report `json:"report"`
	// Status is what is so after the step that the command push has taken at once; the API itself takes none.
	Status *adapter.PolicyStatus `json:"status,omitempty"`
}

func (c *adminCall) pushPolicy() error {
	done, err := c.wait(uploads)
	if err != nil {
		return err
	}
	defer done()
	up, err := c.readUpload()
	if err != nil {
		return err
	}
	if !up.Since.IsZero() {
		return apiError(http.StatusBadRequest, "since: only a replay has it")
	}
	release, report, err := c.tenant.PushPolicy(c.Context(), up.upload())
	if err != nil {
		return policyError(err, 0)
	}
	c.audit().Info("policy uploaded", "release", release.Number, "version", release.Version)
	return c.answer(http.StatusCreated, pushedPolicy{Release: release, Report: report})
}

func (c *adminCall) policyModule(number uint64) error {
	module, err := c.tenant.PolicyModule(c.Context(), number)
	if err != nil {
		return policyError(err, number)
	}
	c.w.Header().Set("Content-Type", "application/wasm")
	c.w.Header().Set("Content-Length", strconv.Itoa(len(module)))
	_, _ = c.w.Write(module)
	return nil
}

// policyStep is the body of a step in the life of a release.
type policyStep struct {
	// By is who takes it. Required.
	By string `json:"by"`
	// Percent is the share of the resources that a promoted release rules, 1 to 100. Default: 100. Of promote alone.
	Percent *int `json:"percent,omitempty"`
}

// step reads the body, takes the step, writes it down under its name and answers with what is so then.
func (c *adminCall) step(name string, take func(context.Context, policyStep) (release uint64, err error)) error {
	var step policyStep
	if err := c.read(&step); err != nil {
		return err
	}
	if err := checkBy(step.By); err != nil {
		return err
	}
	before, err := c.status()
	if err != nil {
		return err
	}
	release, err := take(c.Context(), step)
	if err != nil {
		return policyError(err, release)
	}
	after, err := c.status()
	if err != nil {
		return err
	}
	if unchanged := name != "shadow" && same(before, after); unchanged {
		return c.answer(http.StatusOK, policyStepAnswer{PolicyStatus: after, Unchanged: true})
	}
	log := c.audit().With("step", name)
	if release != 0 {
		log = log.With("release", release)
	}
	if step.Percent != nil {
		log = log.With("percent", *step.Percent)
	}
	log.Info("policy step taken")
	return c.answer(http.StatusOK, policyStepAnswer{PolicyStatus: after})
}

// policyStepAnswer is the answer to a step.
type policyStepAnswer struct {
	*adapter.PolicyStatus

	// Unchanged means that it was so before.
	Unchanged bool `json:"unchanged,omitempty"`
}

// same reports whether the same releases do the same. A shadow that begins anew forgets what it has come to, so it is not
// for that step.
func same(a, b *adapter.PolicyStatus) bool {
	return a.Active == b.Active && a.Canary == b.Canary && a.CanaryPercent == b.CanaryPercent && a.Shadow == b.Shadow && a.Previous == b.Previous
}

func (s *policyStep) whole() error {
	if s.Percent != nil {
		return apiError(http.StatusBadRequest, "percent: only promote has it")
	}
	return nil
}

func (c *adminCall) shadow(number uint64) func(context.Context, policyStep) (uint64, error) {
	return func(ctx context.Context, step policyStep) (uint64, error) {
		if err := step.whole(); err != nil {
			return number, err
		}
		return number, c.tenant.ShadowPolicy(ctx, number, step.By)
	}
}

func (c *adminCall) promote(number uint64) func(context.Context, policyStep) (uint64, error) {
	return func(ctx context.Context, step policyStep) (uint64, error) {
		percent := 100
		if step.Percent != nil {
			percent = *step.Percent
		}
		if percent < 1 || percent > 100 {
			return number, apiError(http.StatusBadRequest, "percent: %d is not from 1 to 100", percent)
		}
		return number, c.tenant.PromotePolicy(ctx, number, percent, step.By)
	}
}

func (c *adminCall) rollback(ctx context.Context, step policyStep) (uint64, error) {
	if err := step.whole(); err != nil {
		return 0, err
	}
	release, err := c.tenant.RollbackPolicy(ctx, step.By)
	if err != nil {
		return 0, err
	}
	return release.Number, nil
}

// number reads a number of the query.
func (c *adminCall) number(name string, most uint64) (uint64, error) {
	value := c.URL.Query().Get(name)
	if value == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil || n > most {
		return 0, apiError(http.StatusBadRequest, "%s: %.20q is not a number from 0 to %d", name, value, most)
	}
	return n, nil
}

// maxDifferences is how many differences are kept of a tenant.
const maxDifferences = 1000

func (c *adminCall) listDifferences() error {
	limit, err := c.number("limit", maxDifferences)
	if err != nil {
		return err
	}
	list, err := c.tenant.PolicyDifferences(c.Context(), int(limit))
	if err != nil {
		return policyError(err, 0)
	}
	if list == nil {
		list = []store.Difference{}
	}
	return c.answer(http.StatusOK, map[string]any{"differences": list})
}
