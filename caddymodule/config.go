package caddymodule

import (
	"encoding/json"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// Tenant is one customer organisation: who may provision it, and the application that is told.
type Tenant struct {
	// Connections are the IdPs that may speak for the tenant, by their names: 1 to 63 of a-z, 0-9, _ and -, beginning
	// with a letter or digit. Default: one connection named `default`, with the profile `generic` and no static token.
	Connections map[string]*Connection `json:"connections,omitempty"`

	// Application is the application that the tenant's people use. Required.
	Application *Application `json:"application,omitempty"`

	// Policy decides about changes and maps them to the application's requests. Default: the release that is active
	// decides, see `caddy scim policy`; without one everything is allowed, and the application's field map is used.
	Policy *Policy `json:"policy,omitempty"`

	// Seats is how many active users the tenant may have. The tenant's policy and the guard are told; nothing else
	// enforces it. Default: they are told nothing.
	Seats int `json:"seats,omitempty"`

	// Schemas are extensions of the tenant's own, for its users and groups. Default: none but the enterprise extension
	// of RFC 7643, which every tenant has.
	Schemas []*Schema `json:"schemas,omitempty"`

	// Lifecycle says what taking access away does in the application.
	Lifecycle *Lifecycle `json:"lifecycle,omitempty"`

	// Hold lists what waits for an approval, whatever the policy says: the operations `create`, `update` and `delete`, and
	// changes that lead to the actions `reactivate`, `deactivate`, `suspend`, `add_members`, `remove_members` and
	// `set_password`. `deactivate`, `suspend` and `remove_members` want HoldRevocations, too. Default: none.
	Hold []string `json:"hold,omitempty"`

	// HoldAttributes lists attributes, such as `userType`: a change of one of them waits, also when a user or a group is
	// made with it. Default: none.
	HoldAttributes []string `json:"hold_attributes,omitempty"`

	// HoldRevocations also lets changes that take access away wait. Default: false, as an IdP that revokes must win.
	HoldRevocations bool `json:"hold_revocations,omitempty"`

	// HoldExpiry is how long a change waits for an approval before it is rejected, where the policy that holds it does not
	// say. Default: for ever.
	HoldExpiry caddy.Duration `json:"hold_expiry,omitempty"`

	// FourEyes is how many persons have to approve a held change, 1 to 5, none of whom made a token that it came by. Default:
	// one, whoever it is.
	FourEyes int `json:"four_eyes,omitempty"`

	// DeprovisionLimit bounds how many people may lose their access in a time. Default: no limit.
	DeprovisionLimit *DeprovisionLimit `json:"deprovision_limit,omitempty"`

	// Passwords tells the application of the passwords that clients set, by the route `set_password` or where the body of
	// create has {password}. Default: false; they are dropped.
	Passwords bool `json:"passwords,omitempty"`

	// Delivery says how the application is told.
	Delivery *Delivery `json:"delivery,omitempty"`

	// Import says how the application's accounts become users and groups. Default: when somebody asks, by the defaults.
	Import *Import `json:"import,omitempty"`

	// Reconcile says how the application is compared with what it was told. Default: when somebody asks.
	Reconcile *Reconcile `json:"reconcile,omitempty"`

	// Events says who is told of changes. Default: nobody.
	Events *Events `json:"events,omitempty"`

	// Webhooks are told of what waits for somebody, of alarms, and of what failed for good. Default: none.
	Webhooks []*Webhook `json:"webhooks,omitempty"`

	// Alarms says from when on a connection counts as failing or silent. Default: the defaults of its fields.
	Alarms *Alarms `json:"alarms,omitempty"`

	// Journal says how the tenant's provisioning log is kept.
	Journal *Journal `json:"journal,omitempty"`

	// RateLimit bounds what the tenant's clients may use.
	RateLimit *RateLimit `json:"rate_limit,omitempty"`
}

// Connection is one IdP's access to a tenant.
type Connection struct {
	// Profile is the IdP's dialect: `generic`, `okta`, `entra`, `onelogin`, `jumpcloud` or `google`. Default: `generic`.
	Profile string `json:"profile,omitempty"`

	// UnknownMembers says what becomes of a group's member that does not exist: `pending` keeps it until a user of that
	// id or externalId does, `refuse` answers 400. Default: `pending`, but `refuse` with the profile `okta`, which makes
	// users before it pushes groups.
	UnknownMembers string `json:"unknown_members,omitempty"`

	// Tokens are static bearer tokens of 24 to 512 visible ASCII characters; several at once let one be replaced with
	// no gap. {env.*} and {file.*} are replaced, and a token is best written in no other way. Default: none; the
	// connection then has only the tokens that are made with `caddy scim token create`.
	Tokens []string `json:"tokens,omitempty"`

	// JWT lets the IdP come with access tokens of an OAuth 2.0 issuer, beside the other tokens. Default: not at all.
	JWT *JWT `json:"jwt,omitempty"`

	// Limits narrow what all tokens of the connection are good for. Default: nothing is narrowed.
	Limits *Limits `json:"limits,omitempty"`
}

// Application says where the tenant's application is and how to talk to it.
type Application struct {
	// URL is the root of the application's API, http or https, without user, query or fragment. Required. {env.*} and
	// {file.*} are replaced.
	URL string `json:"url,omitempty"`

	// Auth is how requests are authenticated. Default: not at all.
	Auth *ApplicationAuth `json:"auth,omitempty"`

	// Headers are sent with every request. {env.*} and {file.*} are replaced. Default: Accept: application/json and
	// User-Agent: caddy-scim, which can be set here.
	Headers map[string][]string `json:"headers,omitempty"`

	// Timeout bounds one request, from dialling to the last byte of the answer. Default: 10s.
	Timeout caddy.Duration `json:"timeout,omitempty"`

	// MaxResponse bounds what is read of one answer, in bytes. Default: 1 MiB.
	MaxResponse int64 `json:"max_response,omitempty"`

	// Addresses are the only ranges that may be dialled, such as 10.1.0.0/16 or 192.0.2.7. Default: all but those where no
	// application is (link-local with the metadata services of clouds, multicast, reserved and unspecified addresses),
	// which no range opens. One of these is dialled where URL names the very address.
	Addresses []string `json:"addresses,omitempty"`

	// TransportRaw is Caddy's own HTTP transport, as reverse_proxy has it: client certificates, trusted roots, timeouts, a
	// proxy, resolvers. The only protocol is `http`. What would defeat Addresses is refused: HTTP/3, the PROXY protocol,
	// placeholders in the server name. A proxy is used only where the transport names it, and not with Addresses, as it
	// dials for itself; those of the environment are not used. Default: a transport with TLS 1.2 or later and the
	// machine's roots.
	TransportRaw json.RawMessage `json:"transport,omitempty" caddy:"namespace=http.reverse_proxy.transport inline_key=protocol"`

	// Rules classify the application's answers, where no rule of a route or of Groups does. Default: none; the statuses
	// mean what docs/connector.md says.
	Rules []*Rule `json:"rules,omitempty"`

	// Routes say what to call for each action on a user: `create`, `update`, `suspend`, `deactivate`, `reactivate`,
	// `delete`, `set_password`. Without a policy that maps, create, update and those that the lifecycle can lead to are required.
	Routes map[string]*Route `json:"routes,omitempty"`

	// Lookup finds an account that exists already, by what the resource says. Default: none; then an account that is
	// in the way cannot be adopted, and what came of a request that broke off cannot be found out.
	Lookup *Lookup `json:"lookup,omitempty"`

	// Map builds the JSON that is sent by create and update where no policy does. A key is a dotted path in the
	// application's JSON; its value is a SCIM attribute path (`userName`), a text with attribute paths in braces
	// (`{name.givenName} {name.familyName}`), or a literal ('eu-1', true, 42).
	Map map[string]string `json:"map,omitempty"`

	// List reads the application's accounts, for imports and comparisons. Default: they cannot be read.
	List *List `json:"list,omitempty"`

	// Groups says how the application is told of groups. Default: it is told nothing of them; they are kept for who
	// speaks SCIM.
	Groups *Groups `json:"groups,omitempty"`

	// Pace says what the application can bear. Default: as much as `delivery.concurrency` allows, and it is left alone
	// while it cannot be reached.
	Pace *Pace `json:"pace,omitempty"`

	transport *reverseproxy.HTTPTransport // what TransportRaw says; nil for the default
	proxied   bool                        // by a proxy that TransportRaw names
}

// ApplicationAuth is how requests to the application are authenticated: by one of its fields. {env.*} and {file.*} are
// replaced.
type ApplicationAuth struct {
	Auth

	// OAuth fetches bearer tokens by the grant client_credentials of OAuth 2.0.
	OAuth *OAuth `json:"oauth,omitempty"`
}

// Auth is how requests are authenticated: by one of the three. {env.*} and {file.*} are replaced.
type Auth struct {
	// Bearer is a token for `Authorization: Bearer`.
	Bearer string `json:"bearer,omitempty"`

	// Basic is HTTP Basic.
	Basic *BasicAuth `json:"basic,omitempty"`

	// Header is any other header, such as X-Api-Key.
	Header *HeaderAuth `json:"header,omitempty"`
}

// BasicAuth is a user and a password.
type BasicAuth struct {
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
}

// HeaderAuth is a header that authenticates.
type HeaderAuth struct {
	Name  string `json:"name,omitempty"`
	Value string `json:"value,omitempty"`
}

// Route is one call on the application's API. Braces in it are templates that each call fills in; placeholders of
// Caddy are not replaced.
type Route struct {
	// Method is GET, POST, PUT, PATCH or DELETE. Required.
	Method string `json:"method,omitempty"`

	// Path is appended to the application's URL. It begins with "/", may have a query, and may hold {legacy_id}, {id}
	// (the SCIM id) and any SCIM attribute path, such as {userName}. Required. In the routes of members it may hold
	// {member.legacy_id} and more, see Groups.
	Path string `json:"path,omitempty"`

	// ID is the path of the account's id in the answer, such as `member.no`. It matters for create; without it accounts
	// have no id of their own. Default: none.
	ID string `json:"id,omitempty"`

	// Body is JSON to send in the place of what Map or the policy makes; its texts may hold the same templates.
	// Default: none.
	Body json.RawMessage `json:"body,omitempty"`

	// Then are further calls of the same action, in order, each made when the one before it is done. The first call that
	// has an ID tells {legacy_id} to those that follow. Map makes the body of the first call that has none of its own.
	// Default: none.
	Then []*Step `json:"then,omitempty"`

	// Rules classify the answers, before those of Groups and of the application. Default: none.
	Rules []*Rule `json:"rules,omitempty"`
}

// Lookup is the GET that finds an account. Braces in it are templates, as in Route.
type Lookup struct {
	// Path is what Route.Path is. Required.
	Path string `json:"path,omitempty"`

	// ID is the path of the account's id in the answer, such as `members.0.no`. Required.
	ID string `json:"id,omitempty"`

	// Match guards against an application that answers with somebody else: the value at each key, a path in the answer,
	// must be what the template gives, but for case, or the account is not taken for the right one. Default: none.
	Match map[string]string `json:"match,omitempty"`

	// Rules classify the answers: `done` reads the account from it, `gone` says that there is none, `retry` that it does
	// not tell. Default: none; 2xx is done, 404 and 410 are gone, all else is retry.
	Rules []*Rule `json:"rules,omitempty"`
}

// Lifecycle says what taking access away does in the application.
type Lifecycle struct {
	// OnDelete is what the IdP's delete does: `delete`, `deactivate`, `suspend` or `nothing`. Default: `delete`.
	OnDelete string `json:"on_delete,omitempty"`

	// OnInactive is what `active: false` does: `suspend`, `deactivate` or `nothing`. Default: `suspend`.
	OnInactive string `json:"on_inactive,omitempty"`

	// DeleteAfter is how long an account that OnDelete suspends or deactivates is kept: so long after the IdP's delete it is
	// deleted, unless the person has come back. Default: it is kept for ever.
	DeleteAfter caddy.Duration `json:"delete_after,omitempty"`

	// OnGone is what comes of a change of an account that the application does not have any more: `refuse` tells the IdP
	// so, `create` looks the account up and, where it is gone indeed, makes another. `create` needs a lookup.
	// Default: `refuse`.
	OnGone string `json:"on_gone,omitempty"`
}

// Delivery says how the application is told of changes.
type Delivery struct {
	// Wait is how long a request waits for the application's answer before it is told that the change is accepted.
	// Default: 5s.
	Wait caddy.Duration `json:"wait,omitempty"`

	// Concurrency is how many deliveries run at once. Default: 8.
	Concurrency int `json:"concurrency,omitempty"`

	// Backlog is how many resources may wait for delivery before writes are refused with 503. Default: 100000.
	Backlog int `json:"backlog,omitempty"`

	// RetryMin is the pause after the first failure; it doubles with each further one up to RetryMax. Default: 1s.
	RetryMin caddy.Duration `json:"retry_min,omitempty"`

	// RetryMax is the longest pause. Default: 5m.
	RetryMax caddy.Duration `json:"retry_max,omitempty"`

	// GiveUp is for how long a change is tried that the application does not take; it becomes a dead letter then. What takes
	// access away is tried for ever, and so are groups and their members. Default: nothing is given up.
	GiveUp caddy.Duration `json:"give_up,omitempty"`
}
