// The SDK for policies in AssemblyScript.

export { fail } from "./failure";
export { log } from "./host";
export { Policy, register } from "./policy";
export { Connection, DecideInput, Decision, Lifecycle, MemberChange, Operation } from "./decide";
export { Action, MapInput, MapOutput, Member, path, Request } from "./map";
export { ImportInput, ImportOutput } from "./import";
export { Counts, ResourceType, Tenant } from "./tenant";
export { Address, Enterprise, ENTERPRISE, Group, Name, User, Value } from "./user";
export { Json, Kind } from "./json";
export { JsonObject } from "./object";
export { UserBuilder } from "./newuser";
