package policy

import "encoding/json"

// warm makes encoding/json learn the types of the ABI. It keeps what it learns in
// memory, and the host restores every call to the memory that Register leaves.
func warm(p Policy) {
	sample := &User{
		Emails: []Value{{}}, Addresses: []Address{{}}, Enterprise: &Enterprise{Manager: Manager{Value: "x"}},
	}
	// The values are fixed and known to be encodable and decodable.
	doc, _ := json.Marshal(sample)
	_, _ = ParseUser(doc)
	if p.Decide != nil {
		in, _ := json.Marshal(&DecideInput{After: doc, Changed: []string{"active"}, Settings: json.RawMessage("{}")})
		_, _ = runHook(in, func(*DecideInput) (*Decision, error) { return Allow(), nil }, nil)
	}
	if p.Map != nil {
		in, _ := json.Marshal(&MapInput{After: doc, Settings: json.RawMessage("{}")})
		_, _ = runHook(in, func(*MapInput) (*MapOutput, error) {
			return Requests(Request{Body: json.RawMessage("{}")}), nil
		}, nil)
	}
	if p.Warm != nil {
		p.Warm()
	}
}
