package adapter

import (
	"context"
	"errors"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// AlarmKind names a condition that somebody should look at.
type AlarmKind string

// The kinds of alarms.
const (
	AlarmDeprovisionLimit  AlarmKind = "deprovision_limit"
	AlarmConnectionFailing AlarmKind = "connection_failing"
	AlarmConnectionSilent  AlarmKind = "connection_silent"
	AlarmApplicationDown   AlarmKind = "application_down"
	AlarmDeadLetters       AlarmKind = "dead_letters"
	AlarmDrift             AlarmKind = "drift"
	AlarmPolicyFailing     AlarmKind = "policy_failing"
)

// Alarm is a condition that somebody should look at, from when it is raised until it is cleared.
type Alarm struct {
	Kind    AlarmKind `json:"kind"`
	Subject string    `json:"subject,omitempty"` // what it is about within the tenant, such as a connection's id
	Text    string    `json:"text"`              // one line for people
	Since   time.Time `json:"since"`
	Last    time.Time `json:"last"`
	Count   uint64    `json:"count"` // how often it was raised since
}

// raise says that a condition holds. Where it holds already only Text, Last and Count change.
func (t *Tenant) raise(tx *store.Tx, a Alarm) error {
	now := t.engine.now()
	stored, err := tx.Alarm(string(a.Kind), a.Subject)
	isNew := errors.Is(err, store.ErrNotFound)
	switch {
	case isNew:
		stored = &store.Alarm{Kind: string(a.Kind), Subject: a.Subject, Since: now}
	case err != nil:
		return err
	}
	stored.Text, stored.Last = a.Text, now
	stored.Count++
	if err := tx.PutAlarm(stored); err != nil || !isNew {
		return err
	}
	log := t.engine.log
	tx.After(func() {
		log.Warn("alarm raised", "tenant", t.cfg.ID.Name(), "alarm", stored.Kind, "subject", stored.Subject, "reason", stored.Text)
	})
	return t.notify(tx, NoticeAlarmRaised, a.Subject, alarmOf(stored))
}

// clear says that a condition does not hold any more. Where it did not, nothing happens.
func (t *Tenant) clear(tx *store.Tx, kind AlarmKind, subject string) error {
	stored, err := tx.Alarm(string(kind), subject)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.DropAlarm(string(kind), subject); err != nil {
		return err
	}
	log := t.engine.log
	tx.After(func() {
		log.Info("alarm cleared", "tenant", t.cfg.ID.Name(), "alarm", stored.Kind, "subject", stored.Subject, "since", stored.Since)
	})
	return t.notify(tx, NoticeAlarmCleared, subject, alarmOf(stored))
}

func alarmOf(a *store.Alarm) Alarm {
	return Alarm{Kind: AlarmKind(a.Kind), Subject: a.Subject, Text: a.Text, Since: a.Since, Last: a.Last, Count: a.Count}
}

// alarmKinds lists the kinds of alarms.
var alarmKinds = []AlarmKind{
	AlarmDeprovisionLimit, AlarmConnectionFailing, AlarmConnectionSilent, AlarmApplicationDown, AlarmDeadLetters, AlarmDrift, AlarmPolicyFailing,
}

// CountAlarms returns how many alarms of each kind are raised, for metrics; 0 for those that are not.
func (t *Tenant) CountAlarms() (map[AlarmKind]int, error) {
	counts := make(map[AlarmKind]int, len(alarmKinds))
	list, err := t.Alarms(t.engine.ctx)
	for _, kind := range alarmKinds {
		counts[kind] = 0
	}
	for _, a := range list {
		counts[a.Kind]++
	}
	return counts, err
}

// maxAlarms bounds the alarms that are listed.
const maxAlarms = 1000

// Alarms lists the tenant's alarms, by kind and subject; of more than 1000 the first.
func (t *Tenant) Alarms(ctx context.Context) ([]Alarm, error) {
	var list []Alarm
	err := t.engine.store.View(ctx, t.cfg.ID, func(tx *store.Tx) error {
		list = list[:0]
		return tx.Alarms(func(a *store.Alarm) bool {
			list = append(list, alarmOf(a))
			return len(list) < maxAlarms
		})
	})
	return list, err
}
