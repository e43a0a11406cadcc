package webhook_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/dial"
	"github.com/caddy-scim/caddy-scim/internal/webhook"
)

var key = []byte("a secret of 32 bytes, as it goes")

func secret() string { return "whsec_" + base64.StdEncoding.EncodeToString(key) }

func sender(t *testing.T, url string, change ...func(*webhook.Config)) *webhook.Sender {
	t.Helper()
	cfg := webhook.Config{URL: url, Secrets: []string{secret()}, Clock: func() time.Time { return time.Unix(1_760_000_000, 0) }}
	for _, fn := range change {
		fn(&cfg)
	}
	s, err := webhook.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// The signature is what openssl makes of the same, which knows nothing of this package.
func TestSignatureByOpenSSL(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl on this machine")
	}
	const body = `{"type":"webhook.test"}`
	var header http.Header
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { header = r.Header }))
	defer srv.Close()
	if got := sender(t, srv.URL).Send(t.Context(), "id-1", []byte(body)); !got.Taken || got.Err != nil {
		t.Fatalf("it came to %+v", got)
	}
	cmd := exec.CommandContext(t.Context(), openssl, "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(key), "-binary")
	cmd.Stdin = strings.NewReader("id-1.1760000000." + body)
	sum, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := header.Get("webhook-signature"), "v1,"+base64.StdEncoding.EncodeToString(sum); got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
	if header.Get("webhook-id") != "id-1" || header.Get("webhook-timestamp") != "1760000000" || header.Get("Content-Type") != "application/json" {
		t.Errorf("the header is %v", header)
	}
}

func TestTwoSecretsSignAtOnce(t *testing.T) {
	t.Parallel()
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = strings.Fields(r.Header.Get("webhook-signature"))
	}))
	defer srv.Close()
	other := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 24)))
	sender(t, srv.URL, func(c *webhook.Config) { c.Secrets = append(c.Secrets, other) }).Send(t.Context(), "id", nil)
	if len(got) != 2 || got[0] == got[1] {
		t.Errorf("the signatures are %v", got)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status          int
		taken, unwanted bool
	}{
		{200, true, false}, {202, true, false}, {299, true, false}, {302, false, false}, {400, false, true}, {401, false, false},
		{404, false, false}, {410, false, false}, {413, false, true}, {422, false, true}, {429, false, false}, {500, false, false}, {503, false, false},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(test.status)
		}))
		got := sender(t, srv.URL).Send(t.Context(), "id", nil)
		if got.Taken != test.taken || got.Unwanted != test.unwanted || got.Status != test.status || got.RetryAfter != 7*time.Second {
			t.Errorf("%d came to %+v", test.status, got)
		}
		srv.Close()
	}
}

// A receiver that answers without end is left after a bound.
func TestAnswerIsBounded(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("x", 64<<10)); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	if got := sender(t, srv.URL).Send(t.Context(), "id", nil); !got.Taken {
		t.Errorf("it came to %+v", got)
	}
}

// What a name leads to is looked at when it is dialled: here to where clouds have their metadata services.
func TestMetadataServiceIsNotDialled(t *testing.T) {
	t.Parallel()
	s := sender(t, "http://[::ffff:169.254.169.254%25x]:80", func(c *webhook.Config) { c.Plain = true })
	if got := s.Send(t.Context(), "id", nil); got.Taken || !errors.Is(got.Err, dial.ErrRefused) {
		t.Errorf("it came to %+v", got)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	const hidden = "hidden-part-of-the-url"
	for name, test := range map[string]struct {
		change func(*webhook.Config)
		want   string
	}{
		"no URL":               {func(c *webhook.Config) { c.URL = "" }, "url: "},
		"another scheme":       {func(c *webhook.Config) { c.URL = "ftp://ops.example/" + hidden }, "url: "},
		"a user":               {func(c *webhook.Config) { c.URL = "https://me:" + hidden + "@ops.example" }, "url: "},
		"http":                 {func(c *webhook.Config) { c.URL = "http://ops.example/" + hidden }, "url: http is for this machine"},
		"no secret":            {func(c *webhook.Config) { c.Secrets = nil }, "secret: "},
		"too many secrets":     {func(c *webhook.Config) { c.Secrets = []string{secret(), secret(), secret(), secret(), secret()} }, "secret: "},
		"no prefix":            {func(c *webhook.Config) { c.Secrets = []string{hidden} }, "secret 1: "},
		"no base64":            {func(c *webhook.Config) { c.Secrets = []string{"whsec_" + hidden} }, "secret 1: "},
		"a short secret":       {func(c *webhook.Config) { c.Secrets = []string{"whsec_c2hvcnQ="} }, "secret 1: it has 5 bytes"},
		"a header of our own":  {func(c *webhook.Config) { c.Header = http.Header{"Webhook-Id": {"x"}} }, "header: "},
		"no header":            {func(c *webhook.Config) { c.Header = http.Header{"a b": {"x"}} }, "header: "},
		"a header with a line": {func(c *webhook.Config) { c.Header = http.Header{"A": {hidden + "\r\nB: c"}} }, "header: "},
		"a negative timeout":   {func(c *webhook.Config) { c.Timeout = -1 }, "timeout: "},
	} {
		cfg := webhook.Config{URL: "https://ops.example/" + hidden, Secrets: []string{secret()}}
		test.change(&cfg)
		_, err := webhook.New(cfg)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), hidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, url := range []string{"http://localhost:9/x", "http://127.0.0.1:9", "http://[::1]:9", "https://ops.example"} {
		if _, err := webhook.New(webhook.Config{URL: url, Secrets: []string{secret()}}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestErrorsHoldNoURL(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	got := sender(t, srv.URL+"/hidden").Send(t.Context(), "id", nil)
	if got.Err == nil || got.Taken || strings.Contains(got.Err.Error(), "hidden") {
		t.Errorf("it came to %+v", got)
	}
}
