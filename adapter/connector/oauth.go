package connector

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// The ways in which a client tells a token endpoint who it is, RFC 6749 section 2.3.1.
const (
	AuthStyleHeader = "header" // HTTP Basic
	AuthStyleParams = "params" // client_id and client_secret in the body
)

// OAuth fetches the bearer token from a token endpoint by the grant client_credentials, RFC 6749 section 4.4. A token is
// fetched before the one in use expires, and once when the application answers 401. It never prints its secret.
type OAuth struct {
	// TokenURL is the token endpoint, http or https. It is dialled as the application is, under Config.Guard, by the same
	// transport. No redirect of it is followed.
	TokenURL string
	// ClientID and ClientSecret are the client's.
	ClientID, ClientSecret string
	// Scopes are asked for, if there are any; and Audience, if it is not empty.
	Scopes   []string
	Audience string
	// AuthStyle is AuthStyleHeader or AuthStyleParams; the former if empty.
	AuthStyle string
}

// String implements fmt.Stringer, without the secret.
func (o *OAuth) String() string { return "oauth(" + redactURL(o.TokenURL) + ")" }

// GoString implements fmt.GoStringer, without the secret.
func (o *OAuth) GoString() string { return o.String() }

// LogValue implements slog.LogValuer, without the secret.
func (o *OAuth) LogValue() slog.Value { return slog.StringValue(o.String()) }

const (
	// maxTokenAnswer bounds a token endpoint's answer, and maxToken a token, in bytes.
	maxTokenAnswer = 64 << 10
	maxToken       = 16 << 10
	// freshToken is how long after it was fetched a token is not fetched anew because the application does not take it:
	// what is wrong is something else then.
	freshToken = 10 * time.Second
	// A token endpoint that fails is left alone for a while, the longer the more often it has failed.
	tokenPauseMin, tokenPauseMax = time.Second, time.Minute
)

func (o *OAuth) check() error {
	const at = "auth.oauth."
	u, err := url.Parse(o.TokenURL)
	switch {
	case err != nil:
		return configErrorf(at+"token_url", "is not a URL") // err would repeat it
	case u.Scheme != "http" && u.Scheme != "https", u.Opaque != "", u.Hostname() == "":
		return configErrorf(at+"token_url", "is not a http or https URL with a host")
	case u.User != nil || u.Fragment != "":
		return configErrorf(at+"token_url", "has a user or a fragment")
	case o.ClientID == "":
		return configErrorf(at+"client_id", "is missing")
	case o.ClientSecret == "":
		return configErrorf(at+"client_secret", "is missing")
	case o.AuthStyle != "" && o.AuthStyle != AuthStyleHeader && o.AuthStyle != AuthStyleParams:
		return configErrorf(at+"auth_style", "is %q, want %s or %s", o.AuthStyle, AuthStyleHeader, AuthStyleParams)
	}
	for _, scope := range o.Scopes {
		if scope == "" || strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r >= 0x7f }) {
			return configErrorf(at+"scope", "%q is no scope", abi.CleanText(scope, 80))
		}
	}
	return nil
}

// TokenError says that no token could be had. Nothing has been sent to the application.
type TokenError struct {
	Detail string // one line for people, without addresses and secrets
	Err    error  // the error under it, for the operator; nil where the endpoint has answered
}

// Error implements error.
func (e *TokenError) Error() string { return e.Detail }

// Unwrap returns the error under it.
func (e *TokenError) Unwrap() error { return e.Err }

// authorized is a transport that sends a bearer token along.
type authorized struct {
	next http.RoundTripper
	src  *tokens
}

// RoundTrip implements http.RoundTripper. The request is the connector's own, so that it may be changed.
func (a *authorized) RoundTrip(req *http.Request) (*http.Response, error) {
	first, err := a.src.token(req.Context(), "")
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+first)
	resp, err := a.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	// The application has not even looked at the request, so that to send it again does nothing twice.
	second, err := a.src.token(req.Context(), first)
	if err != nil || second == first {
		return resp, nil //nolint:nilerr // the application's answer says what is wrong
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return resp, nil //nolint:nilerr // as above
		}
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxTokenAnswer)) // so that the connection can be used again
	resp.Body.Close()
	again.Header.Set("Authorization", "Bearer "+second)
	return a.next.RoundTrip(again)
}

// tokens has the token of the moment. It is safe for concurrent use, and fetches one at a time.
type tokens struct {
	conf    clientcredentials.Config
	client  *http.Client
	now     func() time.Time
	timeout time.Duration

	mu       sync.Mutex
	value    string
	fetched  time.Time
	renew    time.Time // when another is to be fetched; zero for never
	expires  time.Time // zero for never
	fetching chan struct{}
	failed   *TokenError // of the last try
	failures int
	resting  time.Time // no other try before
}

func newTokens(o *OAuth, rt http.RoundTripper, now func() time.Time, timeout time.Duration) *tokens {
	t := &tokens{now: now, timeout: timeout, conf: clientcredentials.Config{
		ClientID: o.ClientID, ClientSecret: o.ClientSecret, TokenURL: o.TokenURL, Scopes: o.Scopes, AuthStyle: oauth2.AuthStyleInHeader,
	}}
	if o.AuthStyle == AuthStyleParams {
		t.conf.AuthStyle = oauth2.AuthStyleInParams
	}
	if o.Audience != "" {
		t.conf.EndpointParams = url.Values{"audience": {o.Audience}}
	}
	t.client = &http.Client{
		Transport:     boundedTransport{rt},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return t
}

// boundedTransport bounds the bodies of answers.
type boundedTransport struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b boundedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req.Header.Set("User-Agent", "caddy-scim")
	req.Header.Set("Accept", "application/json")
	resp, err := b.next.RoundTrip(req)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxTokenAnswer)
	}
	return resp, err
}

// token returns the token to use; another one than not, if one can be had, where that is not empty.
//
// # Errors
//
// A *TokenError.
func (t *tokens) token(ctx context.Context, not string) (string, error) {
	asked := false
	for {
		t.mu.Lock()
		now := t.now()
		valid := t.value != "" && (t.expires.IsZero() || now.Before(t.expires))
		stale := t.value == not && not != "" && !now.Before(t.fetched.Add(freshToken))
		due := !valid || stale || !t.renew.IsZero() && !now.Before(t.renew)
		switch {
		case !due, valid && (asked || now.Before(t.resting)):
			defer t.mu.Unlock()
			return t.value, nil
		case t.failed != nil && (asked || now.Before(t.resting)):
			defer t.mu.Unlock()
			return "", t.failed
		}
		wait := t.fetching
		if wait == nil {
			wait = make(chan struct{})
			t.fetching = wait
			// Others wait for it as well, so that it does not end with the request that began it; nor is what it does on
			// the network that request's.
			go t.fetch(wait) //nolint:gosec // as just said
		}
		t.mu.Unlock()
		select {
		case <-wait:
			asked = true
		case <-ctx.Done():
			return "", &TokenError{Detail: "the token endpoint did not answer in time", Err: ctx.Err()}
		}
	}
}

// fetch asks the token endpoint and writes down what it says.
func (t *tokens) fetch(done chan struct{}) {
	defer close(done)
	ctx, cancel := context.WithTimeout(context.Background(), t.timeout)
	defer cancel()
	began := time.Now()
	got, err := t.conf.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	var lifetime time.Duration
	if err == nil {
		err = checkToken(got)
		if !got.Expiry.IsZero() {
			lifetime = max(got.Expiry.Sub(began), time.Second)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fetching = nil
	now := t.now()
	if err != nil {
		t.failures++
		t.failed = tokenError(ctx, err)
		t.resting = now.Add(min(tokenPauseMin<<min(t.failures-1, 10), tokenPauseMax))
		return
	}
	t.value, t.fetched, t.failed, t.failures, t.resting = got.AccessToken, now, nil, 0, time.Time{}
	t.renew, t.expires = time.Time{}, time.Time{}
	if lifetime > 0 {
		t.expires = now.Add(lifetime)
		t.renew = t.expires.Add(-min(time.Minute, lifetime/4))
	}
}

// checkToken makes sure that a token is a bearer token that can stand in a header.
func checkToken(got *oauth2.Token) error {
	switch {
	case !strings.EqualFold(got.Type(), "bearer"):
		return &TokenError{Detail: "the token endpoint gave a token that is no bearer token"}
	case len(got.AccessToken) > maxToken || strings.ContainsFunc(got.AccessToken, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return &TokenError{Detail: "the token endpoint gave a token that cannot be sent"}
	}
	return nil
}

// tokenError says why there is no token. What the endpoint has answered may hold anything, the secret among it.
func tokenError(ctx context.Context, err error) *TokenError {
	var known *TokenError
	var answer *oauth2.RetrieveError
	var failed *url.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &answer):
		detail := "the token endpoint answered " + strconv.Itoa(answer.Response.StatusCode)
		if code := answer.ErrorCode; knownTokenErrors[code] {
			detail += " (" + code + ")"
		}
		return &TokenError{Detail: detail}
	case errors.As(err, &failed):
		return &TokenError{Detail: strings.Replace(explain(ctx, failed.Err), "the application", "the token endpoint", 1), Err: failed.Err}
	}
	return &TokenError{Detail: "the token endpoint gave no usable answer"}
}

// knownTokenErrors are the codes of RFC 6749 section 5.2.
var knownTokenErrors = map[string]bool{
	"invalid_request": true, "invalid_client": true, "invalid_grant": true, "unauthorized_client": true,
	"unsupported_grant_type": true, "invalid_scope": true,
}

var (
	_ http.RoundTripper = (*authorized)(nil)
	_ error             = (*TokenError)(nil)
)
