/* The test guest of the C SDK, see package tck. */
#include "scim_policy.h"

/* How many calls this memory has seen. */
static int calls;

/* Says which behaviour a case wants of a hook. */
static const char *behaviour(const scim_value *settings) {
	calls++;
	return scim_text(scim_get(settings, "tck"));
}

/* Adds a fact to a text, with a space between them, unless there is none. */
static const char *add(const char *facts, const char *fact) {
	if (fact[0] == 0)
		return facts;
	return facts[0] == 0 ? fact : scim_format("%s %s", facts, fact);
}

/* Shows every field of the input. */
static scim_decision hold(const scim_decide_input *in, const scim_user *before, const scim_user *after) {
	const char *facts = scim_format("%lld", (long long)in->abi);
	facts = add(facts, scim_operation_name(in->operation));
	facts = add(facts, in->resource_type);
	facts = add(facts, before->user_name);
	facts = add(facts, after->user_name);
	facts = add(facts, scim_join(in->changed, ","));
	facts = add(facts, in->connection.id);
	facts = add(facts, in->connection.profile);
	facts = add(facts, in->tenant.id);
	return scim_hold("tck", facts);
}

/* Shows what is known of the tenant. */
static scim_decision hold_counts(const scim_tenant *tenant) {
	const scim_counts *counts = tenant->counts;
	if (counts == NULL)
		return scim_hold("tck", scim_format("%s: %lld seats, not counted", tenant->id, (long long)tenant->seat_limit));
	return scim_hold("tck", scim_format("%s: %lld of %lld seats, %lld users, %lld groups", tenant->id,
	                                    (long long)counts->active_users, (long long)tenant->seat_limit,
	                                    (long long)counts->users, (long long)counts->groups));
}

/* Shows a group and what becomes of its members. */
static scim_decision hold_members(const scim_decide_input *in) {
	const scim_group *before = scim_read_group(in->before), *after = scim_read_group(in->after);
	const scim_member_change *m = in->members;
	const char *members = "members stay";
	if (m != NULL)
		members = scim_format("clear %s remove %s add %s", m->clear ? "true" : "false", scim_join(m->remove, ","),
		                      scim_join(m->add, ","));
	return scim_hold("tck", scim_format("%s; %s %s; %s", before->display_name, after->external_id, after->display_name, members));
}

static scim_decision decide(const scim_decide_input *in) {
	const char *want = behaviour(in->settings);
	const scim_user *before = scim_read_user(in->before), *after = scim_read_user(in->after);
	scim_decision decision = scim_allow();
	if (scim_equal(want, "deny"))
		return scim_deny(409, "uniqueness", scim_format("tck denies %s", after->user_name));
	if (scim_equal(want, "deny_plainly"))
		return scim_deny(0, NULL, "tck denies");
	if (scim_equal(want, "hold"))
		return hold(in, before, after);
	if (scim_equal(want, "counts"))
		return hold_counts(&in->tenant);
	if (scim_equal(want, "expires")) {
		decision = scim_hold("tck", "an hour");
		decision.expires_in = 3600;
	}
	if (scim_equal(want, "members"))
		return hold_members(in);
	if (scim_equal(want, "lifecycle"))
		decision.lifecycle = "suspend";
	if (scim_equal(want, "rewrite"))
		decision.after = in->after;
	if (scim_equal(want, "state") && calls != 1)
		return scim_deny(0, NULL, scim_format("tck has seen %d calls", calls));
	if (scim_equal(want, "wrong")) {
		scim_value *answer = scim_object();
		scim_set_text(answer, "verdict", "maybe");
		decision.other = answer;
	}
	if (scim_equal(want, "error"))
		scim_fail("tck error é");
	if (scim_equal(want, "panic"))
		scim_panic("tck panic");
	if (scim_equal(want, "loop")) {
		for (volatile unsigned n = 1; n != 0; n += 2) /* never even */
			;
	}
	if (scim_equal(want, "log")) {
		scim_log("tck: %s", "first");
		scim_log("tck: zweite Zeile äöü");
	}
	return decision;
}

static scim_value *members_of(const scim_map_input *in) {
	scim_value *members = scim_array();
	for (size_t i = 0; i < in->member_count; i++) {
		const scim_member *member = &in->members[i];
		scim_value *shown = scim_object();
		scim_set_text(shown, "id", member->id);
		if (member->legacy_id[0] != 0)
			scim_set_text(shown, "legacy_id", member->legacy_id);
		scim_set_text(shown, "type", member->type);
		scim_append(members, shown);
	}
	return members;
}

static scim_map_output map(const scim_map_input *in) {
	const char *want = behaviour(in->settings);
	scim_map_output output = scim_declarative();
	if (scim_equal(want, "none"))
		return output;
	if (scim_equal(want, "error"))
		scim_fail("tck error é");
	scim_value *body = scim_object();
	scim_set(body, "abi", scim_integer(in->abi));
	scim_set_text(body, "action", scim_action_name(in->action));
	scim_set_text(body, "resource_type", in->resource_type);
	scim_set_text(body, "id", in->id);
	scim_set_text(body, "legacy_id", in->legacy_id);
	scim_set_text(body, "before", scim_read_user(in->before)->user_name);
	scim_set_text(body, "after", scim_read_user(in->after)->user_name);
	scim_set_text(body, "tenant", in->tenant.id);
	if (in->member_count > 0)
		scim_set(body, "members", members_of(in));
	scim_add_request(&output, "PATCH", scim_format("/tck/%s?of=%s", in->legacy_id, in->id), body);
	scim_add_request(&output, NULL, NULL, NULL);
	return output;
}

static scim_import_output import(const scim_import_input *in) {
	const char *want = behaviour(in->settings), *login = scim_text(scim_get(in->record, "login"));
	if (scim_equal(want, "skip"))
		return scim_skip(scim_format("tck skips %s", login));
	if (scim_equal(want, "wrong"))
		return scim_imported(NULL, NULL);
	if (scim_equal(want, "error"))
		scim_fail("tck error é");
	scim_value *resource = scim_object();
	scim_set_text(resource, "userName", login);
	scim_set_text(resource, "displayName", scim_format("%lld %s %s", (long long)in->abi, in->resource_type, in->tenant.id));
	scim_set(resource, "record", in->record);
	return scim_imported(resource, scim_text(scim_get(in->record, "id")));
}

SCIM_POLICY = {
	.name = "tck",
	.version = "1.0.0",
	.settings = "{\"type\":\"object\",\"properties\":{\"tck\":{\"type\":\"string\"}}}",
	.needs_counts = true,
	.decide = decide,
	.map = map,
	.import = import,
};
