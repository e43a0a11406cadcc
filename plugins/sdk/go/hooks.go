package policy

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Run runs one hook of p, one of the Hook constants of package abi, with a JSON
// document in and out, exactly as the host would see it. It lets a native test run
// recorded inputs. An error is what the host would report as ErrPolicy.
func Run(p Policy, hook string, input []byte) (answer []byte, err error) {
	switch hook {
	case abi.HookDecide:
		return runHook(input, readDecideInput, p.Decide, Allow())
	case abi.HookMap:
		return runHook(input, readMapInput, p.Map, Declarative())
	case abi.HookDescribe:
		return json.Marshal(describe(p))
	}
	return nil, fmt.Errorf("there is no hook %q", hook)
}

// runHook reads the input, calls hook and encodes its answer. Without a hook the
// answer is otherwise.
func runHook[In, Out any](input []byte, read func([]byte) (*In, error), hook func(*In) (*Out, error), otherwise *Out) ([]byte, error) {
	if hook == nil {
		return json.Marshal(otherwise)
	}
	in, err := read(input)
	if err != nil {
		return nil, fmt.Errorf("read the input: %w", err)
	}
	out, err := hook(in)
	if err != nil {
		return nil, err
	}
	if out == nil {
		return nil, errors.New("the policy returned neither an answer nor an error")
	}
	return json.Marshal(out)
}

func describe(p Policy) abi.Description {
	// Not nil even when empty, which would stand for all that are exported.
	d := abi.Description{Name: p.Name, Version: p.Version, Hooks: []string{}}
	if p.Decide != nil {
		d.Hooks = append(d.Hooks, abi.HookDecide)
	}
	if p.Map != nil {
		d.Hooks = append(d.Hooks, abi.HookMap)
	}
	if p.SettingsSchema != "" {
		d.Settings = json.RawMessage(p.SettingsSchema)
	}
	return d
}
