package adaptertest

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// What a hook of Module does in the place of giving an answer.
const (
	Trap = "\x00trap" // it crashes
	Loop = "\x00loop" // it goes on until its fuel is gone
	Logs = "\x00logs" // in front of an answer: it logs that answer too
)

// Module makes a policy whose hooks always give the same answers, by their names. It is a few hundred bytes long.
func Module(hooks map[string]string) []byte {
	const i32, void, end = 0x7f, 0x40, 0x0b
	names := slices.Sorted(maps.Keys(hooks))
	var data []byte
	exports := [][]byte{export("memory", 2, 0), export(abi.Marker, 0, 2)}
	types, bodies := []byte{0}, [][]byte{{0, end}} // the marker
	for i, name := range names {
		exports = append(exports, export(name, 0, 3+i))
		types = append(types, 1)
		code := []byte{0}
		answer, logs := strings.CutPrefix(hooks[name], Logs)
		switch answer {
		case Trap:
			code = append(code, 0x00)
		case Loop:
			code = append(code, 0x03, void, 0x0c, 0, end, 0x41, 0) // loop br 0 end
		default:
			where := append(append([]byte{0x41}, sleb(len(data))...), append([]byte{0x41}, sleb(len(answer))...)...)
			if logs {
				code = append(append(code, where...), 0x10, 1)
			}
			code = append(append(code, where...), 0x10, 0, 0x41, 0)
			data = append(data, answer...)
		}
		bodies = append(bodies, append(code, end))
	}
	out := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, content []byte) { out = append(append(out, id), text(string(content))...) }
	section(1, []byte{3, 0x60, 0, 0, 0x60, 0, 1, i32, 0x60, 2, i32, i32, 0}) // () → (), () → i32, (i32, i32) → ()
	section(2, slices.Concat([]byte{2}, text("scim_policy"), text("write_output"), []byte{0, 2}, text("scim_policy"), text("log"), []byte{0, 2}))
	section(3, append(uleb(len(types)), types...))
	section(5, append([]byte{1, 0}, uleb(1+len(data)>>16)...))
	section(7, append(uleb(len(exports)), slices.Concat(exports...)...))
	code := uleb(len(bodies))
	for _, b := range bodies {
		code = append(code, text(string(b))...)
	}
	section(10, code)
	section(11, append([]byte{1, 0, 0x41, 0, end}, text(string(data))...))
	return out
}

func export(name string, kind byte, index int) []byte {
	return append(append(text(name), kind), uleb(index)...)
}

// text is a text with its length in front.
func text(s string) []byte { return append(uleb(len(s)), s...) }

func uleb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

// sleb is a number that is not negative as WebAssembly writes signed ones.
func sleb(n int) []byte {
	var out []byte
	for ; n > 0x3f; n >>= 7 {
		out = append(out, byte(n&0x7f)|0x80)
	}
	return append(out, byte(n))
}

// Host returns a host of policies that is closed with the test. Its deadline is long, since a busy machine is no fault of
// a policy.
func Host(tb testing.TB) *plugins.Host {
	tb.Helper()
	h := plugins.New(plugins.Options{Deadline: 30 * time.Second})
	tb.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return h
}
