package filter

import "fmt"

// Bounds on what is parsed. A filter or path beyond them is a [*SyntaxError].
const (
	// MaxLength is the greatest length of a filter or path, in bytes.
	MaxLength = 8 << 10
	// MaxDepth is how deep round and square brackets may be nested.
	MaxDepth = 64
	// MaxTerms is how many comparisons and presence tests there may be.
	MaxTerms = 256
)

// SyntaxError says where and why a filter or path could not be parsed. The SCIM
// error for it is 400 with scimType invalidFilter, or invalidPath for a path.
type SyntaxError struct {
	// Pos is where the fault is: bytes from the beginning, the first being 0.
	Pos int
	// Msg says what was found there and what would be right. It may repeat a few
	// characters of the input.
	Msg string
}

// Error returns the message with its position.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (at position %d)", e.Msg, e.Pos)
}

// Interface guard.
var _ error = (*SyntaxError)(nil)
