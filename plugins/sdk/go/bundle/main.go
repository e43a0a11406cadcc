// Command bundle puts golden cases into a module:
//
//	go run github.com/caddy-scim/caddy-scim/plugins/sdk/go/bundle policy.wasm cases.json
//
// Whoever uploads the module has them run first.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/caddy-scim/caddy-scim/plugins/abi/bundle"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: bundle MODULE CASES")
		os.Exit(2)
	}
	if err := put(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func put(module, list string) error {
	wasm, err := os.ReadFile(module) //nolint:gosec // the author's own file
	if err != nil {
		return err
	}
	cases, err := os.ReadFile(list) //nolint:gosec // as above
	if err != nil {
		return err
	}
	var array []json.RawMessage
	if err := json.Unmarshal(cases, &array); err != nil {
		return fmt.Errorf("%s: %w", list, err)
	}
	if array == nil {
		return errors.New(list + ": not a JSON array")
	}
	if wasm, err = bundle.Put(wasm, cases); err != nil {
		return fmt.Errorf("%s: %w", module, err)
	}
	return os.WriteFile(module, wasm, 0o644) //nolint:gosec // a module is no secret
}
