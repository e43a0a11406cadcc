package caddymodule

import (
	_ "embed"
	"encoding/json"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"text/template"

	"github.com/caddy-scim/caddy-scim/internal/simulate"
)

// demoLine is what --json prints. Tests and scripts of others rely on it: fields may come, but none goes.
type demoLine struct {
	SCIMURL    string `json:"scim_url"`
	SCIMToken  string `json:"scim_token"`
	ConsoleURL string `json:"console_url"` // empty: there is no console
	ConsoleKey string `json:"console_key"` // empty
	LegacyURL  string `json:"legacy_url"`
	DataDir    string `json:"data_dir"`
}

//go:embed demo.txt
var demoText string

// announce says that everything is ready, for a program or a person.
func (d *demo) announce(out io.Writer) error {
	if d.opts.json {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return enc.Encode(demoLine{SCIMURL: d.scimURL, SCIMToken: d.token, LegacyURL: d.legacy, DataDir: d.dir})
	}
	t, err := template.New("demo").Funcs(templateFuncs).Parse(demoText)
	if err != nil {
		return err
	}
	return t.Execute(out, map[string]any{
		"SCIM": d.scimURL, "Token": d.token, "Legacy": d.legacy, "Dir": d.dir, "Kept": d.opts.data != "",
		"Admin": d.admin, "Policy": d.opts.policy, "Domain": demoDomain, "Self": self(), "IdPs": simulate.IDPs(),
		"PolicyFile": filepath.Join(d.dir, demoPolicyFile),
		"Exposed":    d.exposed(),
	})
}

// exposed reports whether other machines may reach the demo.
func (d *demo) exposed() bool {
	u, err := url.Parse(d.scimURL)
	if err != nil {
		return true
	}
	host, _, err := net.SplitHostPort(d.opts.listen)
	if err != nil || host == "" {
		return true
	}
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsLoopback()
	}
	ip := net.ParseIP(u.Hostname())
	return ip == nil || !ip.IsLoopback()
}
