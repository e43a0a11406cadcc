package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/kv"
)

// tableAlarms holds the alarms that are raised, and when connections were heard of: "a", kind, subject → alarm;
// "s", connection → time.
const tableAlarms kv.Table = "al"

const (
	alarmRaised = "a"
	alarmSeen   = "s"
)

// Alarm is a condition that somebody should look at.
type Alarm struct {
	Kind    string    `json:"kind"`
	Subject string    `json:"subject,omitempty"` // what it is about within the tenant
	Text    string    `json:"text"`              // one line for people
	Since   time.Time `json:"since"`
	Last    time.Time `json:"last"`
	Count   uint64    `json:"count"` // how often it was raised since
}

func (tx *Tx) alarmKey(kind, subject string) kv.Key {
	return tx.key(tableAlarms).String(alarmRaised).String(kind).String(subject)
}

// PutAlarm stores an alarm.
func (tx *Tx) PutAlarm(a *Alarm) error {
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode alarm %s: %w", a.Kind, err)
	}
	return tx.kv.Set(tx.alarmKey(a.Kind, a.Subject), b)
}

// Alarm returns an alarm that is raised, or ErrNotFound.
func (tx *Tx) Alarm(kind, subject string) (*Alarm, error) {
	b, err := tx.get(tx.alarmKey(kind, subject))
	if err != nil {
		return nil, err
	}
	return decodeAlarm(b)
}

func decodeAlarm(b []byte) (*Alarm, error) {
	a := new(Alarm)
	if err := json.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("alarm: %w: %w", errCorrupt, err)
	}
	return a, nil
}

// DropAlarm forgets an alarm.
func (tx *Tx) DropAlarm(kind, subject string) error { return tx.kv.Delete(tx.alarmKey(kind, subject)) }

// Alarms calls fn for the alarms that are raised, by kind and subject, until fn returns false.
func (tx *Tx) Alarms(fn func(*Alarm) bool) error {
	for entry, err := range tx.kv.Scan(kv.Prefix(tx.key(tableAlarms).String(alarmRaised)), kv.ScanOptions{}) {
		if err != nil {
			return err
		}
		a, err := decodeAlarm(entry.Value)
		if err != nil {
			return err
		}
		if !fn(a) {
			return nil
		}
	}
	return nil
}

// SetSeen writes down when a connection was heard of last.
func (tx *Tx) SetSeen(connection string, at time.Time) error {
	b, err := at.MarshalBinary()
	if err != nil {
		return err
	}
	return tx.kv.Set(tx.key(tableAlarms).String(alarmSeen).String(connection), b)
}

// Seen returns when a connection was heard of last, or ErrNotFound.
func (tx *Tx) Seen(connection string) (at time.Time, err error) {
	b, err := tx.get(tx.key(tableAlarms).String(alarmSeen).String(connection))
	if err != nil {
		return at, err
	}
	if err := at.UnmarshalBinary(b); err != nil {
		return at, fmt.Errorf("connection: %w: %w", errCorrupt, err)
	}
	return at.UTC(), nil
}
