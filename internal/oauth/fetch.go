package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// fetchTimeout bounds a fetch of an issuer's metadata and keys, all requests together.
	fetchTimeout = 10 * time.Second
	// maxDocument bounds what is read of one answer, in bytes.
	maxDocument = 512 << 10
	// maxRedirects bounds how often one request is sent on.
	maxRedirects = 3
)

// newClient returns a client that is sent on to no other host. It keeps no connection: there is one fetch in minutes.
func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: fetchTimeout / 2}).DialContext,
			TLSHandshakeTimeout:    fetchTimeout / 2,
			ResponseHeaderTimeout:  fetchTimeout / 2,
			MaxResponseHeaderBytes: 64 << 10,
			DisableKeepAlives:      true,
			ForceAttemptHTTP2:      true,
		}
	}
	return &http.Client{Transport: transport, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		switch first := via[0].URL; {
		case len(via) > maxRedirects:
			return errors.New("it sends on too often")
		case req.URL.Scheme != first.Scheme || req.URL.Host != first.Host:
			return errors.New("it sends on to another host")
		}
		return nil
	}}
}

// fetch returns the issuer's keys as they are now.
func (s *source) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	from := s.jwks
	if from == "" {
		var err error
		if from, err = s.discover(ctx); err != nil {
			return nil, err
		}
	}
	var doc struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := s.get(ctx, from, &doc); err != nil {
		return nil, fmt.Errorf("the keys: %w", err)
	}
	var keys []jose.JSONWebKey
	for _, raw := range doc.Keys[:min(len(doc.Keys), maxKeys)] {
		var key jose.JSONWebKey
		// RFC 7517 section 5: what is not understood is left out. A key that is no secret any more, or one for all to
		// know that should be one, signs nothing.
		if key.UnmarshalJSON(raw) != nil || !key.Valid() || !key.IsPublic() || (key.Use != "" && key.Use != "sig") {
			continue
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("the keys: none that a signature could be checked with")
	}
	return keys, nil
}

// discover asks the issuer's metadata where the keys are: RFC 8414 section 3, then OpenID Connect Discovery section 4.
func (s *source) discover(ctx context.Context) (string, error) {
	u, err := checkURL(s.issuer)
	if err != nil {
		return "", err
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	root := u.Scheme + "://" + u.Host
	var errs []error
	for _, at := range []string{
		root + "/.well-known/oauth-authorization-server" + path,
		root + path + "/.well-known/openid-configuration",
	} {
		var doc struct {
			Issuer string `json:"issuer"`
			JWKS   string `json:"jwks_uri"`
		}
		if err := s.get(ctx, at, &doc); err != nil {
			errs = append(errs, fmt.Errorf("the metadata: %w", err))
			continue
		}
		if doc.Issuer != s.issuer {
			// RFC 8414 section 3.3: then nothing of it may be used.
			return "", fmt.Errorf("the metadata at %s is that of another issuer, %.200q", at, doc.Issuer)
		}
		to, err := checkURL(doc.JWKS)
		if err != nil {
			return "", fmt.Errorf("the metadata's jwks_uri: %w", err)
		}
		if to.Scheme != u.Scheme && to.Scheme != "https" {
			return "", errors.New("the metadata's jwks_uri: not an https URL")
		}
		return doc.JWKS, nil
	}
	return "", errors.Join(errs...)
}

// get reads a JSON document within its bound.
func (s *source) get(ctx context.Context, from string, to any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json, application/jwk-set+json")
	req.Header.Set("User-Agent", "caddy-scim")
	resp, err := s.owner.client.Do(req)
	if err != nil {
		var fault *url.Error
		if errors.As(err, &fault) {
			err = fault.Err
		}
		return fmt.Errorf("get %s: %w", from, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: answered %d", from, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	switch {
	case err != nil:
		return fmt.Errorf("get %s: %w", from, err)
	case len(body) > maxDocument:
		return fmt.Errorf("get %s: answered more than %d bytes", from, maxDocument)
	}
	if err := json.Unmarshal(body, to); err != nil {
		return fmt.Errorf("get %s: not the JSON that was expected: %w", from, err)
	}
	return nil
}
