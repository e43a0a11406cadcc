// The parts of an object or array, found once and looked up as often as need be.

import { fail } from "./failure";
import { skip, skipText, space } from "./scan";
import { decodeText, textIs } from "./text";

// One part is four addresses: where its name begins and ends, quotation marks not included, and its value.
const PART: usize = 4 * sizeof<usize>();

/** Where the parts of an object or array are. */
@final
export class Spans {
  count: i32 = 0;
  private data: usize = 0;
  private room: i32 = 0;

  /** The parts of nothing. */
  static readonly none: Spans = new Spans();

  /** Adds a part. An element of an array has no name. */
  add(nameStart: usize, nameEnd: usize, start: usize, end: usize): void {
    if (this.count == this.room) {
      this.room = max(8, this.room * 2);
      const size = <usize>this.room * PART;
      // Nothing else is made meanwhile, so that the memory grows in place.
      this.data = this.data ? heap.realloc(this.data, size) : heap.alloc(size);
    }
    const part = this.data + <usize>this.count * PART;
    this.count++;
    store<usize>(part, nameStart);
    store<usize>(part, nameEnd, sizeof<usize>());
    store<usize>(part, start, 2 * sizeof<usize>());
    store<usize>(part, end, 3 * sizeof<usize>());
  }

  /** Where the value of a part begins. */
  start(i: i32): usize {
    return load<usize>(this.data + <usize>i * PART, 2 * sizeof<usize>());
  }

  /** Where the value of a part ends. */
  end(i: i32): usize {
    return load<usize>(this.data + <usize>i * PART, 3 * sizeof<usize>());
  }

  /** Where the name of a part begins, with its quotation mark. */
  nameStart(i: i32): usize {
    return load<usize>(this.data + <usize>i * PART) - 1;
  }

  /** The name of a part. */
  name(i: i32): string {
    const part = this.data + <usize>i * PART;
    return decodeText(load<usize>(part), load<usize>(part, sizeof<usize>()));
  }

  /** The part with a name, -1 if there is none. Two with the same name make the call fail: readers would differ. */
  find(name: string): i32 {
    let found = -1;
    for (let i = 0; i < this.count; i++) {
      const part = this.data + <usize>i * PART;
      if (!textIs(load<usize>(part), load<usize>(part, sizeof<usize>()), name)) continue;
      if (found >= 0) fail('"' + name + '" is there twice');
      found = i;
    }
    return found;
  }
}

/** The members of the checked object that begins at p. */
export function members(p: usize): Spans {
  const spans = new Spans();
  p = space(p + 1);
  while (load<u8>(p) == 0x22) {
    const nameEnd = skipText(p + 1);
    const start = space(space(nameEnd) + 1);
    const end = skip(start);
    spans.add(p + 1, nameEnd - 1, start, end);
    p = space(end);
    if (load<u8>(p) != 0x2c) break;
    p = space(p + 1);
  }
  return spans;
}

/** The elements of the checked array that begins at p. */
export function elements(p: usize): Spans {
  const spans = new Spans();
  p = space(p + 1);
  while (load<u8>(p) != 0x5d) {
    const end = skip(p);
    spans.add(0, 0, p, end);
    p = space(end);
    if (load<u8>(p) != 0x2c) break;
    p = space(p + 1);
  }
  return spans;
}
