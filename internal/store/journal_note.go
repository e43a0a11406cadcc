package store

import "time"

// NoteKind says what a note is about.
type NoteKind string

// The kinds of notes.
const (
	NoteApproval  NoteKind = "approval"  // an approval was answered, or the question has become void
	NoteLifecycle NoteKind = "lifecycle" // a rule of the tenant's has done something in its own time
	NoteImport    NoteKind = "import"    // an account of the application was adopted or taken over
	NoteReconcile NoteKind = "reconcile" // drift was found, repaired or accepted
	NoteLetter    NoteKind = "deadletter"
)

// Note is what happened to a resource and was neither asked for by a client nor a call on the application.
type Note struct {
	Time         time.Time `json:"time"`
	Kind         NoteKind  `json:"kind"`
	ResourceType Type      `json:"resource_type,omitempty"`
	ResourceID   string    `json:"resource_id,omitempty"`
	Subject      string    `json:"subject,omitempty"` // the userName or displayName
	Version      uint64    `json:"version,omitempty"` // the resource's, where the note is about one
	Approval     string    `json:"approval,omitempty"`
	State        string    `json:"state,omitempty"` // of an approval its state, else what was done, in a word
	By           string    `json:"by,omitempty"`    // who did it, where it was a person
	Text         string    `json:"text,omitempty"`  // a comment, or what there is to say

	// Place says where the entry lies.
	Place uint64 `json:"place,omitempty,string"`
}

// AppendNote writes a note to the journal.
func (tx *Tx) AppendNote(n *Note) error {
	return tx.enter(kindNote, n.ResourceID, func(stamp uint64) ([]byte, error) {
		n.Place = stamp
		return encodeEntry(kindNote, n)
	})
}

func decodeNote(value []byte) (*Note, error) {
	n := new(Note)
	return n, decodeEntry(value, kindNote, n)
}

// noteAnswer writes to the journal what people have said to an approval that is about to be stored in the place of prev.
func (tx *Tx) noteAnswer(prev, a *Approval) error {
	n := &Note{
		Time: a.Decided, Kind: NoteApproval, ResourceType: a.ResourceType, ResourceID: a.ResourceID, Version: a.Version,
		Subject: subjectOf(a.After, a.Before), Approval: a.ID, State: string(a.State), By: a.DecidedBy, Text: a.Comment,
	}
	switch {
	case a.State == ApprovalPending && len(a.Votes) > len(prev.Votes):
		v := a.Votes[len(a.Votes)-1]
		n.Time, n.State, n.By, n.Text = v.Time, noteVote, v.By, v.Comment
	case a.State == ApprovalPending, a.State == prev.State:
		return nil
	}
	return tx.AppendNote(n)
}

// noteVote is the state of a note that one of several persons has approved.
const noteVote = "vote"
