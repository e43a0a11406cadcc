package endpoint_test

import (
	"bytes"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter/adaptertest"
	"github.com/caddy-scim/caddy-scim/internal/simulate"
)

// Each identity provider's own sequence of requests passes, several users and groups at once, twice on the same store.
func TestIdentityProviders(t *testing.T) {
	t.Parallel()
	for _, idp := range simulate.IDPs() {
		t.Run(string(idp), func(t *testing.T) {
			t.Parallel()
			s := adaptertest.Start(t, adaptertest.Options{})
			for range 2 {
				report, err := simulate.Run(t.Context(), simulate.Options{IDP: idp, Users: 25, BaseURL: s.URL, Token: adaptertest.Token})
				if err != nil {
					t.Fatal(err)
				}
				if !report.OK() {
					var out bytes.Buffer
					_ = report.Write(&out)
					t.Errorf("%s", out.String())
				}
			}
			s.WaitIdle()
			if n := s.App("GET", "/members", nil).Get("members.#").Int(); n != 0 {
				t.Errorf("%d members are left after everybody was deleted", n)
			}
			if n := s.App("GET", "/teams", nil).Get("teams.#").Int(); n != 0 {
				t.Errorf("%d teams are left after every group was deleted", n)
			}
		})
	}
}
