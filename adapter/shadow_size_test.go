package adapter

import (
	"encoding/json"
	"testing"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

// What waits for a shadow is bounded in memory: the answers that it is compared with count too.
func TestShadowJobsCountAllThatTheyHold(t *testing.T) {
	t.Parallel()
	const large = 1 << 20
	doc := make(json.RawMessage, large)
	ids := make([]string, large/40)
	for name, job := range map[string]shadowJob{
		"before":   {decided: &opinion{in: abi.DecideInput{Before: doc}}},
		"after":    {decided: &opinion{in: abi.DecideInput{After: doc}}},
		"joining":  {decided: &opinion{in: abi.DecideInput{Members: &abi.MemberChange{Add: ids}}}},
		"decision": {decided: &opinion{out: &abi.Decision{After: doc}}},
		"mapped":   {mapped: &mapping{in: abi.MapInput{After: doc}}},
		"members":  {mapped: &mapping{in: abi.MapInput{Members: make([]abi.Member, large/80)}}},
		"requests": {mapped: &mapping{out: &abi.MapOutput{Requests: []abi.Request{{Body: doc}}}}},
	} {
		if n := job.bytes(); n < large-100 || n > 2*large {
			t.Errorf("%s: a job that holds %d bytes counts %d", name, large, n)
		}
	}
}
