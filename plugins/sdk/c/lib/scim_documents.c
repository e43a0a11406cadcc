/* What the host sends: JSON values as structs. */
#include "scim_internal.h"

/* A place for a text in a struct, by the name of the member that holds it. */
struct place {
	const char *name;
	size_t offset;
};

#define PLACE(type, name, member) {name, offsetof(type, member)}
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Puts texts where they belong. What is absent is "". */
static void fill(const scim_value *object, void *into, const struct place *places, size_t count) {
	for (size_t i = 0; i < count; i++)
		*(const char **)((char *)into + places[i].offset) = "";
	if (!scim_is(object, SCIM_OBJECT, "an object"))
		return;
	for (const scim_value *m = scim_first(object); m != NULL; m = m->next) {
		for (size_t i = 0; i < count; i++) {
			const char *name = places[i].name;
			if (m->name[0] == name[0] && scim_equal(m->name, name)) {
				*(const char **)((char *)into + places[i].offset) = scim_text(m);
				break;
			}
		}
	}
}

scim_texts scim_read_texts(const scim_value *array) {
	scim_texts texts = {NULL, 0};
	if (!scim_is(array, SCIM_ARRAY, "an array"))
		return texts;
	const char **items = scim_room_for(scim_count(array), sizeof *items);
	for (const scim_value *v = scim_first(array); v != NULL; v = v->next)
		items[texts.count++] = scim_text(v);
	texts.items = items;
	return texts;
}

/* The number of the name in a list that ends with NULL. One that is not there is a failure:
 * a policy that does not know what is asked must not say yes to it. */
static int named(const scim_value *object, const char *member, const char *const *names) {
	const char *name = scim_text(scim_get(object, member));
	for (int i = 0; names[i] != NULL; i++) {
		if (scim_equal(names[i], name))
			return i;
	}
	scim_fail("\"%s\" is not one that this policy knows", member);
	return 0;
}

static const char *const operations[] = {"create", "update", "delete", NULL};

static const char *const actions[] = {"create",     "update", "suspend",     "deactivate",
                                      "reactivate", "delete", "add_members", "remove_members",
                                      "set_members", NULL};

const char *scim_operation_name(scim_operation operation) { return operations[operation]; }

const char *scim_action_name(scim_action action) { return actions[action]; }

/* ---------------------------------------------------------------- inputs */

static scim_tenant read_tenant(const scim_value *document) {
	const scim_value *value = scim_get(document, "tenant");
	scim_tenant tenant = {
		.id = scim_text(scim_get(value, "id")),
		.seat_limit = scim_int(scim_get(value, "seat_limit")),
	};
	const scim_value *found = scim_get(value, "counts");
	if (scim_is(found, SCIM_OBJECT, "an object")) {
		scim_counts *counts = scim_alloc(sizeof *counts);
		counts->users = scim_int(scim_get(found, "users"));
		counts->active_users = scim_int(scim_get(found, "active_users"));
		counts->groups = scim_int(scim_get(found, "groups"));
		tenant.counts = counts;
	}
	return tenant;
}

/* A member that is an object, NULL for null. */
static scim_value *object_of(const scim_value *document, const char *name) {
	scim_value *value = scim_get(document, name);
	return scim_is(value, SCIM_OBJECT, "an object") ? value : NULL;
}

const scim_decide_input *scim_read_decide_input(const scim_value *document) {
	scim_decide_input *in = scim_alloc(sizeof *in);
	in->abi = scim_int(scim_get(document, "abi"));
	in->operation = (scim_operation)named(document, "operation", operations);
	in->resource_type = scim_text(scim_get(document, "resource_type"));
	in->before = object_of(document, "before");
	in->after = object_of(document, "after");
	in->changed = scim_read_texts(scim_get(document, "changed"));
	const scim_value *found = object_of(document, "members");
	if (found != NULL) {
		scim_member_change *change = scim_alloc(sizeof *change);
		change->clear = scim_bool(scim_get(found, "clear"));
		change->remove = scim_read_texts(scim_get(found, "remove"));
		change->add = scim_read_texts(scim_get(found, "add"));
		in->members = change;
	}
	found = scim_get(document, "connection");
	in->connection.id = scim_text(scim_get(found, "id"));
	in->connection.profile = scim_text(scim_get(found, "profile"));
	in->tenant = read_tenant(document);
	in->settings = object_of(document, "settings");
	return in;
}

const scim_map_input *scim_read_map_input(const scim_value *document) {
	static const struct place places[] = {
		PLACE(scim_member, "id", id),
		PLACE(scim_member, "legacy_id", legacy_id),
		PLACE(scim_member, "type", type),
	};
	scim_map_input *in = scim_alloc(sizeof *in);
	in->abi = scim_int(scim_get(document, "abi"));
	in->action = (scim_action)named(document, "action", actions);
	in->resource_type = scim_text(scim_get(document, "resource_type"));
	in->id = scim_text(scim_get(document, "id"));
	in->legacy_id = scim_text(scim_get(document, "legacy_id"));
	in->before = object_of(document, "before");
	in->after = object_of(document, "after");
	const scim_value *found = scim_get(document, "members");
	if (scim_is(found, SCIM_ARRAY, "an array")) {
		scim_member *members = scim_room_for(scim_count(found), sizeof *members);
		for (const scim_value *v = scim_first(found); v != NULL; v = v->next)
			fill(v, &members[in->member_count++], places, COUNT(places));
		in->members = members;
	}
	in->tenant = read_tenant(document);
	in->settings = object_of(document, "settings");
	return in;
}

const scim_import_input *scim_read_import_input(const scim_value *document) {
	scim_import_input *in = scim_alloc(sizeof *in);
	in->abi = scim_int(scim_get(document, "abi"));
	in->resource_type = scim_text(scim_get(document, "resource_type"));
	in->record = object_of(document, "record");
	in->tenant = read_tenant(document);
	in->settings = object_of(document, "settings");
	return in;
}

/* ---------------------------------------------------------------- resources */

static scim_entries read_entries(const scim_value *user, const char *name) {
	static const struct place places[] = {
		PLACE(scim_entry, "value", value),
		PLACE(scim_entry, "display", display),
		PLACE(scim_entry, "type", type),
	};
	scim_entries entries = {NULL, 0};
	const scim_value *array = scim_get(user, name);
	if (!scim_is(array, SCIM_ARRAY, "an array"))
		return entries;
	scim_entry *items = scim_room_for(scim_count(array), sizeof *items);
	for (const scim_value *v = scim_first(array); v != NULL; v = v->next, entries.count++) {
		fill(v, &items[entries.count], places, COUNT(places));
		items[entries.count].primary = scim_bool(scim_get(v, "primary"));
	}
	entries.items = items;
	return entries;
}

static scim_addresses read_addresses(const scim_value *user) {
	static const struct place places[] = {
		PLACE(scim_address, "formatted", formatted),   PLACE(scim_address, "streetAddress", street_address),
		PLACE(scim_address, "locality", locality),     PLACE(scim_address, "region", region),
		PLACE(scim_address, "postalCode", postal_code), PLACE(scim_address, "country", country),
		PLACE(scim_address, "type", type),
	};
	scim_addresses addresses = {NULL, 0};
	const scim_value *array = scim_get(user, "addresses");
	if (!scim_is(array, SCIM_ARRAY, "an array"))
		return addresses;
	scim_address *items = scim_room_for(scim_count(array), sizeof *items);
	for (const scim_value *v = scim_first(array); v != NULL; v = v->next, addresses.count++) {
		fill(v, &items[addresses.count], places, COUNT(places));
		items[addresses.count].primary = scim_bool(scim_get(v, "primary"));
	}
	addresses.items = items;
	return addresses;
}

const scim_user *scim_read_user(const scim_value *document) {
	static const struct place places[] = {
		PLACE(scim_user, "id", id),
		PLACE(scim_user, "externalId", external_id),
		PLACE(scim_user, "userName", user_name),
		PLACE(scim_user, "displayName", display_name),
		PLACE(scim_user, "nickName", nick_name),
		PLACE(scim_user, "profileUrl", profile_url),
		PLACE(scim_user, "title", title),
		PLACE(scim_user, "userType", user_type),
		PLACE(scim_user, "preferredLanguage", preferred_language),
		PLACE(scim_user, "locale", locale),
		PLACE(scim_user, "timezone", timezone),
	};
	static const struct place name_places[] = {
		PLACE(scim_person_name, "formatted", formatted),
		PLACE(scim_person_name, "familyName", family_name),
		PLACE(scim_person_name, "givenName", given_name),
		PLACE(scim_person_name, "middleName", middle_name),
		PLACE(scim_person_name, "honorificPrefix", honorific_prefix),
		PLACE(scim_person_name, "honorificSuffix", honorific_suffix),
	};
	static const struct place enterprise_places[] = {
		PLACE(scim_enterprise, "employeeNumber", employee_number),
		PLACE(scim_enterprise, "costCenter", cost_center),
		PLACE(scim_enterprise, "organization", organization),
		PLACE(scim_enterprise, "division", division),
		PLACE(scim_enterprise, "department", department),
	};
	scim_user *user = scim_alloc(sizeof *user);
	fill(document, user, places, COUNT(places));
	fill(scim_get(document, "name"), &user->name, name_places, COUNT(name_places));
	const scim_value *active = scim_get(document, "active");
	user->active = scim_kind_of(active) == SCIM_NULL || scim_bool(active);
	user->emails = read_entries(document, "emails");
	user->phone_numbers = read_entries(document, "phoneNumbers");
	user->addresses = read_addresses(document);
	user->roles = read_entries(document, "roles");
	user->entitlements = read_entries(document, "entitlements");
	const scim_value *enterprise = scim_get(document, SCIM_ENTERPRISE_URN);
	fill(enterprise, &user->enterprise, enterprise_places, COUNT(enterprise_places));
	const scim_value *manager = scim_get(enterprise, "manager");
	user->enterprise.manager = scim_text(scim_get(manager, "value"));
	user->enterprise.manager_name = scim_text(scim_get(manager, "displayName"));
	return user;
}

const scim_group *scim_read_group(const scim_value *document) {
	static const struct place places[] = {
		PLACE(scim_group, "id", id),
		PLACE(scim_group, "externalId", external_id),
		PLACE(scim_group, "displayName", display_name),
	};
	scim_group *group = scim_alloc(sizeof *group);
	fill(document, group, places, COUNT(places));
	return group;
}

const char *scim_email(const scim_user *user) {
	const char *best = "";
	int rank = 0;
	for (size_t i = 0; i < user->emails.count; i++) {
		const scim_entry *email = &user->emails.items[i];
		int r = email->primary ? 3 : scim_equal_fold(email->type, "work") ? 2 : 1;
		if (r > rank && email->value[0] != 0) {
			best = email->value;
			rank = r;
		}
	}
	return best;
}

const char *scim_full_name(const scim_user *user) {
	const char *given = user->name.given_name, *family = user->name.family_name;
	if (user->name.formatted[0] != 0)
		return user->name.formatted;
	if (given[0] != 0 && family[0] != 0)
		return scim_format("%s %s", given, family);
	return given[0] != 0 ? given : family[0] != 0 ? family : user->display_name[0] != 0 ? user->display_name : user->user_name;
}
