package adapter

import (
	"encoding/json"
	"fmt"
	"slices"
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

// Kinds of notices that a webhook gets whatever it asks for.
const (
	noticeDropped NoticeKind = "notices.dropped" // some were dropped before this one
	noticeTest    NoticeKind = "webhook.test"    // somebody asked whether it works
)

// NoticeKinds lists the kinds that a webhook can be limited to.
func NoticeKinds() []NoticeKind {
	return []NoticeKind{
		NoticeApprovalWaiting, NoticeApprovalAnswered, NoticeAlarmRaised, NoticeAlarmCleared, NoticeDeadLetter,
		NoticeImportFinished, NoticeReconcileFinished,
	}
}

// maxNotice bounds the data of a notice, in bytes of JSON.
const maxNotice = 32 << 10

// notice is the body that a webhook is sent.
type notice struct {
	Type      NoticeKind      `json:"type"`
	Timestamp time.Time       `json:"timestamp"` // of what it is about, not of its sending
	Tenant    string          `json:"tenant"`
	Subject   string          `json:"subject,omitempty"`
	Data      json.RawMessage `json:"data"`
}

// notify files a notice for whoever the tenant wants told, in the transaction of what it is about. data is marshalled as
// JSON; it holds ids, counts and what the receiver needs to act, never a token, a password or a document.
func (t *Tenant) notify(tx *store.Tx, kind NoticeKind, subject string, data any) error {
	hooks := t.cfg.Webhooks
	if newest := t.courier.configured(); newest != nil {
		hooks = newest.cfg.Webhooks // a request may run on an earlier configuration
	}
	var body []byte
	id := ""
	for i := range hooks {
		if !hooks[i].wants(kind) {
			continue
		}
		if body == nil {
			var err error
			if body, err = t.noticeBody(kind, subject, data); err != nil {
				return err
			}
			// Made inside the transaction: so ids sort as notices of one thing follow each other.
			id = newID()
		}
		if err := tx.FileNotice(hooks[i].Name, id, body); err != nil {
			return fmt.Errorf("file a notice: %w", err)
		}
	}
	if body != nil {
		tx.After(t.courier.filedOne)
	}
	return nil
}

func (t *Tenant) noticeBody(kind NoticeKind, subject string, data any) ([]byte, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("encode a notice: %w", err)
	}
	if len(raw) > maxNotice {
		raw = json.RawMessage(`{"truncated":true}`)
	}
	return json.Marshal(notice{Type: kind, Timestamp: t.engine.now(), Tenant: t.cfg.ID.Name(), Subject: subject, Data: raw})
}

// wants reports whether the webhook is told of a kind.
func (w *WebhookConfig) wants(kind NoticeKind) bool {
	return len(w.Only) == 0 || slices.Contains(w.Only, kind)
}
