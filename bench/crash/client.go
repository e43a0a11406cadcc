package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// connectionTimeout bounds one request. A run in which one takes so long has failed.
const connectionTimeout = time.Minute

// client is an identity provider.
type client struct {
	base    string
	dialect string // okta, entra or generic, which is also the connection
	http    *http.Client
}

// newHTTP returns a client that opens a connection for each request: net/http sends some requests again by itself when a
// kept connection turns out to be dead, and nobody could say what came of the first.
func newHTTP() *http.Client {
	return &http.Client{Timeout: connectionTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
}

// reply is an answer.
type reply struct {
	status int
	body   string
}

func (r reply) ok() bool { return r.status/100 == 2 }

func (r reply) get(path string) gjson.Result { return gjson.Get(r.body, path) }

func (r reply) String() string { return fmt.Sprintf("%d %.400s", r.status, r.body) }

// do sends a SCIM request. An error means that nobody knows whether it was carried out.
func (c *client) do(ctx context.Context, method, path, body string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/scim/v2"+path, strings.NewReader(body)) //nolint:gosec // to what the harness has started
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Authorization", "Bearer crash-token-"+c.dialect+"-0123456789")
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	return send(c.http, req)
}

// ask sends any other request.
func ask(ctx context.Context, c *http.Client, method, url, body string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body)) //nolint:gosec // to what the harness has started
	if err != nil {
		return reply{}, err
	}
	return send(c, req)
}

func send(c *http.Client, req *http.Request) (reply, error) {
	resp, err := c.Do(req) //nolint:gosec // as above
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}, err
	}
	return reply{resp.StatusCode, strings.TrimSpace(string(body))}, nil
}
