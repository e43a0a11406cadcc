package adapter

import (
	"fmt"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/internal/store"
)

// MaxApprovers bounds TenantConfig.FourEyes.
const MaxApprovers = 5

// endorse counts a person's word for a change, and reports whether that of enough people is there. Who made a token that the
// change came by has asked for it, and nobody's word counts twice.
func (t *Tenant) endorse(a *store.Approval, ans Answer, now time.Time) (enough bool, err error) {
	if t.cfg.FourEyes == 0 {
		a.Votes = nil
		return true, nil
	}
	who := person(ans.By)
	if who == "" {
		return false, fmt.Errorf("%w: an answer without a name", ErrFourEyes)
	}
	for _, asker := range a.Askers {
		if person(asker) == who {
			return false, fmt.Errorf("%w: the change came by a token that %s made", ErrFourEyes, asker)
		}
	}
	for _, v := range a.Votes {
		if person(v.By) == who {
			return false, fmt.Errorf("%w: %s has approved it", ErrFourEyes, v.By)
		}
	}
	a.Votes = append(a.Votes, store.Vote{By: ans.By, Comment: ans.Comment, Time: now})
	return len(a.Votes) >= t.cfg.FourEyes, nil
}

// person is a name by which two writings of it are the same.
func person(by string) string { return strings.ToLower(strings.Join(strings.Fields(by), " ")) }

// Approvers is how many persons have to approve a held change.
func (t *Tenant) Approvers() int { return max(1, t.cfg.FourEyes) }
