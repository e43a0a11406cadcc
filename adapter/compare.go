package adapter

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// What two answers can differ in.
const (
	diffFailure   = "failure"   // one answered and the other did not
	diffVerdict   = "verdict"   // of decide
	diffStatus    = "status"    // or the SCIM error's type, of a deny
	diffLifecycle = "lifecycle" // what taking access away does
	diffDocument  = "document"  // what would be stored
	diffRequests  = "requests"  // of map
)

// invalidRewrite is the name of the failure of a policy whose answer is well formed and no resource.
const invalidRewrite = "document"

// verdictOf is what comes of a decision on an input: all in which decisions can differ.
type verdictOf struct {
	failed    string // how it failed, "" for an answer
	verdict   abi.Verdict
	status    int
	scimType  string
	lifecycle abi.Lifecycle
	doc       []byte // what would be stored, canonical; nil for a deny and a delete
}

// effect works out what comes of a decision. Words for people do not matter.
func effect(types *schema.Registry, in *abi.DecideInput, out *abi.Decision, failed string) verdictOf {
	if failed != "" || out == nil {
		if failed == "" {
			failed = "failed"
		}
		return verdictOf{failed: failed}
	}
	v := verdictOf{verdict: out.Verdict, status: out.Status, scimType: out.ScimType, lifecycle: out.Lifecycle}
	if out.Verdict == abi.Deny || in.Operation == abi.OpDelete {
		return v
	}
	if v.doc = in.After; len(out.After) == 0 {
		return v
	}
	rt := types.ResourceType(in.ResourceType)
	if rt == nil {
		return verdictOf{failed: invalidRewrite}
	}
	var err error
	if v.doc, err = rewritten(rt, out.After, in.After); err != nil {
		return verdictOf{failed: invalidRewrite}
	}
	return v
}

// against lists in what two decisions differ, nothing for two that come to the same.
func (v verdictOf) against(w verdictOf) []string {
	switch {
	case v.failed != "" && w.failed != "":
		return nil
	case v.failed != "" || w.failed != "":
		return []string{diffFailure}
	}
	var what []string
	if v.verdict != w.verdict {
		what = append(what, diffVerdict)
	}
	if v.verdict == abi.Deny && w.verdict == abi.Deny && (v.status != w.status || v.scimType != w.scimType) {
		what = append(what, diffStatus)
	}
	if v.verdict == abi.Deny || w.verdict == abi.Deny {
		return what // the rest has no meaning for a deny
	}
	if v.lifecycle != w.lifecycle {
		what = append(what, diffLifecycle)
	}
	if !bytes.Equal(v.doc, w.doc) {
		what = append(what, diffDocument)
	}
	return what
}

// requestsDiffer lists in what two mappings differ. A failure is a nil output.
func requestsDiffer(a, b *abi.MapOutput) []string {
	switch {
	case a == nil && b == nil:
		return nil
	case a == nil || b == nil:
		return []string{diffFailure}
	case !slices.EqualFunc(a.Requests, b.Requests, sameRequest):
		return []string{diffRequests}
	}
	return nil
}

func sameRequest(a, b abi.Request) bool {
	return a.Method == b.Method && a.Path == b.Path && bytes.Equal(canonical(a.Body), canonical(b.Body))
}

// canonical is a JSON value with sorted names and without space, or the bytes as they are where they are none.
func canonical(raw json.RawMessage) []byte {
	if len(raw) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	if dec.Decode(&value) != nil {
		return raw
	}
	b, err := json.Marshal(value)
	if err != nil {
		return raw
	}
	return b
}

// maxKeptAnswer bounds an answer that is kept with a difference or a report, in bytes. Of a longer one the beginning is.
const maxKeptAnswer = 8 << 10

// cutAnswer stands for an answer that is too long to be kept.
type cutAnswer struct {
	Cut    bool   `json:"cut"`    // true
	Bytes  int    `json:"bytes"`  // how long it is
	Begins string `json:"begins"` // its canonical JSON, as far as it is kept
}

// keepAnswer is an answer as differences and reports keep it: canonical, nil for none, a cutAnswer for one too long.
func keepAnswer[T any](out *T) json.RawMessage {
	if out == nil {
		return nil
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	if b = canonical(b); len(b) <= maxKeptAnswer {
		return b
	}
	for most := maxKeptAnswer; ; most /= 2 { // quoted it takes more
		kept, err := json.Marshal(cutAnswer{Cut: true, Bytes: len(b), Begins: strings.ToValidUTF8(string(b[:most]), "")})
		if err != nil || len(kept) <= maxKeptAnswer {
			return kept
		}
	}
}

// decodeAnswer reads an answer that was recorded, nil for none.
func decodeAnswer[T any](raw json.RawMessage) (*T, error) {
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // it failed, and there is none
	}
	out := new(T)
	if err := json.Unmarshal(raw, out); err != nil {
		return nil, err
	}
	return out, nil
}

// subject names what a policy was asked about.
func subject(hook string, decide *abi.DecideInput, mapped *abi.MapInput) (string, store.Type) {
	if hook == abi.HookDecide {
		return string(decide.Operation), store.Type(decide.ResourceType)
	}
	return string(mapped.Action), store.Type(mapped.ResourceType)
}
