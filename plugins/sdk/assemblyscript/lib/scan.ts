// Where JSON values begin and end, in bytes. `check` looks at a document as strictly as RFC 8259 does and at its UTF-8 as
// RFC 3629 does. Everything else in here relies on that.
//
// A document is followed by a zero byte, which is part of no JSON. So nothing has to ask at each byte whether there is
// another one.

/** How many objects and arrays may be inside each other. */
export const MAX_DEPTH: i32 = 128;

/** How many bytes behind a document may be read, whatever they hold, and the first of them written. */
export const PADDING: usize = 8;

let deep: bool = false;

/**
 * Reports what is wrong with the document between two addresses, "" if it is well-formed. The byte behind it is set to
 * zero.
 */
export function check(start: usize, end: usize): string {
  store<u8>(end, 0);
  deep = false;
  const behind = value(space(start), 0);
  if (behind && space(behind) == end) return "";
  return deep ? "nested too deeply" : "not valid JSON";
}

/** Passes over white space. */
export function space(p: usize): usize {
  let c = load<u8>(p);
  while (c == 0x20 || c == 0x0a || c == 0x0d || c == 0x09) c = load<u8>(++p);
  return p;
}

// The functions below check what begins at p and return where it ends, 0 if it is wrong.

function value(p: usize, depth: i32): usize {
  switch (load<u8>(p)) {
    case 0x22: // "
      return text(p + 1);
    case 0x7b: // {
      return object(p + 1, depth + 1);
    case 0x5b: // [
      return array(p + 1, depth + 1);
    case 0x74: // true
      return load<u32>(p) == 0x65757274 ? p + 4 : 0;
    case 0x66: // false
      return load<u32>(p + 1) == 0x65736c61 ? p + 5 : 0;
    case 0x6e: // null
      return load<u32>(p) == 0x6c6c756e ? p + 4 : 0;
  }
  return number(p);
}

function object(p: usize, depth: i32): usize {
  if (depth > MAX_DEPTH) {
    deep = true;
    return 0;
  }
  p = space(p);
  if (load<u8>(p) == 0x7d) return p + 1;
  while (load<u8>(p) == 0x22) {
    p = text(p + 1);
    if (!p) return 0;
    p = space(p);
    if (load<u8>(p) != 0x3a) return 0;
    p = value(space(p + 1), depth);
    if (!p) return 0;
    p = space(p);
    const c = load<u8>(p);
    if (c == 0x7d) return p + 1;
    if (c != 0x2c) return 0;
    p = space(p + 1);
  }
  return 0;
}

function array(p: usize, depth: i32): usize {
  if (depth > MAX_DEPTH) {
    deep = true;
    return 0;
  }
  p = space(p);
  if (load<u8>(p) == 0x5d) return p + 1;
  while (true) {
    p = value(p, depth);
    if (!p) return 0;
    p = space(p);
    const c = load<u8>(p);
    if (c == 0x5d) return p + 1;
    if (c != 0x2c) return 0;
    p = space(p + 1);
  }
}

// Strings are looked at in words of eight bytes. The lowest byte that is marked in a word is always rightly so.

const HIGH: u64 = 0x8080808080808080;
const QUOTES: u64 = 0x2222222222222222;
const BACKSLASHES: u64 = 0x5c5c5c5c5c5c5c5c;
const SPACES: u64 = 0x2020202020202020;

/** Marks the bytes of a word that are zero, in their highest bit. */
// @ts-ignore: decorator
@inline
function zero(w: u64): u64 {
  return (w - 0x0101010101010101) & ~w;
}

/** Checks a string, from behind its first quotation mark. */
function text(p: usize): usize {
  while (true) {
    const w = load<u64>(p);
    const special = (zero(w ^ QUOTES) | zero(w ^ BACKSLASHES) | ((w - SPACES) & ~w) | w) & HIGH;
    if (!special) {
      p += 8;
      continue;
    }
    p += <usize>(ctz(special) >> 3);
    const c = load<u8>(p);
    if (c == 0x22) return p + 1;
    if (c < 0x20) return 0;
    if (c == 0x5c) {
      const e = load<u8>(p + 1);
      if (e == 0x75) {
        for (let i = 2; i < 6; i++) if (hexDigit(load<u8>(p + i)) < 0) return 0;
        p += 6;
        continue;
      }
      if (e != 0x22 && e != 0x5c && e != 0x2f && e != 0x62 && e != 0x66 && e != 0x6e && e != 0x72 && e != 0x74) return 0;
      p += 2;
      continue;
    }
    p = rune(p, c);
    if (!p) return 0;
  }
}

/** Checks one character beyond ASCII: no surrogate, nothing above U+10FFFF, no longer form than need be. */
function rune(p: usize, lead: u8): usize {
  const second = load<u8>(p + 1);
  if (lead < 0xc2 || lead > 0xf4 || (second & 0xc0) != 0x80) return 0;
  if (lead < 0xe0) return p + 2;
  if ((load<u8>(p + 2) & 0xc0) != 0x80) return 0;
  if (lead < 0xf0) {
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
    return p + 3;
  }
  if ((load<u8>(p + 3) & 0xc0) != 0x80) return 0;
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
  return p + 4;
}

function number(p: usize): usize {
  if (load<u8>(p) == 0x2d) p++;
  if (load<u8>(p) == 0x30) p++;
  else p = digits(p);
  if (p && load<u8>(p) == 0x2e) p = digits(p + 1);
  if (p && (load<u8>(p) | 0x20) == 0x65) {
    const sign = load<u8>(p + 1);
    p = digits(sign == 0x2b || sign == 0x2d ? p + 2 : p + 1);
  }
  return p;
}

function digits(p: usize): usize {
  if (!isDigit(load<u8>(p))) return 0;
  while (isDigit(load<u8>(p))) p++;
  return p;
}

function isDigit(c: u8): bool {
  return <u8>(c - 0x30) < 10;
}

/** What a hexadecimal digit stands for, -1 if it is none. */
export function hexDigit(c: u8): i32 {
  if (isDigit(c)) return c - 0x30;
  c |= 0x20;
  return c >= 0x61 && c <= 0x66 ? c - 0x57 : -1;
}

/** Where the checked value that begins at p ends. */
export function skip(p: usize): usize {
  let depth = 0;
  while (true) {
    const c = load<u8>(p);
    if (c == 0x22) {
      p = skipText(p + 1);
    } else if (c == 0x7b || c == 0x5b) {
      depth++;
      p++;
      continue;
    } else if (c == 0x7d || c == 0x5d) {
      depth--;
      p++;
    } else if (depth) {
      p++;
      continue;
    } else {
      return skipWord(p);
    }
    if (!depth) return p;
  }
}

/** Where the checked string ends, from behind its first quotation mark to behind its last. */
export function skipText(p: usize): usize {
  while (true) {
    const w = load<u64>(p);
    const special = (zero(w ^ QUOTES) | zero(w ^ BACKSLASHES)) & HIGH;
    if (!special) {
      p += 8;
      continue;
    }
    p += <usize>(ctz(special) >> 3);
    if (load<u8>(p) == 0x22) return p + 1;
    p += 2;
  }
}

/** Where a checked number, true, false or null ends. */
function skipWord(p: usize): usize {
  while (true) {
    const c = load<u8>(p);
    if (c <= 0x20 || c == 0x2c || c == 0x7d || c == 0x5d) return p;
    p++;
  }
}
