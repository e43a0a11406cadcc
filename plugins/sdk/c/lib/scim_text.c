/* Memory and texts of a call. */
#include "scim_internal.h"

#ifdef __wasm__
IMPORT("scim_policy", "log") void scim_host_log(const void *start, size_t size);
IMPORT("wasi_snapshot_preview1", "fd_write")
int scim_host_write(int descriptor, const void *pieces, size_t count, size_t *written);
#endif

#if defined(__wasm__) && !defined(__wasi__)
int scim_memcmp(const void *a, const void *b, size_t size) {
	const unsigned char *p = a, *q = b;
	for (; size > 0; size--, p++, q++) {
		if (*p != *q)
			return *p < *q ? -1 : 1;
	}
	return 0;
}

size_t scim_strlen(const char *text) {
	size_t size = 0;
	while (text[size] != 0)
		size++;
	return size;
}
#endif

const char *scim_present(const char *text) { return text ? text : ""; }

/* ---------------------------------------------------------------- memory of a call
 * In WebAssembly the host puts everything back after a call: there is nothing to free, and
 * nothing to be reset. */

/* How much memory there is before it grows. A memory that grows during a call cannot be put
 * back and costs a new instance, so this is enough for documents of some 20 KB. */
#ifndef SCIM_POLICY_ROOM
#define SCIM_POLICY_ROOM (160 * 1024)
#endif

/* How much memory grows at least. */
#ifndef SCIM_POLICY_STEP
#define SCIM_POLICY_STEP (1024 * 1024)
#endif

/* Nothing of a document of the host's comes near. */
#define MAX_ALLOCATION ((size_t)1 << 30)

struct scim_call scim_call;

#ifdef __wasm__
static _Alignas(16) char first[SCIM_POLICY_ROOM];

static void more(size_t size) {
	if (scim_call.next == NULL && size <= sizeof first) {
		scim_call.next = first;
		scim_call.end = first + sizeof first;
		return;
	}
	const size_t page = 64 * 1024;
	size_t pages = ((size > SCIM_POLICY_STEP ? size : SCIM_POLICY_STEP) + page - 1) / page;
	size_t old = __builtin_wasm_memory_grow(0, pages);
	if (old == (size_t)-1) {
		pages = (size + page - 1) / page;
		old = __builtin_wasm_memory_grow(0, pages);
	}
	if (old == (size_t)-1)
		scim_panic("out of memory");
	scim_call.next = (char *)(old * page);
	scim_call.end = scim_call.next + pages * page;
}
#else
static void more(size_t size) {
	const size_t room = (size > SCIM_POLICY_STEP ? size : SCIM_POLICY_STEP) + 16;
	struct scim_block *block = calloc(1, room);
	if (block == NULL)
		scim_panic("out of memory");
	block->older = scim_call.last;
	scim_call.last = block;
	scim_call.next = (char *)block + 16;
	scim_call.end = (char *)block + room;
}

void scim_reset(void) {
	while (scim_call.last != NULL) {
		struct scim_block *older = scim_call.last->older;
		free(scim_call.last);
		scim_call.last = older;
	}
	memset(&scim_call, 0, sizeof scim_call);
}
#endif

void *scim_room(size_t size) {
	if (size > MAX_ALLOCATION)
		scim_panic("out of memory");
	size = (size + 7) & ~(size_t)7;
	if ((size_t)(scim_call.end - scim_call.next) < size)
		more(size);
	char *start = scim_call.next;
	scim_call.next += size;
	return start;
}

void *scim_alloc(size_t size) {
	void *start = scim_room(size);
	memset(start, 0, size);
	return start;
}

void *scim_room_for(size_t count, size_t size) {
	if (count > MAX_ALLOCATION / size)
		scim_panic("out of memory");
	return count == 0 ? NULL : scim_alloc(count * size);
}

/* ---------------------------------------------------------------- texts under way */

static char *extend(struct scim_buffer *b, size_t size) {
	if (b->room - b->size < size) {
		size_t wanted = 2 * b->room + size;
		if (wanted < 256)
			wanted = 256;
		if (b->start != NULL && b->start + b->room == scim_call.next && wanted - b->room <= (size_t)(scim_call.end - scim_call.next)) {
			/* It was allocated last and grows in its place. */
			scim_call.next += (wanted - b->room + 7) & ~(size_t)7;
			b->room = (size_t)(scim_call.next - b->start);
		} else {
			wanted = (wanted + 7) & ~(size_t)7;
			char *moved = scim_room(wanted);
			if (b->size > 0)
				memcpy(moved, b->start, b->size);
			b->start = moved;
			b->room = wanted;
		}
	}
	char *place = b->start + b->size;
	b->size += size;
	return place;
}

void scim_put(struct scim_buffer *b, const char *text, size_t size) {
	if (size > 0)
		memcpy(extend(b, size), text, size);
}

void scim_put_char(struct scim_buffer *b, char c) { *extend(b, 1) = c; }

void scim_put_text(struct scim_buffer *b, const char *text) { scim_put(b, text, strlen(text)); }

static void put_natural(struct scim_buffer *b, uint64_t number) {
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	scim_put(b, digits + at, sizeof digits - at);
}

void scim_put_integer(struct scim_buffer *b, int64_t number) {
	if (number < 0) {
		scim_put_char(b, '-');
		put_natural(b, 0 - (uint64_t)number);
	} else {
		put_natural(b, (uint64_t)number);
	}
}

void scim_put_hex(struct scim_buffer *b, unsigned char byte, char ten) {
	for (int shift = 4; shift >= 0; shift -= 4) {
		int digit = byte >> shift & 15;
		scim_put_char(b, (char)(digit < 10 ? '0' + digit : ten + digit - 10));
	}
}

const char *scim_finish(struct scim_buffer *b) {
	scim_put_char(b, 0);
	return b->start;
}

/* Writes what printf would, of the little that scim_format knows. */
static void put_format(struct scim_buffer *b, const char *format, va_list arguments) {
	for (const char *p = format; *p != 0; p++) {
		if (*p != '%') {
			scim_put_char(b, *p);
			continue;
		}
		int size = 0; /* 1 is long, 2 is long long, 3 is size_t */
		for (p++; *p == 'l' || *p == 'z'; p++)
			size = *p == 'z' ? 3 : size + 1;
		switch (*p) {
		case 's':
			scim_put_text(b, scim_present(va_arg(arguments, const char *)));
			break;
		case 'c':
			scim_put_char(b, (char)va_arg(arguments, int));
			break;
		case 'd':
		case 'i':
			scim_put_integer(b, size == 0   ? va_arg(arguments, int)
			               : size == 1 ? va_arg(arguments, long)
			               : size == 2 ? va_arg(arguments, long long)
			                           : (int64_t)va_arg(arguments, size_t));
			break;
		case 'u':
			put_natural(b, size == 0   ? va_arg(arguments, unsigned)
			               : size == 1 ? va_arg(arguments, unsigned long)
			               : size == 2 ? va_arg(arguments, unsigned long long)
			                           : va_arg(arguments, size_t));
			break;
		case '%':
			scim_put_char(b, '%');
			break;
		default:
			scim_panic("scim_format: a conversion that it does not know");
		}
	}
}

const char *scim_format(const char *format, ...) {
	struct scim_buffer b = {0};
	va_list arguments;
	va_start(arguments, format);
	put_format(&b, format, arguments);
	va_end(arguments);
	return scim_finish(&b);
}

void scim_fail(const char *format, ...) {
	if (scim_call.failure != NULL)
		return;
	struct scim_buffer b = {0};
	va_list arguments;
	va_start(arguments, format);
	put_format(&b, format, arguments);
	va_end(arguments);
	scim_call.failure = scim_finish(&b);
}

void scim_log(const char *format, ...) {
	struct scim_buffer b = {0};
	va_list arguments;
	va_start(arguments, format);
	put_format(&b, format, arguments);
	va_end(arguments);
#ifdef __wasm__
	scim_host_log(b.start, b.size);
#else
	fprintf(stderr, "%s\n", scim_finish(&b));
#endif
}

_Noreturn void scim_panic(const char *why) {
#ifdef __wasm__
	/* What a module says on standard error before it gives up is the host's explanation of
	 * the crash. */
	const struct {
		const char *start;
		size_t size;
	} pieces[] = {{why, strlen(why)}, {"\n", 1}};
	size_t written;
	scim_host_write(2, pieces, 2, &written);
	__builtin_trap();
#else
	fprintf(stderr, "%s\n", why);
	abort();
#endif
}

/* ---------------------------------------------------------------- texts */

char scim_lower_char(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

bool scim_equal(const char *a, const char *b) {
	a = scim_present(a);
	b = scim_present(b);
	for (; *a != 0 && *a == *b; a++)
		b++;
	return *a == *b;
}

bool scim_equal_fold(const char *a, const char *b) {
	a = scim_present(a);
	b = scim_present(b);
	for (; *a != 0 && scim_lower_char(*a) == scim_lower_char(*b); a++)
		b++;
	return scim_lower_char(*a) == scim_lower_char(*b);
}

bool scim_starts_with(const char *text, const char *prefix) {
	size_t size = strlen(scim_present(text)), part = strlen(scim_present(prefix));
	return part <= size && (part == 0 || memcmp(text, prefix, part) == 0);
}

bool scim_ends_with(const char *text, const char *suffix) {
	size_t size = strlen(scim_present(text)), part = strlen(scim_present(suffix));
	return part <= size && (part == 0 || memcmp(text + size - part, suffix, part) == 0);
}

bool scim_contains(scim_texts texts, const char *text) {
	for (size_t i = 0; i < texts.count; i++) {
		if (scim_equal(texts.items[i], text))
			return true;
	}
	return false;
}

const char *scim_join(scim_texts texts, const char *separator) {
	struct scim_buffer b = {0};
	for (size_t i = 0; i < texts.count; i++) {
		if (i > 0)
			scim_put_text(&b, separator);
		scim_put_text(&b, texts.items[i]);
	}
	return scim_finish(&b);
}

const char *scim_lower(const char *text) {
	struct scim_buffer b = {0};
	for (text = scim_present(text); *text != 0; text++)
		scim_put_char(&b, scim_lower_char(*text));
	return scim_finish(&b);
}

const char *scim_path_segment(const char *text) {
	struct scim_buffer b = {0};
	for (const char *p = scim_present(text); *p != 0; p++) {
		char c = scim_lower_char(*p);
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '~' ||
		             (c == '.' && p > text);
		if (plain) {
			scim_put_char(&b, *p);
		} else {
			scim_put_char(&b, '%');
			scim_put_hex(&b, (unsigned char)*p, 'A');
		}
	}
	return scim_finish(&b);
}

