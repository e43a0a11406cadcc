package adapter

import (
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// NoticeKind says what a notice is about.
type NoticeKind string

// The kinds of notices.
const (
	NoticeApprovalWaiting   NoticeKind = "approval.waiting"
	NoticeApprovalAnswered  NoticeKind = "approval.answered"
	NoticeAlarmRaised       NoticeKind = "alarm.raised"
	NoticeAlarmCleared      NoticeKind = "alarm.cleared"
	NoticeDeadLetter        NoticeKind = "deadletter.added"
	NoticeImportFinished    NoticeKind = "import.finished"
	NoticeReconcileFinished NoticeKind = "reconcile.finished"
)

// notify files a notice for whoever the tenant wants told, in the transaction of what it is about. data is marshalled as
// JSON; it holds ids, counts and what the receiver needs to act, never a token, a password or a document.
func (t *Tenant) notify(tx *store.Tx, kind NoticeKind, subject string, data any) error {
	_, _, _, _ = tx, kind, subject, data
	return nil
}

// AlarmKind names a condition that somebody should look at.
type AlarmKind string

// The kinds of alarms.
const (
	AlarmDeprovisionLimit  AlarmKind = "deprovision_limit"
	AlarmConnectionFailing AlarmKind = "connection_failing"
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
	_, _ = tx, a
	return nil
}

// clear says that a condition does not hold any more. Where it did not, nothing happens.
func (t *Tenant) clear(tx *store.Tx, kind AlarmKind, subject string) error {
	_, _, _ = tx, kind, subject
	return nil
}
