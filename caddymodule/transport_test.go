package caddymodule_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddy-scim/caddy-scim/examples/legacyapp"
)

// authority signs certificates for the tests.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.sign("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// sign makes a certificate and leaves it and its key in NAME.pem and NAME.key.
func (a *authority) sign(name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", &pem.Block{Type: "CERTIFICATE", Bytes: der})
	a.write(name+".key", &pem.Block{Type: "EC PRIVATE KEY", Bytes: private})
	return cert, key
}

func (a *authority) write(name string, block *pem.Block) {
	a.t.Helper()
	if err := os.WriteFile(a.file(name), pem.EncodeToMemory(block), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// serve starts a TLS server that wants a client certificate of the authority's.
func (a *authority) serve(handler http.Handler) *httptest.Server {
	a.t.Helper()
	a.sign("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	pair, err := tls.LoadX509KeyPair(a.file("server.pem"), a.file("server.key"))
	if err != nil {
		a.t.Fatal(err)
	}
	clients := x509.NewCertPool()
	clients.AddCert(a.cert)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	server.StartTLS()
	a.t.Cleanup(server.Close)
	return server
}

// behind is the tenant acme, whose application is another server than the example of the harness.
func (s *server) behind(url string, options ...string) string {
	tenant := strings.Replace(s.tenant("acme"), "application "+s.app.URL+" {", "application "+url+" {\n"+strings.Join(options, "\n"), 1)
	return s.caddyfile(s.badger() + strings.Replace(tenant, "delete DELETE", "timeout 5s\ndelete DELETE", 1))
}

// An application that wants a client certificate gets the one of Caddy's own transport, and is believed by its own roots.
func TestTransportWithClientCertificate(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	ca.sign("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	stranger.sign("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	var seen sync.Map
	app := legacyapp.New(legacyapp.Options{Key: appKey})
	server := ca.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.TLS.PeerCertificates[0].Subject.CommonName, true)
		app.ServeHTTP(w, r)
	}))
	transport := func(of, trust *authority) string {
		return fmt.Sprintf("transport http {\n tls_client_auth %s %s\n tls_trust_pool file {\n pem_file %s\n }\n dial_timeout 2s\n}", of.file("client.pem"), of.file("client.key"), trust.file("ca.pem"))
	}
	s := newServer(t)
	s.load(s.behind(server.URL, transport(ca, ca), "addresses 127.0.0.0/8"))
	if resp := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann")); resp.get("id") == "" {
		t.Errorf("%s", resp.body)
	}
	if _, ok := seen.Load("client"); !ok {
		t.Error("the application saw no certificate")
	}
	for name, c := range map[string]struct {
		transport string
		reached   bool
	}{
		"another client certificate":    {transport(stranger, ca), false},
		"the application's is not ours": {transport(ca, stranger), false},
		"no client certificate":         {fmt.Sprintf("transport http {\n tls_trust_pool file {\n pem_file %s\n }\n}", ca.file("ca.pem")), false},
		"pinned elsewhere":              {transport(ca, ca) + "\naddresses 10.0.0.0/8", false},
		"as it was":                     {transport(ca, ca), true},
	} {
		seen.Clear()
		s.load(s.behind(server.URL, c.transport))
		s.load(strings.Replace(s.behind(server.URL, c.transport), "timeout 5s", "timeout 4s", 1)) // the same again, as a reload
		_ = s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user(strings.ReplaceAll(name, " ", "")))
		if _, ok := seen.Load("client"); ok != c.reached {
			t.Errorf("%s: the application was reached: %v", name, ok)
		}
		if c.reached {
			continue
		}
		// What waits would be told when the next configuration is in use.
		s.stop()
		s.data = filepath.Join(t.TempDir(), "data")
	}
}

// Caddy's transport follows no redirect either, and uses no proxy that it is not told of.
func TestTransportGoesNowhereElse(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		t.Setenv(name, other.URL)
	}
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", other.URL+"/latest/meta-data/")
			w.WriteHeader(status)
		}))
		s := newServer(t)
		s.load(s.behind(app.URL, "transport http"))
		s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann")) // accepted, to be told later
		s.stop()
		app.Close()
	}
	// A host that leads nowhere near an application is not dialled, by this transport as little as by the other.
	s := newServer(t)
	s.load(s.behind("http://0251.0376.0251.0376", "transport http"))
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	if elsewhere.Load() != 0 {
		t.Errorf("elsewhere came %d requests", elsewhere.Load())
	}
}

// A proxy that the transport names is used.
func TestTransportWithProxy(t *testing.T) {
	s := newServer(t)
	var asked sync.Map
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.Host, true)
		s.app.Config.Handler.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	s.load(s.behind("http://legacy.example", "transport http {\n network_proxy url "+proxy.URL+"\n}"))
	s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann"))
	if _, ok := asked.Load("legacy.example"); !ok {
		t.Error("the proxy was not asked")
	}
}

func TestTransportsThatDefeatTheGuard(t *testing.T) {
	for name, c := range map[string]struct{ url, transport, more, want string }{
		"HTTP/3":                    {"https://app.example", `{"protocol":"http","versions":["3"],"tls":{}}`, "", "HTTP/3"},
		"the PROXY protocol":        {"http://app.example", `{"protocol":"http","proxy_protocol":"v1"}`, "", "proxy_protocol"},
		"a server name":             {"https://app.example", `{"protocol":"http","tls":{"server_name":"{http.request.host}"}}`, "", "server_name"},
		"TLS where there is none":   {"http://app.example", `{"protocol":"http","tls":{}}`, "", "http"},
		"a proxy beside addresses":  {"http://app.example", `{"protocol":"http","network_proxy":{"from":"url","url":"http://proxy.example"}}`, `,"addresses":["10.0.0.0/8"]`, "addresses"},
		"an old proxy":              {"http://app.example", `{"protocol":"http","forward_proxy_url":"http://proxy.example"}`, `,"addresses":["10.0.0.0/8"]`, "addresses"},
		"a proxy with placeholders": {"http://app.example", `{"protocol":"http","network_proxy":{"from":"url","url":"http://{http.request.host}"}}`, "", "placeholder"},
		"another transport":         {"http://app.example", `{"protocol":"fastcgi"}`, "", "transport"},
		"no transport":              {"http://app.example", `{"protocol":"nonesuch"}`, "", "transport"},
		"no resolver":               {"http://app.example", `{"protocol":"http","resolver":{}}`, "", "resolver"},
		"no certificate":            {"https://app.example", `{"protocol":"http","tls":{"client_certificate_file":"/nonesuch","client_certificate_key_file":"/nonesuch"}}`, "", "transport"},
		"an address that is none":   {"http://app.example", `{"protocol":"http"}`, `,"addresses":["app.example"]`, "addresses"},
		"nothing wrong":             {"https://app.example", `{"protocol":"http","versions":["1.1"],"network_proxy":{"from":"none"},"resolver":{"addresses":["127.0.0.1"]}}`, `,"addresses":["10.0.0.0/8"]`, ""},
	} {
		config := `{"apps":{"scim":{"tenants":{"acme":{"application":{"url":` + quoted(c.url) + `,"transport":` + c.transport + c.more + `,` + routes + `}}}}}}`
		if !json.Valid([]byte(config)) {
			t.Fatalf("%s: %s", name, config)
		}
		err := validate(t, []byte(config))
		if (c.want == "") != (err == nil) || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `tenant "acme"`)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	unverified := `{"apps":{"scim":{"tenants":{"acme":{"passwords":true,"application":{"url":"https://app.example","transport":{"protocol":"http","tls":{"insecure_skip_verify":true}},` + routes + `}}}}}}`
	if err := validate(t, []byte(unverified)); err == nil || !strings.Contains(err.Error(), "passwords") {
		t.Errorf("passwords for whoever answers: %v", err)
	}
}

// The whole of OAuth through Caddy: the application takes tokens of the issuer's alone, and both want TLS.
func TestOAuthThroughCaddy(t *testing.T) {
	t.Setenv("CLIENT_SECRET", "the-client-s-secret")
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, secret, _ := r.BasicAuth(); secret != "the-client-s-secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"bearer","expires_in":300}`, appKey)
	}))
	defer issuer.Close()
	s := newServer(t)
	config := strings.Replace(s.behind(s.app.URL, fmt.Sprintf("auth oauth {\n token_url %s\n client_id scim\n client_secret {env.CLIENT_SECRET}\n}", issuer.URL)), "auth bearer {env.APPLICATION_KEY}\n", "", 1)
	s.load(config)
	id := s.want(http.StatusCreated, acmeToken, "POST", "/scim/v2/Users", user("ann")).get("id")
	if got := s.wantApp(http.StatusOK, "GET", "/members", "").body; !strings.Contains(got, "ann") {
		t.Errorf("the application has %s", got)
	}
	if log := s.log(); strings.Contains(log, appKey) || strings.Contains(log, "the-client-s-secret") {
		t.Error("the log has a secret")
	}
	if id == "" {
		t.Error("no id")
	}
}
