// Package rego teaches caddy-scim to read policies in Rego, the language of the Open Policy Agent. Built into Caddy
//
//	xcaddy build --with github.com/caddy-scim/caddy-scim/caddymodule --with github.com/caddy-scim/caddy-scim/caddymodule/rego
//
// it lets the configuration and the commands take a file with the extension .rego wherever they take a module. The
// policy is compiled to WebAssembly and runs in the same sandbox as every other, under the same limits; OPA itself has
// no part in it from then on.
package rego

import (
	"context"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-scim/caddy-scim/caddymodule"
	"github.com/caddy-scim/caddy-scim/caddymodule/rego/internal/compile"
)

func init() { caddy.RegisterModule(Compiler{}) }

// Compiler compiles policies in Rego.
type Compiler struct{}

// CaddyModule returns the Caddy module information.
func (Compiler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "scim.compilers.rego", New: func() caddy.Module { return Compiler{} }}
}

// Compile implements caddymodule.Compiler. The source has at most 256 KiB.
func (Compiler) Compile(ctx context.Context, name string, source []byte) ([]byte, error) {
	return compile.Source(ctx, name, source)
}

// Interface guards.
var _ caddymodule.Compiler = Compiler{}
