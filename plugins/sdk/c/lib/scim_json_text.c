/* JSON as text. */
#include "scim_internal.h"

/* ---------------------------------------------------------------- reading JSON (RFC 8259)
 * In one pass and in place: texts become part of the input, with a NUL where their quotation
 * mark was. Behind the input there are eight bytes of zero, which end every scan. */

#define SCIM_PADDING 8

struct reader {
	char *start, *p, *end;
	const char *problem;
};

static scim_value *problem(struct reader *r, const char *what) {
	if (r->problem == NULL)
		r->problem = what;
	return NULL;
}

/* Passes over white space and returns the byte after it, 0 at the end. */
static char peek(struct reader *r) {
	while (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r')
		r->p++;
	return *r->p;
}

static bool eat(struct reader *r, char c) {
	bool found = peek(r) == c;
	r->p += found;
	return found;
}

/* How many bytes a character beyond ASCII has, 0 if it is not UTF-8. The padding ends it in
 * time. */
static int utf8_size(const char *text) {
	const unsigned char *p = (const unsigned char *)text;
	unsigned char lead = p[0];
	if (lead < 0xe0)
		return lead >= 0xc2 && p[1] >> 6 == 2 ? 2 : 0;
	if (p[1] >> 6 != 2 || p[2] >> 6 != 2)
		return 0;
	/* Nothing longer than need be, no half of a pair, nothing beyond U+10FFFF. */
	if (lead < 0xf0)
		return (lead == 0xe0 && p[1] < 0xa0) || (lead == 0xed && p[1] > 0x9f) ? 0 : 3;
	if (p[3] >> 6 != 2 || lead > 0xf4 || (lead == 0xf0 && p[1] < 0x90) || (lead == 0xf4 && p[1] > 0x8f))
		return 0;
	return 4;
}

/* Passes over what needs no work inside a string: all but quotation marks, backslashes,
 * control characters and what is not UTF-8. */
static void skip_plain(struct reader *r) {
	const uint64_t ones = 0x0101010101010101;
	char *p = r->p;
	for (;;) {
		/* Eight bytes of ASCII at a time. A byte that the differences mark wrongly stands
		 * behind one that they mark rightly. The padding ends this. */
		for (;; p += 8) {
			uint64_t word;
			memcpy(&word, p, 8);
			uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
			uint64_t special = (quote - ones) | (backslash - ones) | (word - ones * ' ') | word;
			if ((special & ones << 7) != 0)
				break;
		}
		unsigned char c = (unsigned char)*p;
		while (c >= ' ' && c < 0x80 && c != '"' && c != '\\')
			c = (unsigned char)*++p;
		if (c < 0x80)
			break;
		do {
			int size = utf8_size(p);
			if (size == 0)
				goto end;
			p += size;
		} while ((unsigned char)*p >= 0x80);
	}
end:
	r->p = p;
}

static bool read_hex(struct reader *r, uint32_t *unit) {
	*unit = 0;
	for (int i = 0; i < 4; i++, r->p++) {
		char c = scim_lower_char(*r->p);
		if (c >= '0' && c <= '9')
			*unit = *unit << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*unit = *unit << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	return true;
}

static char *write_utf8(char *to, uint32_t c) {
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
	*to++ = (char)(lead[more] | c >> 6 * more);
	while (more-- > 0)
		*to++ = (char)(0x80 | (c >> 6 * more & 0x3f));
	return to;
}

/* Reads what follows a backslash and writes what it stands for, which is never longer. */
static char *escape(struct reader *r, char *to) {
	static const char names[] = "\"\\/bfnrt", stand_for[] = "\"\\/\b\f\n\r\t";
	char c = *r->p++;
	for (int i = 0; names[i] != 0; i++) {
		if (names[i] == c) {
			*to = stand_for[i];
			return to + 1;
		}
	}
	uint32_t unit, low;
	if (c != 'u' || !read_hex(r, &unit)) {
		problem(r, "no such escape");
		return to;
	}
	if (unit >= 0xd800 && unit <= 0xdfff) {
		/* Half a pair stands for U+FFFD, as it does in Go. */
		char *before = r->p;
		if (unit < 0xdc00 && r->p[0] == '\\' && r->p[1] == 'u' && (r->p += 2, read_hex(r, &low)) && low >= 0xdc00 &&
		    low <= 0xdfff) {
			unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
		} else {
			r->p = before;
			unit = 0xfffd;
		}
	}
	return write_utf8(to, unit);
}

/* Reads a string whose quotation mark comes next. */
static const char *read_string(struct reader *r, size_t *size) {
	char *start = ++r->p, *to = start;
	for (;;) {
		char *run = r->p;
		skip_plain(r);
		size_t plain = (size_t)(r->p - run);
		if (to != run) { /* after an escape; what is written never overtakes what is read */
			for (size_t i = 0; i < plain; i++)
				to[i] = run[i];
		}
		to += plain;
		if (*r->p == '"') {
			*to = 0;
			*size = (size_t)(to - start);
			r->p++;
			return start;
		}
		if (*r->p == '\\') {
			r->p++;
			to = escape(r, to);
		} else {
			problem(r, r->p == r->end                  ? "it ends inside a string"
			           : (unsigned char)*r->p >= 0x80 ? "not UTF-8"
			                                          : "a control character inside a string");
		}
		if (r->problem != NULL)
			return NULL;
	}
}

static bool digits(struct reader *r) {
	char *start = r->p;
	while (*r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > start;
}

static scim_value *read_number(struct reader *r) {
	char *start = r->p;
	r->p += *r->p == '-';
	bool good = true;
	if (*r->p == '0')
		r->p++;
	else
		good = digits(r);
	if (good && *r->p == '.') {
		r->p++;
		good = digits(r);
	}
	if (good && (*r->p == 'e' || *r->p == 'E')) {
		r->p++;
		r->p += *r->p == '+' || *r->p == '-';
		good = digits(r);
	}
	/* What follows a number is checked by whoever reads on: "01" and "1x" fail there. */
	if (!good)
		return problem(r, "want a digit");
	scim_value *value = scim_new_value(SCIM_NUMBER);
	value->of.text.start = start;
	value->of.text.size = (size_t)(r->p - start);
	return value;
}

static scim_value *read_word(struct reader *r, const char *word, scim_kind kind, bool yes) {
	size_t size = strlen(word);
	if ((size_t)(r->end - r->p) < size || memcmp(r->p, word, size) != 0)
		return problem(r, "no value begins like this");
	r->p += size;
	scim_value *value = scim_new_value(kind);
	value->yes = yes;
	return value;
}

static scim_value *read_value(struct reader *r, int depth);

/* Reads an array or an object. */
static scim_value *read_list(struct reader *r, int depth, scim_kind kind, char closing) {
	if (depth >= SCIM_MAX_DEPTH)
		return problem(r, "it is nested too deeply");
	scim_value *list = scim_new_value(kind);
	r->p++;
	if (eat(r, closing))
		return list;
	do {
		const char *name = NULL;
		size_t size = 0;
		if (kind == SCIM_OBJECT) {
			if (peek(r) != '"')
				return problem(r, "want the name of a member");
			name = read_string(r, &size);
			if (name == NULL || !eat(r, ':'))
				return problem(r, "want a colon");
		}
		scim_value *value = read_value(r, depth + 1);
		if (value == NULL)
			return NULL;
		value->name = name;
		value->name_size = size;
		scim_link(list, value);
	} while (eat(r, ','));
	return eat(r, closing) ? list : problem(r, "want a comma or the end of what began");
}

static scim_value *read_value(struct reader *r, int depth) {
	switch (peek(r)) {
	case '"': {
		size_t size;
		const char *text = read_string(r, &size);
		if (text == NULL)
			return NULL;
		scim_value *value = scim_new_value(SCIM_STRING);
		value->of.text.start = text;
		value->of.text.size = size;
		return value;
	}
	case '{':
		return read_list(r, depth, SCIM_OBJECT, '}');
	case '[':
		return read_list(r, depth, SCIM_ARRAY, ']');
	case 't':
		return read_word(r, "true", SCIM_BOOL, true);
	case 'f':
		return read_word(r, "false", SCIM_BOOL, false);
	case 'n':
		return read_word(r, "null", SCIM_NULL, false);
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return read_number(r);
	}
	return problem(r, r->p == r->end ? "it ends where a value should be" : "no value begins like this");
}

/* Reads JSON in place. Behind it there is room for the padding. What is wrong makes the call
 * fail. */
scim_value *scim_read_json(char *start, size_t size) {
	memset(start + size, 0, SCIM_PADDING);
	struct reader r = {start, start, start + size, NULL};
	scim_value *value = read_value(&r, 0);
	if (value != NULL && (peek(&r) != 0 || r.p != r.end))
		problem(&r, "something follows the value");
	if (r.problem == NULL)
		return value;
	scim_fail("not valid JSON at byte %zu: %s", (size_t)(r.p - start), r.problem);
	return scim_null();
}

scim_value *scim_parse(const char *json) {
	size_t size = strlen(json);
	char *copied = scim_room(size + SCIM_PADDING);
	memcpy(copied, json, size);
	return scim_read_json(copied, size);
}

/* ---------------------------------------------------------------- writing JSON */

void scim_put_string(struct scim_buffer *b, const char *text, size_t size) {
	scim_put_char(b, '"');
	const char *end = text + size, *run = text;
	for (const char *p = text; p < end; p++) {
		unsigned char c = (unsigned char)*p;
		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		scim_put(b, run, (size_t)(p - run));
		run = p + 1;
		if (c >= ' ') {
			scim_put_char(b, '\\');
			scim_put_char(b, (char)c);
		} else {
			scim_put(b, "\\u00", 4);
			scim_put_hex(b, c, 'a');
		}
	}
	scim_put(b, run, (size_t)(end - run));
	scim_put_char(b, '"');
}

static void put_nested(struct scim_buffer *b, const scim_value *value, int depth) {
	switch (scim_kind_of(value)) {
	case SCIM_NULL:
		scim_put(b, "null", 4);
		return;
	case SCIM_BOOL:
		scim_put_text(b, value->yes ? "true" : "false");
		return;
	case SCIM_NUMBER:
		scim_put(b, value->of.text.start, value->of.text.size);
		return;
	case SCIM_STRING:
		scim_put_string(b, value->of.text.start, value->of.text.size);
		return;
	default:
		break;
	}
	/* A value that was made part of itself ends here too. */
	if (depth >= SCIM_MAX_DEPTH) {
		scim_fail("a value is nested too deeply");
		return;
	}
	bool object = value->kind == SCIM_OBJECT;
	scim_put_char(b, object ? '{' : '[');
	for (const scim_value *v = value->of.list.first; v != NULL && scim_call.failure == NULL; v = v->next) {
		if (v != value->of.list.first)
			scim_put_char(b, ',');
		if (object) {
			scim_put_string(b, v->name, v->name_size);
			scim_put_char(b, ':');
		}
		put_nested(b, v, depth + 1);
	}
	scim_put_char(b, object ? '}' : ']');
}

void scim_put_value(struct scim_buffer *b, const scim_value *value) { put_nested(b, value, 0); }

const char *scim_to_json(const scim_value *value) {
	struct scim_buffer b = {0};
	put_nested(&b, value, 0);
	return scim_finish(&b);
}
