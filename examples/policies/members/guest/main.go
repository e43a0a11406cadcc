// Command guest is the policy of package members as a WebAssembly module.
package main

import (
	"github.com/caddy-scim/caddy-scim/examples/policies/members"
	policy "github.com/caddy-scim/caddy-scim/plugins/sdk/go"
)

func init() { policy.Register(members.Policy()) }

func main() {}
