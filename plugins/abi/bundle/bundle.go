// Package bundle puts golden cases into a WebAssembly module and finds them there: a
// custom section, which changes nothing of what the module does. It looks at no more
// of a module than where its sections begin and end, and not at the cases at all.
//
// It needs the standard library only, so that the tools of an SDK can use it.
package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Section is the name of the custom section that holds a module's cases.
const Section = "scim_policy_cases"

// MaxBytes bounds the cases of a module.
const MaxBytes = 1 << 20

// wasmHeader begins a module of version 1.
const wasmHeader = "\x00asm\x01\x00\x00\x00"

// Put returns wasm with cases in the place of those that were there; nil takes them
// away. All else stays as it is, byte for byte.
//
// # Errors
//
// The module's sections do not fit into it, or there are too many cases.
func Put(wasm, cases []byte) ([]byte, error) {
	if len(cases) > MaxBytes {
		return nil, fmt.Errorf("the cases have %d bytes, want at most %d", len(cases), MaxBytes)
	}
	with := append(make([]byte, 0, len(wasm)+len(cases)+64), wasmHeader...)
	err := sections(wasm, func(s section) error {
		if !s.holdsCases {
			with = append(with, s.raw...)
		}
		return nil
	})
	if err != nil || cases == nil {
		return with, err
	}
	body := binary.AppendUvarint(nil, uint64(len(Section)))
	body = append(append(body, Section...), cases...)
	with = append(with, sectionCustom)
	with = binary.AppendUvarint(with, uint64(len(body)))
	return append(with, body...), nil
}

// Find returns the cases that wasm carries and whether it carries any. They are part
// of wasm and must not be changed.
//
// # Errors
//
// The module's sections do not fit into it, or there are cases twice or too many.
func Find(wasm []byte) (cases []byte, ok bool, err error) {
	err = sections(wasm, func(s section) error {
		switch {
		case !s.holdsCases:
			return nil
		case ok:
			return fmt.Errorf("the module has two sections %s", Section)
		case len(s.cases) > MaxBytes:
			return fmt.Errorf("the module's section %s has %d bytes, want at most %d", Section, len(s.cases), MaxBytes)
		}
		cases, ok = s.cases, true
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return cases, ok, nil
}

const sectionCustom = 0

// section is one section of a module, all of it part of the module's own bytes.
type section struct {
	raw        []byte // with its id and length
	holdsCases bool
	cases      []byte
}

var errFraming = errors.New("not a WebAssembly module: a section does not fit into it")

// sections calls visit for each section of a module.
func sections(wasm []byte, visit func(section) error) error {
	rest, ok := bytes.CutPrefix(wasm, []byte(wasmHeader))
	if !ok {
		return errors.New("not a WebAssembly module of version 1")
	}
	for len(rest) > 0 {
		size, n := length(rest[1:])
		if n == 0 || uint64(size) > uint64(len(rest)-1-n) {
			return errFraming
		}
		end := 1 + n + int(size)
		s := section{raw: rest[:end:end]}
		if body := s.raw[1+n:]; rest[0] == sectionCustom {
			size, n := length(body)
			if n == 0 || uint64(size) > uint64(len(body)-n) {
				return errFraming
			}
			if name := body[n : n+int(size)]; string(name) == Section {
				s.holdsCases, s.cases = true, body[n+int(size):]
			}
		}
		if err := visit(s); err != nil {
			return err
		}
		rest = rest[end:]
	}
	return nil
}

// length reads an unsigned LEB128 number of 32 bits and returns how many bytes it
// takes; 0 if there is none.
func length(data []byte) (size uint32, n int) {
	v, n := binary.Uvarint(data[:min(len(data), binary.MaxVarintLen32)])
	if n <= 0 || v > 1<<32-1 {
		return 0, 0
	}
	return uint32(v), n
}
