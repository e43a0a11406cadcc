package caddymodule_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/caddymodule"
	"github.com/caddy-scim/caddy-scim/examples/policies/members"
)

// signer makes a key of its own for each letter, always the same.
func signer(letter byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(letter), ed25519.SeedSize)))
}

// public is a signer's public key as the options take it.
func public(letter byte) string {
	return base64.StdEncoding.EncodeToString(signer(letter).Public().(ed25519.PublicKey))
}

func writeFile(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestValidatePolicyErrors(t *testing.T) {
	dir := t.TempDir()
	wasm := quoted(writeFile(t, filepath.Join(dir, "plain.wasm"), caddymodule.SmallestPolicy))
	signed := func(name string, signature []byte) string {
		path := writeFile(t, filepath.Join(dir, name), caddymodule.SmallestPolicy)
		writeFile(t, path+".sig", signature)
		return quoted(path)
	}
	good := ed25519.Sign(signer('a'), caddymodule.SmallestPolicy)
	raw := signed("raw.wasm", good)
	text := signed("text.wasm", []byte(base64.StdEncoding.EncodeToString(good)+"\n"))
	foreign := signed("foreign.wasm", ed25519.Sign(signer('b'), caddymodule.SmallestPolicy))
	short := signed("short.wasm", good[:63])
	der, err := x509.MarshalPKIXPublicKey(signer('a').Public())
	if err != nil {
		t.Fatal(err)
	}
	inPEM := filepath.Join(dir, "signer.pem")
	writeFile(t, inPEM, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	described := quoted(writeFile(t, filepath.Join(dir, "members.wasm"), members.Wasm))
	private := writeFile(t, filepath.Join(dir, "private.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}))

	app := `"application":{"url":"http://app.example",` + routes + `}`
	scim := func(operator, tenant string) string {
		return `{` + operator + `"tenants":{"acme":{` + app + tenant + `}}}`
	}
	policy := func(fields string) string { return scim(``, `,"policy":{`+fields+`}`) }
	guard := func(fields string) string { return scim(`"guard":{`+fields+`},`, ``) }
	policies := func(fields, tenant string) string {
		return scim(`"policies":{`+fields+`},`, `,"policy":{`+tenant+`}`)
	}
	a, b := `"signers":[`+quoted(public('a'))+`]`, `"signers":[`+quoted(public('b'))+`]`
	for _, c := range []struct{ scim, want string }{
		{policy(``), ``},
		{policy(`"file":` + wasm + `,"fuel":1000000,"timeout":"100ms","memory":1048576,"keep":"1h"`), ``},
		{policy(`"initial":` + wasm + `,"keep":-1`), ``},
		{policy(`"file":` + wasm + `,"initial":` + wasm), `tenant "acme": policy: initial: it is for a tenant whose releases decide; file sets the policy`},
		{policy(`"settings":{"a":1}`), `policy: settings: they belong to no policy; want file or initial`},
		{policy(`"initial":"nowhere.wasm"`), `policy: initial: open nowhere.wasm`},
		{policy(`"file":` + wasm + `,"settings":[1]`), `policy: settings: not a JSON object`},
		{policy(`"timeout":-1`), `policy: timeout: -1ns is negative`},
		{policy(`"fuel":-1`), `fuel`},
		{policy(`"keep":"8761h"`), `policy: keep: 8761h0m0s is longer than a year`},
		{policy(`"signers":["c2hvcnQ="]`), `policy: signers: key 1: want an Ed25519 public key: 32 bytes in base64`},
		{policy(`"signers":["{env.NONE}"]`), `policy: signers: key 1: the environment variable NONE is not set or empty`},
		{policy(`"signers":["{file.` + private + `}"]`), `policy: signers: key 1: the PEM holds a "PRIVATE KEY", want a PUBLIC KEY`},
		{policy(`"signers":[` + quoted(public('a')) + `,"{file.` + inPEM + `}"]`), `policy: signers: key 2 is there twice`},
		{policy(`"file":` + wasm + `,` + a), `plain.wasm: it has to be signed by one of the signers: open `},
		{policy(`"file":` + raw + `,` + a), ``},
		{policy(`"initial":` + raw + `,` + a), ``},
		{policy(`"file":` + text + `,"signers":["{file.` + inPEM + `}"]`), ``},
		{policy(`"file":` + foreign + `,` + a), `foreign.wasm.sig is by none of the signers, or of another module`},
		{policy(`"initial":` + foreign + `,` + a), `policy: initial `},
		{policy(`"file":` + short + `,` + a), `short.wasm.sig: not an Ed25519 signature: want 64 bytes`},
		{policies(a, `"file":`+raw), ``},
		{policies(a, `"file":`+wasm), `it has to be signed by one of the signers`},
		{policies(a, `"file":`+raw+`,`+b), `tenant "acme": policy: signers: key 1 is none of the operator's`},
		{policies(`"max_instances":-1`, ``), `policies: max_instances: -1 is negative`},
		{policies(`"max_memory":-1`, ``), `policies: max_memory: -1 is negative`},
		{policies(`"signers":["x"]`, ``), `policies: signers: key 1: want an Ed25519 public key`},
		{guard(`"file":` + wasm), ``},
		{guard(``), `guard: file: missing`},
		{guard(`"file":"nowhere.wasm"`), `guard: file: open nowhere.wasm`},
		{guard(`"file":` + wasm + `,"settings":1`), `guard: settings: not a JSON object`},
		{guard(`"file":` + wasm + `,"memory":-1`), `guard: memory: -1 is negative`},
		{guard(`"file":` + quoted(inPEM)), `tenant "acme": guard: file `},
		{scim(`"policies":`+`{`+a+`},"guard":{"file":`+wasm+`},`, ``), ``}, // the guard is the operator's own
		{policy(`"file":` + described + `,"settings":{"domain":"acme.example"}`), ``},
		{policy(`"file":` + described + `,"settings":{"domian":"acme.example"}`), `tenant "acme": policy: file `},
		{policy(`"initial":` + described + `,"settings":{"domain":1}`), `settings.domain: `},
		{guard(`"file":` + described + `,"settings":{"domains":["a",2]}`), `settings.domains.1: `},
		{scim(``, `,"seats":-1`), `tenant "acme": seats: -1 is negative`},
		{scim(``, `,"hold_expiry":-1`), `tenant "acme": hold_expiry: -1ns is negative`},
	} {
		err := validate(t, []byte(`{"apps":{"scim":`+c.scim+`}}`))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.scim, err, c.want)
		}
	}
}
