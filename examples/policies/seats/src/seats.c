/*
 * Nobody gets in when all seats are taken: who would be one active user more than the
 * tenant has paid for is denied, or waits for an approval.
 */
#include "scim_policy.h"

#include "settings.h"

/* Whether the write makes one more user active. */
static bool takes_seat(const scim_decide_input *in) {
	if (!scim_equal(in->resource_type, "User") || in->operation == SCIM_DELETE || !scim_read_user(in->after)->active)
		return false;
	return in->operation == SCIM_CREATE || !scim_read_user(in->before)->active;
}

static scim_decision decide(const scim_decide_input *in) {
	int64_t seats = in->tenant.seat_limit;
	if (seats == 0 || !takes_seat(in))
		return scim_allow();
	if (in->tenant.counts == NULL) {
		scim_fail("the host has not counted the users");
		return scim_allow();
	}
	int64_t grace = scim_int(scim_get(in->settings, "grace"));
	int64_t active = in->tenant.counts->active_users;
	/* Not active < seats + grace, which could overflow. */
	if (active < seats || active - seats < grace)
		return scim_allow();

	const char *user = scim_read_user(in->after)->user_name;
	const char *message = scim_text(scim_get(in->settings, "message"));
	const char *why = scim_format("%lld of %lld seats are taken", (long long)active, (long long)seats);
	if (!scim_equal(message, ""))
		why = scim_format("%s. %s", why, message);
	if (!scim_equal(scim_text(scim_get(in->settings, "when_full")), "hold"))
		return scim_deny(403, NULL, scim_format("No seat for %s: %s", user, why));
	scim_decision hold = scim_hold(scim_format("No seat for %s", user), why);
	hold.expires_in = (int)scim_int(scim_get(in->settings, "expires_in"));
	return hold;
}

SCIM_POLICY = {.name = "seats", .version = "1.0.0", .settings = settings, .needs_counts = true, .decide = decide};
