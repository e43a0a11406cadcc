package oauth

import (
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	// Not encoding/json: names are compared with their case, and a name that is there twice is an error.
	"github.com/go-jose/go-jose/v4/json"
)

// claims are those parts of an access token that matter here.
type claims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  texts    `json:"aud"`
	Expires   *instant `json:"exp"`
	NotBefore *instant `json:"nbf"`
	IssuedAt  *instant `json:"iat"`

	// The client: RFC 9068, OpenID Connect and Entra ID v2, Entra ID v1, Okta.
	ClientID string `json:"client_id"`
	AZP      string `json:"azp"`
	AppID    string `json:"appid"`
	CID      string `json:"cid"`

	// The scopes: RFC 9068 (a text with spaces), Entra ID (the same), Okta (a list).
	Scope texts `json:"scope"`
	SCP   texts `json:"scp"`
}

// client is the OAuth client that the token was issued to, empty where the token does not say.
func (c *claims) client() string {
	for _, id := range []string{c.ClientID, c.AZP, c.AppID, c.CID} {
		if id != "" {
			return id
		}
	}
	return ""
}

// scopes are all that the token grants.
func (c *claims) scopes() []string {
	var list []string
	for _, text := range slices.Concat(c.Scope, c.SCP) {
		list = append(list, strings.Fields(text)...)
	}
	return list
}

// lifetime is how long the token was issued for, as far as it says.
func (c *claims) lifetime(now time.Time) time.Duration {
	if c.IssuedAt != nil {
		now = c.IssuedAt.Time
	}
	return c.Expires.Sub(now)
}

// texts is a text or a list of texts.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// instant is a NumericDate of RFC 7519 section 2: seconds since 1970, perhaps with a fraction, which is cut off.
type instant struct{ time.Time }

// maxInstant is the end of the year 9999.
const maxInstant = 253402300799

// UnmarshalJSON implements json.Unmarshaler.
func (i *instant) UnmarshalJSON(data []byte) error {
	var n float64
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	if math.IsNaN(n) || n < 0 || n > maxInstant {
		return errors.New("oauth: not a time")
	}
	i.Time = time.Unix(int64(n), 0)
	return nil
}

// Interface guards.
var (
	_ json.Unmarshaler = (*texts)(nil)
	_ json.Unmarshaler = (*instant)(nil)
)
