package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim"
)

// The bounds on a schema document.
const (
	// MaxDocument is the longest document in bytes.
	MaxDocument = 256 << 10
	// MaxAttributes is how many attributes it may define, sub-attributes counted too.
	MaxAttributes = 500

	maxNameBytes = 128
)

// Parse reads one schema document (RFC 7643 §7, §8.7), such as a tenant's extension, and fills in the default
// characteristics of §2.2. Names and keywords are taken in any case. Unlike a resource from a client, a document is
// taken at its word: a member that is not known is an error, since "returend": "never" must not show anything.
//
// The error names the attribute that is wrong and what would be right.
func Parse(data []byte) (*Schema, error) {
	if len(data) > MaxDocument {
		return nil, fmt.Errorf("schema: longer than the %d bytes accepted", MaxDocument)
	}
	obj, err := scim.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("schema: %s", scim.AsError(err).Detail)
	}
	var s Schema
	r := reader{left: MaxAttributes}
	if err := r.schema(&s, obj); err != nil {
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

// reserved begins the URNs of what the RFCs define.
const reserved = "urn:ietf:params:scim:"

// ParseExtension is Parse for a document that defines an extension of somebody's own. Its id must be a URN (RFC 8141)
// that is none of IETF's.
func ParseExtension(data []byte) (*Schema, error) {
	s, err := Parse(data)
	if err != nil {
		return nil, err
	}
	id := lower(s.ID)
	if parts := strings.SplitN(id, ":", 3); len(parts) != 3 || parts[0] != "urn" || len(parts[1]) < 2 || parts[2] == "" || strings.HasSuffix(id, ":") {
		return nil, fmt.Errorf("schema: id %q is not a URN; want one such as urn:example:params:scim:schemas:extension:badge:1.0:User", s.ID)
	}
	if strings.HasPrefix(id, reserved) {
		return nil, fmt.Errorf("schema: id %q is reserved: the URNs that begin with %s are those of the standards; want one of your own, such as urn:example:…", s.ID, reserved)
	}
	return s, nil
}

func notURI(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"\\<>^`{|}[]", r) }

// reader turns a decoded document into a schema.
type reader struct{ left int }

func (r *reader) schema(s *Schema, obj scim.Object) error {
	return each(obj, "", map[string]func(any) error{
		"schemas":     func(any) error { return nil },
		"meta":        func(any) error { return nil },
		"id":          text(&s.ID),
		"name":        text(&s.Name),
		"description": text(&s.Description),
		"attributes": func(v any) (err error) {
			s.Attributes, err = r.attributes(v, "")
			return err
		},
	})
}

func (r *reader) attributes(v any, parent string) ([]*Attribute, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, wants(v, "a list of attributes")
	}
	out := make([]*Attribute, 0, len(list))
	for i, v := range list {
		if r.left--; r.left < 0 {
			return nil, fmt.Errorf("more than the %d attributes accepted", MaxAttributes)
		}
		obj, ok := v.(scim.Object)
		if !ok {
			return nil, fmt.Errorf("attribute %d of %q: %w", i+1, parent, wants(v, "an object"))
		}
		a, err := r.attribute(obj, parent)
		if err != nil {
			name := fmt.Sprintf("%d", i+1)
			if a.Name != "" {
				name = fmt.Sprintf("%.140q", parent+a.Name)
			}
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
		out = append(out, a)
	}
	return out, nil
}

func (r *reader) attribute(obj scim.Object, parent string) (*Attribute, error) {
	a := new(Attribute)
	for key, v := range obj { // the name first, for the errors of all others
		if lower(key) == "name" {
			a.Name, _ = v.(string)
		}
	}
	return a, each(obj, "", map[string]func(any) error{
		"name":            text(&a.Name),
		"type":            keyword(&a.Type, TypeString, TypeBoolean, TypeDecimal, TypeInteger, TypeDateTime, TypeBinary, TypeReference, TypeComplex),
		"multiValued":     flag(&a.MultiValued),
		"description":     text(&a.Description),
		"required":        flag(&a.Required),
		"canonicalValues": texts(&a.CanonicalValues),
		"caseExact":       flag(&a.CaseExact),
		"mutability":      keyword(&a.Mutability, ReadOnly, ReadWrite, Immutable, WriteOnly),
		"returned":        keyword(&a.Returned, ReturnedAlways, ReturnedNever, ReturnedDefault, ReturnedRequest),
		"uniqueness":      keyword(&a.Uniqueness, UniqueNone, UniqueServer, UniqueGlobal),
		"referenceTypes":  texts(&a.ReferenceTypes),
		"sensitive":       flag(&a.Sensitive),
		"subAttributes": func(v any) (err error) {
			if parent != "" {
				return fmt.Errorf("a sub-attribute cannot have subAttributes (RFC 7643 §2.3.8)")
			}
			a.SubAttributes, err = r.attributes(v, a.Name+".")
			return err
		},
	})
}

// each hands every member to its reader. null is the same as nothing.
func each(obj scim.Object, where string, readers map[string]func(any) error) error {
	for _, key := range sortedKeys(obj) {
		name := ""
		for known := range readers {
			if lower(known) == lower(key) {
				name = known
			}
		}
		if name == "" {
			return unknownMember(where+key, readers)
		}
		if obj[key] == nil {
			continue
		}
		if err := readers[name](obj[key]); err != nil {
			if strings.HasSuffix(strings.ToLower(name), "attributes") {
				return err // says itself which attribute it is about
			}
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func unknownMember(key string, readers map[string]func(any) error) error {
	names := make([]string, 0, len(readers))
	for name := range readers {
		if distance(lower(key), lower(name)) <= 2 {
			return fmt.Errorf("unknown member %s; did you mean %q?", scim.Quote(key), name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return fmt.Errorf("unknown member %s; known are %s", scim.Quote(key), strings.Join(names, ", "))
}

func wants(v any, want string) error { return fmt.Errorf("must be %s; found %s", want, scim.Kind(v)) }

func text(to *string) func(any) error {
	return func(v any) error {
		s, ok := v.(string)
		if !ok {
			return wants(v, "a string")
		}
		*to = s
		return nil
	}
}

func texts(to *[]string) func(any) error {
	return func(v any) error {
		list, ok := v.([]any)
		if !ok {
			return wants(v, "a list of strings")
		}
		for _, e := range list {
			s, ok := e.(string)
			if !ok || s == "" {
				return wants(e, "a list of strings that are not empty")
			}
			*to = append(*to, s)
		}
		return nil
	}
}

func flag(to *bool) func(any) error {
	return func(v any) error {
		b, ok := v.(bool)
		if !ok {
			return wants(v, "true or false")
		}
		*to = b
		return nil
	}
}

// keyword reads one of a few words in any case.
func keyword[T ~string](to *T, words ...T) func(any) error {
	return func(v any) error {
		s, _ := v.(string)
		list := make([]string, len(words))
		for i, word := range words {
			if lower(string(word)) == lower(s) {
				*to = word
				return nil
			}
			list[i] = string(word)
		}
		found := scim.Kind(v)
		if s != "" {
			found = scim.Quote(s)
		}
		return fmt.Errorf("%s is none of %s", found, strings.Join(list, ", "))
	}
}
