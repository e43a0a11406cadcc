package caddymodule

import (
	"slices"
	"strings"
)

// readSchema reads
//
//	schema User|Group <file> [required]
func (t *Tenant) readSchema(l line) error {
	args := l.RemainingArgs()
	if len(args) < 2 || len(args) > 3 || len(args) == 3 && args[2] != "required" {
		return l.wrong()
	}
	s := &Schema{Resource: args[0], File: args[1], Required: len(args) == 3}
	if !slices.Contains(resourceTypes, s.Resource) {
		return l.Errf("%q is none of %s", s.Resource, strings.Join(resourceTypes, ", "))
	}
	if slices.ContainsFunc(t.Schemas, func(other *Schema) bool { return other.Resource == s.Resource && other.File == s.File }) {
		return l.Errf("the schema %s of a %s is there twice", s.File, s.Resource)
	}
	if path, err := replace(s.File); err == nil {
		s.Revision = revision(path)
	}
	t.Schemas = append(t.Schemas, s)
	return nil
}
