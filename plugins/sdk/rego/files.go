// Package rego holds what a policy in Rego begins with, for the command that writes a
// new project. There is no SDK: the language is made for policies.
package rego

import "embed"

// Files has in template what a project begins with: there, {{.Name}} stands for the
// policy's name.
//
//go:embed all:template
var Files embed.FS
