package event

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// algorithm is ES256, RFC 7518 section 3.4: every JOSE library has it, its keys are made at once and its signatures are
// short and cheap.
const algorithm = jose.ES256

// key is one that signs, or that once did.
type key struct {
	ID      string
	Created time.Time
	Retired time.Time         // zero while it signs
	private *ecdsa.PrivateKey // nil once it is retired
	public  *ecdsa.PublicKey
}

// stored is a key on disk. The private part is dropped when the key is retired.
type stored struct {
	Created time.Time `json:"created"`
	Retired time.Time `json:"retired,omitzero"`
	Private []byte    `json:"private,omitempty"` // PKCS #8
	Public  []byte    `json:"public"`            // PKIX
}

// newKey makes a key. Its id is the JWK thumbprint, RFC 7638.
func newKey(now time.Time) (*key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	public := jose.JSONWebKey{Key: &private.PublicKey}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("name a key: %w", err)
	}
	return &key{ID: base64.RawURLEncoding.EncodeToString(thumbprint), Created: now, private: private, public: &private.PublicKey}, nil
}

// retire takes away the part that signs.
func (k *key) retire(now time.Time) *key {
	return &key{ID: k.ID, Created: k.Created, Retired: now, public: k.public}
}

func (k *key) encode() ([]byte, error) {
	out := stored{Created: k.Created, Retired: k.Retired}
	var err error
	if k.private != nil {
		if out.Private, err = x509.MarshalPKCS8PrivateKey(k.private); err != nil {
			return nil, fmt.Errorf("encode key %s: %w", k.ID, err)
		}
	}
	if out.Public, err = x509.MarshalPKIXPublicKey(k.public); err != nil {
		return nil, fmt.Errorf("encode key %s: %w", k.ID, err)
	}
	return json.Marshal(out)
}

func decodeKey(id string, b []byte) (*key, error) {
	var in stored
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("stored key %s: damaged", id) // the error could quote the key
	}
	k := &key{ID: id, Created: in.Created, Retired: in.Retired}
	public, err := x509.ParsePKIXPublicKey(in.Public)
	if err != nil {
		return nil, fmt.Errorf("stored key %s: %w", id, err)
	}
	var ok bool
	if k.public, ok = public.(*ecdsa.PublicKey); !ok {
		return nil, fmt.Errorf("stored key %s: a %T", id, public)
	}
	if in.Private == nil {
		return k, nil
	}
	private, err := x509.ParsePKCS8PrivateKey(in.Private)
	if err != nil {
		return nil, fmt.Errorf("stored key %s: damaged", id)
	}
	if k.private, ok = private.(*ecdsa.PrivateKey); !ok {
		return nil, fmt.Errorf("stored key %s: damaged", id)
	}
	return k, nil
}

// sign returns the claims as a SET in compact form.
func (k *key) sign(claims []byte) (string, error) {
	opts := new(jose.SignerOptions).WithType("secevent+jwt")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: k.private, KeyID: k.ID}}, opts)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	jws, err := signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return jws.CompactSerialize()
}

// jwk is the key as receivers get to see it.
func (k *key) jwk() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.public, KeyID: k.ID, Algorithm: string(algorithm), Use: "sig"}
}
