/* Tests of the SDK, for any C compiler, which gets this file and those in lib. With
 * -fsanitize=address,undefined -DSCIM_POLICY_STEP=1, which gives each piece of memory a block
 * of its own, they show that nothing is touched that is not there. */
#include "scim_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed;

#define WANT(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: want %s\n", __FILE__, __LINE__, #condition); \
			failed++; \
		} \
	} while (0)

/* Checks that a text is what it should be. */
static void want_text(int line, const char *got, const char *want) {
	if (strcmp(got, want) != 0) {
		fprintf(stderr, "%s:%d: got %s, want %s\n", __FILE__, line, got, want);
		failed++;
	}
}

#define WANT_TEXT(got, want) want_text(__LINE__, got, want)

/* Checks that the call failed, with a message that contains want; begins a new one. */
static void want_failure(int line, const char *what, const char *want) {
	const char *failure = scim_failure();
	if (failure == NULL || strstr(failure, want) == NULL) {
		fprintf(stderr, "%s:%d: %s: %s, want %s\n", __FILE__, line, what, failure ? failure : "no failure", want);
		failed++;
	}
	scim_reset();
}

#define WANT_FAILURE(what, want) want_failure(__LINE__, what, want)

static void what_is_read_is_written_unchanged(void) {
	static const char *const texts[] = {
		"null",
		"true",
		"false",
		"0",
		"-0",
		"12345678901234567890123",
		"-0.50e+10",
		"1E400",
		"\"\"",
		"\"é😀 \\u0000\\\"\\\\\\u000a\"",
		"\"0123456789abcdef\"",
		"[]",
		"{}",
		"[1,[2,{\"a\":[]}],null]",
		"{\"z\":1,\"a\":{\"\":2},\"é\":\"x\"}",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		WANT_TEXT(scim_to_json(scim_parse(texts[i])), texts[i]);
		WANT(scim_failure() == NULL);
	}
	WANT_TEXT(scim_to_json(scim_parse(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : null } \n")), "{\"a\":[1,2],\"b\":null}");
	scim_reset();
}

static void escapes(void) {
	static const char *const texts[][2] = {
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
		{"\"\\u00e9\\u20ac\\ud83d\\ude00\\uD83D\\uDE00\"", "é€😀😀"},
		/* Half a pair is no character. */
		{"\"\\ud83d\"", "\xef\xbf\xbd"},
		{"\"\\ud83dx\\ude00\"", "\xef\xbf\xbdx\xef\xbf\xbd"},
		{"\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
	                               "A"},
		{"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd😀"},
		{"\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
		{"\"before \\n after, and much more of it\"", "before \n after, and much more of it"},
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		WANT_TEXT(scim_text(scim_parse(texts[i][0])), texts[i][1]);
	WANT(scim_failure() == NULL);
	scim_text(scim_parse("\"a\\u0000b\""));
	WANT_FAILURE("a NUL inside a text", "U+0000");
	scim_text(scim_get(scim_parse("{\"x\":\"a\\u0000b\"}"), "x"));
	WANT_FAILURE("a NUL inside a text", "\"x\" holds U+0000");
}

static void what_is_not_json_is_a_failure(void) {
	static const char *const texts[][2] = {
		{"", "it ends where a value should be"},
		{" ", "it ends where a value should be"},
		{"nul", "no value begins like this"},
		{"nullx", "something follows the value"},
		{"NaN", "no value begins like this"},
		{"'a'", "no value begins like this"},
		{"{} {}", "something follows the value"},
		{"[", "it ends where a value should be"},
		{"[1", "want a comma"},
		{"[1,]", "no value begins like this"},
		{"[1 2]", "want a comma"},
		{"{", "want the name of a member"},
		{"{a:1}", "want the name of a member"},
		{"{\"a\" 1}", "want a colon"},
		{"{\"a\":}", "no value begins like this"},
		{"{\"a\":1,}", "want the name of a member"},
		{"{\"a\":1]", "want a comma"},
		{"01", "something follows the value"},
		{"-", "want a digit"},
		{"+1", "no value begins like this"},
		{".5", "no value begins like this"},
		{"1.", "want a digit"},
		{"1e", "want a digit"},
		{"1x", "something follows the value"},
		{"\"", "it ends inside a string"},
		{"\"abcdefghijk", "it ends inside a string"},
		{"\"\\", "no such escape"},
		{"\"\\x\"", "no such escape"},
		{"\"\\u12g4\"", "no such escape"},
		{"\"\\u12", "no such escape"},
		{"\"a\nb\"", "a control character inside a string"},
		{"\"\\n\x1f\"", "a control character inside a string"},
		{"\"\xff\"", "not UTF-8"},
		{"\"\x80\"", "not UTF-8"},
		{"\"\xc3\"", "not UTF-8"},
		{"\"\xc0\xaf\"", "not UTF-8"},
		{"\"\xe0\x9f\xbf\"", "not UTF-8"},
		{"\"\xed\xa0\x80\"", "not UTF-8"},
		{"\"\xf0\x8f\xbf\xbf\"", "not UTF-8"},
		{"\"\xf4\x90\x80\x80\"", "not UTF-8"},
		{"\"\xf0\x9f\x98", "not UTF-8"},
		{"\xc3\xa9", "no value begins like this"},
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		WANT(scim_kind_of(scim_parse(texts[i][0])) == SCIM_NULL);
		WANT_FAILURE(texts[i][0], texts[i][1]);
	}
}

/* Cuts a document short and puts wrong bytes into it. With a sanitizer this shows that
 * nothing is read that is not there. */
static void broken_documents_are_no_trouble(void) {
	static const char text[] = "{\"a\":[1,-2.5e3,true,{\"b\":\"é\\ud83d\\ude00\\n\"}],\"c\":null,\"d\":\"xxxxxxxxxxxxxxxx\"}";
	char broken[sizeof text];
	for (size_t end = 0; end < sizeof text - 1; end++) {
		memcpy(broken, text, end);
		broken[end] = 0;
		scim_parse(broken);
		WANT(scim_failure() != NULL);
		scim_reset();
	}
	for (size_t at = 0; at < sizeof text - 1; at++) {
		for (int byte = 1; byte < 256; byte++) {
			memcpy(broken, text, sizeof text);
			broken[at] = (char)byte;
			const char *once = scim_to_json(scim_parse(broken));
			if (scim_failure() == NULL)
				WANT_TEXT(scim_to_json(scim_parse(once)), once);
			scim_reset();
		}
	}
}

static void depth_is_bounded(void) {
	char text[1024];
	memset(text, '[', 128);
	memset(text + 128, ']', 128);
	text[256] = 0;
	WANT(scim_kind_of(scim_parse(text)) == SCIM_ARRAY && scim_failure() == NULL);
	WANT_TEXT(scim_to_json(scim_parse(text)), text);
	memset(text, '[', sizeof text - 1);
	text[sizeof text - 1] = 0;
	scim_parse(text);
	WANT_FAILURE("1023 brackets", "nested too deeply");

	/* A value that is part of itself. */
	scim_value *outer = scim_object(), *inner = scim_object();
	scim_set(outer, "inner", inner);
	scim_set(inner, "outer", outer);
	scim_to_json(outer);
	WANT_FAILURE("a circle", "nested too deeply");
	scim_value *self = scim_array();
	scim_append(self, self);
	WANT_TEXT(scim_to_json(self), "[[]]");
	scim_reset();
}

static void numbers(void) {
	static const struct {
		const char *text;
		int64_t want;
	} good[] = {
		{"0", 0}, {"-7", -7}, {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN}, {"null", 0},
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		WANT(scim_int(scim_parse(good[i].text)) == good[i].want);
	WANT(scim_failure() == NULL);
	static const char *const bad[] = {"9223372036854775808", "-9223372036854775809", "1.0", "1e3", "\"1\"", "99999999999999999999"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		scim_int(scim_parse(bad[i]));
		WANT_FAILURE(bad[i], "is not a whole number");
	}
	WANT_TEXT(scim_to_json(scim_integer(INT64_MIN)), "-9223372036854775808");
	WANT_TEXT(scim_to_json(scim_integer(0)), "0");
	scim_reset();
}

static void objects(void) {
	scim_value *o = scim_object(), *list = scim_array();
	scim_set(o, "b", scim_integer(1));
	scim_set_text(o, "a", "x");
	scim_append(list, scim_boolean(true));
	scim_append(list, NULL);
	scim_set(o, "list", list);
	scim_set(o, "again", list);
	scim_append(list, scim_string("\x01\"")); /* is part of o, not of the copy */
	WANT_TEXT(scim_to_json(o), "{\"b\":1,\"a\":\"x\",\"list\":[true,null,\"\\u0001\\\"\"],\"again\":[true,null]}");
	scim_set_text(o, "a", "y");
	scim_set(o, "b", scim_get(o, "again"));
	scim_remove(o, "list");
	scim_remove(o, "no such member");
	WANT_TEXT(scim_to_json(o), "{\"b\":[true,null],\"a\":\"y\",\"again\":[true,null]}");
	WANT(scim_count(o) == 3);
	scim_value *copy = scim_copy(o);
	scim_remove(copy, "a");
	WANT_TEXT(scim_text(scim_get(o, "a")), "y");
	WANT_TEXT(scim_name(scim_next(scim_first(copy))), "again");
	WANT(scim_failure() == NULL);

	/* The last of two members with one name counts, as everywhere else in the host. */
	scim_value *twice = scim_parse("{\"a\":1,\"b\":2,\"a\":3}");
	WANT(scim_int(scim_get(twice, "a")) == 3);
	scim_remove(twice, "a");
	WANT_TEXT(scim_to_json(twice), "{\"b\":2}");

	/* What is absent is absent all the way down. */
	WANT(scim_get(scim_get(NULL, "a"), "b") == NULL && scim_count(NULL) == 0 && scim_first(NULL) == NULL);
	WANT(scim_next(NULL) == NULL && !scim_bool(NULL) && scim_kind_of(NULL) == SCIM_NULL);
	WANT_TEXT(scim_text(scim_get(scim_parse("{\"a\":null}"), "a")), "");
	WANT_TEXT(scim_to_json(NULL), "null");
	WANT(scim_failure() == NULL);
	scim_get(scim_parse("[]"), "a");
	WANT_FAILURE("a member of an array", "is not an object");
	scim_set(scim_array(), "a", NULL);
	WANT_FAILURE("a member of an array", "not an object");
	scim_append(scim_object(), NULL);
	WANT_FAILURE("an element of an object", "not an array");
	scim_count(scim_integer(1));
	WANT_FAILURE("the elements of a number", "is not an array or an object");
}

static void texts(void) {
	const char *volatile none = NULL; /* so that the compiler does not see it */
	WANT_TEXT(scim_format("%s %d %u %ld %lld %zu %c%% %s", "a", -1, 2u, -3l, -4ll, (size_t)5, 'x', none), "a -1 2 -3 -4 5 x% ");
	WANT(scim_equal("a", "a") && !scim_equal("a", "b") && !scim_equal("a", "ab") && scim_equal(NULL, ""));
	WANT(scim_equal_fold("aZ", "Az") && !scim_equal_fold("a", "b") && !scim_equal_fold("[", "{"));
	WANT(scim_starts_with("abc", "ab") && scim_starts_with("abc", "") && !scim_starts_with("a", "ab"));
	WANT(scim_ends_with("abc", "bc") && scim_ends_with(NULL, "") && !scim_ends_with("c", "bc"));
	WANT_TEXT(scim_lower("ÄaBZ"), "Äabz");
	static const char *const items[] = {"a", "b"};
	const scim_texts list = {items, 2};
	WANT(scim_contains(list, "b") && !scim_contains(list, "c"));
	WANT_TEXT(scim_join(list, ", "), "a, b");
	WANT_TEXT(scim_join((scim_texts){NULL, 0}, ", "), "");
	WANT_TEXT(scim_path_segment("a.b@c d"), "a.b%40c%20d");
	WANT_TEXT(scim_path_segment(".."), "%2E.");
	WANT_TEXT(scim_path_segment("é/Z9-_~"), "%C3%A9%2FZ9-_~");
	scim_texts read = scim_read_texts(scim_parse("[\"x\",null,\"y\"]"));
	WANT(read.count == 3 && scim_equal(read.items[2], "y"));
	WANT(scim_failure() == NULL);
	scim_read_texts(scim_parse("[1]"));
	WANT_FAILURE("a list of numbers", "is not a string");

	/* A text that grows beyond one block. */
	char *large = malloc(3000001);
	memset(large, 'x', 3000000);
	large[3000000] = 0;
	WANT(strlen(scim_format("%s%s", large, large)) == 6000000);
	free(large);
	scim_reset();
}

static const char everything[] =
	"{\"schemas\": [\"a\", {\"b\": [1]}], \"id\": \"1\", \"externalId\": \"2\", \"userName\": \"3\", \"displayName\": \"4\","
	"\"nickName\": \"5\", \"profileUrl\": \"6\", \"title\": \"7\", \"userType\": \"8\", \"preferredLanguage\": \"9\","
	"\"locale\": \"10\", \"timezone\": \"11\", \"active\": false, \"name\": {\"formatted\": \"a\", \"familyName\": \"b\","
	"\"givenName\": \"c\", \"middleName\": \"d\", \"honorificPrefix\": \"e\", \"honorificSuffix\": \"f\", \"x\": 1},"
	"\"emails\": [{\"value\": \"a\", \"type\": \"b\", \"display\": \"c\", \"primary\": true}, {}, null],"
	"\"phoneNumbers\": [{\"value\": \"p\"}], \"roles\": [{\"value\": \"r\"}], \"entitlements\": [{\"value\": \"e\"}],"
	"\"addresses\": [{\"formatted\": \"a\", \"streetAddress\": \"b\", \"locality\": \"c\", \"region\": \"d\","
	"\"postalCode\": \"e\", \"country\": \"f\", \"type\": \"g\", \"primary\": true}],"
	"\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\": {\"employeeNumber\": \"a\", \"costCenter\": \"b\","
	"\"organization\": \"c\", \"division\": \"d\", \"department\": \"e\", \"manager\": {\"value\": \"f\", \"displayName\": \"g\"}},"
	"\"x\": null}";

static void users(void) {
	const scim_user *u = scim_read_user(scim_parse(everything));
	WANT_TEXT(scim_format("%s %s %s %s %s %s %s %s", u->id, u->external_id, u->user_name, u->display_name, u->nick_name,
	                      u->profile_url, u->title, u->user_type),
	          "1 2 3 4 5 6 7 8");
	WANT_TEXT(scim_format("%s %s %s %d", u->preferred_language, u->locale, u->timezone, u->active), "9 10 11 0");
	WANT_TEXT(scim_format("%s %s %s %s %s %s", u->name.formatted, u->name.family_name, u->name.given_name,
	                      u->name.middle_name, u->name.honorific_prefix, u->name.honorific_suffix),
	          "a b c d e f");
	WANT(u->emails.count == 3 && u->phone_numbers.count == 1 && u->roles.count == 1 && u->entitlements.count == 1);
	const scim_entry *e = u->emails.items;
	WANT_TEXT(scim_format("%s %s %s %d", e->value, e->type, e->display, e->primary), "a b c 1");
	WANT_TEXT(scim_format("%s %s %s", u->phone_numbers.items->value, u->roles.items->value, u->entitlements.items->value), "p r e");
	const scim_address *a = u->addresses.items;
	WANT_TEXT(scim_format("%s %s %s %s %s %s %s %d", a->formatted, a->street_address, a->locality, a->region,
	                      a->postal_code, a->country, a->type, a->primary),
	          "a b c d e f g 1");
	const scim_enterprise *x = &u->enterprise;
	WANT_TEXT(scim_format("%s %s %s %s %s %s %s", x->employee_number, x->cost_center, x->organization, x->division,
	                      x->department, x->manager, x->manager_name),
	          "a b c d e f g");
	WANT(scim_failure() == NULL);

	static const char *const empty[] = {"{}", "null", "{\"active\":null,\"emails\":null,\"userName\":null,\"name\":null}"};
	for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
		u = scim_read_user(scim_parse(empty[i]));
		WANT(u->active && u->emails.count == 0);
		WANT_TEXT(scim_format("%s%s%s%s", u->user_name, u->enterprise.manager, scim_email(u), scim_full_name(u)), "");
	}
	WANT_TEXT(scim_read_group(NULL)->display_name, "");
	WANT_TEXT(scim_read_group(scim_parse("{\"displayName\":\"g\"}"))->display_name, "g");
	WANT(scim_failure() == NULL);

	static const char *const wrong[][2] = {
		{"{\"id\":1}", "\"id\" is not a string"},
		{"{\"active\":\"true\"}", "\"active\" is not true or false"},
		{"{\"emails\":{}}", "\"emails\" is not an array"},
		{"{\"emails\":[\"a\"]}", "is not an object"},
		{"{\"emails\":[{\"primary\":1}]}", "\"primary\" is not true or false"},
		{"{\"name\":\"Ada\"}", "\"name\" is not an object"},
		{"[]", "is not an object"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		scim_read_user(scim_parse(wrong[i][0]));
		WANT_FAILURE(wrong[i][0], wrong[i][1]);
	}
}

static void names_and_addresses(void) {
	static const char *const emails[][2] = {
		{"[{\"value\":\"a\"},{\"value\":\"b\"}]", "a"},
		{"[{\"value\":\"a\",\"type\":\"home\"},{\"value\":\"b\",\"type\":\"Work\"}]", "b"},
		{"[{\"value\":\"a\"},{\"value\":\"b\",\"type\":\"work\"},{\"value\":\"c\",\"primary\":true}]", "c"},
		{"[{\"value\":\"\",\"primary\":true},{\"value\":\"b\"}]", "b"},
		{"[{\"value\":\"a\",\"primary\":true},{\"value\":\"b\",\"primary\":true}]", "a"},
	};
	for (size_t i = 0; i < sizeof emails / sizeof *emails; i++)
		WANT_TEXT(scim_email(scim_read_user(scim_parse(scim_format("{\"emails\":%s}", emails[i][0])))), emails[i][1]);
	static const char *const names[][2] = {
		{"{\"name\":{\"formatted\":\"A B\",\"givenName\":\"x\"},\"displayName\":\"d\"}", "A B"},
		{"{\"name\":{\"givenName\":\"A\",\"familyName\":\"B\"},\"displayName\":\"d\"}", "A B"},
		{"{\"name\":{\"familyName\":\"B\"},\"displayName\":\"d\"}", "B"},
		{"{\"displayName\":\"d\",\"userName\":\"u\"}", "d"},
		{"{\"userName\":\"u\"}", "u"},
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		WANT_TEXT(scim_full_name(scim_read_user(scim_parse(names[i][0]))), names[i][1]);
	scim_reset();
}

/* ---------------------------------------------------------------- hooks */

static scim_decision decide(const scim_decide_input *in) {
	if (scim_equal(in->resource_type, "fail"))
		scim_fail("no %d", 1);
	if (scim_equal(in->resource_type, "deny"))
		return scim_deny(409, "uniqueness", "taken \"é\"");
	if (scim_equal(in->resource_type, "plain"))
		return scim_deny(0, NULL, "no");
	if (scim_equal(in->resource_type, "rewrite")) {
		scim_decision decision = scim_allow();
		scim_set_text(in->after, "title", scim_text(scim_get(in->before, "title")));
		decision.after = in->after;
		return decision;
	}
	if (scim_equal(in->resource_type, "tenant")) {
		const scim_counts *c = in->tenant.counts;
		return scim_hold("look", scim_format("%s %d %d %d %d", in->tenant.id, (int)in->tenant.seat_limit, (int)c->users,
		                                     (int)c->active_users, (int)c->groups));
	}
	if (in->members != NULL)
		return scim_hold("look", scim_format("%d %s %s", in->members->clear, scim_join(in->members->remove, ","),
		                                     scim_join(in->members->add, ",")));
	scim_decision decision = scim_hold("look", scim_operation_name(in->operation));
	decision.expires_in = 60;
	decision.lifecycle = "suspend";
	return decision;
}

static scim_map_output map(const scim_map_input *in) {
	scim_map_output output = scim_declarative();
	for (int i = 0; in->action == SCIM_ACTION_DELETE && i <= SCIM_MAX_REQUESTS; i++)
		scim_add_request(&output, "DELETE", "/", NULL);
	if (in->action == SCIM_ACTION_UPDATE)
		scim_add_request(&output, "PATCH", scim_format("/%s", scim_path_segment(in->legacy_id)), in->after);
	for (size_t i = 0; i < in->member_count; i++)
		scim_add_request(&output, NULL, scim_format("/%s/%s", in->members[i].type, in->members[i].id), NULL);
	return output;
}

static scim_import_output import(const scim_import_input *in) {
	if (scim_equal(scim_text(scim_get(in->record, "kind")), "robot"))
		return scim_skip("robot");
	return scim_imported(in->record, "7");
}

SCIM_POLICY = {
	.name = "full",
	.version = "1",
	.settings = "{\"type\":\"object\"}",
	.needs_counts = true,
	.decide = decide,
	.map = map,
	.import = import,
};

static const scim_policy only_map = {.name = "x", .map = map};

static void hooks(void) {
	static const struct {
		const scim_policy *policy;
		bool answered;
		const char *hook, *input, *want;
	} cases[] = {
		{&scim_the_policy, true, "decide", "{\"operation\":\"create\",\"new\":[{}]}",
	     "{\"verdict\":\"hold\",\"title\":\"look\",\"reason\":\"create\",\"expires_in\":60,\"lifecycle\":\"suspend\"}"},
		{&scim_the_policy, true, "decide", "{\"operation\":\"update\",\"resource_type\":\"deny\"}",
	     "{\"verdict\":\"deny\",\"status\":409,\"scim_type\":\"uniqueness\",\"detail\":\"taken \\\"é\\\"\"}"},
		{&scim_the_policy, true, "decide", "{\"operation\":\"update\",\"resource_type\":\"rewrite\",\"before\":{\"title\":\"a\"},\"after\":{\"x\":1}}",
	     "{\"verdict\":\"allow\",\"after\":{\"x\":1,\"title\":\"a\"}}"},
		{&scim_the_policy, true, "decide",
	     "{\"operation\":\"create\",\"resource_type\":\"tenant\",\"tenant\":{\"id\":\"t\",\"seat_limit\":25,\"counts\":{\"users\":3,\"active_users\":2,\"groups\":1}}}",
	     "{\"verdict\":\"hold\",\"title\":\"look\",\"reason\":\"t 25 3 2 1\"}"},
		{&scim_the_policy, true, "decide", "{\"operation\":\"delete\",\"members\":{\"clear\":true,\"remove\":[\"a\",\"b\"],\"add\":[\"c\"]}}",
	     "{\"verdict\":\"hold\",\"title\":\"look\",\"reason\":\"1 a,b c\"}"},
		{&scim_the_policy, true, "map", "{\"action\":\"update\",\"legacy_id\":\"a/b\",\"after\":{\"a\":1}}",
	     "{\"requests\":[{\"method\":\"PATCH\",\"path\":\"/a%2Fb\",\"body\":{\"a\":1}}]}"},
		{&scim_the_policy, true, "map", "{\"action\":\"add_members\",\"members\":[{\"id\":\"u\",\"type\":\"User\"},{\"id\":\"g\",\"type\":\"Group\"}]}",
	     "{\"requests\":[{\"path\":\"/User/u\"},{\"path\":\"/Group/g\"}]}"},
		{&scim_the_policy, true, "map", "{\"action\":\"suspend\"}", "{\"requests\":[]}"},
		{&scim_the_policy, true, "import", "{\"record\":{\"a\":[1]}}", "{\"resource\":{\"a\":[1]},\"legacy_id\":\"7\"}"},
		{&scim_the_policy, true, "import", "{\"record\":{\"kind\":\"robot\"}}", "{\"skip\":true,\"reason\":\"robot\"}"},
		{&scim_the_policy, true, "describe", "",
	     "{\"name\":\"full\",\"version\":\"1\",\"hooks\":[\"decide\",\"map\",\"import\"],\"needs\":[\"counts\"],\"settings\":{\"type\":\"object\"}}"},
		{&only_map, true, "describe", "", "{\"name\":\"x\",\"hooks\":[\"map\"]}"},
		{&scim_the_policy, false, "decide", "{\"operation\":\"create\",\"resource_type\":\"fail\"}", "no 1"},
		{&scim_the_policy, false, "decide", "{", "read the input: not valid JSON at byte 1: want the name of a member"},
		{&scim_the_policy, false, "decide", "", "read the input: not valid JSON at byte 0: it ends where a value should be"},
		{&scim_the_policy, false, "decide", "[]", "read the input: not a JSON object"},
		{&scim_the_policy, false, "decide", "{}", "\"operation\" is not one that this policy knows"},
		{&scim_the_policy, false, "decide", "{\"operation\":\"create\",\"members\":[]}", "\"members\" is not an object"},
		{&scim_the_policy, false, "map", "{\"action\":\"set_password\"}", "\"action\" is not one that this policy knows"},
		{&scim_the_policy, false, "map", "{\"action\":\"delete\"}", "there are more than 16 requests"},
		{&only_map, false, "decide", "{\"operation\":\"create\"}", "the policy does not have this hook"},
		{&scim_the_policy, false, "Decide", "{}", "there is no such hook"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *answer;
		WANT(scim_run(cases[i].policy, cases[i].hook, cases[i].input, &answer) == cases[i].answered);
		WANT_TEXT(answer, cases[i].want);
	}
}

/* Writes a file of golden cases and runs it. */
static int run_cases(const char *text) {
	const char *path = "sdk_test.json";
	FILE *file = fopen(path, "wb");
	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
		perror(path);
		exit(1);
	}
	int count = scim_run_cases(&scim_the_policy, path);
	remove(path);
	return count;
}

static void golden_cases(void) {
	WANT(run_cases("[{\"name\":\"1\",\"hook\":\"decide\",\"input\":{\"operation\":\"create\",\"resource_type\":\"plain\"},"
	               "\"want\":{\"detail\":\"no\",\"status\":403,\"verdict\":\"deny\"}},"
	               "{\"name\":\"2\",\"hook\":\"decide\",\"input\":{\"operation\":\"create\",\"resource_type\":\"fail\"},"
	               "\"error\":\"policy\",\"detail\":\"no\"},"
	               "{\"name\":\"3\",\"hook\":\"decide\",\"input\":{},\"error\":\"output\"}]") == 0);
	fputs("(what follows until \"ok\" is as it should be)\n", stderr);
	WANT(run_cases("[{\"name\":\"wrong answer\",\"hook\":\"map\",\"input\":{\"action\":\"suspend\"},\"want\":{\"requests\":[{}]}},"
	               "{\"name\":\"no error\",\"hook\":\"map\",\"input\":{\"action\":\"suspend\"},\"error\":\"policy\"},"
	               "{\"name\":\"an error\",\"hook\":\"map\",\"input\":{},\"want\":{\"requests\":[]}},"
	               "{\"name\":\"other error\",\"hook\":\"map\",\"input\":{},\"error\":\"policy\",\"detail\":\"x y z\"},"
	               "{\"name\":\"misspelt\",\"hok\":\"map\"}]") == 5);
	WANT(run_cases("[") == 1);
	WANT(run_cases("{}") == 1);
	WANT(scim_run_cases(&scim_the_policy, "no such file") == 1);
}

int main(void) {
	what_is_read_is_written_unchanged();
	escapes();
	what_is_not_json_is_a_failure();
	broken_documents_are_no_trouble();
	depth_is_bounded();
	numbers();
	objects();
	texts();
	users();
	names_and_addresses();
	hooks();
	golden_cases();
	if (failed == 0)
		puts("ok");
	return failed == 0 ? 0 : 1;
}
