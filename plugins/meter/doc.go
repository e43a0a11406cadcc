// Package meter rewrites a WebAssembly module so that it runs on a budget: of fuel,
// which is work, and of depth, which is room for calls within calls. A rewritten
// module does what it did before, but it cannot run for longer than its host lets
// it, and the same module with the same input takes the same fuel and gives the same
// answer on every machine.
//
// The package reads and writes the binary format and knows no runtime. It is the
// only thing between an uploaded module and the runtime's compiler, so it also refuses
// what would take the compiler too much time or memory.
//
// # Why every run stops
//
// Two counters are added to the module as mutable globals of type i64: fuel and depth.
// Code is added that takes fuel
//
//   - where a function begins,
//   - where each round of a loop begins, and
//   - where the paths through a function part or meet, if what follows is worth it,
//
// for the instructions that are reached from there before the next such place: their
// weights by the table below. A branch of WebAssembly goes forward to the end of a
// block, or back to the beginning of a loop. So between two entries of functions or
// rounds of loops a run executes each instruction of a function at most once, and a
// run that does not stop enters functions or begins rounds without end. At each of
// these the fuel, which goes down by at least 4, is compared with zero; below it the
// guest calls the host by the added import [Refuel], which either gives more or stops
// it. Between two of these calls lies no more work than the fuel that the host gave
// and the weight of one function.
//
// Work that depends on an operand is paid for by it: memory.copy and memory.fill by
// length, before they run, and memory.grow by pages, after it succeeded, since the
// host's limit on memory bounds it anyway. Calls of the host have a fixed weight; what
// they do by length is for the host to charge (see [Bytes]), and to look at the fuel
// after that, since a function may call the host many times without a loop.
//
// Where paths meet, a segment that weighs less than 32 is paid for by a place that is
// always passed before it, at most 64 units at one place, so fuel is a little more
// than what ran, never less. The one exception: functions that call nothing and have
// loops count in a local, so that what such a function took since the host was called
// last is lost if it traps. The call is over then.
//
// No number overflows. A function has at most [DefaultFunctionBytes] instructions of at most
// 2,000 units, a length has 32 bits and is divided by 8, and grown pages are in memory: each
// step is below 2^33 and the host puts fuel back above zero after each.
//
// Depth is taken at each entry of a function that calls another of the guest, and given
// back where it ends. Its frame costs a constant, the parameters, locals and operands at
// their most, and a part of all values that it computes, since the runtime gives
// each value that must outlast a call a place of its own in the frame. Below zero the
// guest calls [Overflow]. So endless recursion is a deterministic error, far from the
// limit of the runtime's own stack, which is not the same on all machines: frames made to
// be large took up to 7.3 bytes for a slot, which makes 18 MB for [DefaultDepth],
// where the runtime gives up at 84 MB; usual ones take 2 to 4 bytes. That is enough for
// 70,000 calls within calls of a small C function, and 15,000 of one in Go.
//
// # What a guest cannot reach
//
// The added globals, locals, types, and functions have indexes after the guest's own, but
// for the two imports, which come first and shift all others by two. Every index of the
// guest is compared with the number of what it has itself, before anything is added:
// functions in calls, exports, the start section and element segments, globals, locals,
// labels, types in calls and blocks. Numbers are read so that whoever accepts them
// finds their end at the same byte. The end of the outermost block must be the last
// byte of a body. Exports that begin with [Prefix] are refused, and imports of
// [Refuel] and [Overflow]. Added code leaves the operand stack as it was, so a module that
// was invalid remains so, for the runtime to refuse.
//
// # The same on every machine
//
// Which bits a NaN has that comes out of arithmetic depends on the processor. After
// add, sub, mul, div, sqrt, min, max, ceil, floor, trunc, nearest, promote and demote any NaN
// is replaced by the canonical one. neg, abs, copysign, loads and stores only move
// bits. Nothing else in what is allowed may differ.
//
// # The cost model
//
// In units of fuel. They are chosen by measuring: on one processor core of 2024, code
// made to be slow takes a nanosecond for 2 to 6 units, usual code for 10 to 16. Loads that
// miss all caches are slower than that by far, which no weight can tell; the host's
// deadline is for these.
//
//	1      constants, locals, comparisons, additions, shifts, logic, branches, select
//	2      multiplication
//	3      load, store, global.get, global.set, memory.size
//	4      conversion, comparison of floats
//	5      br_table
//	6      call, beside what the function itself costs
//	8      ceil, floor, trunc, nearest
//	10     float addition, subtraction, min, max, promote, demote
//	12     call_indirect; 212 where the table has an imported function
//	20     integer division and remainder
//	24     float multiplication: with numbers close to zero it is that slow
//	50     float division, sqrt
//	36     memory.copy; 1 for each 8 bytes more, once they are more than 128
//	116    memory.fill, the same
//	200    call of an imported function
//	2,000  memory.grow; 32,768 for each page more
//	10     entry of a function
//	4      round of a loop
//	2      a segment that is charged apart
//	1      each value beyond 8 that a branch, the end of a block or a call hands over, and
//	       each local beyond 32 that is written before paths meet, or in a round of a loop:
//	       the runtime may have to move them all
//
// # What is refused
//
//   - vectors (SIMD): not all of their results are the same on all processors, and
//     canonical NaNs would take away what makes them fast
//   - reference types, more than one table or memory, and passive segments: they serve
//     instructions that change a table, or forget a segment, which no host can undo between
//     two calls
//   - tail calls, exceptions, atomics, and anything imported but functions
//   - counts far above what compilers produce, since the runtime makes room for what a
//     module announces
//   - what takes far longer to compile than code of its size does
//
// # Compile bombs
//
// The runtime's compiler (wazero 1.12) carries each value across each boundary of
// blocks, so that it takes time and memory by the product of the two: 14 KB with 1,000
// locals and 1,000 branches took 3 s and 460 MB, 12 KB of loops with 1,000 parameters each
// 5 s, 1,000 calls with 1,000 results each 800 MB, 40 KB of branches to one label 3 s, 163
// KB of br_tables to one label 2.4 s, 10,000 nested loops more than 30 s. Other code takes 0.5
// to 4 ms for each KB. [Limits] bounds an estimate of that: for each function, 2 µs for
// each of its values at a boundary and 30 ns for each pair of boundaries, of which
// only those locals count that are read in a block that did not write them before; 20 µs
// for each conversion between integers and floats and 8 µs for other arithmetic with floats,
// 250 KB of which took 5 s and 1.3 GB. What is within the limits took up to 1.5 s of processor
// time and 520 MB for one function, and modules of Go, Rust, C, Zig, TinyGo,
// AssemblyScript and Rego need less than a quarter of each limit.
package meter
