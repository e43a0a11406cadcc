/* Tests of policy.c, without WebAssembly: make test. */
#include "scim_policy.h"

#include <stdio.h>

static int failed;

#define WANT(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: want %s\n", __FILE__, __LINE__, #condition); \
			failed++; \
		} \
	} while (0)

/* Asks the policy about a document such as the host sends. */
static scim_decision decide(const char *document) {
	scim_reset();
	return scim_the_policy.decide(scim_read_decide_input(scim_parse(document)));
}

static void a_user_without_a_department(void) {
	scim_decision decision = decide("{\"operation\": \"create\", \"resource_type\": \"User\", \"after\": {\"userName\": \"ada\"}}");
	WANT(scim_failure() == NULL);
	WANT(decision.verdict == SCIM_DENY);
	WANT(scim_equal(decision.detail, "ada has no department"));
}

int main(void) {
	failed += scim_run_cases(&scim_the_policy, "cases.json");
	a_user_without_a_department();
	if (failed == 0)
		puts("ok");
	return failed == 0 ? 0 : 1;
}
