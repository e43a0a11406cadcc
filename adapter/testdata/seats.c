// A policy for the tests of this folder's package. It refuses users beyond tenant.seat_limit, holds those of the type
// "held" for a minute, and finds its way through the input by looking for texts, which only documents of tests allow.
//
//	clang-19 --target=wasm32 -Os -nostdlib -Wl,--no-entry -Wl,--strip-all -o seats.wasm seats.c
#define IMPORT(name) __attribute__((import_module("scim_policy"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

IMPORT(input_len) int input_len(void);
IMPORT(read_input) int read_input(char *at, int size);
IMPORT(write_output) void write_output(const char *at, int size);

static char input[1 << 20];

EXPORT(scim_policy_abi_1) void marker(void) {}

static int answer(const char *text) {
	int n = 0;
	while (text[n]) n++;
	write_output(text, n);
	return 0;
}

// find returns the end of the first text like that between two places, 0 for none.
static const char *find(const char *from, const char *to, const char *text) {
	for (; from < to && *from; from++) {
		int n = 0;
		while (text[n] && from + n < to && from[n] == text[n]) n++;
		if (!text[n]) return from + n;
	}
	return 0;
}

static int number(const char *at) {
	int n = 0;
	for (; at && *at >= '0' && *at <= '9'; at++) n = n * 10 + *at - '0';
	return n;
}

EXPORT(describe) int describe(void) { return answer("{\"name\":\"seats\",\"needs\":[\"counts\"]}"); }

EXPORT(decide) int decide(void) {
	int n = input_len();
	if (n >= (int)sizeof input) return 1;
	read_input(input, n);
	input[n] = 0;
	const char *end = input + n;
	const char *before = find(input, end, "\"before\":"), *after = find(input, end, "\"after\":");
	const char *user = find(input, end, "\"resource_type\":\"User\""), *tenant = find(input, end, "\"tenant\":");
	const char *limit = find(tenant, end, "\"seat_limit\":"), *used = find(tenant, end, "\"active_users\":");
	if (!user || !after) return answer("{\"verdict\":\"allow\"}");
	if (find(after, tenant, "\"userType\":\"held\"")) return answer("{\"verdict\":\"hold\",\"title\":\"A test\",\"expires_in\":60}");
	int had = before && !find(before, after, "\"active\":false"), takes = !find(after, tenant, "\"active\":false");
	if (takes && !had && limit && number(used) >= number(limit))
		return answer("{\"verdict\":\"deny\",\"detail\":\"No seat is free\"}");
	return answer("{\"verdict\":\"allow\"}");
}
