import { Bytes } from "./bytes";
import { Json, Kind, member } from "./json";

/**
 * Builds a JSON object, such as the body of a request:
 *
 *     new JsonObject().put("login", user.userName).put("seats", 2).json()
 *
 * The members stand in the order in which they were first put.
 */
@final
export class JsonObject {
  private names: string[] = [];
  private values: Json[] = [];

  /** Sets a member. What `Json.of` takes can be a value. */
  put<T>(name: string, value: T): this {
    const json = Json.of<T>(value);
    const place = this.names.indexOf(name);
    if (place >= 0) {
      this.values[place] = json;
      return this;
    }
    this.names.push(name);
    this.values.push(json);
    return this;
  }

  /** Sets a member unless the text is empty. */
  putText(name: string, text: string): this {
    return text.length ? this.put(name, text) : this;
  }

  /** Sets a member unless there is no such value. */
  putJson(name: string, value: Json): this {
    return value.exists ? this.put(name, value) : this;
  }

  /** How many members there are. */
  get length(): i32 {
    return this.names.length;
  }

  /** The object. */
  json(): Json {
    const doc = new Bytes(256);
    doc.push(0x7b);
    for (let i = 0; i < this.names.length; i++) {
      const value = this.values[i];
      member(doc, this.names[i], value.kind == Kind.None ? Json.of<Json | null>(null) : value);
    }
    doc.push(0x7d);
    return Json.trusted(doc);
  }
}
