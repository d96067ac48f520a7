/** Values as JSON, the form in which state files keep them. */

import { ProviderError } from "./diagnostics.ts";
import { mismatch } from "./mismatch.ts";
import { type AnyNumber, numberFromText } from "./numbers.ts";
import type { Attributes, Shape } from "./schema.ts";
import type { ObjectValue, Value } from "./values.ts";

/** Whether there may be a number at all that JSON.parse would round; in most states there is none. */
const longNumber = /[\d.eE+-]{16}/;

/** Strings are matched only to be passed over; what is left are the numbers. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Parses JSON and keeps every digit: a number that JavaScript cannot hold becomes its text (the schema says later that
 * it is a number). JSON.parse alone would round it.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const exact = longNumber.test(text)
    ? text.replace(stringOrNumber, (token) =>
        token.startsWith('"') || isShort(token) ? token : `"${token}"`,
      )
    : text;
  try {
    return JSON.parse(exact);
  } catch {
    // The parser's own message quotes the text, and the text may hold a secret.
    throw new ProviderError("The stored state is not valid JSON");
  }
}

/** Fifteen significant digits survive in a JavaScript number. */
function isShort(token: string): boolean {
  return token.length < 16 || String(Number(token)) === token;
}

/** Reads a value by its shape: attributes that are missing become null, attributes that the schema lacks are dropped. */
export function valueFromJson(shape: Shape, bytes: Uint8Array): Value {
  return fromParsed(shape, parseJson(bytes), "state");
}

/** The same for JSON that is parsed already (by `parseJson`, so that numbers may be text). */
export function fromParsed(shape: Shape, raw: unknown, place: string): Value {
  if (raw === null || raw === undefined) {
    return null;
  }
  switch (shape.kind) {
    case "string":
      return typeof raw === "string" ? raw : mismatch(shape, place);
    case "bool":
      return typeof raw === "boolean" ? raw : mismatch(shape, place);
    case "number":
      return toNumber(raw) ?? mismatch(shape, place);
    case "list":
    case "set":
      return Array.isArray(raw)
        ? raw.map((item, index) => fromParsed(shape.element, item, `${place}[${index}]`))
        : mismatch(shape, place);
    case "map":
      return fromEntries(raw, shape, place, (entries) =>
        entries.map(([key, item]) => [key, fromParsed(shape.element, item, `${place}[${key}]`)]),
      );
    case "object":
      return fromEntries(raw, shape, place, (entries) => attributesFrom(shape.attributes, entries, place));
    default:
      return shape satisfies never;
  }
}

function attributesFrom(
  attributes: Attributes,
  entries: [string, unknown][],
  place: string,
): [string, Value][] {
  const found = new Map(entries);
  return Object.entries(attributes).map(([name, attribute]) => [
    name,
    fromParsed(attribute.shape, found.get(name), `${place}.${name}`),
  ]);
}

function fromEntries(
  raw: unknown,
  shape: Shape,
  place: string,
  convert: (entries: [string, unknown][]) => [string, Value][],
): ObjectValue {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return mismatch(shape, place);
  }
  return Object.fromEntries(convert(Object.entries(raw)));
}

function toNumber(raw: unknown): AnyNumber | null {
  return typeof raw === "number" || typeof raw === "string" ? numberFromText(String(raw)) : null;
}
