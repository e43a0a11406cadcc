package policy

import "encoding/json"

// warm makes encoding/json learn the types of the answers. It keeps what it learns
// in memory, and the host restores every call to the memory that Register leaves.
func warm(p Policy) {
	// Both values are fixed and known to be encodable.
	if p.Decide != nil {
		_, _ = json.Marshal(&Decision{After: json.RawMessage("{}")})
	}
	if p.Map != nil {
		_, _ = json.Marshal(Requests(Request{Body: json.RawMessage("{}")}))
	}
	if p.Warm != nil {
		p.Warm()
	}
}
