package plugins

import (
	"errors"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// What can go wrong in a call. A call's error is a *CallError that wraps one of
// these, or what ended the caller's context.
var (
	// ErrTimeout is a call that did not end before Options.Deadline.
	ErrTimeout = errors.New("the policy ran out of time")
	// ErrFuel is a call that used up LoadOptions.Fuel.
	ErrFuel = errors.New("the policy used up its fuel")
	// ErrSuspended is a call of a policy that failed too often at too great a cost. It
	// is let in again after a while.
	ErrSuspended = errors.New("the policy is suspended because it keeps failing")
	// ErrTrap is a guest that stopped: a trap, a panic, an exit, a stack overflow
	// or a pointer outside its memory.
	ErrTrap = errors.New("the policy crashed")
	// ErrOutput is an answer that is missing, too large, not JSON, or not what
	// package abi allows; the latter also wraps an *abi.FieldError.
	ErrOutput = errors.New("the policy gave a wrong answer")
	// ErrPolicy is an error that the policy itself returned.
	ErrPolicy = errors.New("the policy reported an error")
	// ErrInput is an input beyond Options.MaxInputBytes or one that is not JSON.
	ErrInput = errors.New("the input does not fit the policy")
	// ErrClosed is a call of a Policy or Host that has been closed.
	ErrClosed = errors.New("the policy is closed")
)

// CallError says which hook failed and how. The instance that failed is gone, but for
// ErrPolicy, which is an answer; the next call is not affected.
type CallError struct {
	// Hook is the hook that was called.
	Hook string
	// Kind is one of ErrTimeout, ErrFuel, ErrSuspended, ErrTrap, ErrOutput, ErrPolicy, ErrInput.
	Kind error
	// Detail says more, in the words of the guest or the runtime: printable, on one
	// line and bounded. It may be empty, and it may hold personal data.
	Detail string
	// Err is the cause where there is one.
	Err error
}

// Error implements error.
func (e *CallError) Error() string {
	msg := e.Hook + ": " + e.Kind.Error()
	if e.Detail != "" {
		msg += ": " + e.Detail
	}
	return msg
}

// Unwrap gives errors.Is and errors.As the kind and the cause.
func (e *CallError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// LoadError says why a module cannot be a policy.
type LoadError struct {
	// Name is the import or export that is wrong, such as "env.abort"; empty when
	// the module as a whole is.
	Name string
	// Problem says what is wrong and what would be right: printable, on one line
	// and bounded.
	Problem string
	// Err is the cause where there is one, such as a *CallError when the module
	// failed while it was initialised.
	Err error
}

// Error implements error.
func (e *LoadError) Error() string {
	if e.Name == "" {
		return "load policy: " + e.Problem
	}
	return "load policy: " + abi.CleanText(e.Name, maxNameBytes) + ": " + e.Problem
}

// Unwrap returns the cause.
func (e *LoadError) Unwrap() error { return e.Err }

var (
	_ error = (*CallError)(nil)
	_ error = (*LoadError)(nil)
)
