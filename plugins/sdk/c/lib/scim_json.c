/* JSON values. */
#include "scim_internal.h"

scim_value *scim_new_value(scim_kind kind) {
	scim_value *value = scim_room(sizeof *value);
	*value = (scim_value){.kind = (unsigned char)kind};
	return value;
}

void scim_link(scim_value *list, scim_value *value) {
	value->part = true;
	if (list->of.list.last == NULL)
		list->of.list.first = value;
	else
		list->of.list.last->next = value;
	list->of.list.last = value;
	list->of.list.count++;
}

scim_kind scim_kind_of(const scim_value *value) { return value ? (scim_kind)value->kind : SCIM_NULL; }

/* The name for errors. */
static const char *called(const scim_value *value) { return value->name ? value->name : "a value"; }

static void wrong(const scim_value *value, const char *want) { scim_fail("\"%s\" is not %s", called(value), want); }

/* Whether there is a value of that kind. One of another kind, but for null, is a failure. */
bool scim_is(const scim_value *value, scim_kind kind, const char *want) {
	if (scim_kind_of(value) == kind)
		return true;
	if (scim_kind_of(value) != SCIM_NULL)
		wrong(value, want);
	return false;
}

static scim_value *member(const scim_value *object, const char *name, size_t size) {
	scim_value *found = NULL;
	for (scim_value *m = object->of.list.first; m != NULL; m = m->next) {
		if (m->name_size == size && memcmp(m->name, name, size) == 0)
			found = m;
	}
	return found;
}

scim_value *scim_get(const scim_value *object, const char *name) {
	return scim_is(object, SCIM_OBJECT, "an object") ? member(object, name, strlen(name)) : NULL;
}

/* A text that C can hold. */
static const char *c_text(const char *text, size_t size, const char *name) {
	if (strlen(text) == size)
		return text;
	scim_fail("\"%s\" holds U+0000, which a policy in C cannot read", name);
	return "";
}

const char *scim_text(const scim_value *value) {
	return scim_is(value, SCIM_STRING, "a string") ? c_text(value->of.text.start, value->of.text.size, called(value)) : "";
}

bool scim_bool(const scim_value *value) { return scim_is(value, SCIM_BOOL, "true or false") && value->yes; }

int64_t scim_int(const scim_value *value) {
	if (!scim_is(value, SCIM_NUMBER, "a whole number"))
		return 0;
	const char *p = value->of.text.start, *end = p + value->of.text.size;
	bool negative = *p == '-';
	uint64_t number = 0, limit = (uint64_t)INT64_MAX + negative;
	for (p += negative; p < end; p++) {
		unsigned digit = (unsigned)(*p - '0');
		if (digit > 9 || number > (limit - digit) / 10) {
			wrong(value, "a whole number");
			return 0;
		}
		number = number * 10 + digit;
	}
	return negative ? (int64_t)(0 - number) : (int64_t)number;
}

static bool is_list(const scim_value *value) {
	return scim_kind_of(value) == SCIM_ARRAY || scim_is(value, SCIM_OBJECT, "an array or an object");
}

size_t scim_count(const scim_value *list) { return is_list(list) ? list->of.list.count : 0; }

scim_value *scim_first(const scim_value *list) { return is_list(list) ? list->of.list.first : NULL; }

scim_value *scim_next(const scim_value *element) { return element ? element->next : NULL; }

const char *scim_name(const scim_value *value) {
	return value && value->name ? c_text(value->name, value->name_size, value->name) : "";
}

scim_value *scim_null(void) { return scim_new_value(SCIM_NULL); }

scim_value *scim_boolean(bool yes) {
	scim_value *value = scim_new_value(SCIM_BOOL);
	value->yes = yes;
	return value;
}

scim_value *scim_integer(int64_t number) {
	struct scim_buffer b = {0};
	scim_put_integer(&b, number);
	scim_value *value = scim_new_value(SCIM_NUMBER);
	value->of.text.start = b.start;
	value->of.text.size = b.size;
	return value;
}

scim_value *scim_string(const char *text) {
	scim_value *value = scim_new_value(SCIM_STRING);
	value->of.text.start = scim_present(text);
	value->of.text.size = strlen(value->of.text.start);
	return value;
}

scim_value *scim_array(void) { return scim_new_value(SCIM_ARRAY); }

scim_value *scim_object(void) { return scim_new_value(SCIM_OBJECT); }

/* A copy that is part of nothing. What it reaches must not be nested too deeply. */
static scim_value *copy(const scim_value *value, int depth) {
	scim_value *made = scim_new_value(scim_kind_of(value));
	if (value == NULL)
		return made;
	made->yes = value->yes;
	if (value->kind != SCIM_ARRAY && value->kind != SCIM_OBJECT) {
		made->of = value->of;
		return made;
	}
	if (depth >= SCIM_MAX_DEPTH) {
		scim_fail("a value is nested too deeply");
		return made;
	}
	for (const scim_value *v = value->of.list.first; v != NULL; v = v->next) {
		scim_value *element = copy(v, depth + 1);
		element->name = v->name;
		element->name_size = v->name_size;
		scim_link(made, element);
	}
	return made;
}

scim_value *scim_copy(const scim_value *value) { return copy(value, 0); }

/* A value that can become part of list. */
static scim_value *part_of(const scim_value *list, scim_value *value) {
	if (value == NULL)
		return scim_null();
	return value->part || value == list ? copy(value, 0) : value;
}

void scim_set(scim_value *object, const char *name, scim_value *value) {
	if (scim_kind_of(object) != SCIM_OBJECT) {
		scim_fail("\"%s\" is set in something that is not an object", name);
		return;
	}
	value = part_of(object, value);
	size_t size = strlen(name);
	scim_value *place = member(object, name, size);
	if (place == NULL) {
		value->name = name;
		value->name_size = size;
		scim_link(object, value);
		return;
	}
	place->kind = value->kind;
	place->yes = value->yes;
	place->of = value->of;
	value->part = true; /* its elements belong to the place now */
}

void scim_set_text(scim_value *object, const char *name, const char *text) { scim_set(object, name, scim_string(text)); }

void scim_remove(scim_value *object, const char *name) {
	if (!scim_is(object, SCIM_OBJECT, "an object"))
		return;
	size_t size = strlen(name);
	scim_value *m = object->of.list.first;
	object->of.list.first = object->of.list.last = NULL;
	object->of.list.count = 0;
	while (m != NULL) {
		scim_value *next = m->next;
		m->next = NULL;
		if (m->name_size != size || memcmp(m->name, name, size) != 0)
			scim_link(object, m);
		m = next;
	}
}

void scim_append(scim_value *array, scim_value *element) {
	if (scim_kind_of(array) != SCIM_ARRAY) {
		scim_fail("an element is added to something that is not an array");
		return;
	}
	scim_link(array, part_of(array, element));
}

