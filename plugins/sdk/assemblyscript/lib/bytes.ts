/** Bytes that grow. They hold UTF-8 and are never freed: the host empties the whole memory after each call. */
@final
export class Bytes {
  /** Where the bytes are. It changes when they grow. */
  data: usize;
  /** How many there are. */
  size: usize = 0;
  private room: usize;

  constructor(room: usize) {
    this.room = max<usize>(room, 16);
    this.data = heap.alloc(this.room);
  }

  /** Makes room for more bytes. */
  reserve(more: usize): void {
    const wanted = this.size + more;
    if (wanted <= this.room) return;
    this.room = max<usize>(wanted, this.room * 2);
    this.data = heap.realloc(this.data, this.room);
  }

  /** Appends one byte. */
  push(byte: u8): void {
    this.reserve(1);
    store<u8>(this.data + this.size++, byte);
  }

  /** Appends the bytes between two addresses. */
  copy(from: usize, to: usize): void {
    this.reserve(to - from);
    memory.copy(this.data + this.size, from, to - from);
    this.size += to - from;
  }

  /** Appends text that is known to be ASCII without anything that JSON would escape. */
  ascii(text: string): void {
    const length = text.length;
    const from = changetype<usize>(text);
    this.reserve(length);
    const to = this.data + this.size;
    for (let i: usize = 0; i < <usize>length; i++) store<u8>(to + i, load<u16>(from + (i << 1)));
    this.size += length;
  }

  /** Appends text as UTF-8. Half a surrogate pair becomes U+FFFD. */
  utf8(text: string): void {
    this.encode(text, false);
  }

  /** Appends text as a JSON string, quotation marks included. */
  quoted(text: string): void {
    this.push(0x22);
    this.encode(text, true);
    this.push(0x22);
  }

  private encode(text: string, escape: bool): void {
    let from = changetype<usize>(text);
    const end = from + ((<usize>text.length) << 1);
    this.reserve(text.length + 6);
    while (from < end) {
      this.reserve(6); // the longest of a single unit, \u001f, and of four plain ones
      const to = this.data + this.size;
      if (from + 8 <= end) {
        const w = load<u64>(from);
        if (!(w & BEYOND_ASCII) && !(escape && isEscaped(w))) {
          const pairs = (w | (w >> 8)) & 0x0000ffff0000ffff;
          store<u32>(to, <u32>(pairs | (pairs >> 16)));
          this.size += 4;
          from += 8;
          continue;
        }
      }
      let c: u32 = load<u16>(from);
      from += 2;
      if (c < 0x80) {
        if (escape && (c < 0x20 || c == 0x22 || c == 0x5c)) {
          this.escape(c);
          continue;
        }
        store<u8>(to, c);
        this.size++;
        continue;
      }
      if (c < 0x800) {
        store<u8>(to, 0xc0 | (c >> 6));
        store<u8>(to, 0x80 | (c & 0x3f), 1);
        this.size += 2;
        continue;
      }
      if ((c & 0xf800) == 0xd800) {
        const low: u32 = from < end ? load<u16>(from) : 0;
        if (c < 0xdc00 && (low & 0xfc00) == 0xdc00) {
          from += 2;
          c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
          store<u8>(to, 0xf0 | (c >> 18));
          store<u8>(to, 0x80 | ((c >> 12) & 0x3f), 1);
          store<u8>(to, 0x80 | ((c >> 6) & 0x3f), 2);
          store<u8>(to, 0x80 | (c & 0x3f), 3);
          this.size += 4;
          continue;
        }
        c = 0xfffd;
      }
      store<u8>(to, 0xe0 | (c >> 12));
      store<u8>(to, 0x80 | ((c >> 6) & 0x3f), 1);
      store<u8>(to, 0x80 | (c & 0x3f), 2);
      this.size += 3;
    }
  }

  /** Appends the escape of a character. There is room for it. */
  private escape(c: u32): void {
    const to = this.data + this.size;
    store<u8>(to, 0x5c);
    if (c >= 0x20) {
      store<u8>(to, c, 1);
      this.size += 2;
      return;
    }
    store<u8>(to, 0x75, 1);
    store<u8>(to, 0x30, 2);
    store<u8>(to, 0x30, 3);
    store<u8>(to, 0x30 + (c >> 4), 4);
    c &= 15;
    store<u8>(to, c < 10 ? 0x30 + c : 0x57 + c, 5);
    this.size += 6;
  }
}

// Four units of UTF-16 are looked at as one word.

const BEYOND_ASCII: u64 = 0xff80ff80ff80ff80;

/** Reports whether one of four ASCII units has to be escaped in JSON. */
// @ts-ignore: decorator
@inline
function isEscaped(w: u64): bool {
  const quotes = w ^ 0x0022002200220022;
  const backslashes = w ^ 0x005c005c005c005c;
  // A lane of less than 0x80 borrows from the next one only if it is below what is taken from it, and is then marked itself.
  const marks = (quotes - 0x0001000100010001) | (backslashes - 0x0001000100010001) | (w - 0x0020002000200020);
  return (marks & 0x8000800080008000) != 0;
}
