package tck_test

import (
	"path/filepath"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/tck"
)

func TestGo(t *testing.T) {
	t.Parallel()
	tck.Run(t, tck.BuildGo(t, filepath.Join("guests", "go")))
}
