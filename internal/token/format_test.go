package token_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/caddy-scim/caddy-scim/internal/kv/memkv"
	"github.com/caddy-scim/caddy-scim/internal/token"
)

const (
	// example is a token that no Service knows; its checksum was computed apart from this package's code.
	example   = "scim_0123456789_abcdefghijklmnopqrstuvwxyzABCD306zED"
	exampleID = "0123456789"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		want error
	}{
		"good":                      {example, nil},
		"empty":                     {"", token.ErrMalformed},
		"prefix alone":              {"scim_", token.ErrMalformed},
		"one character short":       {example[:len(example)-1], token.ErrMalformed},
		"one character long":        {example + "0", token.ErrMalformed},
		"other prefix":              {"SCIM_" + example[5:], token.ErrMalformed},
		"second underscore moved":   {strings.Replace(example, "9_a", "_9a", 1), token.ErrMalformed},
		"space in the secret":       {strings.Replace(example, "klm", "k m", 1), token.ErrMalformed},
		"not ASCII":                 {strings.Replace(example, "klm", "k\u00e9", 1), token.ErrMalformed},
		"NUL":                       {strings.Replace(example, "klm", "k\x00m", 1), token.ErrMalformed},
		"underscore in the secret":  {strings.Replace(example, "klm", "k_m", 1), token.ErrMalformed},
		"typo in the id":            {strings.Replace(example, "0123", "0124", 1), token.ErrChecksum},
		"typo in the secret":        {strings.Replace(example, "klm", "kln", 1), token.ErrChecksum},
		"letter case in the secret": {strings.Replace(example, "klm", "kLm", 1), token.ErrChecksum},
		"typo in the checksum":      {example[:len(example)-1] + "_", token.ErrMalformed},
		"checksum of zeros":         {example[:len(example)-6] + "000000", token.ErrChecksum},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := token.Parse(tc.in)
			if !errors.Is(err, tc.want) {
				t.Fatalf("Parse() error = %v, want %v", err, tc.want)
			}
			if want := map[bool]string{true: exampleID}[tc.want == nil]; id != want {
				t.Errorf("Parse() id = %q, want %q", id, want)
			}
		})
	}
}

func TestParseFindsEveryTypo(t *testing.T) {
	t.Parallel()
	service := newService(t, memkv.New(), token.Options{})
	secret, _ := create(t, service, token.CreateRequest{Tenant: "acme"})
	good := string(secret)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(good)-1).Draw(t, "at")
		c := rapid.StringMatching("[0-9A-Za-z]").Draw(t, "character")
		if bad := good[:at] + c + good[at+1:]; bad != good {
			if _, err := token.Parse(bad); err == nil {
				t.Fatalf("one wrong character at %d went unseen", at)
			}
		}
		if at+1 == len(good) {
			return
		}
		if swapped := good[:at] + good[at+1:at+2] + good[at:at+1] + good[at+2:]; swapped != good {
			if _, err := token.Parse(swapped); err == nil {
				t.Fatalf("two exchanged characters at %d went unseen", at)
			}
		}
	})
}

func TestCreatedTokensFitTheScannersPattern(t *testing.T) {
	t.Parallel()
	service := newService(t, memkv.New(), token.Options{})
	pattern := regexp.MustCompile(`^scim_[0-9A-Za-z]{10}_[0-9A-Za-z]{36}$`)
	seen := make(map[token.Secret]bool)
	for range token.MaxLive {
		secret, rec := create(t, service, token.CreateRequest{Tenant: "acme"})
		if !pattern.MatchString(string(secret)) {
			t.Fatal("a token does not fit the documented pattern")
		}
		if id, err := token.Parse(string(secret)); err != nil || id != rec.ID {
			t.Fatalf("Parse() = %q, %v, want %q", id, err, rec.ID)
		}
		if seen[secret] {
			t.Fatal("the same token twice")
		}
		seen[secret] = true
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Add("scim_0123456789_")
	f.Add("scim__")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := token.Parse(s)
		switch {
		case err == nil:
			if !strings.HasPrefix(s, "scim_"+id+"_") || len(s) != len(example) || len(id) != len(exampleID) {
				t.Errorf("Parse(%q) took it for a token with the id %q", s, id)
			}
			if _, err := token.Parse(s[:len(s)-1]); err == nil {
				t.Errorf("Parse(%q) does not need the last character", s)
			}
		case !errors.Is(err, token.ErrMalformed) && !errors.Is(err, token.ErrChecksum):
			t.Errorf("Parse(%q) = %v", s, err)
		case id != "":
			t.Errorf("Parse(%q) = %q beside an error", s, id)
		}
		if len(s) >= token.MinStaticLen && strings.Contains(token.Secret(s).String(), s) {
			t.Errorf("the redacted form of %q holds it", s)
		}
	})
}

func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	service := newService(t, memkv.New(), token.Options{})
	secret, rec := create(t, service, token.CreateRequest{Tenant: "acme", Name: "nightly"})
	const chosen = "an-operators-own-static-token"
	static := token.StaticToken{Token: chosen, Tenant: "acme"}
	set, err := token.NewStatic([]token.StaticToken{static})
	if err != nil {
		t.Fatal(err)
	}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%08b"} {
		for _, v := range []any{secret, rec, &rec, static, set, []token.Secret{secret}, map[string]token.Secret{"k": secret}} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("made", "secret", secret, "record", rec, "static", static, "set", set)
	}
	asJSON, err := json.Marshal([]any{secret, rec, static, set})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(asJSON)

	printed := strings.ToLower(out.String())
	for _, whole := range []string{string(secret), chosen} {
		sum := sha256.Sum256([]byte(whole))
		for _, form := range []string{
			whole, fmt.Sprintf("%x", whole), fmt.Sprintf("%x", sum), strings.Trim(fmt.Sprint(sum), "[]"),
			base64.StdEncoding.EncodeToString(sum[:]),
		} {
			if strings.Contains(printed, strings.ToLower(form)) {
				t.Errorf("a secret was printed as %q", form)
			}
		}
	}
	if strings.Contains(printed, strings.ToLower(string(secret)[16:46])) {
		t.Error("a token's secret part was printed")
	}
	if want := "scim_" + rec.ID + "_[redacted]"; secret.String() != want {
		t.Errorf("String() = %q, want %q", secret.String(), want)
	}
}
