//go:build wasip1

package policy

import (
	"unsafe"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

//go:wasmimport scim_policy input_len
//go:noescape
func hostInputLen() uint32

//go:wasmimport scim_policy read_input
//go:noescape
func hostReadInput(ptr unsafe.Pointer, size uint32) uint32

//go:wasmimport scim_policy write_output
//go:noescape
func hostWriteOutput(ptr unsafe.Pointer, size uint32)

//go:wasmimport scim_policy log
//go:noescape
func hostLog(ptr unsafe.Pointer, size uint32)

//go:wasmexport scim_policy_abi_1
func marker() {}

//go:wasmexport decide
func exportDecide() int32 { return serve(abi.HookDecide) }

//go:wasmexport map
func exportMap() int32 { return serve(abi.HookMap) }

//go:wasmexport import
func exportImport() int32 { return serve(abi.HookImport) }

//go:wasmexport describe
func exportDescribe() int32 { return serve(abi.HookDescribe) }

// serve runs a hook between the host's input and output.
func serve(hook string) int32 {
	input := make([]byte, hostInputLen())
	n := hostReadInput(unsafe.Pointer(unsafe.SliceData(input)), uint32(len(input)))
	answer, err := Run(registered, hook, input[:n])
	if err != nil {
		write([]byte(err.Error()))
		return 1
	}
	write(answer)
	return 0
}

func write(answer []byte) {
	hostWriteOutput(unsafe.Pointer(unsafe.SliceData(answer)), uint32(len(answer)))
}

func logLine(line string) {
	hostLog(unsafe.Pointer(unsafe.StringData(line)), uint32(len(line)))
}
