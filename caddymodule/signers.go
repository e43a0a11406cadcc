package caddymodule

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// signatureSuffix is what the file with a module's signature has behind the module's name.
const signatureSuffix = ".sig"

// parseSigners reads public keys as the options signer have them.
func parseSigners(list []string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for i, raw := range list {
		value, err := secret(raw)
		if err != nil {
			return nil, fmt.Errorf("signers: key %d: %w", i+1, err)
		}
		key, err := parsePublicKey(value)
		if err != nil {
			return nil, fmt.Errorf("signers: key %d: %w", i+1, err)
		}
		if slices.ContainsFunc(keys, func(other ed25519.PublicKey) bool { return other.Equal(key) }) {
			return nil, fmt.Errorf("signers: key %d is there twice", i+1)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// parsePublicKey reads an Ed25519 public key: 32 bytes in base64, or PEM (SubjectPublicKeyInfo).
func parsePublicKey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	if block, _ := pem.Decode([]byte(text)); block != nil {
		if block.Type != "PUBLIC KEY" {
			return nil, fmt.Errorf("the PEM holds a %.40q, want a PUBLIC KEY", block.Type)
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("not a public key: %w", err)
		}
		key, ok := parsed.(ed25519.PublicKey)
		if !ok {
			return nil, fmt.Errorf("a %T, want an Ed25519 public key", parsed)
		}
		return key, nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("want an Ed25519 public key: %d bytes in base64, as `caddy scim policy keygen` prints it, or PEM", ed25519.PublicKeySize)
	}
	return key, nil
}

// parsePrivateKey reads an Ed25519 private key in PEM (PKCS #8), as keygen and openssl write it.
func parsePrivateKey(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("want an Ed25519 private key in PEM, as `caddy scim policy keygen` writes it")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the PEM holds no private key that can be read") // the error might quote it
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a %T, want an Ed25519 private key", parsed)
	}
	return key, nil
}

// readSignature reads the signature of the module at path.
//
// # Errors
//
// One that wraps fs.ErrNotExist where there is no file.
func readSignature(path string) ([]byte, error) {
	f, err := os.Open(path + signatureSuffix)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return nil, err
	}
	signature, err := parseSignature(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path+signatureSuffix, err)
	}
	return signature, nil
}

// parseSignature reads an Ed25519 signature: 64 bytes, or those in base64.
func parseSignature(raw []byte) ([]byte, error) {
	if len(raw) == ed25519.SignatureSize {
		return raw, nil
	}
	signature, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(raw)))
	if err != nil || len(signature) != ed25519.SignatureSize {
		return nil, fmt.Errorf("not an Ed25519 signature: want %d bytes, or those in base64", ed25519.SignatureSize)
	}
	return signature, nil
}

// checkSignature says what is wrong with the signature of the module at path, where it needs one.
func checkSignature(path string, wasm []byte, signers []ed25519.PublicKey) (signature []byte, err error) {
	if len(signers) == 0 {
		return nil, nil
	}
	if signature, err = readSignature(path); err != nil {
		return nil, fmt.Errorf("it has to be signed by one of the signers: %w", err)
	}
	for _, key := range signers {
		if ed25519.Verify(key, wasm, signature) {
			return signature, nil
		}
	}
	return nil, fmt.Errorf("the signature in %s is by none of the signers, or of another module", path+signatureSuffix)
}
