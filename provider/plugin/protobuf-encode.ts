/** Writes declared messages. */

import {
  type Enumeration,
  type Field,
  field,
  type Kind,
  type Layout,
  type MessageType,
  type Oneof,
} from "./protobuf-declaration.ts";
import { WireWriter, wireType } from "./protobuf-wire.ts";

/** Writes a message; members that the declaration lacks are ignored. */
export function encodeMessage(layout: Layout, value: object): Uint8Array {
  const writer = new WireWriter();
  const values = new Map<string, unknown>(Object.entries(value));
  for (const [name, member] of Object.entries(layout.members)) {
    const content = values.get(name);
    if (content === undefined) {
      continue;
    }
    if ("oneof" in member) {
      writeOneof(writer, member, content);
    } else {
      writeField(writer, member, content);
    }
  }
  return writer.finish();
}

function writeOneof(writer: WireWriter, member: Oneof, content: unknown): void {
  if (typeof content !== "object" || content === null || !("case" in content) || !("value" in content)) {
    throw new Error("protobuf: a oneof needs a case and a value");
  }
  const chosen = member.oneof[String(content.case)];
  if (chosen === undefined) {
    throw new Error(`protobuf: there is no alternative ${String(content.case)}`);
  }
  writeValue(writer, chosen, content.value);
}

function writeField(writer: WireWriter, member: Field, content: unknown): void {
  switch (member.label) {
    case "repeated":
      for (const item of asIterable(content)) {
        writeValue(writer, member, item);
      }
      return;
    case "map":
      for (const [key, item] of Object.entries(content ?? {})) {
        writer.tag(member.number, wireType.bytes);
        writer.bytes(encodeEntry(member.kind, key, item));
      }
      return;
    case "optional":
      writeValue(writer, member, content);
      return;
    case "single":
      if (!isDefault(member.kind, content)) {
        writeValue(writer, member, content);
      }
      return;
    default:
      member.label satisfies never;
  }
}

/** On the wire a map is a repeated message of key 1 and value 2. */
function encodeEntry(kind: Kind, key: string, item: unknown): Uint8Array {
  const entry = new WireWriter();
  writeField(entry, field(1, "string"), key);
  writeField(entry, field(2, kind), item);
  return entry.finish();
}

function writeValue(writer: WireWriter, member: Field, content: unknown): void {
  const { kind, number } = member;
  if (typeof kind === "object") {
    if ("numbers" in kind) {
      writer.tag(number, wireType.varint);
      writer.varint(numberOf(kind, content));
    } else {
      writer.tag(number, wireType.bytes);
      writer.bytes(encodeNested(kind, content));
    }
    return;
  }
  if (typeof content === "string") {
    writer.tag(number, wireType.bytes);
    writer.string(content);
  } else if (content instanceof Uint8Array) {
    writer.tag(number, wireType.bytes);
    writer.bytes(content);
  } else if (typeof content === "number" || typeof content === "bigint" || typeof content === "boolean") {
    writer.tag(number, wireType.varint);
    writer.varint(typeof content === "boolean" ? Number(content) : content);
  } else {
    throw new Error(`protobuf: field ${number} cannot hold a value of type ${typeof content}`);
  }
}

function encodeNested(kind: MessageType<never> | MessageType<unknown>, content: unknown): Uint8Array {
  // The declaration guarantees the content's type to the callers of encode(); inside the loop it is erased.
  return (kind as MessageType<unknown>).encode(content as Partial<unknown>);
}

function isDefault(kind: Kind, content: unknown): boolean {
  if (typeof kind === "object") {
    return "numbers" in kind && numberOf(kind, content) === 0;
  }
  return (
    content === "" ||
    content === 0 ||
    content === 0n ||
    content === false ||
    (content instanceof Uint8Array && content.length === 0)
  );
}

/** The number of an enum's name. */
function numberOf(kind: Enumeration, name: unknown): number {
  const number = typeof name === "string" ? kind.numbers[name] : undefined;
  if (number === undefined) {
    throw new Error(`protobuf: ${String(name)} is not a name of this enum`);
  }
  return number;
}

function asIterable(content: unknown): readonly unknown[] {
  if (!Array.isArray(content)) {
    throw new Error("protobuf: a repeated field needs an array");
  }
  return content;
}
