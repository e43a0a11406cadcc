package legacyapp

import "encoding/json"

// text is a JSON text that knows whether it was said at all; null is said and empty.
type text struct {
	value string
	said  bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(data []byte) error {
	var s *string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*t = text{said: true}
	if s != nil {
		t.value = *s
	}
	return nil
}

var _ json.Unmarshaler = (*text)(nil)
