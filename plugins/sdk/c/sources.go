// Package c holds the SDK for policies in C as files, for the command that writes a
// new project. Its README says how to use the SDK.
package c

import "embed"

// Files has the SDK in lib, which a project has as its folder sdk, and in template
// what else a project begins with: there, {{.Name}} stands for the policy's name.
//
//go:embed lib all:template
var Files embed.FS
