package plugins

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"

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
	hook     string
	input    []byte
	output   []byte
	answered bool
	limits   *Options
	log      logBuffer
	clock    uint64 // nanoseconds that have passed for the guest
	random   *rand.ChaCha8
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callFrom returns the call that withCall put into the context that a host function
// gets. A guest runs with no other.
func callFrom(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		panic(errors.New("a guest runs outside of a call"))
	}
	return c
}

func (c *call) reset(hook string, input []byte, limits *Options) {
	c.hook, c.input, c.limits = hook, input, limits
	c.output, c.answered = c.output[:0], false
	c.log.reset(limits.MaxLogBytes)
	c.clock, c.random = 0, nil
}

// forget drops what need not outlive the call.
func (c *call) forget() {
	c.input = nil
	if cap(c.output) > maxKeptBytes {
		c.output = nil
	}
}

// errorf makes a CallError whose detail is fit to be shown.
func (c *call) errorf(kind error, format string, args ...any) *CallError {
	return &CallError{Hook: c.hook, Kind: kind, Detail: abi.CleanText(fmt.Sprintf(format, args...), maxDetailBytes)}
}

// failure says why the runtime stopped the guest with err, while ctx was the
// context of the call.
func (c *call) failure(ctx context.Context, err error) error {
	if own, ok := errors.AsType[*CallError](err); ok { // a host function refused to go on
		return own
	}
	if _, closed := errors.AsType[*sys.ExitError](err); closed && ctx.Err() != nil {
		return c.stopped(ctx)
	}
	what, _, _ := strings.Cut(err.Error(), "\n")
	what = strings.TrimPrefix(strings.TrimSuffix(what, " (recovered by wazero)"), "wasm error: ")
	if words := c.log.lastWords(); words != "" {
		what += ": " + words
	}
	return c.errorf(ErrTrap, "%s", what)
}

// stopped says why ctx, the context of the call, ended it.
func (c *call) stopped(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, ErrTimeout) {
		return fmt.Errorf("%s: %w", c.hook, cause)
	}
	return c.errorf(ErrTimeout, "stopped after %v", c.deadline())
}

// initializeFactor is how many times the deadline of a call an initialisation may take. A Go guest starts a whole
// runtime there, once for many calls; on a machine that is busy that must not fail where a call would not.
const initializeFactor = 10

// deadline is how long the call may run.
func (c *call) deadline() time.Duration {
	if c.hook == initialize {
		return initializeFactor * c.limits.Deadline
	}
	return c.limits.Deadline
}
