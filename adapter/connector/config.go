package connector

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/caddy-scim/caddy-scim/plugins/abi"
)

const (
	// DefaultTimeout bounds one request, from dialling to the last byte of the answer.
	DefaultTimeout = 10 * time.Second
	// DefaultMaxResponseBytes bounds what is read of one answer.
	DefaultMaxResponseBytes = 1 << 20
)

// Config says where the application is and how to talk to it.
type Config struct {
	// BaseURL is the root of the application's API, http or https, such as "https://app.example/api". Every request
	// stays under it. It has no user, query or fragment.
	BaseURL string

	// Header is sent with every request. Neither resources nor policies can change it. It may replace Accept,
	// Content-Type and User-Agent; what frames or routes the message (Host, Content-Length, …) and Idempotency-Key
	// cannot be set here.
	Header http.Header

	// Auth is how the connector authenticates; the zero value does not.
	Auth Auth

	// Timeout bounds one request with its answer; DefaultTimeout if 0.
	Timeout time.Duration

	// Routes say what to call for each action on a user. An action without one can only be carried out by a policy that
	// names method and path itself. add_members and remove_members are not among them: they stand in Groups.
	Routes map[abi.Action]Route

	// Lookup finds an account that exists already, by what the resource says. Optional; without it an account that is
	// in the way cannot be adopted and an unknown outcome cannot be resolved.
	Lookup *Route

	// Fields build the body of create and update where neither a policy nor the route gives one.
	Fields []Field

	// List reads the application's accounts. Optional; without it nothing can be imported or compared.
	List *ListRoute

	// Groups says how the application is told of groups; nil tells it nothing of them. All the above is for users.
	Groups *Groups

	// Rules classify the answers to all calls, those about groups as well, where no rule of a route or of Groups does.
	Rules []Rule

	// MaxResponseBytes bounds what is read of one answer; DefaultMaxResponseBytes if 0.
	MaxResponseBytes int64

	// Addresses are the only ranges that may be dialled; none means all but those where no application is: link-local,
	// multicast and the like, see dial.Guard. An address that BaseURL names may be dialled though it is one of these, if
	// Addresses has it or is empty.
	Addresses []netip.Prefix

	// Resolver finds the address of the base URL's host, for the connector's own transport; the machine's if nil.
	Resolver *net.Resolver

	// Now is the clock that a Retry-After date is compared with; time.Now if nil.
	Now func() time.Time
}

// Route is one call on the application's API.
type Route struct {
	// Method is GET, POST, PUT, PATCH or DELETE.
	Method string

	// Path is appended to the base URL. It begins with "/", may have a query, and may hold {legacy_id}, {id} (the SCIM
	// id) and any SCIM attribute path: {userName}, {name.familyName}, {emails.value} (the primary one, else the first),
	// {emails[type eq "work"].value}, {urn:…:User:department}. "{{" and "}}" are literal braces.
	Path string

	// Body, if not empty, is the JSON that is sent; its texts may hold the same templates. A text whose templates all
	// have no value becomes null. In the routes add_members and remove_members path and body may speak of the members
	// too, see Groups.
	Body json.RawMessage

	// ID is the gjson path of the account's id, a number or a text, in the answer; such as "member.no". For create and
	// lookup. Where it is empty on create, accounts have no id of their own.
	ID string

	// Then are further calls of the same action, which follow in their order when the one before is done: at most
	// MaxSteps with the first. They have no Then and no Match. {legacy_id} in those of a create is the account's id as
	// the first call that has an ID told it. The field map makes the body of the first call that has none of its own.
	// Not for a lookup.
	Then []Route

	// Rules classify the answers of this route and of its steps, before those of Groups and Config. A step's own come
	// before its route's. Of a lookup they say done (the answer is read), gone (there is no such account) and retry.
	Rules []Rule

	// Match guards a lookup: each Target is a gjson path in the answer whose text must equal, but for case, what Source
	// gives, or the account found is not taken for the right one. It protects from applications that ignore a query
	// parameter that they do not know and answer with somebody else. Only for lookup.
	Match []Field
}

// Field is one value of a body.
type Field struct {
	// Target is where the value goes: a dotted path in the application's JSON, such as "profile.mail".
	Target string

	// Source is where it comes from:
	//
	//	userName                          a SCIM attribute path; the value keeps its JSON type
	//	{name.givenName} {name.familyName}  a text with attribute paths in braces, trimmed
	//	'eu-1'                            a literal text
	//	true, false, 42                   a literal boolean or number
	//
	// A source without a value is left out of a create; in an update it is null, if the resource had a value before.
	Source string
}

// Auth is how requests are authenticated: by one of bearer, basic, a header or OAuth. It never prints its secrets.
type Auth struct {
	// Bearer is a token for "Authorization: Bearer".
	Bearer string
	// Username and Password are for HTTP Basic.
	Username, Password string
	// HeaderName and HeaderValue are any other header, such as X-Api-Key.
	HeaderName, HeaderValue string
	// OAuth fetches bearer tokens.
	OAuth *OAuth
}

// kind names what is set, for printing.
func (a Auth) kind() string {
	var kinds []string
	if a.Bearer != "" {
		kinds = append(kinds, "bearer")
	}
	if a.Username != "" || a.Password != "" {
		kinds = append(kinds, "basic")
	}
	if a.HeaderName != "" || a.HeaderValue != "" {
		kinds = append(kinds, "header")
	}
	if a.OAuth != nil {
		kinds = append(kinds, "oauth")
	}
	if kinds == nil {
		return "none"
	}
	return strings.Join(kinds, "+")
}

// String implements fmt.Stringer, without the secrets.
func (a Auth) String() string { return "auth(" + a.kind() + ")" }

// GoString implements fmt.GoStringer, without the secrets.
func (a Auth) GoString() string { return a.String() }

// LogValue implements slog.LogValuer, without the secrets.
func (a Auth) LogValue() slog.Value { return slog.StringValue(a.kind()) }

// MarshalJSON implements json.Marshaler, without the secrets.
func (a Auth) MarshalJSON() ([]byte, error) { return json.Marshal(a.kind()) }

// String implements fmt.Stringer: the address, without any header value or secret.
func (c Config) String() string {
	return fmt.Sprintf("connector(%s, %s, %d routes)", redactURL(c.BaseURL), c.Auth, len(c.Routes))
}

// GoString implements fmt.GoStringer, as String does.
func (c Config) GoString() string { return c.String() }

// LogValue implements slog.LogValuer, without any header value or secret.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("base_url", redactURL(c.BaseURL)), slog.Any("auth", c.Auth), slog.Int("routes", len(c.Routes)))
}

func redactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "invalid"
	}
	return u.Redacted()
}

// ConfigError says what is wrong with which part of a Config.
type ConfigError struct {
	Field   string // such as "routes.create.path"
	Problem string
}

// Error implements error.
func (e *ConfigError) Error() string { return "connector: " + e.Field + ": " + e.Problem }

func configErrorf(field, format string, args ...any) error {
	return &ConfigError{Field: field, Problem: fmt.Sprintf(format, args...)}
}

// parseBase checks the base URL and returns it with its escaped path, which has no slash at its end.
func parseBase(raw string) (base *url.URL, path string, err error) {
	const field = "base_url"
	if raw == "" {
		return nil, "", configErrorf(field, "is missing")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, "", configErrorf(field, "is not a URL") // err would repeat a password
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, "", configErrorf(field, "has the scheme %q, want http or https", u.Scheme)
	case u.Opaque != "" || u.Hostname() == "":
		return nil, "", configErrorf(field, "has no host")
	case u.User != nil:
		return nil, "", configErrorf(field, "has a user; set auth instead")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, "", configErrorf(field, "has a query or fragment")
	}
	path = strings.TrimRight(u.EscapedPath(), "/")
	if path != "" {
		if _, _, err := checkTarget(path); err != nil {
			return nil, "", configErrorf(field, "%v", err)
		}
	}
	return u, path, nil
}

// framing are the headers that belong to the transport or to the connector itself.
var framing = []string{
	"Connection", "Content-Length", "Expect", "Host", "Idempotency-Key", "Keep-Alive", "Proxy-Connection", "Te",
	"Trailer", "Transfer-Encoding", "Upgrade",
}

// buildHeader puts together what every request carries.
func buildHeader(cfg *Config) (http.Header, error) {
	header := http.Header{
		"Accept":     {"application/json"},
		"User-Agent": {"caddy-scim"},
	}
	for name, values := range cfg.Header {
		if err := checkHeader("header."+abi.CleanText(name, 80), name, values...); err != nil {
			return nil, err
		}
		header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	return header, authenticate(header, cfg.Auth)
}

func authenticate(header http.Header, auth Auth) error {
	name, value := "Authorization", ""
	switch auth.kind() {
	case "none":
		return nil
	case "bearer":
		value = "Bearer " + auth.Bearer
	case "basic":
		if auth.Username == "" || strings.Contains(auth.Username, ":") {
			return configErrorf("auth.username", "is missing or has a colon")
		}
		req := http.Request{Header: make(http.Header)}
		req.SetBasicAuth(auth.Username, auth.Password)
		value = req.Header.Get("Authorization")
	case "header":
		if auth.HeaderName == "" || auth.HeaderValue == "" {
			return configErrorf("auth.header", "needs a name and a value")
		}
		name, value = http.CanonicalHeaderKey(auth.HeaderName), auth.HeaderValue
	case "oauth":
		if _, twice := header[name]; twice {
			return configErrorf("auth", "sets %s, which header sets too", name)
		}
		return auth.OAuth.check()
	default:
		return configErrorf("auth", "sets %s, want one of bearer, basic, header and oauth", auth.kind())
	}
	if err := checkHeader("auth", name, value); err != nil {
		return err
	}
	if _, twice := header[name]; twice {
		return configErrorf("auth", "sets %s, which header sets too", name)
	}
	header[name] = []string{value}
	return nil
}

// checkHeader never repeats a value, which may be a secret.
func checkHeader(field, name string, values ...string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isToken(r) }) {
		return configErrorf(field, "is not a header name")
	}
	if slices.Contains(framing, http.CanonicalHeaderKey(name)) {
		return configErrorf(field, "cannot be set")
	}
	for _, v := range values {
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return configErrorf(field, "has a value with a control character")
		}
	}
	return nil
}

// isToken reports whether r may stand in a header name, RFC 9110 section 5.6.2.
func isToken(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

var (
	_ fmt.Stringer   = Auth{}
	_ fmt.GoStringer = Auth{}
	_ slog.LogValuer = Auth{}
	_ json.Marshaler = Auth{}
	_ fmt.Stringer   = Config{}
	_ slog.LogValuer = Config{}
	_ error          = (*ConfigError)(nil)
)
