package connector

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// leastHidden is how long a header's value is at least, in bytes, to be taken for a secret. A shorter one would be found in
// words that have nothing to do with it.
const leastHidden = 6

// secretsOf are the configured values that an application gets with every request and may repeat in an answer, which is
// told to clients and kept: those of all headers but the ones that say nothing secret.
func secretsOf(header http.Header) (secrets []string) {
	for name, values := range header {
		if slices.Contains([]string{"Accept", "Content-Type", "User-Agent"}, name) {
			continue
		}
		for _, value := range values {
			secrets = append(secrets, value)
			if _, credentials, ok := strings.Cut(value, " "); ok {
				secrets = append(secrets, credentials)
			}
		}
	}
	secrets = slices.DeleteFunc(secrets, func(s string) bool { return len(s) < leastHidden })
	// The longest first, so that of none a part is left.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	return secrets
}

// hide puts *** in the place of the connector's credentials in an answer's body.
func (c *Connector) hide(body []byte) []byte {
	for _, secret := range c.secrets {
		body = bytes.ReplaceAll(body, []byte(secret), []byte("***"))
	}
	if c.tokens != nil {
		if token := c.tokens.current(); len(token) >= leastHidden {
			body = bytes.ReplaceAll(body, []byte(token), []byte("***"))
		}
	}
	return body
}

// current returns the token that is sent at the moment, "" for none.
func (t *tokens) current() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.value
}
