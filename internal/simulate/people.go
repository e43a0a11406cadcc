package simulate

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// person is a made-up user of the identity provider.
type person struct {
	index      int
	userName   string
	given      string
	family     string
	department string
	title      string
	externalID string
	hex        string // 32 hex digits, which Entra ID puts before the name of a deleted user

	id string // the server's; empty until it is created

	// boss is somebody who is created before; nil for the first.
	boss *person
}

// changed returns the person as it is after the update: married, promoted, moved, and every third with another
// userName.
func (p *person) changed() *person {
	next := *p
	if p.index%3 == 2 {
		next.userName = "new." + p.userName
	}
	next.family += "-Moser"
	next.title = "Senior " + p.title
	next.department = "Finance"
	if p.department == next.department {
		next.department = "Sales"
	}
	return &next
}

// become makes p what the server has been told. Before that it stays what it was, so that one failure does not make
// all steps after it fail.
func (p *person) become(next *person) {
	p.userName, p.family, p.title, p.department, p.externalID = next.userName, next.family, next.title, next.department, next.externalID
}

func (p *person) display() string { return p.given + " " + p.family }

var (
	givenNames  = []string{"Ada", "Bo", "Chen", "Dilan", "Émile", "Farah", "Goran", "Hana", "Ines", "Jun", "Kofi", "Lía", "Mila", "Noor", "Oskar", "Priya"}
	familyNames = []string{"Adler", "Brandt", "Costa", "Dubois", "Eriksson", "Fischer", "García", "Hoang", "Ito", "Jansen", "Kaya", "Lindqvist", "Mensah", "Novák", "O'Brien", "Popescu"}
	// None of these makes anybody an administrator, who would wait for an approval.
	departments = []string{"Engineering", "Finance", "Sales", "Support", "R&D"}
	titles      = []string{"Analyst", "Engineer", "Lead", "Specialist"}
)

const alphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// makePeople returns the users of a run. They follow from the options alone.
func makePeople(opts *Options) []*person {
	suffix := strconv.FormatUint(opts.Seed%(36*36*36*36*36*36), 36)
	people := make([]*person, opts.Users)
	for i := range people {
		rng := rand.New(rand.NewPCG(opts.Seed, uint64(i))) //nolint:gosec // made-up data that must come out the same again
		p := &person{
			index:      i,
			given:      pick(rng, givenNames),
			family:     pick(rng, familyNames),
			department: pick(rng, departments),
			title:      pick(rng, titles),
		}
		p.userName = fmt.Sprintf("%s.%s.%s%d@%s", ascii(p.given), ascii(p.family), suffix, i, opts.Domain)
		var random [16]byte
		for j := range random {
			random[j] = byte(rng.Uint32())
		}
		p.hex = hex.EncodeToString(random[:])
		switch opts.IDP {
		case Okta:
			id := []byte("00u")
			for range 17 {
				id = append(id, alphanumerics[rng.IntN(len(alphanumerics))])
			}
			p.externalID = string(id)
		case Entra:
			p.externalID = fmt.Sprintf("%s-%s-%s-%s-%s", p.hex[:8], p.hex[8:12], p.hex[12:16], p.hex[16:20], p.hex[20:])
		case OneLogin:
			p.externalID = strconv.Itoa(10_000_000 + rng.IntN(90_000_000))
		}
		if i > 0 {
			p.boss = people[0]
		}
		people[i] = p
	}
	return people
}

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }

// ascii makes a name fit for an address.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r
		case r == 'é':
			return 'e'
		case r == 'á':
			return 'a'
		case r == 'í':
			return 'i'
		}
		return -1
	}, strings.ToLower(s))
}
