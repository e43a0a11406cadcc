package caddymodule

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/token"
	"github.com/caddy-scim/caddy-scim/scim"
)

func (c *adminCall) listTokens() error {
	list, err := c.session.backend.tokens.List(c.Context(), c.tenant.ID().Name())
	if err != nil {
		return err
	}
	if list == nil {
		list = []token.Record{}
	}
	return c.answer(http.StatusOK, map[string]any{"tokens": list})
}

// newToken is the body of a request for a token.
type newToken struct {
	// Connection is one of the tenant's. Default: the only one.
	Connection string `json:"connection"`
	// Name is a note for people.
	Name string `json:"name"`
	// By is who makes it, who then cannot approve what comes by it where the tenant has four_eyes. Default: nobody.
	By string `json:"by,omitempty"`
	// Expires is the first moment at which the token is refused. Default: never.
	Expires time.Time `json:"expires"`
	// ReadOnly refuses every write. Default: false.
	ReadOnly bool `json:"read_only,omitempty"`
	// Users or Groups lets the token reach resources of that type alone. Default: it reaches all types.
	Users  bool `json:"users,omitempty"`
	Groups bool `json:"groups,omitempty"`
	// From lists the addresses and ranges that the token may be used from. Default: all.
	From []string `json:"from,omitempty"`
	// User is the SCIM id of the one user that the token speaks for. Default: none.
	User string `json:"user,omitempty"`
}

// validate refuses limits that limit nothing: who asks for them believes otherwise.
func (t *newToken) validate() error {
	if t.Users && t.Groups {
		return errors.New("users and groups are all types there are, so together they limit nothing; name one of them, or none for a token that reaches all types")
	}
	return nil
}

func (t *newToken) limits() (token.Limits, error) {
	from, err := token.ParseSources(t.From)
	return token.Limits{ReadOnly: t.ReadOnly, Users: t.Users, Groups: t.Groups, From: from, User: t.User}, err
}

// createdToken is the answer to newToken.
type createdToken struct {
	Token string `json:"token"` // the secret, this once
	token.Record
}

func (c *adminCall) createToken() error {
	var req newToken
	if err := c.read(&req); err != nil {
		return err
	}
	connection, err := c.connection(req.Connection)
	if err != nil {
		return err
	}
	if err := req.validate(); err != nil {
		return apiError(http.StatusBadRequest, "%w", err)
	}
	limits, err := req.limits()
	if err != nil {
		return apiError(http.StatusBadRequest, "from: %w", err)
	}
	if err := c.checkUser(limits.User); err != nil {
		return err
	}
	secret, rec, err := c.session.backend.tokens.Create(c.Context(), token.CreateRequest{
		Tenant: c.tenant.ID().Name(), Connection: connection, Name: req.Name, By: req.By, ExpiresAt: req.Expires, Limits: limits,
	})
	switch {
	case errors.Is(err, token.ErrInvalid):
		return apiError(http.StatusBadRequest, "%w", err)
	case errors.Is(err, token.ErrTooMany):
		return apiError(http.StatusConflict, "%w", err)
	case err != nil:
		return err
	}
	c.audit().Info("token created", "connection", rec.Connection, "token", rec.ID, "limits", rec.Limits.String())
	return c.answer(http.StatusCreated, createdToken{Token: string(secret), Record: rec})
}

// checkUser refuses to bind a token to a user who does not exist, such as one that was named by the userName.
func (c *adminCall) checkUser(id string) error {
	if id == "" {
		return nil
	}
	_, err := c.tenant.Get(c.Context(), c.tenant.Users(), id)
	var missing *scim.Error
	if errors.As(err, &missing) {
		return apiError(http.StatusBadRequest, "user: the tenant has no user with the id %.80q", id)
	}
	return err
}

// connection checks the name of one of the tenant's connections. Where none is named it is the only one.
func (c *adminCall) connection(name string) (string, error) {
	var ids []string
	for i := range c.session.setup.tenants {
		if t := &c.session.setup.tenants[i]; t.ID == c.tenant.ID() {
			for _, conn := range t.Connections {
				ids = append(ids, conn.ID)
			}
		}
	}
	if name == "" && len(ids) == 1 {
		return ids[0], nil
	}
	for _, id := range ids {
		if id == name {
			return id, nil
		}
	}
	if name == "" {
		return "", apiError(http.StatusBadRequest, "connection: missing; the tenant has %s", strings.Join(ids, ", "))
	}
	return "", apiError(http.StatusBadRequest, "connection: there is no %.80q; the tenant has %s", name, strings.Join(ids, ", "))
}

func (c *adminCall) revokeToken(id string) error {
	tokens := c.session.backend.tokens
	missing := apiError(http.StatusNotFound, "the tenant has no token %.80q", id)
	rec, err := tokens.Get(c.Context(), id)
	switch {
	case errors.Is(err, token.ErrNotFound):
		return missing
	case err != nil:
		return err
	case rec.Tenant != c.tenant.ID().Name():
		return missing
	}
	if err := tokens.Revoke(c.Context(), id); err != nil {
		return err
	}
	c.audit().Info("token revoked", "connection", rec.Connection, "token", id)
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
