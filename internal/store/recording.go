package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// tableRecordings holds what policies were asked and answered: time, recording → recording, compressed.
const tableRecordings kv.Table = "pc"

// Recording is what a policy was asked once, and what it answered.
type Recording struct {
	ID         string          `json:"id"`
	Time       time.Time       `json:"time"`
	Operation  string          `json:"operation,omitempty"` // the journal's entry, for decide
	Hook       string          `json:"hook"`                // decide or map
	ResourceID string          `json:"resource_id,omitempty"`
	Input      json.RawMessage `json:"input"` // abi.DecideInput or abi.MapInput, without settings, before and after
	Before     json.RawMessage `json:"-"`     // the input's documents; nil where it has none
	After      json.RawMessage `json:"-"`
	Answer     json.RawMessage `json:"answer,omitempty"`  // abi.Decision or abi.MapOutput; absent for one that failed
	Error      string          `json:"error,omitempty"`   // how it failed, as a kind and without the policy's words
	Version    string          `json:"version,omitempty"` // SHA-256 of the module; empty where there was no policy
	Release    uint64          `json:"release,omitempty"` // 0 for a policy of the configuration
	Fuel       uint64          `json:"fuel,omitempty"`
}

// Encode returns the recording as it is stored. What is in the middle of a transaction needs no time for it then.
func (r *Recording) Encode() (*EncodedRecording, error) {
	head, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode recording %s: %w", r.ID, err)
	}
	// The documents are JSON as they are, and most of it all: they are neither parsed nor copied more than once.
	b := make([]byte, 0, len(head)+len(r.Before)+len(r.After)+3*binary.MaxVarintLen32)
	for _, part := range [][]byte{head, r.Before, r.After} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return &EncodedRecording{id: r.ID, time: r.Time, value: recordingWords.Encode(nil, b)}, nil
}

// decodeRecording reads what Encode has made.
func decodeRecording(value []byte) (*Recording, error) {
	if n, err := s2.DecodedLen(value); err != nil || n > maxRecording {
		return nil, fmt.Errorf("recording: %w", errCorrupt)
	}
	b, err := recordingWords.Decode(nil, value)
	if err != nil {
		return nil, fmt.Errorf("recording: %w: %w", errCorrupt, err)
	}
	var parts [3][]byte
	for i := range parts {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			return nil, fmt.Errorf("recording: %w", errCorrupt)
		}
		if size > 0 {
			parts[i] = b[n : n+int(size)]
		}
		b = b[n+int(size):]
	}
	r := new(Recording)
	if err := json.Unmarshal(parts[0], r); err != nil {
		return nil, fmt.Errorf("recording: %w: %w", errCorrupt, err)
	}
	r.Before, r.After = parts[1], parts[2]
	return r, nil
}

// EncodedRecording is a recording as it is stored.
type EncodedRecording struct {
	id    string
	time  time.Time
	value []byte
}

// PutRecording stores a recording; nil stores nothing.
func (tx *Tx) PutRecording(r *EncodedRecording) error {
	if r == nil {
		return nil
	}
	return tx.kv.Set(tx.key(tableRecordings).Time(r.time).String(r.id), r.value)
}

// RecordingMark stands before or behind a recording. The zero value stands before all.
type RecordingMark struct {
	Time time.Time
	ID   string // empty stands before all of that time
}

func (tx *Tx) recordingRange(from, to RecordingMark) kv.Range {
	rng := kv.Prefix(tx.key(tableRecordings))
	base := tx.key(tableRecordings)
	switch {
	case from.ID != "":
		rng.From = base.Time(from.Time).String(from.ID).After()
	case !from.Time.IsZero():
		rng.From = base.Time(from.Time)
	}
	if !to.Time.IsZero() {
		rng.To = base.Time(to.Time)
	}
	return rng
}

// Recordings calls fn for the recordings behind a mark and before a time, oldest first, until fn returns false. The zero
// time stands for no end.
func (tx *Tx) Recordings(from RecordingMark, before time.Time, fn func(*Recording) bool) error {
	for entry, err := range tx.kv.Scan(tx.recordingRange(from, RecordingMark{Time: before}), kv.ScanOptions{}) {
		if err != nil {
			return err
		}
		r, err := decodeRecording(entry.Value)
		if err != nil {
			return err
		}
		if !fn(r) {
			return nil
		}
	}
	return nil
}

// CountRecordings counts the recordings between two times; zero times stand for no bound.
func (tx *Tx) CountRecordings(from, before time.Time) (n int, err error) {
	for _, err := range tx.kv.Scan(tx.recordingRange(RecordingMark{Time: from}, RecordingMark{Time: before}), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// PruneRecordings forgets at most most recordings that are behind a mark and from before a time, the oldest first. It
// returns the mark behind the last of them, and whether there are more. To go on from that mark spares the backend
// stepping over what is gone.
func (tx *Tx) PruneRecordings(from RecordingMark, before time.Time, most int) (last RecordingMark, more bool, err error) {
	last = from
	n := 0
	for entry, err := range tx.kv.Scan(tx.recordingRange(from, RecordingMark{Time: before}), kv.ScanOptions{KeysOnly: true}) {
		if err != nil {
			return last, false, err
		}
		if n++; n > most {
			return last, true, nil
		}
		dec := entry.Key.Decoder()
		last = RecordingMark{Time: dec.Time(), ID: dec.String()}
		if err := errors.Join(dec.Err(), tx.kv.Delete(entry.Key)); err != nil {
			return last, false, err
		}
	}
	return last, false, nil
}

// maxRecording bounds what a recording is decompressed to, in bytes.
const maxRecording = 32 << 20

// recordingWords is what recordings are full of, so that a single one, which says little twice, gets small as well. It is
// part of the stored format: another one needs another table.
var recordingWords = s2.MakeDict([]byte(`"title":"","locale":"","timezone":"","department":"","manager":{"value":""},"employeeNumber":"",`+
	`"costCenter":"","organization":"","phoneNumbers":[{"type":"work","value":""},{"type":"mobile","value":""}],"addresses":[{"country":"",`+
	`"formatted":"","locality":"","postalCode":"","region":"","streetAddress":"","type":"work"}],"roles":[{"primary":true,"value":""}],`+
	`"displayName":"","externalId":"","preferredLanguage":"en-US","nickName":"","userType":"","urn:ietf:params:scim:schemas:core:2.0:Group",`+
	`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"members":{"add":[""],"remove":[""]},"hook":"map","resource_id":"01",`+
	`"input":{"abi":1,"action":"update","resource_type":"User","id":"01","legacy_id":"","tenant":{"id":""}},"answer":{"requests":[{"method":"PATCH",`+
	`"path":"/","body":{}}]},"error":"","version":"","release":,"fuel":}{"id":"01","time":"2026-01-01T00:00:00.000Z","operation":"01","hook":"decide",`+
	`"resource_id":"01","input":{"abi":1,"operation":"update","resource_type":"User","changed":["name.familyName","active"],"connection":{"id":"main",`+
	`"profile":"generic"},"tenant":{"id":"","seat_limit":}},"answer":{"verdict":"allow"},"version":"","release":,"fuel":}{"active":true,"emails":`+
	`[{"primary":true,"type":"work","value":"@example.com"}],"externalId":"","name":{"familyName":"","formatted":"","givenName":""},"schemas":`+
	`["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":""}`), nil)
