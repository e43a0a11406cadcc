package link

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// hostFunc is a function that the host of policies offers.
type hostFunc struct{ module, name, params, results string }

// hostFuncs are the imports of every policy, in the order of their indexes.
var hostFuncs = []hostFunc{
	{"scim_policy", "input_len", "", typeI32},
	{"scim_policy", "read_input", typeI32 + typeI32, typeI32},
	{"scim_policy", "write_output", typeI32 + typeI32, ""},
	{"scim_policy", "log", typeI32 + typeI32, ""},
	// What is written to standard error before a crash becomes part of the error.
	{"wasi_snapshot_preview1", "fd_write", typeI32 + typeI32 + typeI32 + typeI32, typeI32},
}

const (
	hostInputLen    = 0
	hostReadInput   = 1
	hostWriteOutput = 2
	hostLog         = 3
	hostFDWrite     = 4
)

// glue is the functions of this package, and where in the policy they lie.
type glue struct {
	first uint32 // index of the first
	funcs []glueFunc

	marker, initialize uint32
	hooks              []uint32
}

type glueFunc struct {
	typ  uint32
	body []byte
}

// glueGlobals is how many globals there are beside OPA's: constants is where the texts of
// this package begin in the memory, and data is OPA's base document, an empty object.
const glueGlobals = 2

func (l *linker) constants() uint32 { return l.m.global }
func (l *linker) data() uint32      { return l.m.global + 1 }

// Problems that every hook may report.
const badInput = "the input is not JSON"

// What opa_json_dump makes of a result: [{"result":VALUE}], or [] if there is none.
const (
	resultPrefix = `[{"result":`
	resultSuffix = `}]`
)

// add makes a function and returns its index.
func (l *linker) add(params, results string, locals uint32, body code) uint32 {
	l.glue.funcs = append(l.glue.funcs, glueFunc{l.m.typeIndex(params, results), body.body(locals)})
	return l.glue.first + uint32(len(l.glue.funcs)) - 1
}

// opa returns the new index of one of opaExports.
func (l *linker) opa(name string) uint32 { return l.renamed[l.m.exports[name]] }

func (l *linker) writeGlue(hooks []Hook) error {
	length := l.add(typeI32, typeI32, 1, length())
	// The texts lie one after the other, behind the room for abort.
	texts, at := strings.Repeat("\x00", abortRoom)+newline+emptyObject, make(map[string]int)
	for _, text := range append([]string{badInput}, undefined(hooks)...) {
		if _, known := at[text]; !known {
			at[text] = len(texts)
			texts += text
		}
	}
	if err := l.replaceImports(length); err != nil {
		return err
	}
	l.glue.marker = l.add("", "", 0, nil)
	l.glue.initialize = l.add("", "", 0, l.initialize(texts))
	fail := l.add(typeI32+typeI32, typeI32, 0, l.fail())
	input := l.add("", typeI32, 2, l.input())
	answer := l.add(typeI32+typeI32, typeI32, 3, l.answer(length))
	for _, h := range hooks {
		problem := func(text string) code {
			return code{}.i32(int32(at[text])).i32(int32(len(text))).call(fail).op(opReturn)
		}
		var body code
		if !h.NoInput {
			body = body.call(input).index(opLocalTee, 0).op(opI32Eqz).ifThen(problem(badInput))
		}
		body = body.i32(h.Entrypoint).local(0).call(answer).op(opI32Eqz).ifThen(problem(h.Undefined)).i32(0)
		l.glue.hooks = append(l.glue.hooks, l.add("", typeI32, 1, body))
	}
	return nil
}

func undefined(hooks []Hook) []string {
	var texts []string
	for _, h := range hooks {
		texts = append(texts, h.Undefined)
	}
	return texts
}

// replaceImports writes the functions that OPA expects of its host. They have no name in
// the policy, so that nothing but OPA's code can call them.
func (l *linker) replaceImports(length uint32) error {
	for old, imp := range l.m.imports {
		var body code
		switch {
		case imp.module != "env":
			return fmt.Errorf("it imports %s.%s", imp.module, imp.name)
		case imp.name == "opa_abort":
			body = l.abort(length)
		case imp.name == "opa_println":
			body = body.local(0).local(0).call(length).call(hostLog)
		case strings.HasPrefix(imp.name, builtinPrefix):
			body = code{opUnreachable} // nobody calls it
		default:
			return fmt.Errorf("it imports %s.%s", imp.module, imp.name)
		}
		l.glue.funcs = append(l.glue.funcs, glueFunc{imp.typ, body.body(0)})
		l.renamed[uint32(old)] = l.glue.first + uint32(len(l.glue.funcs)) - 1
	}
	return nil
}

// At the start of the constants there is room for what abort hands to fd_write: two
// vectors and the number of bytes that were written.
const (
	abortRoom   = 24
	newline     = "\n"
	emptyObject = "{}"
)

// abort writes a text to standard error, as a line, and traps.
//
//	func(text) { vectors = {text, length(text), newline, 1}; fd_write(2, vectors, 2, &written); trap }
func (l *linker) abort(length uint32) code {
	const text, stderr, vectors = 0, 2, 2
	return code{}.
		global(l.constants()).local(text).i32Store(0).
		global(l.constants()).local(text).call(length).i32Store(4).
		global(l.constants()).global(l.constants()).i32(abortRoom).op(opI32Add).i32Store(8).
		global(l.constants()).i32(int32(len(newline))).i32Store(12).
		i32(stderr).global(l.constants()).i32(vectors).global(l.constants()).i32(16).op(opI32Add).call(hostFDWrite).
		op(opDrop, opUnreachable)
}

// length is the length of the text at a pointer, which ends with a zero.
//
//	func(text) (n) { end = text; for *end != 0 { end++ }; return end - text }
func length() code {
	const text, end = 0, 1
	loop := code{opBlock, typeVoid, opLoop, typeVoid}.
		local(end).op(opI32Load8U, 0, 0, opI32Eqz).index(opBrIf, 1).
		local(end).i32(1).op(opI32Add).setLocal(end).
		index(opBr, 0).op(opEnd, opEnd)
	return append(code{}.local(text).setLocal(end), loop...).local(end).local(text).op(opI32Sub)
}

// initialize runs OPA's start function, puts texts into the memory and makes the base
// document. What it leaves is what each call finds.
func (l *linker) initialize(texts string) code {
	words := make([]byte, (len(texts)+7)/8*8)
	copy(words, texts)
	c := code{}.call(l.renamed[l.m.start]).i32(int32(len(words))).call(l.opa("opa_malloc")).setGlobal(l.constants())
	for at := 0; at < len(words); at += 8 {
		c = c.global(l.constants()).i64(int64(binary.LittleEndian.Uint64(words[at:]))).i64Store(uint32(at))
	}
	return c.global(l.constants()).i32(abortRoom + int32(len(newline))).op(opI32Add).i32(int32(len(emptyObject))).call(l.opa("opa_json_parse")).setGlobal(l.data())
}

// fail answers with an error: the text that begins at an offset of the constants.
//
//	func(offset, size) (1) { write_output(constants+offset, size) }
func (l *linker) fail() code {
	return code{}.local(0).global(l.constants()).op(opI32Add).local(1).call(hostWriteOutput).i32(1)
}

// input reads the input and returns it as a value of OPA's, 0 if it is not JSON.
//
//	func() (value) { n = input_len(); p = opa_malloc(n); read_input(p, n); return opa_json_parse(p, n) }
func (l *linker) input() code {
	const size, at = 0, 1
	return code{}.call(hostInputLen).index(opLocalTee, size).call(l.opa("opa_malloc")).setLocal(at).
		local(at).local(size).call(hostReadInput).op(opDrop).
		local(at).local(size).call(l.opa("opa_json_parse"))
}

// answer evaluates a rule and writes its value. It returns 0 if there is none.
//
//	func(entrypoint, input) (ok) {
//		ctx = opa_eval_ctx_new(); set entrypoint, input and data; if eval(ctx) != 0 { trap }
//		text = opa_json_dump(result of ctx); n = length(text)
//		if n < len(resultPrefix+resultSuffix) { return 0 }
//		write_output(text+len(resultPrefix), n-len(resultPrefix+resultSuffix)); return 1
//	}
func (l *linker) answer(length uint32) code {
	const entrypoint, input, ctx, text, size = 0, 1, 2, 3, 4
	const wrapping = int32(len(resultPrefix) + len(resultSuffix))
	return code{}.call(l.opa("opa_eval_ctx_new")).setLocal(ctx).
		local(ctx).local(entrypoint).call(l.opa("opa_eval_ctx_set_entrypoint")).
		local(ctx).local(input).call(l.opa("opa_eval_ctx_set_input")).
		local(ctx).global(l.data()).call(l.opa("opa_eval_ctx_set_data")).
		local(ctx).call(l.opa("eval")).ifThen(code{opUnreachable}).
		local(ctx).call(l.opa("opa_eval_ctx_get_result")).call(l.opa("opa_json_dump")).index(opLocalTee, text).
		call(length).index(opLocalTee, size).i32(wrapping).op(opI32LtU).ifThen(code{}.i32(0).op(opReturn)).
		local(text).i32(int32(len(resultPrefix))).op(opI32Add).
		local(size).i32(wrapping).op(opI32Sub).call(hostWriteOutput).
		i32(1)
}
