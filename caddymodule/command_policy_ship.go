package caddymodule

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/caddy-scim/caddy-scim/plugins/golden"
)

func policyBundleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bundle <file> --cases <cases.json> --output <file> [--json]",
		Short: "Puts golden cases into a module, to be run at every upload",
		Long: `
Writes a module that brings golden cases along, in the place of those that it had. They
are run whenever it is uploaded, and it is refused where one fails. They must pass now.
The module's version changes with that, so bundling comes before signing.`,
		Example: "  $ caddy scim policy bundle contractors.wasm --cases cases.json --output release.wasm",
		Args:    exactly(1, "the file of a policy"),
	}
	var flags policyFlags
	flags.add(cmd)
	cases := cmd.Flags().String("cases", "", "File with the cases; required")
	output := cmd.Flags().StringP("output", "o", "", "File to write; required")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case *cases == "":
			return errors.New("--cases is missing; it is the file with the golden cases")
		case *output == "":
			return errors.New("--output is missing; it is the file to write")
		}
		raw, err := os.ReadFile(*cases)
		if err != nil {
			return fmt.Errorf("--cases: %w", err)
		}
		policy, err := flags.load(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		defer policy.close()
		bundled, err := golden.Bundle(policy.wasm, raw)
		if err != nil {
			return err
		}
		policy.wasm = bundled
		check, err := checkPolicy(cmd.Context(), *output, policy)
		if err != nil {
			return err
		}
		check.Version = moduleVersion(bundled)
		if err := check.Cases.Err(); err != nil {
			return err
		}
		if err := os.WriteFile(*output, bundled, 0o644); err != nil { //nolint:gosec // it is to be passed on
			return err
		}
		if flags.json {
			return printJSON(cmd, check)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "Wrote %s with %d cases, all of which pass. Its version is %s.\n", printable(*output), check.Cases.Passed, check.Version)
		return nil
	}
	return cmd
}

func policyKeygenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keygen --output <key.pem> [--json]",
		Short: "Makes a key to sign policies with",
		Long: `
Makes an Ed25519 key. The private key is written to a file that does not exist yet, for
its owner alone, in PEM (PKCS #8). The public key, for the option signer, is alone on
standard output.`,
		Example: "  $ caddy scim policy keygen --output signing.pem",
		Args:    exactly(0, ""),
	}
	output := cmd.Flags().StringP("output", "o", "", "File to write the private key to; required")
	asJSON := cmd.Flags().Bool("json", false, "Print JSON in the place of text")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *output == "" {
			return errors.New("--output is missing; it is the file to write the private key to")
		}
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(*output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("--output: %w", err)
		}
		if err := errors.Join(pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), f.Close()); err != nil {
			return fmt.Errorf("--output: %w", err)
		}
		key := base64.StdEncoding.EncodeToString(public)
		if *asJSON {
			return printJSON(cmd, map[string]string{"public_key": key, "file": *output})
		}
		fmt.Fprintln(cmd.OutOrStdout(), key)
		fmt.Fprintf(cmd.ErrOrStderr(), "The private key is in %s. The line above is the public one, for: signer %s\n", printable(*output), key)
		return nil
	}
	return cmd
}

func policySignCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sign <file> --key <key.pem> [--output <file>] [--json]",
		Short: "Signs a module",
		Long: `
Signs a module with an Ed25519 key in PEM, as keygen and openssl make them, and writes
the signature, 64 bytes, to the file with .sig behind the module's name. That is where
push and the configuration look for it.`,
		Example: "  $ caddy scim policy sign contractors.wasm --key signing.pem",
		Args:    exactly(1, "the file of a policy"),
	}
	keyFile := cmd.Flags().String("key", "", "File with the private key; required")
	output := cmd.Flags().StringP("output", "o", "", "File to write (default <file>.sig)")
	asJSON := cmd.Flags().Bool("json", false, "Print JSON in the place of text")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *keyFile == "" {
			return errors.New("--key is missing; it is the file with the private key, as keygen writes it")
		}
		text, err := os.ReadFile(*keyFile)
		if err != nil {
			return fmt.Errorf("--key: %w", err)
		}
		key, err := parsePrivateKey(text)
		if err != nil {
			return fmt.Errorf("--key: %w", err)
		}
		wasm, err := readPolicyFile(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		to := or(*output, args[0]+signatureSuffix)
		if err := os.WriteFile(to, ed25519.Sign(key, wasm), 0o644); err != nil { //nolint:gosec // it is to be passed on
			return err
		}
		public, _ := key.Public().(ed25519.PublicKey)
		signed := map[string]string{"file": to, "version": moduleVersion(wasm), "public_key": base64.StdEncoding.EncodeToString(public)}
		if *asJSON {
			return printJSON(cmd, signed)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "Wrote %s, the signature of version %s by %s.\n", printable(to), shortVersion(signed["version"]), signed["public_key"])
		return nil
	}
	return cmd
}
