// A policy that shows what the SDK makes of values: import gets {"do": …, "doc": …} as its record and answers with
// {"shown": …}.

import {
  Group,
  ImportInput,
  ImportOutput,
  Json,
  JsonObject,
  log,
  path,
  Policy,
  register,
  Request,
  MapOutput,
  User,
  UserBuilder,
  Value,
} from "../../../lib";

function probe(input: ImportInput): ImportOutput {
  const record = input.record;
  const shown = show(record.get("do").asString(), record.get("doc"), record);
  return ImportOutput.resource(new JsonObject().put("shown", shown).json());
}

function show(what: string, doc: Json, record: Json): Json {
  if (what == "doc") return doc;
  if (what == "kind") return Json.of(<i32>doc.kind);
  if (what == "exists") return Json.of(doc.exists);
  if (what == "string") return Json.of(doc.asString("otherwise"));
  if (what == "bool") return Json.of(doc.asBool(true));
  if (what == "int") return Json.of(doc.asInt(7));
  if (what == "float") return Json.of(doc.asFloat(0.5));
  if (what == "number") return Json.of(doc.asNumber("otherwise"));
  if (what == "text") return Json.of(doc.toString());
  if (what == "length") return Json.of(doc.length);
  if (what == "names") return Json.of(doc.names());
  if (what == "items") return Json.of(doc.items());
  if (what == "strings") return Json.of(doc.strings());
  if (what == "at") return doc.at(<i32>record.get("index").asInt());
  if (what == "find") return doc.find(record.get("path").strings());
  if (what == "set") return doc.set(record.get("path").strings(), record.get("value"));
  if (what == "remove") return doc.remove(record.get("path").strings());
  if (what == "same") return Json.of(doc.same(record.get("other")));
  if (what == "parse") return Json.parse(doc.asString());
  if (what == "path") return Json.of(path(doc.strings()));
  if (what == "user") return user(new User(doc));
  if (what == "group") {
    const group = new Group(doc);
    return Json.of([group.id, group.externalId, group.displayName]);
  }
  if (what == "builder") return built();
  if (what == "values") return values();
  if (what == "requests") return requests();
  if (what == "not a number") return Json.of(NaN);
  if (what == "infinite") return Json.of(-Infinity);
  if (what == "throw") throw new Error("thrown é");
  if (what == "assert") assert(doc.kind > 99, "no such kind");
  if (what == "bounds") return Json.of(doc.names()[1000]);
  if (what == "memory") for (let i = 0; i < 1000; i++) new ArrayBuffer(1 << 20);
  if (what == "log") for (let i = 0; i < doc.length; i++) log(doc.at(i).asString());
  return Json.none;
}

/** Every attribute that has a name of its own. */
function user(u: User): Json {
  const name = u.name;
  const enterprise = u.enterprise;
  const addresses: Json[] = [];
  for (let i = 0; i < u.addresses.length; i++) {
    const a = u.addresses[i];
    addresses.push(
      Json.of([a.formatted, a.streetAddress, a.locality, a.region, a.postalCode, a.country, a.type, a.primary.toString()]),
    );
  }
  return new JsonObject()
    .put("plain", [
      u.id, u.externalId, u.userName, u.displayName, u.nickName, u.profileUrl, u.title, u.userType,
      u.preferredLanguage, u.locale, u.timezone, u.department, u.email, u.phone, u.fullName,
    ])
    .put("active", u.active)
    .put("name", [
      name.formatted, name.familyName, name.givenName, name.middleName, name.honorificPrefix, name.honorificSuffix,
    ])
    .put("emails", list(u.emails))
    .put("phoneNumbers", list(u.phoneNumbers))
    .put("roles", list(u.roles))
    .put("entitlements", list(u.entitlements))
    .put("addresses", addresses)
    .put("enterprise", [
      enterprise.employeeNumber, enterprise.costCenter, enterprise.organization, enterprise.division,
      enterprise.department, enterprise.managerId, enterprise.managerName,
    ])
    .json();
}

function list(values: Value[]): Json[] {
  const shown: Json[] = [];
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    shown.push(Json.of([v.value, v.display, v.type, v.primary.toString()]));
  }
  return shown;
}

function built(): Json {
  return new UserBuilder()
    .userName("ada")
    .externalId("7")
    .displayName("")
    .name("Ada", "Lovelace")
    .title("Countess")
    .userType("Employee")
    .active(true)
    .email("ada@acme.example")
    .email("ada@home.example", "home")
    .phone("")
    .role("author")
    .enterprise("department", "Research")
    .enterprise("division", "")
    .enterprise("costCenter", "4130")
    .set(["x", "y"], 1)
    .json();
}

function values(): Json {
  const nobody: string | null = null;
  return new JsonObject()
    .put("i64", i64.MIN_VALUE)
    .put("u64", u64.MAX_VALUE)
    .put("i32", -1)
    .put("f64", 1.5)
    .put("f32", <f32>0.25)
    .put("large", 1e300)
    .put("yes", true)
    .put("null", nobody)
    .put("list", [[1, 2], [3]])
    .put("none", Json.none)
    .put('"\\/\n\u0001é😀\u2028', '"\\/\n\u0001é😀\u2028')
    .put("half", "\ud83d-\ude00")
    .put("twice", "first")
    .put("twice", "second")
    .putText("empty", "")
    .putJson("absent", Json.none)
    .json();
}

function requests(): Json {
  const body = Json.of(1);
  const output = MapOutput.requests([
    Request.get("/a"),
    Request.post("/a", body),
    Request.put("/a", body),
    Request.patch("/a", body),
    Request.delete("/a"),
    new Request("", "", body),
    new Request(),
  ]);
  return Json.read(output.encode(), "the requests");
}

register(new Policy("probe").import(probe));
