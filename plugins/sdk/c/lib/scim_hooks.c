/* The hooks: JSON in and JSON out, and what connects them with the host. */
#include "scim_internal.h"

static bool run_decide(const scim_policy *policy, const scim_value *document, struct scim_buffer *b) {
	if (policy->decide == NULL)
		return false;
	const scim_decide_input *in = scim_read_decide_input(document);
	if (scim_call.failure == NULL) {
		scim_decision decision = policy->decide(in);
		scim_put_decision(b, &decision);
	}
	return true;
}

static bool run_map(const scim_policy *policy, const scim_value *document, struct scim_buffer *b) {
	if (policy->map == NULL)
		return false;
	const scim_map_input *in = scim_read_map_input(document);
	if (scim_call.failure == NULL) {
		scim_map_output output = policy->map(in);
		scim_put_map_output(b, &output);
	}
	return true;
}

static bool run_import(const scim_policy *policy, const scim_value *document, struct scim_buffer *b) {
	if (policy->import == NULL)
		return false;
	const scim_import_input *in = scim_read_import_input(document);
	if (scim_call.failure == NULL) {
		scim_import_output output = policy->import(in);
		scim_put_import_output(b, &output);
	}
	return true;
}

typedef bool hook(const scim_policy *policy, const scim_value *document, struct scim_buffer *b);

/* Runs a hook and leaves its answer, or what went wrong, in b. */
static bool run(hook *hook, const scim_policy *policy, char *input, size_t size, struct scim_buffer *b) {
	const scim_value *document = scim_read_json(input, size);
	if (scim_call.failure == NULL && scim_kind_of(document) != SCIM_OBJECT)
		scim_fail("not a JSON object");
	if (scim_call.failure != NULL) {
		scim_put_text(b, "read the input: ");
	} else if (!hook(policy, document, b)) {
		scim_fail("the policy does not have this hook");
	} else if (scim_call.failure != NULL) {
		b->size = 0;
	}
	if (scim_call.failure == NULL)
		return true;
	scim_put_text(b, scim_call.failure);
	return false;
}

#ifdef __wasm__

IMPORT("scim_policy", "input_len") size_t scim_host_input_len(void);
IMPORT("scim_policy", "read_input") size_t scim_host_read_input(void *start, size_t size);
IMPORT("scim_policy", "write_output") void scim_host_write_output(const void *start, size_t size);

/* Runs a hook between the host's input and output. */
static int serve(hook *hook) {
	size_t size = scim_host_input_len();
	char *input = scim_room(size + SCIM_PADDING);
	size_t got = scim_host_read_input(input, size);
	struct scim_buffer b = {0};
	bool answered = run(hook, &scim_the_policy, input, got < size ? got : size, &b);
	scim_host_write_output(b.start, b.size);
	return answered ? 0 : 1;
}

EXPORT("scim_policy_abi_1") void scim_export_marker(void) {}

EXPORT("decide") int scim_export_decide(void) { return serve(run_decide); }

EXPORT("map") int scim_export_map(void) { return serve(run_map); }

EXPORT("import") int scim_export_import(void) { return serve(run_import); }

EXPORT("describe") int scim_export_describe(void) {
	struct scim_buffer b = {0};
	scim_put_description(&b, &scim_the_policy);
	scim_host_write_output(b.start, b.size);
	return 0;
}

#ifdef SCIM_POLICY_CASES
/* Golden cases that the module carries along, and that an upload runs. */
__asm__(".section .custom_section.scim_policy_cases,\"\",@\n"
        ".incbin \"" SCIM_POLICY_CASES "\"\n");
#endif

#else

const char *scim_failure(void) { return scim_call.failure; }

bool scim_run(const scim_policy *policy, const char *name, const char *input, const char **answer) {
	static char *kept;
	const struct scim_call outer = scim_call;
	memset(&scim_call, 0, sizeof scim_call);

	struct scim_buffer b = {0};
	hook *hook = scim_equal(name, "decide") ? run_decide
	             : scim_equal(name, "map")  ? run_map
	             : scim_equal(name, "import") ? run_import
	                                        : NULL;
	bool answered = true;
	if (scim_equal(name, "describe")) {
		scim_put_description(&b, policy);
	} else if (hook == NULL) {
		scim_put_text(&b, "there is no such hook");
		answered = false;
	} else {
		size_t size = strlen(input);
		char *copied = scim_room(size + SCIM_PADDING);
		memcpy(copied, input, size);
		answered = run(hook, policy, copied, size, &b);
	}
	scim_put_char(&b, 0);

	free(kept);
	kept = malloc(b.size);
	if (kept == NULL)
		scim_panic("out of memory");
	memcpy(kept, b.start, b.size);
	scim_reset();
	scim_call = outer;
	*answer = kept;
	return answered;
}

#endif
