// Package release reads xcaddy.json, which says of what the release build consists: a version of Caddy and the modules
// built into it.
package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Manifest is the content of xcaddy.json.
type Manifest struct {
	// Caddy is the version of Caddy, such as v2.11.9.
	Caddy string `json:"caddy_version"`
	// Go is the least Go release that builds it, such as 1.26.
	Go string `json:"go"`
	// Modules are what is built in beside Caddy's standard modules.
	Modules []Module `json:"modules"`
}

// Module is one Go module that holds Caddy modules.
type Module struct {
	// Path is the Go module path.
	Path string `json:"module"`
	// Package is the package to import, where that is not the module's root.
	Package string `json:"package,omitempty"`
	// Version is the module's version in the release.
	Version string `json:"version"`
}

// Import returns the path of the package to import.
func (m Module) Import() string {
	if m.Package != "" {
		return m.Package
	}
	return m.Path
}

// Parse reads a manifest. A field that it does not know is an error, and so is one that is missing.
func Parse(data []byte) (*Manifest, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	m := new(Manifest)
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("release: more than one JSON value")
	}
	if m.Caddy == "" || m.Go == "" || len(m.Modules) == 0 {
		return nil, errors.New("release: caddy_version, go and modules are needed")
	}
	for _, mod := range m.Modules {
		if mod.Path == "" || mod.Version == "" {
			return nil, errors.New("release: each module needs module and version")
		}
	}
	return m, nil
}
