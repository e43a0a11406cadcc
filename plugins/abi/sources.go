//go:build !wasip1

package abi

import "embed"

// Sources holds this package as files, for the command that begins a policy in Go.
//
//go:embed *.go bundle/*.go
var Sources embed.FS
