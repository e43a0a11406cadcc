package caddymodule

import (
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/caddy-scim/caddy-scim/adapter"
)

func init() {
	httpcaddyfile.RegisterGlobalOption("scim", parseApp)
	httpcaddyfile.RegisterDirective("scim", parseHandler)
	httpcaddyfile.RegisterDirectiveOrder("scim", httpcaddyfile.Before, "reverse_proxy")
}

func parseApp(d *caddyfile.Dispenser, existing any) (any, error) {
	if existing != nil {
		d.Next()
		return nil, d.Err("the global option scim is there twice")
	}
	app := new(App)
	if err := app.UnmarshalCaddyfile(d); err != nil {
		return nil, err
	}
	return httpcaddyfile.App{Name: "scim", Value: caddyconfig.JSON(app, nil)}, nil
}

func parseHandler(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	h.Next()
	matcher, given, err := h.MatcherToken()
	if err != nil {
		return nil, err
	}
	if given {
		h.Delete()
	}
	h.Reset()
	handler := new(Handler)
	if err := handler.UnmarshalCaddyfile(h.Dispenser); err != nil {
		return nil, err
	}
	if base := handler.basePath(); !given && base != "" {
		matcher = caddy.ModuleMap{"path": h.JSON(caddyhttp.MatchPath{base, base + "/*"})}
	}
	return h.NewRoute(matcher, handler), nil
}

// UnmarshalCaddyfile sets up the app from Caddyfile tokens. Syntax of the global option:
//
//	scim {
//		storage <store> {
//			...
//		}
//		guard <file> {
//			setting  <name> <text>...          # and the rest as in policy below
//			settings <json>
//			memory   <size>
//			timeout  <duration>
//			fuel     <number>
//		}
//		policies {
//			cache         <directory>|off
//			max_instances <number>
//			max_memory    <size>
//			max_fuel      <number>
//			signer        <public key>...
//		}
//		webhook <url> {                        # for all tenants; repeated for each
//			...                                # as in the tenant below
//		}
//		tenant <name> {
//			connection <name> {
//				profile generic|okta|entra|onelogin|jumpcloud|google
//				unknown_members pending|refuse
//				token   <token>                # repeated for each token
//				jwt {
//					issuer       <url>
//					jwks         <url>
//					audience     <audience>...
//					scope        <required> [<also allowed>...]
//					algorithms   RS256|RS384|RS512|PS256|PS384|PS512|ES256|ES384|ES512|EdDSA...
//					clients      <client id>...
//					subjects     <subject>...
//					skew         <duration>
//					max_lifetime <duration>
//				}
//				limits {
//					read_only
//					only users|groups
//					from <address or range>...
//					user <id>
//				}
//			}                                  # repeated for each connection
//			application <url> {
//				auth         bearer <token> | basic <username> <password> | header <name> <value>
//				auth         oauth {           # in the place of these
//					token_url     <url>
//					client_id     <id>
//					client_secret <secret>
//					scope         <scope>...
//					audience      <name>
//					auth_style    header|params
//				}
//				transport    http {            # as reverse_proxy has it
//					...
//				}
//				header       <name> <value>    # repeated for each header
//				timeout      <duration>
//				max_response <size>
//				addresses    <address or range>...
//				name         <name>            # tenants with the same share what follows
//				rate         <requests>/<duration> [<burst>]
//				concurrency  <number>
//				breaker      off | <failures> [<longest pause>]
//				on           <status> [<path> [<value>|/<regexp>/]] done|adopt|retry|refuse|gone [after <duration>] # repeated
//				<action>     <method> <path> { # create, update, suspend, deactivate, reactivate, delete, set_password
//					id   <path>
//					body <json>
//					on   ...                   # as above, for this action's answers
//					then <method> <path> {     # repeated for each further call
//						id   <path>
//						body <json>
//						on   ...
//					}
//				}
//				lookup       GET <path> {
//					id    <path>
//					match <path> <template>    # repeated for each value
//					on    ...                  # with done, retry and gone
//				}
//				map {
//					<path> <template>
//				}
//				list         GET <path> {
//					items     <path>
//					id        <path>
//					next      cursor <path> <parameter> | link <path> | header | page <parameter> [<first>] | offset <parameter> [<first>]
//					size      <parameter> <number>
//					map {
//						<attribute> <path or template>
//					}
//					active    <path> <value>...
//					max_pages <number>
//					max_items <number>
//					max_page  <size>
//				}
//				groups {
//					<action> <method> <path> { # create, update, delete, add_members, remove_members, set_members
//						...                    # as above
//					}
//					lookup   GET <path> {
//						...
//					}
//					map {
//						...
//					}
//					batch    <number>
//					set_limit <number>
//					list     GET <path> {
//						...                    # as above, without active
//						members <path> | GET <path> {
//							items <path>
//							id    <path>
//							next  ...
//							size  ...
//						}
//					}
//					on       ...
//				}
//			}
//			policy [<file>] {                  # without a file, releases decide
//				initial  <file>
//				setting  <name> <text>...      # repeated for each setting; several texts make a list
//				settings <json>                # the settings that are not texts
//				memory   <size>
//				timeout  <duration>
//				fuel     <number>
//				signer   <public key>...
//				keep     <duration>|off
//			}
//			seats <number>
//			schema User|Group <file> [required] # repeated for each extension of the tenant's own
//			lifecycle {
//				on_delete    delete|deactivate|suspend|nothing
//				on_inactive  suspend|deactivate|nothing
//				delete_after <duration>        # with on_delete suspend or deactivate
//				on_gone      refuse|create
//			}
//			hold create|update|delete|reactivate|deactivate|suspend|add_members|remove_members|set_password...
//			hold_attributes <path>...
//			hold_revocations               # what takes access away waits too; without it, it never does
//			hold_expiry <duration>
//			four_eyes [<approvers>]
//			deprovision_limit <users>|<percent>% [<users>|<percent>%] <duration>
//			passwords
//			delivery {
//				wait        <duration>
//				concurrency <number>
//				backlog     <number>
//				retry       <least> <most>     # durations
//				give_up     <duration>
//			}
//			reconcile {
//				every  <duration>
//				mode   report|repair|accept
//				settle <duration>
//			}
//			imports {
//				match        <attribute>...
//				match_groups <attribute>...
//				every        <duration>
//			}
//			events {
//				issuer     <url>
//				retention  <duration>
//				max_queued <number>
//				poll_wait  <duration>
//				stream <name> {
//					poll | push <url>
//					audience <name>...
//					events   create|put|patch|delete|activate|deactivate|asyncresp...
//					auth     bearer <token> | basic <username> <password> | header <name> <value>
//					header   <name> <value>    # repeated for each header
//					timeout  <duration>
//				}                              # repeated for each stream
//			}
//			webhook <url> {
//				name       <name>
//				secret     <secret>            # repeated while one is replaced by another
//				only       <kind>...           # of notices, such as alarm.raised
//				header     <name> <value>      # repeated for each header
//				timeout    <duration>
//				retention  <duration>
//				max_queued <number>
//				plain_http
//			}                                  # repeated for each webhook
//			alarms {
//				failures <number> <percent>% <window> | off
//				silent   <duration>
//			}
//			journal {
//				keep <duration>|forever
//			}
//			rate_limit off | {
//				requests   <a second> [<burst>]
//				writes     <a second> [<burst>]
//				concurrent <number>
//			}
//		}                                      # repeated for each tenant
//	}
//
// Placeholders of Caddy ({env.*}, {file.*}) stand in tokens, credentials, headers, URLs and the paths of files. All
// other braces are templates that each call to the application fills in.
func (a *App) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next() // the option's name
	if d.NextArg() {
		return d.Errf("%q is too much; scim takes a block", d.Val())
	}
	return readBlock(d, "scim",
		option{usage: "storage <store>", read: a.readStorage},
		option{usage: "guard <file>", read: a.readGuard},
		option{usage: "policies { cache, max_instances, max_memory, max_fuel, signer }", read: a.readPolicies},
		option{usage: "webhook <url>", many: true, read: readWebhook(&a.Webhooks)},
		option{usage: "tenant <name>", many: true, read: a.readTenant},
	)
}

func (a *App) readStorage(l line) error {
	if !l.NextArg() {
		return l.wrong()
	}
	name := l.Val()
	if _, err := caddy.GetModule("scim.stores." + name); err != nil {
		var names []string
		for _, m := range caddy.GetModules("scim.stores") {
			names = append(names, m.ID.Name())
		}
		return l.Errf("there is no store %q; this Caddy has %s", name, strings.Join(names, ", "))
	}
	module, err := caddyfile.UnmarshalModule(l.Dispenser, "scim.stores."+name)
	if err != nil {
		return err
	}
	a.StorageRaw = caddyconfig.JSONModuleObject(module, "store", name, nil)
	return nil
}

func (a *App) readTenant(l line) error {
	var name string
	if err := l.args(&name); err != nil {
		return err
	}
	if _, twice := a.Tenants[name]; twice {
		return l.Errf("tenant %q is there twice", name)
	}
	t := new(Tenant)
	if a.Tenants == nil {
		a.Tenants = make(map[string]*Tenant)
	}
	a.Tenants[name] = t
	return readBlock(l.Dispenser, "tenant "+name,
		option{usage: "connection <name>", many: true, read: t.readConnection},
		option{usage: "application <url>", read: t.readApplication},
		option{usage: "policy [<file>]", read: t.readPolicy},
		option{usage: "seats <number>", read: number(&t.Seats)},
		option{usage: "schema User|Group <file> [required]", many: true, read: t.readSchema},
		option{usage: "lifecycle", read: t.readLifecycle},
		option{usage: "hold " + strings.Join(holdWords(), "|") + "...", read: t.readHold},
		option{usage: "hold_attributes <path>...", read: t.readHoldAttributes},
		option{usage: "hold_revocations", read: func(l line) error {
			t.HoldRevocations = true
			return l.args()
		}},
		option{usage: "hold_expiry <duration>", read: duration(&t.HoldExpiry)},
		option{usage: "four_eyes [<approvers>]", read: t.readFourEyes},
		option{usage: "deprovision_limit <users>|<percent>% [<users>|<percent>%] <duration>", read: t.readDeprovisionLimit},
		option{usage: "passwords", read: func(l line) error {
			t.Passwords = true
			return l.args()
		}},
		option{usage: "delivery", read: t.readDelivery},
		option{usage: "imports", read: t.readImport},
		option{usage: "reconcile", read: t.readReconcile},
		option{usage: "events", read: t.readEvents},
		option{usage: "webhook <url>", many: true, read: readWebhook(&t.Webhooks)},
		option{usage: "alarms", read: t.readAlarms},
		option{usage: "journal", read: t.readJournal},
		option{usage: "rate_limit off | { requests, writes, concurrent }", read: t.readRateLimit},
	)
}

func (t *Tenant) readConnection(l line) error {
	var name string
	if err := l.args(&name); err != nil {
		return err
	}
	if _, twice := t.Connections[name]; twice {
		return l.Errf("connection %q is there twice", name)
	}
	c := new(Connection)
	if t.Connections == nil {
		t.Connections = make(map[string]*Connection)
	}
	t.Connections[name] = c
	return readBlock(l.Dispenser, "connection "+name,
		option{usage: "profile " + strings.Join(adapter.Profiles, "|"), read: oneOf(&c.Profile, adapter.Profiles...)},
		option{usage: "unknown_members pending|refuse", read: oneOf(&c.UnknownMembers, adapter.UnknownPending, adapter.UnknownRefuse)},
		option{usage: "token <token>", many: true, read: func(l line) error {
			var value string
			if err := l.args(&value); err != nil {
				return err
			}
			c.Tokens = append(c.Tokens, value)
			return nil
		}},
		option{usage: "jwt", read: c.readJWT},
		option{usage: "limits", read: c.readLimits},
	)
}

func (t *Tenant) readDelivery(l line) error {
	if err := l.args(); err != nil {
		return err
	}
	v := new(Delivery)
	t.Delivery = v
	return readBlock(l.Dispenser, "delivery",
		option{usage: "wait <duration>", read: duration(&v.Wait)},
		option{usage: "concurrency <number>", read: number(&v.Concurrency)},
		option{usage: "backlog <number>", read: number(&v.Backlog)},
		option{usage: "give_up <duration>", read: duration(&v.GiveUp)},
		option{usage: "retry <least> <most>", read: func(l line) error {
			var least, most string
			if err := l.args(&least, &most); err != nil {
				return err
			}
			if err := l.duration(least, &v.RetryMin); err != nil {
				return err
			}
			if err := l.duration(most, &v.RetryMax); err != nil {
				return err
			}
			if v.RetryMax < v.RetryMin {
				return l.Errf("the longest pause, %s, is shorter than the shortest, %s", most, least)
			}
			return nil
		}},
	)
}

// methods are those that a route can have.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Interface guard.
var _ caddyfile.Unmarshaler = (*App)(nil)
