// Package golden holds golden cases: inputs of a policy's hooks with what must come
// of them, as a JSON array. An author tests with them, the suite of package tck is
// written in them, and a module can carry them along in a custom section, so that
// whoever is about to run the module can see first that it does what its author
// meant.
//
// A case runs against a Runner: a loaded module, (*plugins.Policy).Call, or ordinary
// code, Native.
package golden
