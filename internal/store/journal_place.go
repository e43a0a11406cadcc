package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim/fold"
)

// maxSubject bounds the name of a resource in the journal, in bytes.
const maxSubject = 256

// SubjectOf is the name by which people know the resource of a document: its userName or else its displayName, cut to a
// bound; "" for none.
func SubjectOf(doc []byte) string {
	for _, name := range [...]string{"userName", "displayName"} {
		if v := gjson.GetBytes(doc, name); v.Type == gjson.String && v.Str != "" {
			return strings.Clone(Cut(v.Str, maxSubject))
		}
	}
	return ""
}

// subjectOf is that of the first document which has one.
func subjectOf(docs ...[]byte) string {
	for _, doc := range docs {
		if s := SubjectOf(doc); s != "" {
			return s
		}
	}
	return ""
}

// Cut cuts a text to at most most bytes, between two characters.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// NameHome is where the journal keeps creates that have made no resource, by the name that was to be its.
func NameHome(subject string) string {
	sum := sha256.Sum256([]byte(fold.String(Cut(subject, maxSubject))))
	return "name:" + hex.EncodeToString(sum[:16])
}

// home is whose places an operation's is among.
func (op *Operation) home() string {
	if op.ResourceID == "" && op.Subject != "" {
		return NameHome(op.Subject)
	}
	return op.ResourceID
}

// pointed reports whether an operation is found by the name of what it was to make, too: a create that comes to nothing
// leaves nothing that could be found otherwise.
func (op *Operation) pointed() bool {
	return op.ResourceID != "" && op.Subject != "" && op.Operation == string(abi.OpCreate) && op.Final() && op.Outcome != Done && op.Outcome != Denied
}
