package meter

import (
	"fmt"
	"time"
)

// Prefix begins the names of all exports that Rewrite adds. A guest that exports
// such a name itself is refused.
const Prefix = "scim_policy."

// The exports that Rewrite adds.
const (
	// FuelGlobal is the mutable i64 that counts down the work that is left.
	FuelGlobal = Prefix + "fuel"
	// DepthGlobal is the mutable i64 that counts down the room for frames of calls
	// that is left, in slots.
	DepthGlobal = Prefix + "depth"
	// globalPrefix begins the names of the guest's own mutable globals.
	globalPrefix = Prefix + "global."
)

// The imports that Rewrite adds, both of type () -> (). A guest that imports them
// itself is refused.
const (
	// HostModule is the module that they are imported from.
	HostModule = "scim_policy"
	// Refuel is called when the fuel is below zero. It must stop the guest, or leave
	// the fuel at zero or above; then the guest goes on.
	Refuel = "refuel"
	// Overflow is called when the depth is below zero. It must stop the guest, or leave the
	// depth at zero or above; then the guest goes on.
	Overflow = "overflow"
)

// Bytes returns the fuel that a host function should take for each of so many bytes
// that it reads or writes on the guest's behalf, as the guest's own memory.copy does.
func Bytes(n int) int64 { return int64(n) >> bulkShift }

// CasesSection is the custom section that Rewrite returns.
const CasesSection = "scim_policy_cases"

// Import is one import of a guest.
type Import struct {
	Module, Name string
}

// ImportError is the error of an import that no guest may have.
type ImportError struct {
	Import
	// Problem says why.
	Problem string
}

func (e *ImportError) Error() string {
	return fmt.Sprintf("import %s.%s: %s", e.Module, e.Name, e.Problem)
}

// Module is a rewritten module.
type Module struct {
	// Wasm is the module to run. It has no custom sections.
	Wasm []byte
	// Fuel and Depth are the names of the exported globals that the host sets before
	// each call: FuelGlobal and DepthGlobal. In a new instance there is no fuel, so that
	// a start function begins with a call of Refuel, and the depth is DefaultDepth.
	Fuel, Depth string
	// Globals are the names of the exports of the guest's own mutable globals. What
	// the host does not put back after a call would carry state to the next.
	Globals []string
	// Imports are the guest's imports, all functions, without those that Rewrite added.
	Imports []Import
	// Exports are the names of the guest's exports, without those that Rewrite added.
	Exports []string
	// Cases is the content of the first custom section CasesSection, nil without one.
	Cases []byte
	// Stats says how near the module is to its limits.
	Stats Stats
}

// Rewrite checks a module and returns one that does the same on a budget. It takes
// about 10 ms for each MB. The result shares no memory with wasm.
//
// # Errors
//
//   - an *ImportError
//   - any other error describes what is wrong with the module, in words for those who
//     built it; they may contain the module's own names
//
// That there is no error does not mean that the module is valid: types are for the
// runtime to check, and a module that was invalid before is invalid after.
func Rewrite(wasm []byte, limits Limits) (*Module, error) {
	m := &module{limits: limits.withDefaults()}
	m.costLimit = min(m.limits.ModuleCost, m.limits.FunctionCost+time.Duration(len(wasm))*m.limits.CostPerByte)
	if err := m.scan(wasm); err != nil {
		return nil, err
	}
	if err := m.rewriteCode(); err != nil {
		return nil, err
	}
	return m.result(), nil
}
