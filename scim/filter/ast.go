// Package filter is the language of SCIM filters and PATCH paths (RFC 7644
// §3.4.2.2 and §3.5.2): it parses them, prints them, and matches them against
// stored resources.
//
// Everything it reads comes from strangers. Length, nesting and the number of
// terms are bounded ([MaxLength], [MaxDepth], [MaxTerms]), and no input makes it
// recurse deeper than these bounds.
package filter

// Expr is a parsed filter: one of [And], [Or], [Not], [Compare], [Present] and
// [ValuePath]. Expressions are plain values: two of them are the same filter,
// written the same way, exactly if == says so.
//
// String prints the expression canonically: operators in lower case, one space
// between words, brackets only where they are needed. Parsing what it printed
// gives the same expression again.
type Expr interface {
	String() string

	expr()
}

// And holds where both its sides hold.
type And struct{ L, R Expr }

// Or holds where at least one of its sides holds.
type Or struct{ L, R Expr }

// Not holds where X does not.
type Not struct{ X Expr }

// Compare compares an attribute with a literal: userName eq "bjensen".
type Compare struct {
	Attr  AttrPath
	Op    Op
	Value Value
}

// Present holds where the attribute has a value that is not empty: title pr.
type Present struct{ Attr AttrPath }

// ValuePath holds where one single value of the multi-valued attribute Attr
// meets the whole of Filter: emails[type eq "work" and value co "@example.com"].
// The names inside Filter are those of Attr's sub-attributes.
//
// The form emails[type eq "work"].value eq "x", which Entra ID sends though the
// RFC's grammar lacks it, is parsed into emails[type eq "work" and value eq "x"].
type ValuePath struct {
	Attr   AttrPath
	Filter Expr
}

// AttrPath names an attribute as the client wrote it (RFC 7644 §3.10), in the
// client's letter case: {URN}:{Name}.{Sub}.
type AttrPath struct {
	// URN is the schema's URI, without the colon that follows it. Empty if the
	// client left it out.
	URN string
	// Name is the attribute. It is empty only in a [Path] that can name nothing
	// but a whole schema, because what follows the last colon is no name.
	Name string
	// Sub is the sub-attribute, empty if there is none.
	Sub string
}

// Path is the target of a PATCH operation (RFC 7644 §3.5.2, figure 7).
type Path struct {
	// Attr is the attribute. Its Sub is set for name.familyName, and empty
	// whenever there is a Filter.
	Attr AttrPath
	// Filter selects values of a multi-valued attribute: the part between square
	// brackets. Nil if there is none.
	Filter Expr
	// Sub is the sub-attribute that follows the closing bracket, empty if there
	// is none: addresses[type eq "work"].streetAddress.
	Sub string
}

// Target returns the attribute and sub-attribute that the path ends in,
// wherever the sub-attribute was written.
func (p Path) Target() AttrPath {
	if p.Sub != "" {
		return AttrPath{URN: p.Attr.URN, Name: p.Attr.Name, Sub: p.Sub}
	}
	return p.Attr
}

// Op is a comparison operator (RFC 7644 table 3). The presence operator "pr" is
// not among them: it has a node of its own, [Present].
type Op uint8

// The comparison operators.
const (
	Equal Op = iota + 1
	NotEqual
	Contains
	StartsWith
	EndsWith
	Greater
	GreaterOrEqual
	Less
	LessOrEqual
)

var opNames = [...]string{
	Equal:          "eq",
	NotEqual:       "ne",
	Contains:       "co",
	StartsWith:     "sw",
	EndsWith:       "ew",
	Greater:        "gt",
	GreaterOrEqual: "ge",
	Less:           "lt",
	LessOrEqual:    "le",
}

// Kind is the JSON type of a literal.
type Kind uint8

// The kinds of literals. The zero [Value] is null.
const (
	Null Kind = iota
	Bool
	Number
	String
)

// Value is a literal that an attribute is compared with.
type Value struct {
	Kind Kind
	// Text is the decoded text of a String and the literal of a Number, as it
	// was written: 1.50 stays 1.50. Empty for the other kinds.
	Text string
	// Bool is the value of a Bool.
	Bool bool
}

func (And) expr()       {}
func (Or) expr()        {}
func (Not) expr()       {}
func (Compare) expr()   {}
func (Present) expr()   {}
func (ValuePath) expr() {}

// Interface guards.
var (
	_ Expr = And{}
	_ Expr = Or{}
	_ Expr = Not{}
	_ Expr = Compare{}
	_ Expr = Present{}
	_ Expr = ValuePath{}
)
