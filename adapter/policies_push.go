package adapter

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/internal/settings"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/plugins/golden"
)

// maxProblem bounds PolicyError.Problem, in bytes.
const maxProblem = 2000

func policyError(field string, err error, format string, args ...any) *PolicyError {
	return &PolicyError{Field: field, Problem: abi.CleanText(fmt.Sprintf(format, args...), maxProblem), Err: err}
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
	t = t.newest()
	ctx, end := t.engine.whileOpen(ctx)
	defer end()
	done, err := t.shelf.turn(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	h, report, err := t.try(ctx, up, true, false)
	if err != nil {
		return nil, nil, err
	}
	defer h.free()
	t.shelf.steps.Lock() // not before: whoever rolls back waits for no upload
	defer t.shelf.steps.Unlock()
	if now := t.newest(); now != t { // who may sign may be another question by now
		if report.Signer, err = checkSignature(now.cfg.Policies.Signers, up); err != nil {
			return nil, nil, err
		}
	}
	r := newRelease(up, report, h.Settings, t.engine.now())
	var stored store.Release
	err = t.engine.store.Update(ctx, t.cfg.ID, func(tx *store.Tx) error {
		stored = *r
		return addRelease(tx, &stored, up)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("store the release: %w", err)
	}
	stored.State = store.ReleaseUploaded
	return &stored, report, nil
}

// whileOpen returns a context that ends with the engine, too.
func (e *Engine) whileOpen(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(e.ctx, func() { cancel(ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// maxExaminations is how many uploads are examined at once in the process. A tenant has one of them at most.
const maxExaminations = 2

// turn waits until an upload of the tenant may be examined. done lets the next one in; handles are given back before.
func (s *shelf) turn(ctx context.Context) (done func(), err error) {
	for i, turns := range []chan struct{}{s.examining, s.engine.examining} {
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
			if i > 0 {
				<-s.examining
			}
			return nil, context.Cause(ctx)
		}
	}
	return func() {
		<-s.engine.examining
		<-s.examining
	}, nil
}

// newRelease is the release that an upload becomes.
func newRelease(up Upload, report *Report, settings []byte, now time.Time) *store.Release {
	r := &store.Release{
		Version: report.Version, Name: report.Description.Name, AuthorVersion: report.Description.Version, Size: len(up.Module),
		Hooks: report.Description.Hooks, Needs: report.Description.Needs, Settings: settings,
		Note: abi.CleanText(up.Note, MaxNote), By: abi.CleanText(up.By, MaxBy), Signer: report.Signer, Uploaded: now,
		Cases: len(report.Cases), DescribeFuel: report.DescribeFuel,
	}
	for _, c := range report.Cases {
		r.CaseFuel = max(r.CaseFuel, c.Fuel)
	}
	return r
}

// addRelease stores a release with its entry in the journal.
func addRelease(tx *store.Tx, r *store.Release, up Upload) error {
	if err := tx.AddRelease(r, up.Module); err != nil {
		return err
	}
	return tx.AppendOperation(stepEntry(opUpload, r.Number, r.Version, r.By, r.Note, r.Uploaded))
}

// try checks an upload and loads it. The caller frees the handle. signed asks for a signature where the tenant has
// signers; aside says of the log that it did not rule.
func (t *Tenant) try(ctx context.Context, up Upload, signed, aside bool) (h *handle, report *Report, err error) {
	switch {
	case t.engine.policies == nil:
		return nil, nil, ErrNoReleases
	case len(up.Module) == 0:
		return nil, nil, policyError("module", nil, "missing")
	case len(up.Module) > kv.MaxValueBytes:
		return nil, nil, policyError("module", nil, "has %d bytes, want at most %d", len(up.Module), kv.MaxValueBytes)
	}
	sum := sha256.Sum256(up.Module)
	report = &Report{Version: hex.EncodeToString(sum[:])}
	if signed {
		if report.Signer, err = checkSignature(t.cfg.Policies.Signers, up); err != nil {
			return nil, nil, err
		}
	}
	h, err = t.shelf.compile(ctx, t, up.Module, 0, aside, nil)
	if err != nil {
		var load *plugins.LoadError
		if errors.As(err, &load) {
			return nil, nil, policyError("module", err, "%s", load.Error())
		}
		return nil, nil, err
	}
	if err = t.examine(ctx, h, report, up); err != nil {
		h.free()
		return nil, nil, err
	}
	return h, report, nil
}

// examine checks what a loaded module says and does.
func (t *Tenant) examine(ctx context.Context, h *handle, report *Report, up Upload) (err error) {
	report.Description = h.Module.Description()
	if report.DescribeFuel, err = describeFuel(ctx, h.Module); err != nil {
		return err
	}
	if h.Settings, err = checkSettings(report.Description.Settings, up.Settings); err != nil {
		return err
	}
	report.Cases, err = runCases(ctx, h.Module, up.Module, maxCasesFuel*max(plugins.DefaultFuel, t.cfg.Policies.Limits.Fuel))
	return err
}

// describeFuel is what it takes a policy to describe itself.
func describeFuel(ctx context.Context, policy *plugins.Policy) (uint64, error) {
	_, used, err := policy.Call(ctx, abi.HookDescribe, nil)
	if errors.Is(err, plugins.ErrNoHook) {
		err = nil
	}
	if err != nil {
		return 0, policyError("module", err, "%s", err)
	}
	return used.Fuel, nil
}

// KeyID names a key that signs policies: the beginning of its SHA-256, in hexadecimal.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}

// checkSignature returns the id of the key that has signed an upload, "" where nobody has to.
func checkSignature(signers []ed25519.PublicKey, up Upload) (string, error) {
	switch {
	case len(signers) == 0:
		return "", nil
	case len(up.Signature) == 0:
		return "", policyError("signature", nil, "missing; this tenant runs signed policies only")
	case len(up.Signature) != ed25519.SignatureSize:
		return "", policyError("signature", nil, "has %d bytes, want the %d of a raw Ed25519 signature", len(up.Signature), ed25519.SignatureSize)
	}
	i := slices.IndexFunc(signers, func(key ed25519.PublicKey) bool {
		return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, up.Module, up.Signature)
	})
	if i < 0 {
		return "", policyError("signature", nil, "is not that of one of the tenant's signers over these bytes")
	}
	return KeyID(signers[i]), nil
}

// checkSettings returns settings in their canonical form, once they fit the schema of the policy that they are for.
func checkSettings(schema, given []byte) ([]byte, error) {
	canonical, err := settings.Check(schema, given)
	var problem *settings.Error
	switch {
	case errors.As(err, &problem):
		return nil, policyError(problem.Field, err, "%s", problem.Problem)
	case err != nil:
		return nil, policyError("settings", err, "%s", err)
	}
	return canonical, nil
}

// maxCasesFuel is how many calls' worth of fuel the golden cases of an upload may take together.
const maxCasesFuel = 20

// runCases runs the golden cases that a module brings along, which may take so much fuel together.
func runCases(ctx context.Context, policy *plugins.Policy, module []byte, fuel uint64) ([]CaseReport, error) {
	bundled, ok, err := golden.Bundled(module)
	if err != nil {
		return nil, policyError("cases", err, "%s", err)
	}
	if !ok {
		return nil, nil
	}
	cases, err := golden.ReadCases(bundled)
	if err != nil {
		return nil, policyError("cases", err, "%s", err)
	}
	result, err := runList(ctx, cases, policy.Call, fuel)
	if err != nil {
		return nil, err
	}
	if err := result.Err(); err != nil {
		return nil, policyError("cases", err, "%s", err)
	}
	report := make([]CaseReport, len(result.Results))
	for i, r := range result.Results {
		report[i] = CaseReport{Name: r.Name, Fuel: r.Fuel}
	}
	return report, nil
}

// runList runs golden cases until they have taken more than some fuel together.
func runList(ctx context.Context, cases []golden.Case, run golden.Runner, fuel uint64) (*golden.Report, error) {
	report := &golden.Report{}
	var used uint64
	for i := range cases {
		one, err := golden.Run(ctx, cases[i:i+1], run)
		if err != nil {
			return nil, err
		}
		report.Passed, report.Failed = report.Passed+one.Passed, report.Failed+one.Failed
		report.Results = append(report.Results, one.Results...)
		if used += one.MaxFuel; used > fuel {
			return nil, policyError("cases", nil, "%q, number %d of %d, takes the cases beyond the fuel that they may use together, %d", cases[i].Name, i+1, len(cases), fuel)
		}
	}
	return report, nil
}

// newest is the tenant under the newest configuration, which is t itself but for requests that began before a reload.
func (t *Tenant) newest() *Tenant {
	t.shelf.mu.Lock()
	defer t.shelf.mu.Unlock()
	if t.shelf.tenant != nil {
		return t.shelf.tenant
	}
	return t
}

// releaseName is how people speak of a release.
func releaseName(number uint64) string { return "release " + strconv.FormatUint(number, 10) }
