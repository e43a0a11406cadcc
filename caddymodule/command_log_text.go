package caddymodule

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter"
	"github.com/caddy-scim/caddy-scim/internal/store"
)

// logEntry writes an entry of the provisioning log: a line for people, or of JSON.
func (c *adminClient) logEntry(e *adapter.JournalEntry) error {
	if c.json {
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.out, "%s\n", printableJSON(b))
		return err
	}
	what, who, outcome, more := inWords(e)
	_, err := fmt.Fprintln(c.out, strings.TrimRight(fmt.Sprintf("%s  %-9s %-28s %-10s %s",
		changed(e).Local().Format("2006-01-02 15:04:05"), printable(what), printable(who), printable(outcome), printable(more)), " "))
	return err
}

// changed is when an entry last changed.
func changed(e *adapter.JournalEntry) time.Time {
	switch {
	case e.Operation != nil && !e.Operation.Finished.IsZero():
		return e.Operation.Finished
	case e.Call != nil && !e.Call.Last.IsZero():
		return e.Call.Last
	}
	return e.Time
}

// inWords says what an entry is about, whom it is about, what came of it, and what more there is to say.
func inWords(e *adapter.JournalEntry) (what, who, outcome, more string) {
	switch {
	case e.Operation != nil && e.Operation.Operation != nil:
		op := e.Operation
		who = or(op.Subject, op.ResourceID)
		if op.ResourceType == store.PolicyType {
			who = "policy " + who
		}
		return op.Operation.Operation, who, string(op.Outcome), operationInWords(op)
	case e.Call != nil:
		return "call", or(e.Call.Subject, e.Call.ResourceID), e.Call.Outcome, callInWords(e.Call)
	case e.Note != nil:
		n := e.Note
		if more = n.Text; n.By != "" {
			if more = "by " + n.By; n.Text != "" {
				more += ": " + n.Text
			}
		}
		return string(n.Kind), or(n.Subject, n.ResourceID), n.State, more
	}
	return "", "", "", ""
}

func operationInWords(op *adapter.JournalOperation) string {
	var parts []string
	if via := strings.TrimSpace(op.Connection + " " + op.Method); via != "" {
		parts = append(parts, via)
	}
	if asked := requestInWords(op.Request, 3); asked != "" && op.Operation.Operation != "create" {
		parts = append(parts, asked)
	}
	if op.Reason != "" {
		parts = append(parts, op.Reason)
	}
	if op.Detail != "" {
		detail := op.Detail
		if op.Status != 0 {
			detail = fmt.Sprintf("%d %s", op.Status, detail)
		}
		parts = append(parts, detail)
	}
	return strings.Join(parts, "; ")
}

// requestInWords says what was asked for, at most that many attributes of it.
func requestInWords(raw json.RawMessage, most int) string {
	var r store.Request
	if len(raw) == 0 || json.Unmarshal(raw, &r) != nil {
		return ""
	}
	var parts []string
	for i, ch := range r.Changes {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(r.Changes)-most+r.MoreChanges))
			break
		}
		parts = append(parts, changeInWords(ch))
	}
	if m := r.Members; m != nil {
		if m.All {
			parts = append(parts, "all members removed")
		}
		if n := len(m.Added) + m.MoreAdded; n > 0 {
			parts = append(parts, "joined: "+fewOf(m.Added, n))
		}
		if n := len(m.Removed) + m.MoreRemoved; n > 0 {
			parts = append(parts, "left: "+fewOf(m.Removed, n))
		}
	}
	return strings.Join(parts, ", ")
}

// fewOf names the only one, or says how many there are.
func fewOf(ids []string, n int) string {
	if n == 1 && len(ids) == 1 {
		return ids[0]
	}
	return fmt.Sprintf("%d members", n)
}

func changeInWords(ch store.AttributeChange) string {
	short := func(v json.RawMessage) string {
		if len(v) == 0 {
			return "nothing"
		}
		return cut(string(v))
	}
	if len(ch.Old) == 0 {
		return ch.Path + " = " + short(ch.New)
	}
	return ch.Path + ": " + short(ch.Old) + " → " + short(ch.New)
}

func callInWords(c *store.Call) string {
	var sent []string
	for _, x := range c.Exchanges {
		answer := "no answer"
		if x.Status != 0 {
			answer = fmt.Sprint(x.Status)
		}
		sent = append(sent, fmt.Sprintf("%s %s %s (%s)", x.Method, x.Path, answer, time.Duration(x.Millis*float64(time.Millisecond)).Round(100*time.Microsecond)))
	}
	text := string(c.Action)
	if c.Count > 1 {
		text += fmt.Sprintf(", %d times since %s", c.Count, c.Time.Local().Format("2006-01-02 15:04:05"))
	}
	if len(sent) > 0 {
		text += ": " + strings.Join(sent, ", ")
	}
	if n := len(c.Members) + c.MoreMembers; n > 0 {
		text += "; " + fewOf(c.Members, n)
	}
	if c.Detail != "" {
		text += "; " + c.Detail
	}
	if !c.Next.IsZero() {
		text += "; again at " + c.Next.Local().Format("15:04:05")
	}
	return text
}

// showOperation shows one operation with all that belongs to it.
func (c *adminClient) showOperation(rec *adapter.JournalRecord) error {
	op := rec.Operation
	if op == nil || op.Operation == nil {
		return fmt.Errorf("the answer of %s makes no sense: it has no operation", c.address)
	}
	rows := [][2]string{
		{"operation", op.ID},
		{"what", strings.TrimSpace(op.Method + " " + op.Operation.Operation + " of " + strings.ToLower(string(op.ResourceType)))},
		{"who", strings.TrimSpace(op.Subject + " " + op.ResourceID)},
		{"version", number64(op.Version)},
		{"connection", op.Connection},
		{"token", op.Token},
		{"began", moment(op.Time)},
		{"verdict", string(op.Verdict)},
		{"reason", op.Reason},
		{"policy", shortVersion(op.PolicyVersion)},
		{"release", number64(op.Release)},
		{"outcome", string(op.Outcome)},
		{"finished", moment(op.Finished)},
		{"status", number64(uint64(max(0, op.Status)))},
		{"detail", op.Detail},
	}
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(c.out, "%-11s %s\n", row[0], printable(row[1]))
		}
	}
	var r store.Request
	if len(op.Request) > 0 && json.Unmarshal(op.Request, &r) == nil {
		for _, ch := range r.Changes {
			fmt.Fprintf(c.out, "%-11s %s\n", "changed", printable(changeInWords(ch)))
		}
		if r.MoreChanges > 0 {
			fmt.Fprintf(c.out, "%-11s and %d more attributes\n", "changed", r.MoreChanges)
		}
		if r.Members != nil {
			b, err := json.Marshal(store.Request{Members: r.Members})
			if err != nil {
				return err
			}
			fmt.Fprintf(c.out, "%-11s %s\n", "members", printable(requestInWords(b, 0)))
		}
	}
	for i := range rec.Related {
		if err := c.logEntry(&rec.Related[i]); err != nil {
			return err
		}
	}
	return nil
}

// number64 is a number for people, empty for 0.
func number64(n uint64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
