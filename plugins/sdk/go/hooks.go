package policy

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// Run runs one hook of p, one of the Hook constants of package abi, with a JSON
// document in and out, exactly as the host would see it. It lets a native test run
// recorded inputs. An error is what the host would report as ErrPolicy.
func Run(p Policy, hook string, input []byte) (answer []byte, err error) {
	switch hook {
	case abi.HookDecide:
		if p.Decide == nil {
			return encodeDecision(Allow())
		}
		return runHook(input, readDecideInput, p.Decide, encodeDecision)
	case abi.HookMap:
		if p.Map == nil {
			return encodeMapOutput(Declarative())
		}
		return runHook(input, readMapInput, p.Map, encodeMapOutput)
	case abi.HookImport:
		if p.Import == nil {
			return nil, errors.New("the policy has no import")
		}
		return runHook(input, readImportInput, p.Import, encodeImportOutput)
	case abi.HookDescribe:
		return encodeDescription(describe(p))
	}
	return nil, errors.New("there is no hook " + strconv.Quote(hook))
}

// runHook reads the input, calls hook and encodes its answer.
func runHook[In, Out any](input []byte, read func([]byte) (*In, error), hook func(*In) (*Out, error), encode func(*Out) ([]byte, error)) ([]byte, error) {
	in, err := read(input)
	if err != nil {
		return nil, &contextError{"read the input", err}
	}
	out, err := hook(in)
	if err != nil {
		return nil, err
	}
	if out == nil {
		return nil, errors.New("the policy returned neither an answer nor an error")
	}
	answer, err := encode(out)
	if err != nil {
		return nil, &contextError{"write the answer", err}
	}
	return answer, nil
}

func describe(p Policy) *abi.Description {
	d := &abi.Description{Name: p.Name, Version: p.Version, Hooks: []string{}, Needs: p.Needs}
	for _, hook := range []struct {
		name string
		used bool
	}{{abi.HookDecide, p.Decide != nil}, {abi.HookMap, p.Map != nil}, {abi.HookImport, p.Import != nil}} {
		if hook.used {
			d.Hooks = append(d.Hooks, hook.name)
		}
	}
	if p.SettingsSchema != "" {
		d.Settings = json.RawMessage(p.SettingsSchema)
	}
	return d
}
