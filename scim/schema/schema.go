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

import (
	"encoding/json"
	"fmt"
	"strings"
)

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
	CanonicalValues []string     `json:"canonicalValues,omitempty"` // suggestions, never enforced
	CaseExact       bool         `json:"caseExact"`
	Mutability      Mutability   `json:"mutability"`
	Returned        Returned     `json:"returned"`
	Uniqueness      Uniqueness   `json:"uniqueness"`
	ReferenceTypes  []string     `json:"referenceTypes,omitempty"`
	SubAttributes   []*Attribute `json:"subAttributes,omitempty"`

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

// The bounds on a schema document.
const (
	maxAttributes = 1000
	maxNameBytes  = 128
)

// Parse reads one schema document (RFC 7643 §7, §8.7), such as a tenant's extension, and fills in
// the default characteristics of §2.2. The error names the attribute that is wrong.
func Parse(data []byte) (*Schema, error) {
	var s Schema
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	if !strings.Contains(s.ID, ":") || strings.ContainsFunc(s.ID, notURI) || len(s.ID) > maxNameBytes {
		return nil, fmt.Errorf("schema: id %.140q is not a URI of at most %d bytes", s.ID, maxNameBytes)
	}
	if err := s.complete(); err != nil {
		return nil, fmt.Errorf("schema %s: %w", s.ID, err)
	}
	return &s, nil
}

func notURI(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"\\<>^`{|}[]", r) }

// complete checks and indexes the schema's attributes.
func (s *Schema) complete() error {
	if len(s.Attributes) == 0 {
		return fmt.Errorf("no attributes")
	}
	var err error
	s.attrs, err = complete(s.Attributes, "")
	return err
}

func complete(list []*Attribute, parent string) (names, error) {
	if len(list) > maxAttributes {
		return nil, fmt.Errorf("more than %d attributes", maxAttributes)
	}
	for _, a := range list {
		if a == nil {
			return nil, fmt.Errorf("attribute %q: null in the list of attributes", parent)
		}
		if err := a.complete(parent); err != nil {
			return nil, fmt.Errorf("attribute %.140q: %w", parent+a.Name, err)
		}
	}
	return newNames(list)
}

func (a *Attribute) complete(parent string) error {
	if !validName(a.Name) {
		return fmt.Errorf("not a name as RFC 7643 §2.1 wants it")
	}
	setDefault(&a.Type, TypeString)
	setDefault(&a.Mutability, ReadWrite)
	setDefault(&a.Returned, ReturnedDefault)
	setDefault(&a.Uniqueness, UniqueNone)
	switch a.Type {
	case TypeString, TypeBoolean, TypeDecimal, TypeInteger, TypeDateTime:
	case TypeBinary, TypeReference:
		a.CaseExact = true // RFC 7643 §2.3.6, §2.3.7
	case TypeComplex:
		if parent != "" {
			return fmt.Errorf("a complex attribute within a complex one (RFC 7643 §2.3.8)")
		}
		if len(a.SubAttributes) == 0 {
			return fmt.Errorf("complex without subAttributes")
		}
	default:
		return fmt.Errorf("unknown type %q", a.Type)
	}
	if a.Type != TypeComplex && len(a.SubAttributes) > 0 {
		return fmt.Errorf("subAttributes on type %q", a.Type)
	}
	switch a.Mutability {
	case ReadOnly, ReadWrite, Immutable:
	case WriteOnly:
		a.Returned = ReturnedNever // RFC 7643 §7: its values SHALL NOT be returned
	default:
		return fmt.Errorf("unknown mutability %q", a.Mutability)
	}
	switch a.Returned {
	case ReturnedAlways, ReturnedNever, ReturnedDefault, ReturnedRequest:
	default:
		return fmt.Errorf("unknown returned %q", a.Returned)
	}
	switch a.Uniqueness {
	case UniqueNone, UniqueServer, UniqueGlobal:
	default:
		return fmt.Errorf("unknown uniqueness %q", a.Uniqueness)
	}
	var err error
	a.subs, err = complete(a.SubAttributes, parent+a.Name+".")
	return err
}

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
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '$':
		case i > 0 && (c == '-' || c == '_' || '0' <= c && c <= '9'):
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
