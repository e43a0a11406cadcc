// From the checked content of JSON strings to AssemblyScript's own strings, which are UTF-16.

import { hexDigit } from "./scan";

/** The string whose checked content lies between two addresses. */
export function decodeText(start: usize, end: usize): string {
  return decode(start, end, BACKSLASH);
}

/** The string that checked UTF-8 stands for, escapes left as they are. */
export function decodeUtf8(start: usize, end: usize): string {
  return decode(start, end, NO_ESCAPE);
}

const BACKSLASH: u32 = 0x5c;
const NO_ESCAPE: u32 = 0xff; // no byte of UTF-8

/** Decodes UTF-8 in which a byte begins an escape. Plain characters are passed four or eight at a time. */
function decode(start: usize, end: usize, escape: u32): string {
  const units = countUnits(start, end, escape);
  if (!units) return "";
  // @ts-ignore: the compiler's own
  const result = changetype<string>(__new(units << 1, idof<string>()));
  let to = changetype<usize>(result);
  for (let p = start; p < end; ) {
    const c: u32 = load<u8>(p);
    if (c < 0x80 && c != escape) {
      if (p + 4 <= end) {
        const w = load<u32>(p);
        if (!(special(w, escape) & 0x80808080)) {
          let u = <u64>w;
          u = (u | (u << 16)) & 0x0000ffff0000ffff;
          store<u64>(to, (u | (u << 8)) & 0x00ff00ff00ff00ff);
          to += 8;
          p += 4;
          continue;
        }
      }
      store<u16>(to, c);
      p++;
    } else if (c == escape) {
      const e = load<u8>(p, 1);
      store<u16>(to, e == 0x75 ? hexUnit(p + 2) : escaped(e));
      p += e == 0x75 ? 6 : 2;
    } else if (c < 0xe0) {
      store<u16>(to, ((c & 0x1f) << 6) | tail(p, 1));
      p += 2;
    } else if (c < 0xf0) {
      store<u16>(to, ((c & 0x0f) << 12) | (tail(p, 1) << 6) | tail(p, 2));
      p += 3;
    } else {
      const r = (((c & 0x07) << 18) | (tail(p, 1) << 12) | (tail(p, 2) << 6) | tail(p, 3)) - 0x10000;
      store<u16>(to, 0xd800 | (r >> 10));
      store<u16>(to, 0xdc00 | (r & 0x3ff), 2);
      to += 2;
      p += 4;
    }
    to += 2;
  }
  return result;
}

/** Reports whether the checked content of a JSON string stands for name. */
export function textIs(start: usize, end: usize, name: string): bool {
  const length = <usize>name.length;
  const from = changetype<usize>(name);
  const size = end - start;
  if (size < length) return false; // no unit takes less than a byte
  for (let i: usize = 0; i < size; i++) {
    const c = load<u8>(start + i);
    if (c >= 0x80 || c == 0x5c) return decodeText(start, end) == name;
    if (i == length || <u16>c != load<u16>(from + (i << 1))) return false;
  }
  return size == length;
}

/** How many UTF-16 units the content stands for. */
function countUnits(start: usize, end: usize, escape: u32): usize {
  let units: usize = 0;
  for (let p = start; p < end; units++) {
    const c: u32 = load<u8>(p);
    if (c == escape) p += load<u8>(p, 1) == 0x75 ? 6 : 2;
    else if (c < 0x80) {
      if (p + 8 <= end && !(special(load<u64>(p), escape) & 0x8080808080808080)) {
        units += 7;
        p += 8;
      } else {
        p++;
      }
    } else if (c < 0xe0) p += 2;
    else if (c < 0xf0) p += 3;
    else {
      p += 4;
      units++;
    }
  }
  return units;
}

/** Marks, in their highest bit, the bytes of a word that are beyond ASCII or begin an escape, and others only if there are some. */
// @ts-ignore: decorator
@inline
function special(word: u64, escape: u32): u64 {
  const other = word ^ (<u64>escape * 0x0101010101010101);
  return ((other - 0x0101010101010101) & ~other) | word;
}

// @ts-ignore: decorator
@inline
function tail(p: usize, i: usize): u32 {
  return load<u8>(p + i) & 0x3f;
}

function hexUnit(p: usize): u32 {
  let unit: u32 = 0;
  for (let i = 0; i < 4; i++) unit = (unit << 4) | <u32>hexDigit(load<u8>(p + i));
  return unit;
}

function escaped(c: u8): u32 {
  switch (c) {
    case 0x62:
      return 8;
    case 0x66:
      return 12;
    case 0x6e:
      return 10;
    case 0x72:
      return 13;
    case 0x74:
      return 9;
  }
  return c;
}
