package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/caddy-scim/caddy-scim/internal/token"
)

// keepToken returns the demo's token: the one in the file, as long as it is good, or a new one that the file then has.
func keepToken(ctx context.Context, tokens *token.Service, file string) (string, error) {
	kept, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if secret := strings.TrimSpace(string(kept)); secret != "" {
		who, err := tokens.Authenticate(ctx, secret)
		if err == nil && who.Tenant == demoTenant && who.Connection == demoConnection {
			return secret, nil
		}
	}
	secret, _, err := tokens.Create(ctx, token.CreateRequest{Tenant: demoTenant, Connection: demoConnection, Name: "demo"})
	if err != nil {
		return "", err
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err // else its mode would stay what it is
	}
	if err := os.WriteFile(file, []byte(string(secret)+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep the token: %w", err)
	}
	return string(secret), nil
}
