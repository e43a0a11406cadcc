/* The policy {{.Name}} wants a department of every user. */
#include "scim_policy.h"

static scim_decision decide(const scim_decide_input *in) {
	if (!scim_equal(in->resource_type, "User") || in->operation == SCIM_DELETE)
		return scim_allow();
	const scim_user *user = scim_read_user(in->after);
	const char *department = user->enterprise.department, *board = scim_text(scim_get(in->settings, "board"));
	if (scim_equal(department, ""))
		return scim_deny(400, "invalidValue", scim_format("%s has no department", user->user_name));
	if (scim_equal(department, scim_equal(board, "") ? "Board" : board))
		return scim_hold(scim_format("New board member: %s", user->user_name), "the board approves its members");
	return scim_allow();
}

/* The JSON Schema of what a tenant configures. */
static const char settings[] =
	"{"
	"  \"type\": \"object\","
	"  \"properties\": {"
	"    \"board\": {"
	"      \"type\": \"string\", \"minLength\": 1,"
	"      \"description\": \"the department whose new members somebody must approve; Board if absent\""
	"    }"
	"  },"
	"  \"additionalProperties\": false"
	"}";

SCIM_POLICY = {
	.name = "{{.Name}}",
	.version = "0.1.0",
	.settings = settings,
	.decide = decide,
};
