package caddymodule

import (
	"encoding/json"

	"github.com/caddyserver/caddy/v2"
)

// Policy says where a tenant's policy comes from and what it may use. With File the configuration sets the policy.
// Without, releases do, which are uploaded, tried and promoted at run time.
type Policy struct {
	// File is a WebAssembly module, which decides for as long as the configuration names it: releases can be uploaded
	// and tried, but not promoted. A relative path starts at the working directory. {env.*} and {file.*} are replaced.
	// Default: none; the release that is active decides.
	File string `json:"file,omitempty"`

	// Initial is a WebAssembly module that becomes release 1, and active, where the tenant has no release yet. Later it is
	// not looked at. It excludes File. {env.*} and {file.*} are replaced. Default: none.
	Initial string `json:"initial,omitempty"`

	// Revision is any text. Caddy takes a reload of the same configuration for no change and does nothing; a file that
	// has changed is loaded by a reload whose Revision has changed too. The Caddyfile sets it to the file's SHA-256.
	// Default: none.
	Revision string `json:"revision,omitempty"`

	// Settings is a JSON object that the policy of File or Initial is given with every call. It has to fit the JSON Schema
	// that the policy describes, if it does. Releases that are uploaded bring their own. Default: none.
	Settings json.RawMessage `json:"settings,omitempty"`

	// Memory bounds the memory of one instance, in bytes, of releases too. Default: 64 MiB.
	Memory int64 `json:"memory,omitempty"`

	// Timeout bounds one call, of releases too, at most 30s. Fuel ends a call long before. Default: 1s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// Fuel bounds the work of one call, of releases too: about one unit for each WebAssembly instruction, the same on every
	// machine. `caddy scim policy bench` tells what a policy takes. Default: Policies.MaxFuel.
	Fuel uint64 `json:"fuel,omitempty"`

	// Signers are Ed25519 public keys, each 32 bytes in base64 or in PEM; {env.*} and {file.*} are replaced. Where there are
	// some, every module of the tenant needs a signature by one of them: that of File or Initial lies in the file with
	// `.sig` behind the name, 64 bytes or those in base64. Where Policies.Signers has some, these must be among them.
	// Default: those of Policies.Signers.
	Signers []string `json:"signers,omitempty"`

	// Keep is for how long it is kept what policies were asked and what they answered, for replays: at most 8760h. Negative
	// means not at all. Default: 720h.
	Keep caddy.Duration `json:"keep,omitempty"`
}

// Guard is the operator's policy. It judges every change of every tenant before the tenant's own policy does; of the two
// verdicts the stricter wins. No tenant can do without it.
type Guard struct {
	// File is a WebAssembly module with the hook decide. A relative path starts at the working directory. Required. {env.*}
	// and {file.*} are replaced.
	File string `json:"file,omitempty"`

	// Revision is what Policy.Revision is.
	Revision string `json:"revision,omitempty"`

	// Settings is a JSON object that the guard is given with every call. Default: none.
	Settings json.RawMessage `json:"settings,omitempty"`

	// Memory bounds the memory of one instance, in bytes. Default: 64 MiB.
	Memory int64 `json:"memory,omitempty"`

	// Timeout bounds one call, at most 30s. Default: 1s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// Fuel bounds the work of one call. Default: Policies.MaxFuel.
	Fuel uint64 `json:"fuel,omitempty"`
}

// Policies bounds what the policies of all tenants may use together, and says whose they may be. What changes here but for
// Signers takes effect when Caddy is started again.
type Policies struct {
	// Cache is a directory for compiled policies, so that another start of Caddy need not compile them again. It is made,
	// for its owner alone; nobody else may write to it, as it holds machine code. {env.*} and {file.*} are replaced.
	// Default: the directory `scim/policies` in Caddy's data directory; `off` for none.
	Cache string `json:"cache,omitempty"`

	// MaxInstances bounds how many instances of policies are in memory at once, of all tenants. Those that have rested the
	// longest give way. Default: 1000.
	MaxInstances int `json:"max_instances,omitempty"`

	// MaxMemory is the most memory that an instance can be given, in bytes. Default: 64 MiB.
	MaxMemory int64 `json:"max_memory,omitempty"`

	// MaxFuel is the most work that a call can be given, and what it is given where a tenant says nothing. Default:
	// 200 million, a few tenths of a second at the most.
	MaxFuel uint64 `json:"max_fuel,omitempty"`

	// Signers are Ed25519 public keys as in Policy.Signers. Where there are some, every module of every tenant needs a
	// signature by one of them. Default: none.
	Signers []string `json:"signers,omitempty"`
}
