/* What a policy answers: structs as JSON. */
#include "scim_internal.h"

scim_decision scim_allow(void) { return (scim_decision){.verdict = SCIM_ALLOW}; }

scim_decision scim_deny(int status, const char *scim_type, const char *detail) {
	return (scim_decision){.verdict = SCIM_DENY, .status = status, .scim_type = scim_type, .detail = detail};
}

scim_decision scim_hold(const char *title, const char *reason) {
	return (scim_decision){.verdict = SCIM_HOLD, .title = title, .reason = reason};
}

scim_map_output scim_declarative(void) { return (scim_map_output){.count = 0}; }

void scim_add_request(scim_map_output *output, const char *method, const char *path, const scim_value *body) {
	if (output->count >= SCIM_MAX_REQUESTS) {
		scim_fail("there are more than %d requests", SCIM_MAX_REQUESTS);
		return;
	}
	output->requests[output->count++] = (scim_request){.method = method, .path = path, .body = body};
}

scim_import_output scim_imported(const scim_value *resource, const char *legacy_id) {
	return (scim_import_output){.resource = resource, .legacy_id = legacy_id};
}

scim_import_output scim_skip(const char *reason) { return (scim_import_output){.skip = true, .reason = reason}; }

/* ---------------------------------------------------------------- fields
 * Each field writes the comma that is before it: the first one follows a brace. */

static void put_name(struct scim_buffer *b, const char *name) {
	if (b->start[b->size - 1] != '{')
		scim_put_char(b, ',');
	scim_put_string(b, name, strlen(name));
	scim_put_char(b, ':');
}

/* Writes a text unless it is absent. */
static void put_field(struct scim_buffer *b, const char *name, const char *text) {
	if (scim_present(text)[0] == 0)
		return;
	put_name(b, name);
	scim_put_string(b, text, strlen(text));
}

static void put_document(struct scim_buffer *b, const char *name, const scim_value *value) {
	if (value == NULL)
		return;
	put_name(b, name);
	scim_put_value(b, value);
}

static void put_number(struct scim_buffer *b, const char *name, int number) {
	if (number == 0)
		return;
	put_name(b, name);
	scim_put_integer(b, number);
}

void scim_put_decision(struct scim_buffer *b, const scim_decision *decision) {
	static const char *const verdicts[] = {"allow", "hold", "deny"};
	if (decision->other != NULL) {
		scim_put_value(b, decision->other);
		return;
	}
	scim_put_char(b, '{');
	put_field(b, "verdict", (unsigned)decision->verdict < 3 ? verdicts[decision->verdict] : "unknown");
	put_number(b, "status", decision->status);
	put_field(b, "scim_type", decision->scim_type);
	put_field(b, "detail", decision->detail);
	put_field(b, "title", decision->title);
	put_field(b, "reason", decision->reason);
	put_number(b, "expires_in", decision->expires_in);
	put_field(b, "lifecycle", decision->lifecycle);
	put_document(b, "after", decision->after);
	scim_put_char(b, '}');
}

void scim_put_map_output(struct scim_buffer *b, const scim_map_output *output) {
	scim_put_text(b, "{\"requests\":[");
	for (size_t i = 0; i < output->count && i < SCIM_MAX_REQUESTS; i++) {
		const scim_request *request = &output->requests[i];
		scim_put_text(b, i > 0 ? ",{" : "{");
		put_field(b, "method", request->method);
		put_field(b, "path", request->path);
		put_document(b, "body", request->body);
		scim_put_char(b, '}');
	}
	scim_put_text(b, "]}");
}

void scim_put_import_output(struct scim_buffer *b, const scim_import_output *output) {
	scim_put_char(b, '{');
	put_document(b, "resource", output->resource);
	put_field(b, "legacy_id", output->legacy_id);
	if (output->skip) {
		put_name(b, "skip");
		scim_put_text(b, "true");
	}
	put_field(b, "reason", output->reason);
	scim_put_char(b, '}');
}

void scim_put_description(struct scim_buffer *b, const scim_policy *policy) {
	const char *const hooks[] = {
		policy->decide ? "\"decide\"" : "",
		policy->map ? "\"map\"" : "",
		policy->import ? "\"import\"" : "",
	};
	scim_put_char(b, '{');
	put_field(b, "name", policy->name);
	put_field(b, "version", policy->version);
	/* An empty list says that there is none, no list would stand for all exports. */
	put_name(b, "hooks");
	scim_put_char(b, '[');
	for (int i = 0; i < 3; i++) {
		if (hooks[i][0] != 0 && b->start[b->size - 1] != '[')
			scim_put_char(b, ',');
		scim_put_text(b, hooks[i]);
	}
	scim_put_char(b, ']');
	if (policy->needs_counts) {
		put_name(b, "needs");
		scim_put_text(b, "[\"counts\"]");
	}
	if (scim_present(policy->settings)[0] != 0) {
		put_name(b, "settings");
		scim_put_text(b, policy->settings);
	}
	scim_put_char(b, '}');
}
