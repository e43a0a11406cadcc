package endpoint_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/caddy-scim/caddy-scim/adapter"
)

// The corpus: what identity providers really send, as scim/testdata/README.md describes it.
var corpus = os.DirFS("../../scim/testdata/idp")

// scenario is one file of <client>/scenarios: a client's exchanges in their order, from an empty tenant on.
type scenario struct {
	About   string
	Profile string // the connection's
	Mode    string // of a client that speaks in more than one way
	Quirks  []int  // the habits that the whole of it shows
	// OnDelete and OnInactive are the tenant's lifecycle rules, where they are not the defaults.
	OnDelete, OnInactive adapter.Rule
	Given                map[string][]json.RawMessage // what is POSTed to the application before, by path
	Headers              map[string]string            // of every request
	Steps                []json.RawMessage

	client string
}

// step is one exchange: a request, the answer to it, and what is so afterwards.
type step struct {
	About   string
	Quirks  []int
	Request string             // method and target as on the wire, without the SCIM root
	Headers map[string]*string // beside the scenario's, or in their place; null is not sent
	Body    json.RawMessage
	Raw     *string // a body that is not JSON
	Repeat  int     // how often, with {n} counting from 1; once by default

	Status        int
	AnswerHeaders map[string]string
	Answer        json.RawMessage // what the answer holds; null is what it must not hold
	Says          string          // a part of the error's detail
	As            string          // the name that the resource in the answer has from now on
	Capture       map[string]string

	Reverted    string                     // a resource that was changed and taken back, as the application refused
	State       map[string]json.RawMessage // resources by name, whole but for id, meta and groups; null is one that is gone
	Application map[string]json.RawMessage // what the application's pages hold
}

// scenarios reads all of them, by client and file.
func scenarios(t *testing.T) map[string]*scenario {
	t.Helper()
	files, err := fs.Glob(corpus, "*/scenarios/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	all := map[string]*scenario{}
	for _, file := range files {
		s := &scenario{client: strings.Split(file, "/")[0]}
		readStrictly(t, file, s)
		if s.About == "" || len(s.Steps) == 0 {
			t.Fatalf("%s: a scenario needs an about and steps", file)
		}
		all[strings.TrimSuffix(file, ".json")] = s
	}
	return all
}

func readStrictly(t *testing.T, file string, into any) {
	t.Helper()
	data, err := fs.ReadFile(corpus, file)
	if err == nil {
		err = decodeStrictly(data, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func decodeStrictly(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// expand returns the steps as they are run; one that repeats stands there as often as it is sent.
func (s *scenario) expand(t *testing.T) []step {
	t.Helper()
	var all []step
	for i, raw := range s.Steps {
		for n := 1; ; n++ {
			var st step
			if err := decodeStrictly(bytes.ReplaceAll(raw, []byte("{n}"), []byte(strconv.Itoa(n))), &st); err != nil {
				t.Fatalf("step %d: %v", i+1, err)
			}
			st.About = fmt.Sprintf("step %d: %s: %s", i+1, st.About, st.Request)
			if all = append(all, st); n >= st.Repeat {
				break
			}
		}
	}
	return all
}

// Each scenario runs against a stack of its own: HTTP, the engine, a store on disk and the application behind it.
func TestCorpusScenarios(t *testing.T) {
	t.Parallel()
	for name, s := range scenarios(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startCorpus(t, s, nil)
			for _, st := range s.expand(t) {
				if r.play(st); t.Failed() {
					return // what follows stands on it
				}
			}
			r.check()
		})
	}
}

// habits is how many numbered habits the notes on identity providers list.
const habits = 29

// The corpus is what it says it is: so many exchanges, of each client, with every known habit among them.
func TestCorpusCovers(t *testing.T) {
	t.Parallel()
	exchanges := map[string]int{} // by client
	shown := map[int][]string{}   // where each habit is shown
	for name, s := range scenarios(t) {
		numbers := slices.Clone(s.Quirks)
		for i, raw := range s.Steps {
			var st step
			if err := json.Unmarshal(raw, &st); err != nil {
				t.Fatalf("%s: step %d: %v", name, i+1, err)
			}
			numbers = append(numbers, st.Quirks...)
		}
		client := s.client
		if s.Mode != "" {
			client += " " + s.Mode
		}
		exchanges[client] += len(s.Steps)
		for _, n := range numbers {
			if n < 1 || n > habits {
				t.Errorf("%s: there is no habit %d", name, n)
			}
			shown[n] = append(shown[n], name)
		}
	}
	for n := 1; n <= habits; n++ {
		if len(shown[n]) == 0 {
			t.Errorf("no exchange shows habit %d", n)
		}
	}
	for _, client := range []string{
		"okta", "entra default", "entra aadOptscim062020", "onelogin", "jumpcloud", "authentik", "google", "aws", "generic",
	} {
		if exchanges[client] < 5 {
			t.Errorf("%d exchanges of %s", exchanges[client], client)
		}
	}
	total := 0
	for _, client := range slices.Sorted(maps.Keys(exchanges)) {
		t.Logf("%3d %s", exchanges[client], client)
		total += exchanges[client]
	}
	singles, err := fs.Glob(corpus, "*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%3d in scenarios, %d alone", total, len(singles))
	if total < 150 {
		t.Errorf("the scenarios hold %d exchanges, want 150", total)
	}
}
