package adapter

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/caddy-scim/caddy-scim/adapter/connector"
	"github.com/caddy-scim/caddy-scim/adapter/pace"
	"github.com/caddy-scim/caddy-scim/internal/kv"
	"github.com/caddy-scim/caddy-scim/plugins"
	"github.com/caddy-scim/caddy-scim/plugins/abi"
	"github.com/caddy-scim/caddy-scim/scim/schema"
)

// Defaults of TenantConfig.
const (
	DefaultDeliveryWait = 5 * time.Second
	DefaultConcurrency  = 8
	DefaultMaxBacklog   = 100_000
	DefaultRetryMin     = time.Second
	DefaultRetryMax     = 5 * time.Minute
	DefaultKeep         = 720 * time.Hour
)

// TenantConfig is what an operator says of one tenant. Zero values mean the defaults.
type TenantConfig struct {
	// ID is the tenant's name and the first part of all its keys.
	ID kv.Tenant
	// Types are the resource types User and Group as the tenant has them, schema.Standard() by default.
	Types *schema.Registry
	// Connections are the IdPs that may speak for the tenant.
	Connections []ConnectionConfig
	// Connector calls the tenant's application.
	Connector *connector.Connector
	// Policy is the tenant's policy; nil allows everything and maps by the connector's field map.
	Policy *Policy
	// Guard is the operator's policy, which judges every change before the tenant's does; nil for none.
	Guard *Policy
	// Policies says how the tenant's own policies are kept and tried, where Policy is nil.
	Policies PoliciesConfig
	// SeatLimit is how many active users the tenant may have, as policies are told; 0 for no word of it.
	SeatLimit int
	// Lifecycle says what taking access away means.
	Lifecycle Lifecycle
	// Hold lists the operations (create, update, delete) that wait for an approval whatever the policy says.
	Hold []abi.Operation
	// HoldActions lists actions that wait likewise when a change leads to them; see HoldActions. Those that take access away
	// want HoldRevocations, too.
	HoldActions []abi.Action
	// HoldAttributes lists attributes whose changes wait likewise, by their paths, such as userType; also when a resource is
	// made with one.
	HoldAttributes []string
	// HoldExpiry is after how long a held change counts as rejected when nobody has answered, where the policy does not
	// say; 0 for never.
	HoldExpiry time.Duration
	// HoldRevocations also lets changes that take access away wait for an approval. Off by default: an IdP that
	// revokes wins.
	HoldRevocations bool
	// FourEyes is how many persons have to approve a held change, none of whom has asked for it: made a token that it came
	// by. 0 lets anybody approve.
	FourEyes int
	// DeprovisionLimit bounds how many people may lose their access in a time; the zero value is no limit.
	DeprovisionLimit DeprovisionLimit
	// Passwords tells the application of the passwords that clients set, by the route set_password or with create.
	// Off by default: then they are dropped.
	Passwords bool
	// DeliveryWait is how long a request waits for the application's answer, 5s by default.
	DeliveryWait time.Duration
	// Application names the tenant's application, which is the connector's base URL by default. Tenants of the same one
	// share its pace: the strictest that they say of it holds in each respect.
	Application string
	// Pace is what the application can bear. Its pauses are RetryMin and RetryMax by default.
	Pace pace.Config
	// Concurrency is how many deliveries run at once, 8 by default.
	Concurrency int
	// MaxBacklog is how many resources may wait for delivery before writes get 503, 100,000 by default.
	MaxBacklog int
	// RetryMin and RetryMax bound the pause before a failed delivery is tried again, 1s and 5m by default. It doubles
	// from one to the other.
	RetryMin, RetryMax time.Duration
	// Import says how the application's accounts become resources.
	Import ImportConfig
	// Reconcile says how the application is compared with what it was told.
	Reconcile ReconcileConfig
	// Events says who is told of the tenant's events; nil tells nobody.
	Events *EventsConfig
	// Webhooks are told of what happens, as notices.
	Webhooks []WebhookConfig
	// GiveUp is for how long a change is tried that the application does not take: it becomes a dead letter then. What takes
	// access away is tried for ever. 0, the default, gives nothing up.
	GiveUp time.Duration
	// Journal says how the tenant's journal is kept.
	Journal JournalConfig
	// Alarms says from when on a connection counts as failing or silent.
	Alarms AlarmsConfig
}

// ConnectionConfig is one IdP's access to a tenant.
type ConnectionConfig struct {
	ID      string
	Profile string // okta, entra, onelogin, jumpcloud, google or generic
	OAuth   bool   // the IdP comes with access tokens of an OAuth 2.0 issuer
	// UnknownMembers says what becomes of a group's member that does not exist: UnknownPending keeps it until it does,
	// UnknownRefuse is an error. By default the profile okta refuses, as Okta makes users before it pushes groups.
	UnknownMembers string
}

// What becomes of members that do not exist.
const (
	UnknownPending = "pending"
	UnknownRefuse  = "refuse"
)

// keepsPending reports whether members that do not exist yet are kept for the caller's connection.
func (t *Tenant) keepsPending(caller Caller) bool {
	if conn, ok := t.Connection(caller.Connection); ok && conn.UnknownMembers != "" {
		return conn.UnknownMembers == UnknownPending
	}
	return caller.Profile != "okta"
}

// Profiles are the client dialects that a connection can name.
var Profiles = []string{"generic", "okta", "entra", "onelogin", "jumpcloud", "google"}

// Policy is a loaded policy with the tenant's settings for it.
type Policy struct {
	Module   *plugins.Policy
	Settings json.RawMessage // a JSON object; nil for none
}

// PoliciesConfig says how the policies that a tenant uploads are kept and tried.
type PoliciesConfig struct {
	// Limits bound what they may use.
	Limits plugins.LoadOptions
	// Initial is uploaded and made active where the tenant has no release yet; nil for nothing.
	Initial []byte
	// Settings are those that Initial is uploaded with; nil for none.
	Settings json.RawMessage
	// Signers are whose signatures a release needs one of; none for no signature.
	Signers []ed25519.PublicKey
	// Keep is for how long what policies were asked is kept, for replays: 720h by default, negative for not at all.
	Keep time.Duration
}

// Rule is what a lifecycle event does to the account in the application.
type Rule string

// The rules.
const (
	RuleNothing    Rule = "nothing"
	RuleSuspend    Rule = "suspend"
	RuleDeactivate Rule = "deactivate"
	RuleDelete     Rule = "delete"
)

// Lifecycle says what taking access away does in the application.
type Lifecycle struct {
	// OnDelete is what an IdP's DELETE does: delete (the default), deactivate, suspend or nothing.
	OnDelete Rule
	// OnInactive is what active:false does: suspend (the default), deactivate or nothing.
	OnInactive Rule
	// DeleteAfter is how long an account that OnDelete suspends or deactivates is kept: so long after the IdP's DELETE it is
	// deleted, unless the person has come back. 0, the default, keeps it for ever.
	DeleteAfter time.Duration
	// OnGone is what comes of a change of an account that the application does not have any more: GoneRefuse (the default)
	// or GoneCreate.
	OnGone Gone
}

// Gone is what a change of an account does that is gone from the application.
type Gone string

// What a change of an account does that is gone from the application.
const (
	// GoneRefuse takes the change for refused.
	GoneRefuse Gone = "refuse"
	// GoneCreate looks the account up and, where it is gone indeed, makes another.
	GoneCreate Gone = "create"
)

func (c *TenantConfig) setDefaults() {
	orDuration := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	orInt := func(n *int, def int) {
		if *n == 0 {
			*n = def
		}
	}
	orDuration(&c.DeliveryWait, DefaultDeliveryWait)
	orDuration(&c.RetryMin, DefaultRetryMin)
	orDuration(&c.RetryMax, DefaultRetryMax)
	orDuration(&c.Policies.Keep, DefaultKeep)
	orDuration(&c.Reconcile.Settle, DefaultSettle)
	orInt(&c.Concurrency, DefaultConcurrency)
	orInt(&c.MaxBacklog, DefaultMaxBacklog)
	c.Events = c.Events.withDefaults(c.ID)
	c.Alarms.setDefaults()
	c.Webhooks = slices.Clone(c.Webhooks)
	for i := range c.Webhooks {
		c.Webhooks[i].setDefaults()
	}
	c.Journal.setDefaults()
	if c.Types == nil {
		c.Types = schema.Standard()
	}
	if c.Lifecycle.OnDelete == "" {
		c.Lifecycle.OnDelete = RuleDelete
	}
	if c.Lifecycle.OnInactive == "" {
		c.Lifecycle.OnInactive = RuleSuspend
	}
	if c.Lifecycle.OnGone == "" {
		c.Lifecycle.OnGone = GoneRefuse
	}
}

// Validate reports everything that is wrong with the configuration, each with the field's name and what would be
// right. Defaults count as set.
func (c TenantConfig) Validate() error {
	c.setDefaults()
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.ID == (kv.Tenant{}) {
		bad("id: missing")
	}
	seen := map[string]bool{}
	for i, conn := range c.Connections {
		switch {
		case conn.ID == "":
			bad("connections[%d].id: missing", i)
		case seen[conn.ID]:
			bad("connections[%d].id: %q is there twice", i, conn.ID)
		}
		seen[conn.ID] = true
		if !slices.Contains(Profiles, conn.Profile) {
			bad("connections[%d].profile: %q is not one of %v", i, conn.Profile, Profiles)
		}
		if !slices.Contains([]string{"", UnknownPending, UnknownRefuse}, conn.UnknownMembers) {
			bad("connections[%d].unknown_members: %q is not one of pending, refuse", i, conn.UnknownMembers)
		}
	}
	c.Lifecycle.validate(c.Connector, bad)
	c.validateHold(bad)
	c.Events.validate(bad)
	c.Reconcile.validate(bad)
	c.validateWebhooks(bad)
	c.Journal.validate(bad)
	c.Alarms.validate(bad)
	if c.GiveUp < 0 || (c.GiveUp > 0 && c.GiveUp < leastGiveUp) {
		bad("delivery.give_up: %s is not %s or more", c.GiveUp, leastGiveUp)
	}
	if c.DeliveryWait < 0 || c.RetryMin < 0 || c.RetryMax < c.RetryMin {
		bad("delivery: wait and retry must not be negative, and retry's maximum not below its minimum")
	}
	if c.Concurrency < 1 || c.MaxBacklog < 1 {
		bad("delivery: concurrency and backlog must be at least 1")
	}
	if err := c.Pace.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("application: %w", err))
	}
	if c.Passwords && c.Connector != nil && !c.Connector.SendsPassword(abi.ActionSetPassword) && !c.Connector.SendsPassword(abi.ActionCreate) {
		bad("passwords: nothing sends them; want the route set_password, or {password} in the body of create")
	}
	if c.Passwords && c.Connector != nil && !c.Connector.Secure() {
		bad("passwords: the application's URL is plain http to another machine, where anybody on the way could read them; want https")
	}
	if c.Connector == nil {
		bad("application: missing")
	} else if !c.mapsByPolicy() && (c.Policy != nil || c.Policies.Initial == nil) { // a release may map; Use looks
		errs = append(errs, c.missingRoutes()...)
	}
	errs = append(errs, c.checkImport()...)
	return errors.Join(errs...)
}

func (c *TenantConfig) mapsByPolicy() bool {
	return c.Policy != nil && c.Policy.Module.Has(abi.HookMap)
}

// missingRoutes names the actions that the lifecycle can lead to and the connector has no route for.
func (c *TenantConfig) missingRoutes() []error {
	need := []abi.Action{abi.ActionCreate, abi.ActionUpdate}
	for _, rule := range c.Lifecycle.rules() {
		if action, ok := rule.action(); ok && !slices.Contains(need, action) {
			need = append(need, action)
		}
	}
	if slices.Contains(need, abi.ActionSuspend) || slices.Contains(need, abi.ActionDeactivate) {
		need = append(need, abi.ActionReactivate)
	}
	var errs []error
	for _, action := range need {
		if !c.Connector.CanDo(action) {
			errs = append(errs, fmt.Errorf("application: no route for the action %s, which the tenant's rules can lead to", action))
		}
	}
	return errs
}
