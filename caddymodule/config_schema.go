package caddymodule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// Schema is an extension of the tenant's own: further attributes for its users or groups. No other tenant sees it.
type Schema struct {
	// Resource is whose attributes they are: `User` or `Group`. Required.
	Resource string `json:"resource,omitempty"`

	// File is a SCIM schema document in JSON (RFC 7643 section 7), at most 256 KiB and 500 attributes. Its id is a URN of
	// your own. A relative path starts at the working directory. Required. {env.*} and {file.*} are replaced.
	File string `json:"file,omitempty"`

	// Required makes the extension one that every resource must have. Default: false.
	Required bool `json:"required,omitempty"`

	// Revision is any text. Caddy takes a reload of the same configuration for no change and does nothing; a file that
	// has changed is read by a reload whose Revision has changed too. The Caddyfile sets it to the file's SHA-256.
	// Default: none.
	Revision string `json:"revision,omitempty"`
}

// resourceTypes are those that can be extended.
var resourceTypes = []string{"User", "Group"}

// registry makes the tenant's resource types, nil where they are the standard ones.
func registry(declared []*Schema) (*schema.Registry, error) {
	if len(declared) == 0 {
		return nil, nil //nolint:nilnil // the standard ones
	}
	type document struct {
		data   []byte
		schema *schema.Schema
	}
	var known []document
	more := map[string][]schema.Extension{}
	for i, cfg := range declared {
		if cfg == nil {
			cfg = new(Schema)
		}
		name := fmt.Sprintf("schema %d", i+1)
		if cfg.File == "" {
			return nil, fmt.Errorf("%s: file: missing", name)
		}
		path, err := replace(cfg.File)
		if err != nil {
			return nil, fmt.Errorf("%s: file: %w", name, err)
		}
		name = "schema " + path
		resource := ""
		for _, typ := range resourceTypes {
			if strings.EqualFold(typ, cfg.Resource) {
				resource = typ
			}
		}
		if resource == "" {
			return nil, fmt.Errorf("%s: resource: %.80q is none of %s", name, cfg.Resource, strings.Join(resourceTypes, ", "))
		}
		data, err := readSchema(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		// One document can extend both users and groups, and is one schema then.
		var s *schema.Schema
		for _, d := range known {
			if bytes.Equal(d.data, data) {
				s = d.schema
			}
		}
		if s == nil {
			if s, err = schema.ParseExtension(data); err != nil {
				return nil, fmt.Errorf("%s: %s", name, ofFile(err))
			}
			known = append(known, document{data, s})
		}
		more[resource] = append(more[resource], schema.Extension{Schema: s, Required: cfg.Required})
		if _, err := schema.Standard().Extend(more); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return schema.Standard().Extend(more)
}

// ofFile is what is wrong with a document in the words for a file. The decoder speaks of requests: "The body is …".
func ofFile(err error) string {
	text := strings.TrimPrefix(err.Error(), "schema: ")
	if rest, ok := strings.CutPrefix(text, "The body "); ok {
		return "the file " + rest
	}
	return text
}

func readSchema(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, schema.MaxDocument+1))
	if err == nil && len(bytes.TrimSpace(data)) == 0 {
		err = errors.New("the file is empty; want a schema document in JSON")
	}
	return data, err
}
