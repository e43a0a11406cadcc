/* What the sources of the library know of each other. Policies include scim_policy.h. */
#ifndef SCIM_INTERNAL_H
#define SCIM_INTERNAL_H

#include "scim_policy.h"

#include <stdarg.h>

#ifdef __wasm__
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))
#else
#include <stdio.h>
#include <stdlib.h>
#endif

#if defined(__wasm__) && !defined(__wasi__)
/* There is no libc. WebAssembly has instructions for the first two. */
#ifndef __wasm_bulk_memory__
#error "build with -mbulk-memory"
#endif
#define memcpy __builtin_memcpy
#define memset __builtin_memset
#define memcmp scim_memcmp
#define strlen scim_strlen

int scim_memcmp(const void *a, const void *b, size_t size);
size_t scim_strlen(const char *text);
#else
#include <string.h>
#endif

/* How deep objects and arrays may be nested. The host's documents are far below. */
#define SCIM_MAX_DEPTH 128

/* How many bytes of zero scim_read_json wants behind its input. */
#define SCIM_PADDING 8

/* ---------------------------------------------------------------- memory of a call */

/* One block of memory, not in WebAssembly. */
struct scim_block {
	struct scim_block *older;
};

/* The state of a call. In WebAssembly the host puts everything back after it. */
struct scim_call {
	char *next, *end;        /* what is free */
	struct scim_block *last; /* what was allocated, not in WebAssembly */
	const char *failure;
};

extern struct scim_call scim_call;

/* Memory that is not zeroed. */
void *scim_room(size_t size);

/* Zeroed memory for a list; NULL for one of nothing. */
void *scim_room_for(size_t count, size_t size);

/* A text, "" for NULL. */
const char *scim_present(const char *text);

/* The letter as a small one. */
char scim_lower_char(char c);

/* ---------------------------------------------------------------- texts under way */

/* A text that grows. A NUL follows it only after scim_finish. */
struct scim_buffer {
	char *start;
	size_t size, room;
};

void scim_put(struct scim_buffer *b, const char *text, size_t size);
void scim_put_char(struct scim_buffer *b, char c);
void scim_put_text(struct scim_buffer *b, const char *text);
void scim_put_integer(struct scim_buffer *b, int64_t number);
void scim_put_hex(struct scim_buffer *b, unsigned char byte, char ten);
const char *scim_finish(struct scim_buffer *b);

/* ---------------------------------------------------------------- JSON values */

struct scim_value {
	unsigned char kind;
	bool yes;  /* of a boolean */
	bool part; /* of another value */
	size_t name_size;
	const char *name; /* of a member */
	struct scim_value *next;
	union {
		struct {
			const char *start; /* of a text, which a NUL follows, or of a number, which none follows */
			size_t size;
		} text;
		struct {
			struct scim_value *first, *last;
			size_t count;
		} list;
	} of;
};

scim_value *scim_new_value(scim_kind kind);

/* Makes value, which is part of nothing yet, the last of list. */
void scim_link(scim_value *list, scim_value *value);

/* Whether there is a value of that kind. One of another kind, but for null, is a failure. */
bool scim_is(const scim_value *value, scim_kind kind, const char *want);

/* Reads JSON in place. Behind it there is room for the padding. What is wrong makes the call
 * fail. */
scim_value *scim_read_json(char *start, size_t size);

void scim_put_string(struct scim_buffer *b, const char *text, size_t size);
void scim_put_value(struct scim_buffer *b, const scim_value *value);

/* ---------------------------------------------------------------- documents */

const scim_decide_input *scim_read_decide_input(const scim_value *document);
const scim_map_input *scim_read_map_input(const scim_value *document);
const scim_import_input *scim_read_import_input(const scim_value *document);

void scim_put_decision(struct scim_buffer *b, const scim_decision *decision);
void scim_put_map_output(struct scim_buffer *b, const scim_map_output *output);
void scim_put_import_output(struct scim_buffer *b, const scim_import_output *output);
void scim_put_description(struct scim_buffer *b, const scim_policy *policy);

#endif
