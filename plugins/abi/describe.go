package abi

import "encoding/json"

// NeedCounts stands in Description.Needs for Tenant.Counts.
const NeedCounts = "counts"

// Description is what the describe hook answers.
type Description struct {
	// Name is what people call the policy. Required; at most MaxName bytes.
	Name string `json:"name"`
	// Version is the author's version, such as "1.2.0"; at most MaxName bytes. It
	// is for people: the host tells modules apart by their SHA-256.
	Version string `json:"version,omitempty"`
	// Hooks names the hooks that do something. A hook that is exported and not
	// named here is not called, which is how an SDK may export all of them. Absent
	// stands for all that are exported; naming one that is not is an error.
	Hooks []string `json:"hooks,omitempty"`
	// Needs lists what the policy wants to be told beside the write itself. NeedCounts
	// is the only one. Counts are exact: writes that change them are judged one after
	// the other, which costs a tenant throughput.
	Needs []string `json:"needs,omitempty"`
	// Settings is the JSON Schema of the policy's settings, an object. Absent
	// means that there are none to set.
	Settings json.RawMessage `json:"settings,omitempty"`
}
