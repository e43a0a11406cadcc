package adapter

import (
	"encoding/json"
	"errors"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// What policies are asked is recorded, so that a candidate can be asked the same before it rules. What would be recorded
// holds no password: no policy is told of one.

// errorKinds are how a policy fails, as recordings and differences name it.
var errorKinds = []struct {
	name string
	err  error
}{
	{"fuel", plugins.ErrFuel},
	{"timeout", plugins.ErrTimeout},
	{"suspended", plugins.ErrSuspended},
	{"trap", plugins.ErrTrap},
	{"output", plugins.ErrOutput},
	{"policy", plugins.ErrPolicy},
	{"input", plugins.ErrInput},
	{"unavailable", ErrPolicyBroken},
}

// errorName names how a policy failed, without its words. It is "" for no error.
func errorName(err error) string {
	if err == nil {
		return ""
	}
	for _, k := range errorKinds {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	return "failed"
}

// recordDecision encodes what the tenant's policy was asked about a change, nil where nothing is to be kept.
func (t *Tenant) recordDecision(c *change, op *store.Operation) (*store.EncodedRecording, error) {
	if c.asked == nil || !t.records() {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	in := c.asked.in
	r := &store.Recording{
		ID: newID(), Time: op.Time, Operation: op.ID, Hook: abi.HookDecide, ResourceID: c.id, Before: in.Before, After: in.After,
		Version: c.asked.version, Release: c.asked.release, Fuel: c.asked.used.Fuel, Error: errorName(c.asked.err),
	}
	in.Before, in.After = nil, nil
	return record(r, &in, c.asked.out)
}

// mapping is what the tenant's policy was asked about an action, and what it answered.
type mapping struct {
	in      abi.MapInput // without settings
	out     *abi.MapOutput
	err     error
	used    plugins.Usage
	version string // "" for no policy, which leaves it to the connector
	release uint64
	set     *ruled // what ruled when it was asked, or before
	unruled bool   // there was nobody to ask, though there should have been
}

// recordMapping encodes what the tenant's policy was asked about an action, nil where nothing is to be kept.
func (t *Tenant) recordMapping(m *mapping, out connector.Outcome) (*store.EncodedRecording, error) {
	if m == nil || m.unruled || !t.records() || (out.Kind == connector.Retry && m.err == nil) {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	in := m.in
	r := &store.Recording{
		ID: newID(), Time: t.engine.now(), Hook: abi.HookMap, ResourceID: in.ID, Before: in.Before, After: in.After,
		Version: m.version, Release: m.release, Fuel: m.used.Fuel, Error: errorName(m.err),
	}
	in.Before, in.After = nil, nil
	return record(r, &in, m.out)
}

// keepMapping stores a recording with what came of a delivery, after a number of failures in a row. A delivery that is
// tried again asks the same again, which is not kept twice.
func keepMapping(tx *store.Tx, r *store.EncodedRecording, out connector.Outcome, failures int) error {
	if out.Kind == connector.Retry && failures > 0 {
		return nil
	}
	return tx.PutRecording(r)
}

// maxRecorded bounds what of a question, and of its answer, is recorded, in bytes: a resource of a megabyte that changes
// all the time would fill the store otherwise.
const maxRecorded = 64 << 10

// record encodes a recording, whose documents are in it already; nil for one too large to keep. out is nil where the
// policy failed.
func record[In, Out any](r *store.Recording, in *In, out *Out) (*store.EncodedRecording, error) {
	var err error
	if r.Input, err = json.Marshal(in); err != nil {
		return nil, err
	}
	if out != nil {
		if r.Answer, err = json.Marshal(out); err != nil {
			return nil, err
		}
	}
	if len(r.Input)+len(r.Before)+len(r.After) > maxRecorded || len(r.Answer) > maxRecorded {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	return r.Encode()
}
