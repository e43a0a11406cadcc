package policy

// contextError says what was being done when err came. A policy that does without fmt
// is a smaller module, and a call of it touches less memory.
type contextError struct {
	doing string
	err   error
}

// Error implements error.
func (e *contextError) Error() string { return e.doing + ": " + e.err.Error() }

// Unwrap returns the cause.
func (e *contextError) Unwrap() error { return e.err }
