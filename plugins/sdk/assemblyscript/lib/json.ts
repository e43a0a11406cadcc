import { Bytes } from "./bytes";
import { fail } from "./failure";
import { members, elements, Spans } from "./spans";
import { check, PADDING, skip, space } from "./scan";
import { decodeText, decodeUtf8 } from "./text";

const NO_PARTS = new StaticArray<Json | null>(0);

/** What a JSON value is. */
export enum Kind {
  /** There is no value. */
  None,
  Null,
  Bool,
  Number,
  String,
  Array,
  Object,
}

/**
 * A JSON value as it stands in a document. Nothing is decoded before it is asked for, and what nobody asks for is handed
 * on byte by byte, numbers with all their digits included. It never changes: `set` and `remove` return another value.
 *
 * A value that is not there can be asked for as well: it is empty, and so is null. A value of another type than the one
 * that is asked for makes the call fail with an error that names it.
 */
export class Json {
  private spans: Spans = Spans.none;
  private parts: StaticArray<Json | null> = NO_PARTS;

  private constructor(
    private start: usize,
    private end: usize,
    private name: string,
  ) {}

  /** The value that is not there. */
  static readonly none: Json = new Json(0, 0, "");

  /** The value that text is. Text that is not well-formed JSON makes the call fail. */
  static parse(text: string): Json {
    const doc = new Bytes(<usize>text.length + PADDING);
    doc.utf8(text);
    return Json.read(doc, "text");
  }

  /** The document that the bytes are. The name stands in errors. */
  static read(doc: Bytes, name: string): Json {
    doc.reserve(PADDING);
    const problem = check(doc.data, doc.data + doc.size);
    if (problem.length) {
      fail(name + " is " + problem);
      return Json.none;
    }
    return Json.trusted(doc, name);
  }

  /** The document that the bytes are, which are known to be well-formed. */
  static trusted(doc: Bytes, name: string = ""): Json {
    doc.reserve(PADDING);
    store<u8>(doc.data + doc.size, 0);
    const start = space(doc.data);
    return new Json(start, skip(start), name);
  }

  /**
   * The JSON of a value: a string, a number, a boolean, an array of them, or what is JSON already. A reference that is
   * null becomes null.
   */
  static of<T>(value: T): Json {
    if (value instanceof Json) return value;
    const doc = new Bytes(24);
    write<T>(doc, value);
    return Json.trusted(doc);
  }

  /** What the value is. */
  get kind(): Kind {
    if (!this.start) return Kind.None;
    switch (load<u8>(this.start)) {
      case 0x22:
        return Kind.String;
      case 0x7b:
        return Kind.Object;
      case 0x5b:
        return Kind.Array;
      case 0x74:
      case 0x66:
        return Kind.Bool;
      case 0x6e:
        return Kind.Null;
    }
    return Kind.Number;
  }

  /** Whether there is a value other than null. */
  get exists(): bool {
    return this.kind > Kind.Null;
  }

  /** The member of an object by its exact name. A name that is there twice makes the call fail. */
  get(name: string): Json {
    const spans = this.open(Kind.Object);
    const i = spans.find(name);
    return i < 0 ? Json.none : this.part(i, name);
  }

  /** What the names lead to, one object after the other: `find(["name", "givenName"])`. */
  find(path: string[]): Json {
    let at: Json = this;
    for (let i = 0; i < path.length; i++) at = at.get(path[i]);
    return at;
  }

  /** How many members an object has, or elements an array. */
  get length(): i32 {
    const kind = this.kind;
    return this.open(kind == Kind.Object ? kind : Kind.Array).count;
  }

  /** An element of an array, counted from 0. */
  at(index: i32): Json {
    const spans = this.open(Kind.Array);
    if (<u32>index >= <u32>spans.count) return Json.none;
    return this.part(index, this.name);
  }

  /** The names of an object's members, in their order. */
  names(): string[] {
    const spans = this.open(Kind.Object);
    const names = new Array<string>(spans.count);
    for (let i = 0; i < spans.count; i++) names[i] = spans.name(i);
    return names;
  }

  /** The elements of an array. */
  items(): Json[] {
    const spans = this.open(Kind.Array);
    const items = new Array<Json>(spans.count);
    for (let i = 0; i < spans.count; i++) items[i] = this.part(i, this.name);
    return items;
  }

  /** The texts of an array of strings. */
  strings(): string[] {
    const spans = this.open(Kind.Array);
    const texts = new Array<string>(spans.count);
    for (let i = 0; i < spans.count; i++) texts[i] = this.part(i, this.name).asString();
    return texts;
  }

  /** The text of a string. */
  asString(otherwise: string = ""): string {
    return this.is(Kind.String, "a string") ? decodeText(this.start + 1, this.end - 1) : otherwise;
  }

  /** true or false. */
  asBool(otherwise: bool = false): bool {
    return this.is(Kind.Bool, "true or false") ? load<u8>(this.start) == 0x74 : otherwise;
  }

  /** A whole number of 64 bits. One with a fraction or an exponent, or beyond that range, makes the call fail. */
  asInt(otherwise: i64 = 0): i64 {
    if (!this.is(Kind.Number, "a number")) return otherwise;
    const negative = load<u8>(this.start) == 0x2d;
    let n: i64 = 0;
    for (let p = this.start + (negative ? 1 : 0); p < this.end; p++) {
      const digit = <i64>load<u8>(p) - 0x30;
      // Counted below zero, where there is one number more.
      if (<u64>digit > 9 || n < (i64.MIN_VALUE + digit) / 10) return this.wrong("a whole number of 64 bits", otherwise);
      n = n * 10 - digit;
    }
    if (negative) return n;
    return n == i64.MIN_VALUE ? this.wrong("a whole number of 64 bits", otherwise) : -n;
  }

  /** A number as the nearest of 64 bits. */
  asFloat(otherwise: f64 = 0): f64 {
    return this.is(Kind.Number, "a number") ? parseFloat(this.toString()) : otherwise;
  }

  /** A number with all its digits, as it is written. */
  asNumber(otherwise: string = ""): string {
    return this.is(Kind.Number, "a number") ? this.toString() : otherwise;
  }

  /** Whether both are written alike, which for canonical SCIM resources means that they are equal. */
  same(other: Json): bool {
    const size = this.end - this.start;
    return size == other.end - other.start && memory.compare(this.start, other.start, size) == 0;
  }

  /**
   * The object with another value in the place that the names lead to. Objects on the way are made if need be. The rest
   * stays as it is, which makes `set` the way to what `Decision.rewrite` wants.
   */
  set<T>(path: string[], value: T): Json {
    return this.replace(path, 0, Json.of<T>(value));
  }

  /** The object without what the names lead to. */
  remove(path: string[]): Json {
    return this.find(path).start ? this.replace(path, 0, Json.none) : this;
  }

  private replace(path: string[], depth: i32, value: Json): Json {
    if (depth == path.length) return value;
    const spans = this.open(Kind.Object);
    const place = spans.find(path[depth]);
    const old = place < 0 ? Json.none : this.part(place, path[depth]);
    const next = old.replace(path, depth + 1, value);
    const doc = new Bytes(this.end - this.start + (next.end - next.start) + path[depth].length + 16);
    doc.push(0x7b);
    for (let i = 0; i < spans.count; i++) {
      if (i == place) {
        if (next.start) member(doc, path[depth], next);
        continue;
      }
      if (doc.size > 1) doc.push(0x2c);
      doc.copy(spans.nameStart(i), spans.end(i));
    }
    if (place < 0) member(doc, path[depth], next);
    doc.push(0x7d);
    return Json.trusted(doc, this.name);
  }

  /** The JSON text. */
  toString(): string {
    return decodeUtf8(this.start, this.end);
  }

  /** Appends the JSON text to a document. */
  append(doc: Bytes): void {
    doc.copy(this.start, this.end);
  }

  /** Reports whether the value is of a type. Whatever else it is makes the call fail, unless it is empty. */
  private is(kind: Kind, want: string): bool {
    const is = this.kind;
    if (is == kind) return true;
    if (is > Kind.Null) this.wrong(want, 0);
    return false;
  }

  private wrong<T>(want: string, otherwise: T): T {
    fail((this.name.length ? '"' + this.name + '"' : "the value") + " is not " + want);
    return otherwise;
  }

  /** The parts of an object or array. */
  private open(kind: Kind): Spans {
    const object = kind == Kind.Object;
    if (!this.is(kind, object ? "an object" : "an array")) return Spans.none;
    if (this.spans == Spans.none) {
      this.spans = object ? members(this.start) : elements(this.start);
      this.parts = new StaticArray<Json | null>(this.spans.count);
    }
    return this.spans;
  }

  /** A part of an object or array that is open. It is the same one each time, and so is opened but once itself. */
  private part(i: i32, name: string): Json {
    const known = this.parts[i];
    if (known) return known;
    const part = new Json(this.spans.start(i), this.spans.end(i), name);
    this.parts[i] = part;
    return part;
  }
}

/** Appends a member to an object that is being written. */
export function member(doc: Bytes, name: string, value: Json): void {
  if (doc.size > 1) doc.push(0x2c);
  doc.quoted(name);
  doc.push(0x3a);
  value.append(doc);
}

/** Appends the JSON of a value. Which branch there is for a type is known when the policy is compiled. */
function write<T>(doc: Bytes, value: T): void {
  if (isNullable<T>()) {
    if (value === null) {
      doc.ascii("null");
      return;
    }
  }
  if (isString<T>()) {
    doc.quoted(changetype<string>(value));
  } else if (isBoolean<T>()) {
    doc.ascii(value ? "true" : "false");
  } else if (isFloat<T>()) {
    // @ts-ignore: T is a number here
    if (isFinite(value)) {
      // @ts-ignore: as above
      doc.ascii(value.toString());
      return;
    }
    fail("a number of JSON is finite");
    doc.ascii("null");
  } else if (isInteger<T>()) {
    // @ts-ignore: T is a number here
    doc.ascii(value.toString());
  } else if (isArray<T>()) {
    doc.push(0x5b);
    // @ts-ignore: T is an array here
    for (let i = 0; i < value.length; i++) {
      if (i) doc.push(0x2c);
      // @ts-ignore: as above
      write<valueof<T>>(doc, value[i]);
    }
    doc.push(0x5d);
  } else if (value instanceof Json) {
    if (value.kind == Kind.None) doc.ascii("null");
    else value.append(doc);
  } else {
    ERROR("want a string, a number, a boolean, an array of them, or Json");
  }
}
