package schema

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
)

// Secrets holds the values of writeOnly attributes, keyed by attribute path, apart from the
// document. It shows its values to nobody who does not ask for one by name: printing, logging and
// marshalling it all give the names alone. The zero Secrets is empty.
type Secrets struct{ values map[string]any }

// Set keeps an attribute's canonical value, in place of one that it may have already; nil forgets it.
func (s *Secrets) Set(ref Ref, v any) {
	if v == nil {
		delete(s.values, ref.String())
		return
	}
	if s.values == nil {
		s.values = map[string]any{}
	}
	s.values[ref.String()] = v
}

// Get returns the value under an attribute path such as "password".
func (s Secrets) Get(path string) (any, bool) {
	v, ok := s.values[path]
	return v, ok
}

// Paths lists the attribute paths that have a value, sorted.
func (s Secrets) Paths() []string { return slices.Sorted(maps.Keys(s.values)) }

// String names what is there and shows no value.
func (s Secrets) String() string { return fmt.Sprintf("[secret values of %q]", s.Paths()) }

// Format keeps every verb, %#v included, from looking inside.
func (s Secrets) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue implements slog.LogValuer.
func (s Secrets) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalJSON writes the names, as a list.
func (s Secrets) MarshalJSON() ([]byte, error) {
	return json.Marshal(s.Paths())
}

// Interface guards.
var (
	_ fmt.Formatter  = Secrets{}
	_ slog.LogValuer = Secrets{}
	_ json.Marshaler = Secrets{}
)
