package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/caddy-scim/caddy-scim/internal/store"
	"github.com/caddy-scim/caddy-scim/scim"
)

// smallGroup is how many members a small group has. Every user is in one of these.
const smallGroup = 10

// data is a set of users and groups. The same sizes give the same set, to the byte.
type data struct {
	users   int
	members int // of the large group
}

// smallGroups is how many groups of smallGroup members there are.
func (d data) smallGroups() int { return d.users / smallGroup }

// oneIn says how many users are in the large group: one in so many, beginning with the first, until it is full. Where
// there are too few users, the rest of its members are pending: users who have not come yet.
const oneIn = 10

// largeUsers is how many members of the large group are there.
func (d data) largeUsers() int { return min(d.members, (d.users+oneIn-1)/oneIn) }

// outsider is the nth of the users who are not in the large group.
func (d data) outsider(n int) int { return n/(oneIn-1)*oneIn + n%(oneIn-1) + 1 }

// outsiders is how many there are, at least.
func (d data) outsiders() int { return d.users / oneIn * (oneIn - 1) }

// largeGroup is the number of the large group; the small ones have the numbers before it.
func (d data) largeGroup() int { return d.smallGroups() }

// epoch is when the first resource was made. Each of the others came a millisecond after the one before it.
var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func made(n int) time.Time { return epoch.Add(time.Duration(n) * time.Millisecond) }

// Streams of random numbers, one for each sort of thing.
const (
	streamUser = iota
	streamGroup
	streamDocument
)

func random(stream, n int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(stream), uint64(n))) //nolint:gosec // the same data set each time is the point
}

// resourceID is a UUIDv7, as the engine makes them.
func resourceID(stream, n int) string {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], uint64(made(n).UnixMilli())<<16)
	r := random(stream, n)
	id[6], id[7] = 0x70|byte(r.Uint32()&0x0f), byte(r.Uint32())
	binary.BigEndian.PutUint64(id[8:], r.Uint64()>>2|1<<63)
	return id.String()
}

func userID(n int) string     { return resourceID(streamUser, n) }
func groupID(n int) string    { return resourceID(streamGroup, n) }
func userName(n int) string   { return fmt.Sprintf("user%07d@acme.example", n) }
func externalID(n int) string { return fmt.Sprintf("00u%017x", n) }
func email(n int) string      { return fmt.Sprintf("first%07d.last@mail.acme.example", n) }
func groupName(n int) string  { return fmt.Sprintf("Team %07d", n) }
func pendingID(n int) string  { return fmt.Sprintf("not-yet-there-%09d", n) }

// Attributes that many users share.
var (
	givenNames  = []string{"Amara", "Bruno", "Chiara", "Dmitri", "Eun-ji", "Farid", "Guðrún", "Hiroko", "Ingrid", "João", "Karim", "Łucja"}
	familyNames = []string{"Abara", "Bellini", "Castro", "Dvořák", "Eriksen", "Fournier", "García", "Haddad", "Ito", "Jansen", "Kovács", "Lindqvist"}
	departments = []string{"Engineering", "Finance", "Legal", "Operations", "People", "Research", "Sales", "Support"}
	locales     = []string{"de-DE", "en-US", "es-ES", "fr-FR", "ja-JP", "pt-BR"}
	zones       = []string{"America/New_York", "America/Sao_Paulo", "Asia/Tokyo", "Europe/Berlin", "Europe/London"}
	streets     = []string{"Bahnhofstrasse", "Calle Mayor", "Market Street", "Rua Augusta", "Sakura-dori", "Via Roma"}
)

func oneOf(r *rand.Rand, of []string) string { return of[r.IntN(len(of))] }

// enterprise is the URN of the extension that every user has.
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// userDocument is the document of a user as a large identity provider fills it in, some 1.5 KB, in the canonical form
// that is stored.
func userDocument(n int) ([]byte, error) {
	r := random(streamDocument, n)
	given, family := oneOf(r, givenNames), oneOf(r, familyNames)
	phone := func(kind string) scim.Object {
		return scim.Object{"value": fmt.Sprintf("tel:+1-%03d-555-%04d", 200+r.IntN(700), r.IntN(10_000)), "type": kind}
	}
	address := func(kind string) scim.Object {
		street := fmt.Sprintf("%d %s", 1+r.IntN(200), oneOf(r, streets))
		postal := fmt.Sprintf("%05d", r.IntN(100_000))
		return scim.Object{
			"type": kind, "streetAddress": street, "locality": "Springfield", "region": "Region " + oneOf(r, familyNames),
			"postalCode": postal, "country": "US", "formatted": street + "\n" + postal + " Springfield\nUS",
		}
	}
	first, second := address("work"), address("home")
	first["primary"] = true
	return scim.Encode(scim.Object{
		"schemas":    []any{"urn:ietf:params:scim:schemas:core:2.0:User", enterprise},
		"userName":   userName(n),
		"externalId": externalID(n),
		"active":     true,
		"name":       scim.Object{"givenName": given, "familyName": family, "formatted": given + " " + family},
		"emails": []any{
			scim.Object{"value": email(n), "type": "work", "primary": true},
			scim.Object{"value": fmt.Sprintf("%08x@home.example", r.Uint32()), "type": "home"},
		},
		"displayName":       given + " " + family,
		"nickName":          given,
		"title":             "Specialist, " + oneOf(r, departments),
		"userType":          "Employee",
		"preferredLanguage": oneOf(r, locales),
		"locale":            oneOf(r, locales),
		"timezone":          oneOf(r, zones),
		"profileUrl":        fmt.Sprintf("https://people.acme.example/%07d", n),
		"phoneNumbers":      []any{phone("work"), phone("mobile")},
		"addresses":         []any{first, second},
		"roles":             []any{scim.Object{"value": "member", "display": "Member", "type": "default"}},
		enterprise: scim.Object{ // without the manager's displayName, which is not a client's to set
			"employeeNumber": fmt.Sprintf("%07d", n), "costCenter": fmt.Sprintf("CC-%04d", r.IntN(2000)),
			"organization": "Acme", "division": "Division " + oneOf(r, familyNames), "department": oneOf(r, departments),
			"manager": scim.Object{"value": userID(n / 8)},
		},
	})
}

func groupDocument(n int) ([]byte, error) {
	return scim.Encode(scim.Object{
		"schemas":     []any{"urn:ietf:params:scim:schemas:core:2.0:Group"},
		"displayName": groupName(n),
		"externalId":  fmt.Sprintf("00g%017x", n),
	})
}

// record is a resource that the application has.
func record(typ store.Type, id string, n int, doc []byte) *store.Record {
	state := store.State{Version: 1, Doc: doc}
	return &store.Record{
		Type: typ, ID: id, Created: made(n), Modified: made(n), Desired: state,
		Applied: store.Applied{State: state, Account: store.AccountActive, LegacyID: fmt.Sprintf("%s-%d", typ, n)},
	}
}
