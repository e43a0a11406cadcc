package caddymodule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

// adminFlags adds the flags that say which Caddy is meant.
func adminFlags(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.String("address", "", `Admin endpoint of the running Caddy, such as localhost:2019 or unix//run/caddy/admin.sock`)
	flags.StringP("config", "c", "", "Configuration of the running Caddy, to take the address from")
	flags.StringP("adapter", "a", "", "Name of config adapter to apply to it (default caddyfile for a Caddyfile)")
	flags.String("tenant", "", "Name of the tenant (default the only one)")
	flags.Bool("json", false, "Print JSON in the place of text")
}

// adminClient calls the admin API of the app.
type adminClient struct {
	address string
	json    bool
	given   string // the flags that say which Caddy and tenant is meant, to be repeated in what is recommended
	out     io.Writer
	notes   io.Writer // what is said to a person beside the result
}

func newAdminClient(cmd *cobra.Command) (*adminClient, error) {
	flags := caddycmd.Flags{FlagSet: cmd.Flags()}
	caddy.BufferedLog() // or Caddy would tell on standard error that it reads the configuration
	address, err := caddycmd.DetermineAdminAPIAddress(flags.String("address"), nil, flags.String("config"), flags.String("adapter"))
	if err != nil {
		return nil, fmt.Errorf("find the admin endpoint: %w", err)
	}
	return &adminClient{address: address, json: flags.Bool("json"), given: givenFlags(cmd), out: cmd.OutOrStdout(), notes: cmd.ErrOrStderr()}, nil
}

// givenFlags are those flags of adminFlags that were given, as text for a shell, each with a space before it.
func givenFlags(cmd *cobra.Command) string {
	var given strings.Builder
	for _, name := range []string{"address", "config", "adapter", "tenant"} {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			fmt.Fprintf(&given, " --%s %s", name, shellQuote(f.Value.String()))
		}
	}
	return given.String()
}

// onTenant makes a command's function of one that works on a tenant, whose admin path it is given.
func onTenant(run func(cmd *cobra.Command, args []string, c *adminClient, tenant string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		c, err := newAdminClient(cmd)
		if err != nil {
			return err
		}
		tenant, err := c.tenant(caddycmd.Flags{FlagSet: cmd.Flags()}.String("tenant"))
		if err != nil {
			return err
		}
		return run(cmd, args, c, "/scim/tenants/"+url.PathEscape(tenant))
	}
}

// tenant is the one that was named, or else the only one.
func (c *adminClient) tenant(name string) (string, error) {
	if name != "" {
		return name, nil
	}
	var list struct {
		Tenants []tenantView `json:"tenants"`
	}
	if _, err := c.call(http.MethodGet, "/scim/tenants", nil, &list); err != nil {
		return "", err
	}
	names := make([]string, len(list.Tenants))
	for i, t := range list.Tenants {
		names[i] = t.ID
	}
	switch len(names) {
	case 0:
		return "", fmt.Errorf("the Caddy at %s has no tenant in its configuration", c.address)
	case 1:
		return names[0], nil
	}
	return "", fmt.Errorf("there are several tenants; name one of them: --tenant %s", strings.Join(names, "|"))
}

// maxAdminAnswer bounds what is read of an answer, in bytes.
const maxAdminAnswer = 64 << 20

// errTooLong means that an answer is larger than maxAdminAnswer.
var errTooLong = fmt.Errorf("the answer is larger than %d MiB", maxAdminAnswer>>20)

// call sends a request and decodes the answer into answer, if that is not nil. It returns the answer's text.
func (c *adminClient) call(method, path string, body, answer any) (json.RawMessage, error) {
	resp, err := c.send(method, path, body)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := c.readAll(resp.Body)
	if err != nil {
		return nil, err
	}
	data = bytes.TrimSpace(data)
	if answer != nil {
		if err := json.Unmarshal(data, answer); err != nil {
			return nil, fmt.Errorf("the answer of %s makes no sense: %w", c.address, err)
		}
	}
	return data, nil
}

// fetch returns what is at a path, byte for byte.
func (c *adminClient) fetch(path string) ([]byte, error) {
	resp, err := c.send(http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	return c.readAll(resp.Body)
}

// send sends a request. The caller reads and closes the body of the answer, which is one of success.
func (c *adminClient) send(method, path string, body any) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(data)
	}
	resp, err := caddycmd.AdminAPIRequest(c.address, method, path, nil, reader)
	if err != nil {
		return nil, c.explain(err)
	}
	return resp, nil
}

func (c *adminClient) readAll(body io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxAdminAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the answer of %s: %w", c.address, err)
	case len(data) > maxAdminAnswer:
		return nil, errTooLong
	}
	return data, nil
}

// explain turns an error of Caddy's client into what a person can act on.
func (c *adminClient) explain(err error) error {
	text := err.Error()
	if said, ok := strings.CutPrefix(text, "caddy responded with error: HTTP "); ok {
		status, body, _ := strings.Cut(said, ": ")
		var answer struct {
			Error string `json:"error"`
		}
		switch {
		case json.Unmarshal([]byte(body), &answer) == nil && answer.Error != "":
			return errors.New(printable(answer.Error))
		case status == "404":
			return fmt.Errorf("the Caddy at %s does not know SCIM; it is built without caddy-scim", c.address)
		}
		return fmt.Errorf("the Caddy at %s answers %s", c.address, printable(said))
	}
	if said, ok := strings.CutPrefix(text, "performing request: "); ok {
		if i := strings.Index(said, ": "); strings.HasPrefix(said, "Get ") || strings.HasPrefix(said, "Post ") || strings.HasPrefix(said, "Delete ") {
			if j := strings.Index(said, `": `); j >= 0 {
				i = j + 1
			}
			said = said[i+2:]
		}
		return fmt.Errorf("no Caddy answers at its admin endpoint %s (%s); is it running? --address or --config says where it is", c.address, said)
	}
	return err
}

// print writes JSON and reports whether it was asked for.
func (c *adminClient) print(answer json.RawMessage) bool {
	if c.json {
		fmt.Fprintf(c.out, "%s\n", printableJSON(answer))
	}
	return c.json
}
