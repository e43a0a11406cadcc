package caddymodule_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What standards ask of a service provider's transport, by the ids that docs/conformance.md gives the requirements. It
// is Caddy that does it, as it does for any site whose address names no scheme: TLS, and nothing over plain HTTP but the
// way to it.
func TestConformanceTransport(t *testing.T) {
	s := newServer(t)
	pool := certificate(t, s.dir)
	_, httpsPort, _ := net.SplitHostPort(freeAddress(t))
	_, httpPort, _ := net.SplitHostPort(freeAddress(t))
	s.load(fmt.Sprintf(`{
	admin unix/%[1]s/admin.sock
	persist_config off
	storage file_system %[1]s/caddy
	http_port %[2]s
	https_port %[3]s
	default_bind 127.0.0.1
	log {
		level DEBUG
		output file %[1]s/log
	}
	scim {
		%[4]s
		%[5]s
	}
}
localhost {
	tls %[1]s/cert.pem %[1]s/key.pem
	log
	scim /scim/*
}`, s.dir, httpPort, httpsPort, s.badger(), s.tenant("acme")))
	client := func(change func(*tls.Config)) *http.Client {
		cfg := &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}
		change(cfg)
		return &http.Client{
			Timeout:       time.Minute,
			Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: cfg},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	secure, plain := "https://localhost:"+httpsPort, "http://localhost:"+httpPort
	ask := func(c *http.Client, site string) (response, error) {
		return sendOnce(c, "GET", site+"/scim/v2/Users", acmeToken, "")
	}
	usual := client(func(*tls.Config) {})

	t.Run("7644-7.2-1", func(t *testing.T) {
		if r, err := ask(usual, secure); err != nil || r.status != http.StatusOK || r.get("totalResults") != "0" {
			t.Errorf("over TLS: %v %d %s", err, r.status, r.body)
		}
		r, err := ask(usual, plain)
		if to := r.header.Get("Location"); err != nil || r.status != http.StatusPermanentRedirect || !strings.HasPrefix(to, "https://localhost") {
			t.Errorf("over plain HTTP: %v %d to %q", err, r.status, to)
		}
	})
	t.Run("7644-7.2-2", func(t *testing.T) {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			c := client(func(cfg *tls.Config) { cfg.MinVersion, cfg.MaxVersion = version, version })
			if r, err := ask(c, secure); err != nil || r.get("totalResults") != "0" {
				t.Errorf("%s: %v %d", tls.VersionName(version), err, r.status)
			}
		}
	})
	t.Run("7644-7.4-2", func(t *testing.T) {
		if r, err := ask(usual, "http://localhost:"+httpsPort); err != nil || r.status != http.StatusBadRequest {
			t.Errorf("plain HTTP at the port of TLS: %v %d %s", err, r.status, r.body)
		}
	})
	t.Run("AL1-3.4-1", func(t *testing.T) {
		for what, change := range map[string]func(*tls.Config){
			"TLS 1.1":      func(cfg *tls.Config) { cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
			"a weak suite": func(cfg *tls.Config) { cfg.MaxVersion, cfg.CipherSuites = tls.VersionTLS12, weak },
		} {
			if _, err := ask(client(change), secure); err == nil || !strings.Contains(err.Error(), "tls: ") {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := ask(client(func(cfg *tls.Config) { cfg.ServerName = "other.example" }), secure); err == nil {
			t.Error("there is a certificate for any name")
		}
	})
	t.Run("7644-7.5.1-1", func(t *testing.T) {
		r, err := sendOnce(usual, "POST", secure+"/scim/v2/Users", acmeToken, user("secret-person"))
		if err != nil || r.status != http.StatusCreated {
			t.Fatalf("%v %d %s", err, r.status, r.body)
		}
		if r, err = sendOnce(usual, "PATCH", secure+"/scim/v2/Users/"+r.get("id"), acmeToken, setTitle("Secret title")); err != nil || r.status != http.StatusOK {
			t.Fatalf("%v %d %s", err, r.status, r.body)
		}
		if !strings.Contains(s.log(), r.get("id")) {
			t.Error("the log knows nothing of the requests")
		}
		for _, private := range []string{"secret-person", "Secret title", acmeToken} {
			if strings.Contains(s.log(), private) {
				t.Errorf("the log has %q", private)
			}
		}
		if got := r.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control is %q", got)
		}
	})
}

// certificate makes one for localhost, and the pool that trusts it.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool
}

// weak are suites that fit the certificate and are known to be weak.
var weak = []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256}

// A query string in the URL that clients build upon would be lost or doubled.
func TestConformanceBaseURI(t *testing.T) {
	t.Run("7644-1.3-1", func(t *testing.T) {
		s := newServer(t)
		for _, options := range []string{"base_url https://scim.example/scim/v2?tenant=acme", "base_path /scim/v2?tenant=acme", "base_path /scim#v2"} {
			caddyfile := strings.Replace(s.caddyfile(s.badger()+s.tenant("acme")), "scim /scim/*", "scim /scim/* {\n"+options+"\n}", 1)
			if err := s.try(caddyfile); err == nil || !strings.Contains(err.Error(), options[:8]) {
				t.Errorf("%s: %v", options, err)
			}
		}
	})
}
