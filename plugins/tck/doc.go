// Package tck is the suite that the guest of every SDK must pass: whatever its
// language, a policy sees the same input, its answers arrive unchanged, and its
// failures are the same failures.
//
// A test guest is a policy written with the SDK as an author would write one. What
// it must do stands in cases.json, input and expected answer side by side, and in
// the guest for Go under guests/go. Its settings say which behaviour a case wants:
// {"tck":"deny"} and so on. Beside the cases it must log two lines for "log" and never
// end for "loop".
//
// The cases are those of package golden, so that other policies can be tested in the
// same way.
package tck
