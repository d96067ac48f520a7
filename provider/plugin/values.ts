/** Values as they cross the wire in MessagePack, read and written by the shape of a schema. */

import { Decoder, Encoder, ExtData } from "@msgpack/msgpack";
import { ProviderError } from "./diagnostics.ts";
import type { DynamicValue } from "./messages.ts";
import { mismatch } from "./mismatch.ts";
import {
  type AnyNumber,
  DecimalText,
  fromBigint,
  numberFromFloat,
  numberFromText,
  plainText,
} from "./numbers.ts";
import type { Attributes, Shape } from "./schema.ts";
import { Unknown } from "./unknown.ts";
import { valueFromJson } from "./values-json.ts";

/** Shared, because making one costs as much as writing a value; both are synchronous and keep nothing. */
const encoder = new Encoder({ useBigInt64: true });
const decoder = new Decoder({ useBigInt64: true });

/** Anything a schema can describe. Maps and objects are plain objects, lists and sets are arrays. */
export type Value = null | string | boolean | AnyNumber | Unknown | readonly Value[] | ObjectValue;

/** An object or a map. */
export interface ObjectValue {
  readonly [name: string]: Value;
}

/**
 * Reads an object of a schema; null when there is none (before create, after delete). Error messages name the place
 * but never the value, which may be a secret.
 */
export function decodeObject(attributes: Attributes, wire: DynamicValue | undefined): ObjectValue | null {
  if (wire !== undefined && wire.msgpack.length > 0) {
    const value = read({ kind: "object", attributes }, decoder.decode(wire.msgpack), "value");
    return asObjectOrNull(value);
  }
  if (wire !== undefined && wire.json.length > 0) {
    return asObjectOrNull(valueFromJson({ kind: "object", attributes }, wire.json));
  }
  return null;
}

/** Writes an object with exactly the schema's names: what is missing is null, what the schema lacks is left out. */
export function encodeObject(attributes: Attributes, value: ObjectValue | null): DynamicValue {
  const raw = write({ kind: "object", attributes }, value, "value");
  return { msgpack: encoder.encode(raw), json: new Uint8Array() };
}

/** Reads a value of a shape: a function's argument. */
export function decodeValue(shape: Shape, wire: DynamicValue | undefined): Value {
  return wire === undefined || wire.msgpack.length === 0
    ? null
    : read(shape, decoder.decode(wire.msgpack), "argument");
}

/** Writes a value of a shape: a function's result. */
export function encodeValue(shape: Shape, value: Value): DynamicValue {
  return { msgpack: encoder.encode(write(shape, value, "result")), json: new Uint8Array() };
}

/** An object of a schema without a single value, for a block that is not there. */
export function nullObject(attributes: Attributes): ObjectValue {
  return Object.fromEntries(Object.keys(attributes).map((name) => [name, null]));
}

/** Tells objects and maps from every other value. */
export function isObject(value: Value | undefined): value is ObjectValue {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Unknown) &&
    !(value instanceof DecimalText)
  );
}

/** Tells lists and sets from every other value. */
export function isArray(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

function asObjectOrNull(value: Value): ObjectValue | null {
  if (value === null || isObject(value)) {
    return value;
  }
  throw new ProviderError("A whole object cannot be unknown here");
}

function read(shape: Shape, raw: unknown, place: string): Value {
  if (raw === null || raw === undefined) {
    return null;
  }
  if (raw instanceof ExtData) {
    return new Unknown(raw.type, typeof raw.data === "function" ? raw.data(0) : raw.data);
  }
  switch (shape.kind) {
    case "string":
      return typeof raw === "string" ? raw : mismatch(shape, place);
    case "bool":
      return typeof raw === "boolean" ? raw : mismatch(shape, place);
    case "number":
      return readNumber(raw) ?? mismatch(shape, place);
    case "list":
    case "set":
      return Array.isArray(raw)
        ? raw.map((item, index) => read(shape.element, item, `${place}[${index}]`))
        : mismatch(shape, place);
    case "map":
      return readEntries(raw, place, shape, (key, item) => read(shape.element, item, `${place}[${key}]`));
    case "object":
      return readEntries(raw, place, shape, (key, item) => readAttribute(shape.attributes, key, item, place));
    default:
      return shape satisfies never;
  }
}

function readAttribute(attributes: Attributes, name: string, raw: unknown, place: string): Value {
  const attribute = attributes[name];
  if (attribute === undefined) {
    throw new ProviderError(`${place}.${name}: not an attribute of this schema`);
  }
  return read(attribute.shape, raw, `${place}.${name}`);
}

function readEntries(
  raw: unknown,
  place: string,
  shape: Shape,
  readEntry: (key: string, item: unknown) => Value,
): ObjectValue {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw) || ArrayBuffer.isView(raw)) {
    return mismatch(shape, place);
  }
  return Object.fromEntries(Object.entries(raw).map(([key, item]) => [key, readEntry(key, item)]));
}

function readNumber(raw: unknown): AnyNumber | null {
  switch (typeof raw) {
    case "number":
      return numberFromFloat(raw);
    case "bigint":
      return fromBigint(raw);
    case "string":
      return numberFromText(raw);
    default:
      return null;
  }
}

function write(shape: Shape, value: Value | undefined, place: string): unknown {
  if (value === null || value === undefined) {
    return null;
  }
  if (value instanceof Unknown) {
    return new ExtData(value.extensionType, value.body);
  }
  switch (shape.kind) {
    case "string":
      return typeof value === "string" ? value : mismatch(shape, place);
    case "bool":
      return typeof value === "boolean" ? value : mismatch(shape, place);
    case "number":
      return writeNumber(value, place) ?? mismatch(shape, place);
    case "list":
    case "set":
      return isArray(value)
        ? value.map((item, index) => write(shape.element, item, `${place}[${index}]`))
        : mismatch(shape, place);
    case "map":
      return isObject(value)
        ? Object.fromEntries(
            Object.entries(value).map(([key, item]) => [key, write(shape.element, item, `${place}[${key}]`)]),
          )
        : mismatch(shape, place);
    case "object":
      return isObject(value) ? writeAttributes(shape.attributes, value, place) : mismatch(shape, place);
    default:
      return shape satisfies never;
  }
}

function writeAttributes(attributes: Attributes, value: ObjectValue, place: string): unknown {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [
      name,
      write(attribute.shape, value[name], `${place}.${name}`),
    ]),
  );
}

/** An integer where it fits 64 bits, else decimal text: a float64 would stand for other digits than those shown. */
function writeNumber(value: Value, place: string): unknown {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) {
      throw new ProviderError(`${place}: not a finite number`);
    }
    return Number.isInteger(value) ? writeBigint(BigInt(value)) : plainText(value);
  }
  if (typeof value === "bigint") {
    return writeBigint(value);
  }
  return value instanceof DecimalText ? value.text : null;
}

function writeBigint(value: bigint): unknown {
  if (value >= -0x80000000n && value <= 0x7fffffffn) {
    return Number(value);
  }
  return BigInt.asIntN(64, value) === value ? value : value.toString();
}
