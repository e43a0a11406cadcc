// Package sdk holds the SDK for policies in Go as files, for the command that begins
// one. The SDKs for other languages hold their own.
package sdk

import "embed"

// Go has the SDK in go, with its tests, and in go/template what a project begins with:
// there, {{.Name}} stands for the policy's name.
//
//go:embed go/*.go go/bundle/*.go go/policytest/*.go all:go/template
var Go embed.FS
