/* Golden cases: inputs with what must come of them, run without WebAssembly. */
#include "scim_internal.h"

#ifndef __wasm__

/* Whether two values are the same, in whatever order their members are. */
static bool same(const scim_value *a, const scim_value *b) {
	if (scim_kind_of(a) != scim_kind_of(b))
		return false;
	switch (scim_kind_of(a)) {
	case SCIM_NULL:
		return true;
	case SCIM_BOOL:
		return scim_bool(a) == scim_bool(b);
	case SCIM_NUMBER:
	case SCIM_STRING:
		return a->of.text.size == b->of.text.size && memcmp(a->of.text.start, b->of.text.start, a->of.text.size) == 0;
	default:
		break;
	}
	if (scim_count(a) != scim_count(b))
		return false;
	const scim_value *y = scim_first(b);
	for (const scim_value *x = scim_first(a); x != NULL; x = x->next) {
		if (a->kind == SCIM_OBJECT ? !scim_get(b, x->name) || !same(x, scim_get(b, x->name)) : !same(x, y))
			return false;
		y = scim_next(y);
	}
	return true;
}

/* Runs one case and returns what went wrong, NULL if nothing did. */
static const char *run_case(const scim_policy *policy, const scim_value *c) {
	static const char *const known[] = {"name", "hook", "input", "want", "error", "detail"};
	for (const scim_value *m = scim_first(c); m != NULL; m = m->next) {
		if (!scim_contains((scim_texts){known, 6}, scim_name(m)))
			return scim_format("a case has no field \"%s\"", scim_name(m));
	}
	const char *error = scim_text(scim_get(c, "error")), *detail = scim_text(scim_get(c, "detail"));
	if (error[0] != 0 && !scim_equal(error, "policy"))
		return NULL; /* only the host can tell */

	const char *answer;
	bool answered = scim_run(policy, scim_text(scim_get(c, "hook")), scim_to_json(scim_get(c, "input")), &answer);
	if (answered != (error[0] == 0))
		return scim_format("%s: %s", answered ? "answered" : "failed", answer);
	if (!answered)
		return strstr(answer, detail) ? NULL : scim_format("failed: %s, want it to contain: %s", answer, detail);

	scim_value *got = scim_parse(answer);
	/* The host fills in what a deny does not say. */
	if (scim_equal(scim_text(scim_get(got, "verdict")), "deny") && scim_get(got, "status") == NULL)
		scim_set(got, "status", scim_integer(403));
	const scim_value *want = scim_get(c, "want");
	return same(got, want) ? NULL : scim_format("answered\n\t%s\nwant\n\t%s", answer, scim_to_json(want));
}

/* Reads a whole file, NULL if that does not work. */
static const char *read_file(const char *path) {
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return NULL;
	struct scim_buffer b = {0};
	char piece[4096];
	size_t size;
	while ((size = fread(piece, 1, sizeof piece, file)) > 0)
		scim_put(&b, piece, size);
	bool good = !ferror(file);
	fclose(file);
	return good ? scim_finish(&b) : NULL;
}

int scim_run_cases(const scim_policy *policy, const char *path) {
	scim_reset();
	int failed = 0;
	const char *text = read_file(path);
	const scim_value *cases = text ? scim_parse(text) : NULL;
	if (scim_kind_of(cases) != SCIM_ARRAY) {
		fprintf(stderr, "%s: %s\n", path, scim_call.failure ? scim_call.failure : "not a list of cases");
		failed = 1;
		cases = NULL;
	}
	const char *description;
	scim_run(policy, "describe", "", &description);
	scim_parse(description);
	if (cases != NULL && scim_call.failure != NULL) {
		fprintf(stderr, "the settings' schema: %s\n", scim_call.failure);
		failed++;
		scim_call.failure = NULL;
	}
	for (const scim_value *c = scim_first(cases); c != NULL; c = c->next) {
		const char *problem = run_case(policy, c);
		if (problem == NULL)
			problem = scim_call.failure;
		if (problem != NULL) {
			fprintf(stderr, "%s: %s\n", scim_text(scim_get(c, "name")), problem);
			failed++;
		}
		scim_call.failure = NULL;
	}
	scim_reset();
	return failed;
}

#endif

/* A source must hold something. */
typedef int scim_cases_of_nothing;
