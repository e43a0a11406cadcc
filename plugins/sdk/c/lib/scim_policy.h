/*
 * Policies for caddy-scim, written in C.
 *
 *	#include "scim_policy.h"
 *
 *	static scim_decision decide(const scim_decide_input *in) {
 *		if (!scim_equal(in->resource_type, "User") || in->operation == SCIM_DELETE)
 *			return scim_allow();
 *		const scim_user *user = scim_read_user(in->after);
 *		if (scim_equal(user->enterprise.department, ""))
 *			return scim_deny(400, "invalidValue", scim_format("%s has no department", user->user_name));
 *		return scim_allow();
 *	}
 *
 *	SCIM_POLICY = {.name = "departments", .version = "1.0.0", .decide = decide};
 *
 * A policy is a pure function. It has no files, no network, no clock and no randomness, and
 * what it stores in variables is gone at the next call.
 *
 * All memory that these functions return belongs to the call and is taken back after it, so
 * that nothing is ever freed. No text is NULL: what is absent is "". Only documents, lists
 * and struct members that say so may be NULL, and every function takes such a NULL for what
 * is absent.
 *
 * What goes wrong makes the call fail, whatever the hook returns: a document of the wrong
 * form, or scim_fail. A failed call makes the request fail with 503 and a delivery be tried
 * again, so fail only for what is not the identity provider's fault, and scim_deny for what
 * is.
 */
#ifndef SCIM_POLICY_H
#define SCIM_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#error "scim_policy is a library for C"
#endif

#if defined(__GNUC__)
#define SCIM_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define SCIM_PRINTF(at, first)
#endif

/* ---------------------------------------------------------------- JSON values */

typedef enum { SCIM_NULL, SCIM_BOOL, SCIM_NUMBER, SCIM_STRING, SCIM_ARRAY, SCIM_OBJECT } scim_kind;

/* One JSON value. Objects keep the order of their members, numbers all of their digits. */
typedef struct scim_value scim_value;

/* What a value is; SCIM_NULL for NULL. */
scim_kind scim_kind_of(const scim_value *value);

/* The member of an object, NULL if there is none. Where it is there twice, the last counts.
 * A value that is neither an object nor absent makes the call fail. */
scim_value *scim_get(const scim_value *object, const char *name);

/* What a value holds. null and NULL are "", false and 0; a value of another kind makes the
 * call fail, and so do a text with a U+0000 inside and a number that is no int64_t. */
const char *scim_text(const scim_value *value);
bool scim_bool(const scim_value *value);
int64_t scim_int(const scim_value *value);

/* How many elements or members there are; the first of them and the one after another, NULL
 * if there is none; and the name of a member. */
size_t scim_count(const scim_value *list);
scim_value *scim_first(const scim_value *list);
scim_value *scim_next(const scim_value *element);
const char *scim_name(const scim_value *member);

/* New values. Texts are not copied; they must be UTF-8. */
scim_value *scim_null(void);
scim_value *scim_boolean(bool yes);
scim_value *scim_integer(int64_t number);
scim_value *scim_string(const char *text);
scim_value *scim_array(void);
scim_value *scim_object(void);

/* Sets a member, in its place if it is there already, or takes it away, or adds an element.
 * A value that is part of something else already is copied. */
void scim_set(scim_value *object, const char *name, scim_value *value);
void scim_set_text(scim_value *object, const char *name, const char *text);
void scim_remove(scim_value *object, const char *name);
void scim_append(scim_value *array, scim_value *element);

/* A copy that can be changed without changing the original. */
scim_value *scim_copy(const scim_value *value);

/* Reads and writes JSON. What is not valid JSON makes the call fail and is null. */
scim_value *scim_parse(const char *json);
const char *scim_to_json(const scim_value *value);

/* ---------------------------------------------------------------- what the host sends */

/* The key of the enterprise extension in a user (RFC 7643 section 4.3). */
#define SCIM_ENTERPRISE_URN "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

/* What a client asks for. */
typedef enum { SCIM_CREATE, SCIM_UPDATE, SCIM_DELETE } scim_operation;

/* What the application must be told. */
typedef enum {
	SCIM_ACTION_CREATE,
	SCIM_ACTION_UPDATE,
	SCIM_ACTION_SUSPEND,
	SCIM_ACTION_DEACTIVATE,
	SCIM_ACTION_REACTIVATE,
	SCIM_ACTION_DELETE,
	SCIM_ACTION_ADD_MEMBERS,
	SCIM_ACTION_REMOVE_MEMBERS,
	SCIM_ACTION_SET_MEMBERS /* all who are to be in the group, where the operator has given it a route */
} scim_action;

/* How the documents spell them. */
const char *scim_operation_name(scim_operation operation);
const char *scim_action_name(scim_action action);

/* A list of texts. */
typedef struct {
	const char *const *items;
	size_t count;
} scim_texts;

/* How many resources a tenant has. */
typedef struct {
	int64_t users;
	int64_t active_users; /* whose active is not false */
	int64_t groups;
} scim_counts;

/* For whom the policy runs. */
typedef struct {
	const char *id;
	int64_t seat_limit;        /* how many active users are paid for; 0 where nobody has said */
	const scim_counts *counts; /* without the write in question; only for decide, and only where
	                            * the policy has needs_counts. NULL otherwise */
} scim_tenant;

/* The identity provider's access through which a write came. */
typedef struct {
	const char *id;
	const char *profile; /* okta, entra, onelogin, jumpcloud, google or generic */
} scim_connection;

/* What a write does to the members of a group. */
typedef struct {
	bool clear;        /* all who are in it leave first */
	scim_texts remove; /* SCIM ids */
	scim_texts add;
} scim_member_change;

/* One member of a group. */
typedef struct {
	const char *id;        /* the SCIM id */
	const char *legacy_id; /* the application's own; may be "" */
	const char *type;      /* User or Group */
} scim_member;

/* One write, before it is stored. */
typedef struct {
	int64_t abi; /* 1 */
	scim_operation operation;
	const char *resource_type;         /* User or Group */
	scim_value *before;                /* the stored resource; NULL for a create */
	scim_value *after;                 /* the resource as it would be stored; NULL for a delete */
	scim_texts changed;                /* paths that differ, such as name.familyName */
	const scim_member_change *members; /* of a group; NULL where they stay */
	scim_connection connection;
	scim_tenant tenant;
	scim_value *settings; /* what the tenant configured for this policy; may be NULL */
} scim_decide_input;

/* One action that the application must be told of. */
typedef struct {
	int64_t abi; /* 1 */
	scim_action action;
	const char *resource_type;  /* User or Group */
	const char *id;             /* the SCIM id */
	const char *legacy_id;      /* the application's own; "" before a create */
	scim_value *before;         /* as the application last acknowledged it; NULL for a create */
	scim_value *after;          /* as it shall be; NULL for a delete */
	const scim_member *members; /* who joins or leaves the group */
	size_t member_count;
	scim_tenant tenant;
	scim_value *settings;
} scim_map_input;

/* One account as the application tells of it. */
typedef struct {
	int64_t abi;               /* 1 */
	const char *resource_type; /* what it becomes: User or Group */
	scim_value *record;
	scim_tenant tenant;
	scim_value *settings;
} scim_import_input;

/* A person's name. */
typedef struct {
	const char *formatted;
	const char *family_name;
	const char *given_name;
	const char *middle_name;
	const char *honorific_prefix;
	const char *honorific_suffix;
} scim_person_name;

/* One element of a multi-valued attribute, such as an e-mail or a role. */
typedef struct {
	const char *value;
	const char *display;
	const char *type;
	bool primary;
} scim_entry;

typedef struct {
	const scim_entry *items;
	size_t count;
} scim_entries;

/* One postal address. */
typedef struct {
	const char *formatted;
	const char *street_address;
	const char *locality;
	const char *region;
	const char *postal_code;
	const char *country;
	const char *type;
	bool primary;
} scim_address;

typedef struct {
	const scim_address *items;
	size_t count;
} scim_addresses;

/* The enterprise extension of a user. */
typedef struct {
	const char *employee_number;
	const char *cost_center;
	const char *organization;
	const char *division;
	const char *department;
	const char *manager;      /* the manager's SCIM id */
	const char *manager_name; /* the manager's displayName */
} scim_enterprise;

/* A SCIM user (RFC 7643 section 4.1) with the attributes that policies ask for most. The
 * document holds the others: scim_get. */
typedef struct {
	const char *id;
	const char *external_id;
	const char *user_name;
	scim_person_name name;
	const char *display_name;
	const char *nick_name;
	const char *profile_url;
	const char *title;
	const char *user_type;
	const char *preferred_language;
	const char *locale;
	const char *timezone;
	bool active; /* true unless the document says false */
	scim_entries emails;
	scim_entries phone_numbers;
	scim_addresses addresses;
	scim_entries roles;
	scim_entries entitlements;
	scim_enterprise enterprise;
} scim_user;

/* A SCIM group (RFC 7643 section 4.2). What becomes of its members is in the input. */
typedef struct {
	const char *id;
	const char *external_id;
	const char *display_name;
} scim_group;

/* Read a user or a group, the before or after of an input. Never NULL: an absent one is
 * empty. Attribute names are matched exactly, as the schema spells them. */
const scim_user *scim_read_user(const scim_value *document);
const scim_group *scim_read_group(const scim_value *document);

/* The address to write to: the primary one, else the one of type work, else the first. */
const char *scim_email(const scim_user *user);

/* The name to show: formatted, else given and family name, else display_name, else
 * user_name. */
const char *scim_full_name(const scim_user *user);

/* ---------------------------------------------------------------- what a policy answers */

typedef enum { SCIM_ALLOW, SCIM_HOLD, SCIM_DENY } scim_verdict;

/* The answer to a write. Members may be NULL or 0 where nothing is said. */
typedef struct {
	scim_verdict verdict;
	int status;              /* deny: 400 to 499 without 401, 407, 408 and 429; 0 for 403 */
	const char *scim_type;   /* deny: one of RFC 7644 table 9, such as invalidValue */
	const char *detail;      /* deny: why, shown to the identity provider's administrator */
	const char *title;       /* hold: the headline for the approver */
	const char *reason;      /* hold: more for the approver */
	int expires_in;          /* hold: seconds after which it counts as rejected */
	const char *lifecycle;   /* allow, hold: deactivate, suspend, delete or nothing */
	const scim_value *after; /* allow, hold: the whole resource to store instead */
	const scim_value *other; /* if set, the answer is this document and nothing else */
} scim_decision;

/* Lets the write through. */
scim_decision scim_allow(void);

/* Refuses the write. status may be 0 for 403 and scim_type NULL; detail is required. */
scim_decision scim_deny(int status, const char *scim_type, const char *detail);

/* Lets the write wait for an approval. title is required, reason may be NULL. */
scim_decision scim_hold(const char *title, const char *reason);

/* How many requests an action may take. */
#define SCIM_MAX_REQUESTS 16

/* One HTTP request to the application. */
typedef struct {
	const char *method;     /* GET, POST, PUT, PATCH or DELETE; NULL for the route's */
	const char *path;       /* appended to the application's base URL; NULL for the route's */
	const scim_value *body; /* NULL for none */
} scim_request;

/* The answer to an action. No requests stand for the connector's own routes and fields. */
typedef struct {
	scim_request requests[SCIM_MAX_REQUESTS];
	size_t count;
} scim_map_output;

/* Leaves the action to the connector's own routes and field map. */
scim_map_output scim_declarative(void);

/* Adds a request. One more than SCIM_MAX_REQUESTS makes the call fail. */
void scim_add_request(scim_map_output *output, const char *method, const char *path, const scim_value *body);

/* The answer to an account: either a resource or skip. */
typedef struct {
	const scim_value *resource; /* a SCIM resource */
	const char *legacy_id;      /* the application's own id; NULL where the connector finds it */
	bool skip;
	const char *reason; /* skip: why, for the report */
} scim_import_output;

/* The account as a SCIM resource. legacy_id may be NULL. */
scim_import_output scim_imported(const scim_value *resource, const char *legacy_id);

/* Leaves the account out, such as a robot's. reason may be NULL. */
scim_import_output scim_skip(const char *reason);

/* ---------------------------------------------------------------- the policy */

/* What a policy consists of. A hook that is NULL is not there. */
typedef struct {
	const char *name;     /* what people call the policy; required */
	const char *version;  /* the author's version, for people */
	const char *settings; /* the JSON Schema of the settings, an object; NULL for none */
	bool needs_counts;    /* fill in scim_tenant.counts */
	scim_decision (*decide)(const scim_decide_input *input);
	scim_map_output (*map)(const scim_map_input *input);
	scim_import_output (*import)(const scim_import_input *input);
} scim_policy;

/* Defines the policy of the module: SCIM_POLICY = {.name = "...", .decide = decide}; */
#define SCIM_POLICY const scim_policy scim_the_policy
extern const scim_policy scim_the_policy;

/* Makes the call fail with this message, as the first that does. The hook goes on. */
void scim_fail(const char *format, ...) SCIM_PRINTF(1, 2);

/* Ends the policy at once, as a crash. */
_Noreturn void scim_panic(const char *why);

/* Writes one line to the policy's log, which the tenant's administrators can read. The host
 * bounds how much a call may log. Do not log personal data. */
void scim_log(const char *format, ...) SCIM_PRINTF(1, 2);

/* ---------------------------------------------------------------- texts */

/* A new text. It knows %s, %c, %d, %u, %%, and the sizes l, ll and z. */
const char *scim_format(const char *format, ...) SCIM_PRINTF(1, 2);

/* The texts with separator between them. */
const char *scim_join(scim_texts texts, const char *separator);

/* Compare texts; ..._fold takes A to Z and a to z for the same. */
bool scim_equal(const char *a, const char *b);
bool scim_equal_fold(const char *a, const char *b);
bool scim_starts_with(const char *text, const char *prefix);
bool scim_ends_with(const char *text, const char *suffix);

/* Whether a text is one of several. */
bool scim_contains(scim_texts texts, const char *text);

/* Reads an array of strings, such as one of the settings. */
scim_texts scim_read_texts(const scim_value *array);

/* The text with A to Z as a to z. */
const char *scim_lower(const char *text);

/* Makes a text fit for one segment of a path or for a value in a query: what is not a letter,
 * a digit or one of -_~ is percent-encoded, and so is a dot at the start, since no segment may
 * be "." or "..". */
const char *scim_path_segment(const char *text);

/* Memory of the call: zeroed, never NULL. */
void *scim_alloc(size_t size);

/* ---------------------------------------------------------------- tests, not in WebAssembly */

#ifndef __wasm__

/* Runs one hook, decide, map, import or describe, with a JSON document in and out, as the
 * host would see it. It returns whether the hook answered, and in *answer what, or else the
 * message of the failure; both until the next call. */
bool scim_run(const scim_policy *policy, const char *hook, const char *input, const char **answer);

/* Read the documents that the host sends, for tests that call a hook themselves. */
const scim_decide_input *scim_read_decide_input(const scim_value *document);
const scim_map_input *scim_read_map_input(const scim_value *document);
const scim_import_input *scim_read_import_input(const scim_value *document);

/* What scim_fail was told, or what else went wrong; NULL if nothing did. */
const char *scim_failure(void);

/* Takes all memory and the failure back, as happens between two calls. */
void scim_reset(void);

/* Runs the golden cases of a file and prints what went wrong. It returns how many failed; a
 * file that cannot be read counts as one. Cases that want a crash or a refused answer need the
 * module: caddy scim policy test. */
int scim_run_cases(const scim_policy *policy, const char *path);

#endif

#endif
