// Package caddymodule plugs caddy-scim into Caddy: the app "scim", its HTTP handler, the Caddyfile grammar, the
// admin routes and the `caddy scim` commands. It holds glue and nothing else; what the glue connects lives in the
// packages adapter, plugins and scim, which do not know Caddy.
package caddymodule
