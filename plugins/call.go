package plugins

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

const (
	// maxDetailBytes bounds CallError.Detail and LoadError.Problem.
	maxDetailBytes = 1024
	// maxNameBytes bounds the name of an import or export in an error.
	maxNameBytes = 200
	// maxKeptBytes is how large an output buffer may be to be kept with an idle
	// instance.
	maxKeptBytes = 64 << 10
)

// call is what the host functions know of the call that they serve.
type call struct {
	ctx      context.Context // of the caller
	hook     string
	input    []byte
	output   []byte
	answered bool
	limits   *Options
	log      logBuffer
	clock    uint64 // nanoseconds that have passed for the guest
	random   *rand.ChaCha8
	tank     tank
	depth    api.MutableGlobal
	shallow  bool // calls have not nested deeper than shallowDepth
	deadline time.Duration
	until    time.Time // when the deadline is over
}

type callKey struct{}

// callFrom returns the call in the context that a host function gets. A guest runs
// with no other.
func callFrom(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		panic(errors.New("a guest runs outside of a call"))
	}
	return c
}

func (c *call) reset(hook string, input []byte, deadline time.Duration, limits *Options) {
	c.hook, c.input, c.limits = hook, input, limits
	c.output, c.answered = c.output[:0], false
	c.log.reset(limits.MaxLogBytes)
	c.clock, c.random, c.shallow = 0, nil, false
	c.deadline = deadline
	if hook == initialize {
		c.deadline *= initialTimeFactor
	}
}

// start begins the time of the call.
func (c *call) start(ctx context.Context) {
	c.ctx, c.until = ctx, c.limits.Clock().Add(c.deadline)
}

// forget drops what need not outlive the call.
func (c *call) forget() {
	c.input, c.ctx = nil, nil
	if cap(c.output) > maxKeptBytes {
		c.output = nil
	}
}

// errorf makes a CallError whose detail is fit to be shown.
func (c *call) errorf(kind error, format string, args ...any) *CallError {
	return &CallError{Hook: c.hook, Kind: kind, Detail: abi.CleanText(fmt.Sprintf(format, args...), maxDetailBytes)}
}

// failure says why the runtime stopped the guest with err.
func (c *call) failure(err error) error {
	if own, ok := errors.AsType[*CallError](err); ok { // a host function refused to go on
		return own
	}
	if own, ok := errors.AsType[*endedError](err); ok {
		return own
	}
	what, _, _ := strings.Cut(err.Error(), "\n")
	what = strings.TrimPrefix(strings.TrimSuffix(what, " (recovered by wazero)"), "wasm error: ")
	if words := c.log.lastWords(); words != "" {
		what += ": " + words
	}
	return c.errorf(ErrTrap, "%s", what)
}

// endedError is a call whose caller has gone.
type endedError struct {
	hook  string
	cause error
}

func (e *endedError) Error() string { return e.hook + ": " + e.cause.Error() }

func (e *endedError) Unwrap() error { return e.cause }
