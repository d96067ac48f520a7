/** Reads declared messages. */

import {
  type Enumeration,
  type Field,
  field,
  type Kind,
  type Layout,
  layoutOf,
  type Members,
  type Slot,
  wireTypeOf,
} from "./protobuf-declaration.ts";
import { type Integer, WireReader } from "./protobuf-wire.ts";

/** Nesting beyond this is not a Terraform message but an attack on the stack. */
const depthMax = 64;

/** Reads a message; fields that the declaration lacks are passed over. */
export function decodeMessage(layout: Layout, bytes: Uint8Array, depth: number): object {
  if (depth > depthMax) {
    throw new Error(`protobuf: messages are nested more than ${depthMax} deep`);
  }
  const values = emptyValues(layout.members);
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const { fieldNumber, type } = reader.tag();
    const slot = layout.byNumber.get(fieldNumber);
    if (slot === undefined || type !== wireTypeOf(slot.field)) {
      reader.skip(type);
    } else {
      readField(reader, slot, values, depth);
    }
  }
  return values;
}

function emptyValues(members: Members): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(members)) {
    values[name] = "oneof" in member ? undefined : emptyField(member);
  }
  return values;
}

function emptyField(member: Field): unknown {
  switch (member.label) {
    case "repeated":
      return [];
    case "map":
      // Null prototype: the keys are data, `__proto__` included.
      return Object.create(null);
    case "optional":
      return undefined;
    case "single":
      return defaultOf(member.kind);
    default:
      return member.label satisfies never;
  }
}

function defaultOf(kind: Kind): unknown {
  switch (kind) {
    case "string":
      return "";
    case "bytes":
      return new Uint8Array();
    case "bool":
      return false;
    case "int64":
    case "uint32":
      return 0;
    default:
      return "numbers" in kind ? nameOf(kind, 0) : undefined;
  }
}

function readField(reader: WireReader, slot: Slot, values: Record<string, unknown>, depth: number): void {
  const { name, alternative, field: member } = slot;
  if (alternative !== null) {
    values[name] = { case: alternative, value: readValue(reader, member.kind, depth) };
  } else if (member.label === "repeated") {
    const items = values[name];
    if (Array.isArray(items)) {
      items.push(readValue(reader, member.kind, depth));
    }
  } else if (member.label === "map") {
    readEntry(reader.bytes(), member.kind, Object(values[name]), depth);
  } else {
    values[name] = readValue(reader, member.kind, depth);
  }
}

function readEntry(bytes: Uint8Array, kind: Kind, into: Record<string, unknown>, depth: number): void {
  const entry = layoutOf({ key: field(1, "string"), value: field(2, kind) });
  const values = new Map<string, unknown>(Object.entries(decodeMessage(entry, bytes, depth + 1)));
  const missing = typeof kind === "object" && "decode" in kind ? kind.decode(new Uint8Array()) : undefined;
  into[String(values.get("key"))] = values.get("value") ?? missing;
}

function readValue(reader: WireReader, kind: Kind, depth: number): unknown {
  switch (kind) {
    case "string":
      return reader.string();
    case "bytes":
      return reader.bytes();
    case "bool":
      return reader.uint64() !== 0;
    case "int64":
      return reader.int64();
    case "uint32":
      return Number(BigInt.asUintN(32, BigInt(reader.uint64())));
    default:
      return "numbers" in kind ? nameOf(kind, reader.uint64()) : kind.decode(reader.bytes(), depth + 1);
  }
}

function nameOf(kind: Enumeration, number: Integer): string {
  const names = Object.entries(kind.numbers);
  const found = names.find(([, one]) => one === number) ?? names.find(([, one]) => one === 0);
  return found?.[0] ?? "";
}
