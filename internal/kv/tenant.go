package kv

import "fmt"

// systemName stands for the space of no tenant. NewTenant refuses it, and "~"
// sorts behind every letter that a tenant's name may begin with.
const systemName = "~system"

// maxNameBytes bounds the names of tenants and tables.
const maxNameBytes = 63

// Tenant is the owner of a part of the key space. Tenants compare with ==. The
// zero Tenant owns nothing: its keys are invalid.
type Tenant struct{ name string }

// System owns what belongs to no tenant, such as the list of tenants itself.
var System = Tenant{systemName}

// NewTenant returns the tenant of that name: one to 63 characters from a-z, 0-9,
// "_" and "-", beginning with a letter or digit. Anything else is ErrInvalidTenant.
func NewTenant(name string) (Tenant, error) {
	if !validName(name) {
		return Tenant{}, fmt.Errorf("%w: want ^[a-z0-9][a-z0-9_-]{0,62}$", ErrInvalidTenant)
	}
	return Tenant{name}, nil
}

// Name returns the name the tenant was made with, "~system" for System.
func (t Tenant) Name() string { return t.name }

// String returns the same as Name.
func (t Tenant) String() string { return t.name }

// Table names one kind of record within a tenant. It has the same grammar as a
// tenant's name; a key of any other table is invalid. The name is part of what
// is stored: renaming a table loses its contents.
type Table string

// Key begins a key in the given table. There is no other way to begin one.
func (t Tenant) Key(table Table) Key {
	if t.name == "" || !validName(string(table)) {
		return Key{}
	}
	return Key{enc: t.name + nameEnd + string(table) + nameEnd}
}

// All is the range of everything the tenant owns, over all its tables.
func (t Tenant) All() Range {
	if t.name == "" {
		return Range{}
	}
	return Range{
		From: Key{enc: t.name + nameEnd, bound: true},
		To:   Key{enc: t.name + nameEnd + boundMark, bound: true},
	}
}

// validName holds for names that are free of every byte with a meaning in the
// encoding.
func validName(s string) bool {
	if s == "" || len(s) > maxNameBytes || s[0] == '_' || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
