package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

func drawTime(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+" is zero") {
		return time.Time{}
	}
	return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, label), rapid.Int64Range(0, 1e9-1).Draw(t, label+" ns")).UTC()
}

func drawDoc(t *rapid.T, label string) []byte {
	return rapid.SampledFrom([][]byte{nil, {}, []byte(`{}`), []byte(`{"userName":"ann"}`), []byte(`{"userName":"é\u0000<&>"}`), make([]byte, 300)}).Draw(t, label)
}

func drawState(t *rapid.T, label string) State {
	return State{
		Version: rapid.Uint64().Draw(t, label+" version"), Deleted: rapid.Bool().Draw(t, label+" deleted"),
		Lifecycle: rapid.SampledFrom([]string{"", "suspend"}).Draw(t, label+" lifecycle"), Doc: drawDoc(t, label),
	}
}

func drawRecord(t *rapid.T) *Record {
	r := &Record{
		Type: User, ID: "u1", Created: drawTime(t, "created"), Modified: drawTime(t, "modified"), Desired: drawState(t, "desired"),
		Applied: Applied{
			State: drawState(t, "applied"), LegacyID: rapid.String().Draw(t, "legacy id"),
			Account: rapid.SampledFrom([]Account{AccountAbsent, AccountActive, AccountDeleted}).Draw(t, "account"),
			Adrift:  rapid.Bool().Draw(t, "adrift"), Unsure: rapid.Bool().Draw(t, "unsure"), Doubt: drawDoc(t, "doubt"),
		},
		Due: drawTime(t, "due"), Failures: rapid.IntRange(0, 1000).Draw(t, "failures"), Failure: rapid.String().Draw(t, "failure"),
		OpenFrom: rapid.Uint64().Draw(t, "open from"), Epoch: rapid.Uint64().Draw(t, "epoch"), Secret: drawDoc(t, "secret"),
		EdgesDirty: rapid.Bool().Draw(t, "edges dirty"), EdgesHeld: rapid.Bool().Draw(t, "edges held"),
		SecretHeld: rapid.Bool().Draw(t, "secret held"), Told: drawTime(t, "told"),
	}
	if rapid.Bool().Draw(t, "attempted") {
		r.Attempt = &Attempt{
			ID: "a1", Action: abi.ActionUpdate, Version: rapid.Uint64().Draw(t, "attempt"), Owner: "me",
			Uncertain: rapid.Bool().Draw(t, "uncertain"), Doc: drawDoc(t, "attempt's document"),
		}
	}
	if rapid.Bool().Draw(t, "held") {
		r.Hold = &Hold{ID: "h1", Base: drawState(t, "base")}
	}
	return r
}

func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRecord(t)
		before := r.Clone()
		b := r.encode()
		if diff := cmp.Diff(before, r); diff != "" {
			t.Fatalf("encoding changed the record: %s", diff)
		}
		got, err := decodeRecord(r.Type, r.ID, b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Fatal(diff)
		}
		cut := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		if _, err := decodeRecord(r.Type, r.ID, b[:cut]); !errors.Is(err, errCorrupt) {
			t.Fatalf("cut off at %d of %d: %v", cut, len(b), err)
		}
		if _, err := decodeRecord(r.Type, r.ID, append(b, 0)); !errors.Is(err, errCorrupt) {
			t.Fatalf("with something behind it: %v", err)
		}
	})
}

// Damaged bytes are an error; what decodes has one meaning, which encoding keeps.
func FuzzDecodeRecord(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{recordFormat})
	f.Add([]byte{recordFormat, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	for _, r := range []*Record{
		{},
		{Desired: State{Version: 1, Doc: []byte(`{"userName":"ann"}`)}, Applied: Applied{State: State{Doc: []byte(`{"userName":"ann"}`)}}},
		{Attempt: &Attempt{ID: "a"}, Hold: &Hold{ID: "h", Base: State{Doc: []byte("{}")}}, Due: time.Unix(1, 1).UTC(), Failure: "x"},
	} {
		f.Add(r.encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(User, "u1", b)
		if err != nil {
			if !errors.Is(err, errCorrupt) {
				t.Fatalf("%v is not errCorrupt", err)
			}
			return
		}
		got, err := decodeRecord(User, "u1", r.encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
