// Package schema is the one engine that knows attributes: schemas and resource types as RFC 7643
// defines them, and what follows from them: finding an attribute by name, bringing a client's
// document into canonical form, replacing one, and projecting one for a response.
//
// Everything is driven by schema documents. The standard ones (documents/*.json) follow RFC 7643
// §8.7.1, and where that listing contradicts the RFC's own text the text wins:
//
//   - Group displayName is required (§4.2).
//   - references and binaries are case exact (§2.3.6, §2.3.7), and so are sub-attributes that hold the
//     id of a resource (§3.1: id is case exact): groups.value, members.value, manager.value.
//   - addresses.primary and members.display exist (§2.4; RFC 7644 uses both in its examples), and
//     ims.type has the canonical value "other" (§4.1.2).
//   - members.value is required within a member, as §4.2 allows: a member without it names nobody.
package schema

import "fmt"

// Type is an attribute's data type (RFC 7643 §2.3).
type Type string

// The data types of RFC 7643 §2.3.
const (
	TypeString    Type = "string"
	TypeBoolean   Type = "boolean"
	TypeDecimal   Type = "decimal"
	TypeInteger   Type = "integer"
	TypeDateTime  Type = "dateTime"
	TypeBinary    Type = "binary"
	TypeReference Type = "reference"
	TypeComplex   Type = "complex"
)

// Mutability says who may set an attribute, and when (RFC 7643 §7).
type Mutability string

// The keywords of RFC 7643 §7.
const (
	ReadOnly  Mutability = "readOnly"
	ReadWrite Mutability = "readWrite"
	Immutable Mutability = "immutable"
	WriteOnly Mutability = "writeOnly"
)

// Returned says when an attribute is part of a response (RFC 7643 §7).
type Returned string

// The keywords of RFC 7643 §7.
const (
	ReturnedAlways  Returned = "always"
	ReturnedNever   Returned = "never"
	ReturnedDefault Returned = "default"
	ReturnedRequest Returned = "request"
)

// Uniqueness says among what an attribute's values are unique (RFC 7643 §7).
type Uniqueness string

// The keywords of RFC 7643 §7.
const (
	UniqueNone   Uniqueness = "none"
	UniqueServer Uniqueness = "server"
	UniqueGlobal Uniqueness = "global"
)

// Attribute is one attribute's definition (RFC 7643 §7). It must not be changed once its schema
// has been parsed.
type Attribute struct {
	Name            string       `json:"name"`
	Type            Type         `json:"type"`
	MultiValued     bool         `json:"multiValued"`
	Description     string       `json:"description,omitempty"`
	Required        bool         `json:"required"`
	CanonicalValues []string     `json:"canonicalValues,omitempty"` // suggestions, never enforced; see canonical
	CaseExact       bool         `json:"caseExact"`
	Mutability      Mutability   `json:"mutability"`
	Returned        Returned     `json:"returned"`
	Uniqueness      Uniqueness   `json:"uniqueness"`
	ReferenceTypes  []string     `json:"referenceTypes,omitempty"`
	SubAttributes   []*Attribute `json:"subAttributes,omitempty"`

	// Sensitive means that values are not written into logs. It is an addition to RFC 7643, which clients are not shown.
	Sensitive bool `json:"-"`

	subs names
}

// Sub finds a sub-attribute by name in any case, or returns nil.
func (a *Attribute) Sub(name string) *Attribute { return a.subs.find(name) }

// Schema is a set of attributes under one URN (RFC 7643 §7). Make one with Parse.
type Schema struct {
	ID          string       `json:"id"`
	Name        string       `json:"name,omitempty"`
	Description string       `json:"description,omitempty"`
	Attributes  []*Attribute `json:"attributes"`

	attrs names
}

// Attribute finds a top-level attribute of the schema by name in any case, or returns nil.
func (s *Schema) Attribute(name string) *Attribute { return s.attrs.find(name) }

// complete checks and indexes the schema's attributes.
func (s *Schema) complete() error {
	if len(s.Attributes) == 0 {
		return fmt.Errorf("attributes: missing")
	}
	var err error
	s.attrs, err = complete(s.Attributes, "")
	return err
}

func complete(list []*Attribute, parent string) (names, error) {
	for _, a := range list {
		if err := a.complete(parent); err != nil {
			return nil, fmt.Errorf("attribute %.140q: %w", parent+a.Name, err)
		}
	}
	return newNames(list)
}

func (a *Attribute) complete(parent string) error {
	if a.Name == "" {
		return fmt.Errorf("name: missing")
	}
	if !validName(a.Name) {
		return fmt.Errorf("name: must begin with a letter and go on with letters, digits, -, _ and $ (RFC 7643 §2.1), %d bytes at most", maxNameBytes)
	}
	setDefault(&a.Type, TypeString)
	setDefault(&a.Mutability, ReadWrite)
	setDefault(&a.Returned, ReturnedDefault)
	setDefault(&a.Uniqueness, UniqueNone)
	if a.Mutability == WriteOnly {
		a.Returned = ReturnedNever // RFC 7643 §7: its values SHALL NOT be returned
	}
	if a.Type == TypeBinary || a.Type == TypeReference {
		a.CaseExact = true // RFC 7643 §2.3.6, §2.3.7
	}
	if err := a.fits(parent); err != nil {
		return err
	}
	var err error
	a.subs, err = complete(a.SubAttributes, parent+a.Name+".")
	return err
}

// fits checks the characteristics against each other.
func (a *Attribute) fits(parent string) error {
	switch {
	case a.Type == TypeComplex && parent != "":
		return fmt.Errorf("type: a complex attribute within a complex one (RFC 7643 §2.3.8); want a simple type")
	case a.Type == TypeComplex && len(a.SubAttributes) == 0:
		return fmt.Errorf("subAttributes: missing; a complex attribute needs some")
	case a.Type != TypeComplex && len(a.SubAttributes) > 0:
		return fmt.Errorf("subAttributes on type %q; want type complex", a.Type)
	case len(a.CanonicalValues) > 0 && a.Type != TypeString && a.Type != TypeReference:
		return fmt.Errorf("canonicalValues on type %q; want type string", a.Type)
	case len(a.ReferenceTypes) > 0 && a.Type != TypeReference:
		return fmt.Errorf("referenceTypes on type %q; want type reference", a.Type)
	}
	if a.Uniqueness != UniqueNone {
		switch {
		case a.Type == TypeBoolean, a.Type == TypeDateTime, a.Type == TypeBinary, a.Type == TypeComplex:
			return fmt.Errorf("uniqueness: a %s has none (RFC 7643 §2.3); want none", a.Type)
		case a.Mutability == WriteOnly:
			return fmt.Errorf("uniqueness: the values of a writeOnly attribute are not kept, so they cannot be compared; want none")
		}
	}
	if want := meanings[a.Name]; parent != "" && want != "" && (a.Type != want || a.MultiValued) {
		return fmt.Errorf("type: RFC 7643 §2.4 fixes what a sub-attribute of this name means; want one %s", want)
	}
	return nil
}

// meanings are the types of sub-attributes that RFC 7643 §2.4 gives a meaning.
var meanings = map[string]Type{primaryName: TypeBoolean, typeName: TypeString, "display": TypeString, "$ref": TypeReference}

func setDefault[T ~string](p *T, v T) {
	if *p == "" {
		*p = v
	}
}

// validName is ATTRNAME of RFC 7643 §2.1, with the "$ref" that the RFC itself uses against it.
func validName(s string) bool {
	if s == "" || len(s) > maxNameBytes {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case i > 0 && (c == '-' || c == '_' || c == '$' || '0' <= c && c <= '9'), s == "$ref":
		default:
			return false
		}
	}
	return true
}

// names finds attributes by name in any case. The usual spelling is found without allocating.
type names map[string]*Attribute

func newNames(list []*Attribute) (names, error) {
	n := make(names, 2*len(list))
	for _, a := range list {
		if n.find(a.Name) != nil {
			return nil, fmt.Errorf("attribute %q stands twice", a.Name)
		}
		n[a.Name] = a
		n[lower(a.Name)] = a
	}
	return n, nil
}

func (n names) find(name string) *Attribute {
	if a := n[name]; a != nil {
		return a
	}
	return n[lower(name)]
}

// lower lowers the ASCII letters and nothing else: attribute names and URNs are ASCII, and the
// Unicode rules would take the Kelvin sign for a k.
func lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
