package adapter

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// What is kept of long answers is bounded and marked as cut, and what is kept is JSON.
func TestLongAnswersAreCut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		detail string
		cut    bool
	}{
		"short":  {"no", false},
		"fits":   {strings.Repeat("x", maxKeptAnswer-100), false},
		"long":   {strings.Repeat("x", maxKeptAnswer), true},
		"quotes": {strings.Repeat(`"<\`, 1<<16), true},
		"runes":  {strings.Repeat("ä€😀", 1<<16), true},
	} {
		kept := keepAnswer(&abi.Decision{Verdict: abi.Deny, Detail: c.detail})
		var cut cutAnswer
		if err := json.Unmarshal(kept, &cut); err != nil || len(kept) > maxKeptAnswer {
			t.Errorf("%s: kept %d bytes, %v", name, len(kept), err)
		}
		if cut.Cut != c.cut || (c.cut && (len(cut.Begins) < 1000 || cut.Bytes < len(c.detail) || !strings.HasPrefix(cut.Begins, `{"detail":"`))) {
			t.Errorf("%s: kept %.100s", name, kept)
		}
	}
	if keepAnswer[abi.Decision](nil) != nil {
		t.Error("no answer has become one")
	}
}

// A report has as many changes as fit, from the oldest on, and says how many it has not.
func TestReportsAreBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ size, want int }{
		"many":  {0, MaxReplayChanges},
		"large": {maxKeptAnswer, maxChangesBytes / (changeBytes + 2*maxKeptAnswer)},
	} {
		r := replayer{out: new(Replay)}
		answer := make(json.RawMessage, c.size)
		for range MaxReplayChanges + 7 {
			r.keep(ReplayChange{Was: answer, Would: answer})
		}
		r.keep(ReplayChange{}) // small, but behind those that did not fit
		if len(r.out.Changes) != c.want || r.out.Omitted != MaxReplayChanges+8-c.want {
			t.Errorf("%s: %d changes and %d omitted", name, len(r.out.Changes), r.out.Omitted)
		}
	}
}
