/*
 * The accounts of owners are kept: what takes access away from one suspends the account,
 * whatever the tenant's rules would do with it.
 */
#include "scim_policy.h"

#include "settings.h"

static scim_texts list(const scim_decide_input *in, const char *name) {
	return scim_read_texts(scim_get(in->settings, name));
}

static bool listed(scim_texts names, const char *name) {
	for (size_t i = 0; i < names.count; i++)
		if (scim_equal_fold(names.items[i], name))
			return true;
	return false;
}

static bool is_owner(const scim_decide_input *in, const scim_value *document) {
	if (document == NULL)
		return false;
	const scim_user *user = scim_read_user(document);
	if (listed(list(in, "user_types"), user->user_type) || listed(list(in, "user_names"), user->user_name))
		return true;
	for (size_t i = 0; i < user->roles.count; i++)
		if (listed(list(in, "roles"), user->roles.items[i].value))
			return true;
	return false;
}

/* What becomes of the account of an owner without access. */
static const char *instead(const scim_decide_input *in) {
	const char *set = scim_text(scim_get(in->settings, "instead"));
	return scim_equal(set, "") ? "suspend" : set;
}

static scim_decision decide(const scim_decide_input *in) {
	scim_decision decision = scim_allow();
	if (!scim_equal(in->resource_type, "User"))
		return decision;
	/* Every change of somebody without access says anew what that does to the account, so the
	 * answer is the same for one who has none already. Whoever stops being an owner in the same
	 * change counts as one: identity providers take roles away as they switch somebody off. */
	bool without_access = in->operation == SCIM_DELETE || !scim_read_user(in->after)->active;
	if (without_access && (is_owner(in, in->before) || is_owner(in, in->after)))
		decision.lifecycle = instead(in);
	return decision;
}

SCIM_POLICY = {.name = "owners", .version = "1.0.0", .settings = settings, .decide = decide};
