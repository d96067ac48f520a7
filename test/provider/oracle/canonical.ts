import { DecimalText } from "../../../provider/plugin/numbers.ts";
import type { Shape } from "../../../provider/plugin/schema.ts";
import { Unknown } from "../../../provider/plugin/unknown.ts";
import { isArray, isObject, type Value } from "../../../provider/plugin/values.ts";

/**
 * A value as one text, the same for two values exactly when core takes them for the same: sets have no order and no
 * duplicates, numbers are their digits, and an unknown is like any other. Written apart from the provider's own comparison,
 * which is what it judges.
 */
export function canonical(shape: Shape, value: Value | undefined): string {
  if (value === null || value === undefined) {
    return "null";
  }
  if (value instanceof Unknown) {
    return "unknown";
  }
  switch (shape.kind) {
    case "string":
    case "bool":
      return JSON.stringify(value);
    case "number":
      return value instanceof DecimalText ? value.text : String(value);
    case "list":
      return `[${itemsOf(value)
        .map((item) => canonical(shape.element, item))
        .join()}]`;
    case "set":
      return `{${[...new Set(itemsOf(value).map((item) => canonical(shape.element, item)))].sort().join()}}`;
    case "map":
      return entriesText(value, () => shape.element);
    case "object":
      return `(${Object.entries(shape.attributes)
        .map(([name, attribute]) => `${name}:${canonical(attribute.shape, memberOf(value, name))}`)
        .join()})`;
    default:
      return shape satisfies never;
  }
}

/** Whether a value and all that is in it is known. */
export function isKnown(value: Value | undefined): boolean {
  if (value instanceof Unknown) {
    return false;
  }
  return isArray(value) ? value.every(isKnown) : !isObject(value) || Object.values(value).every(isKnown);
}

/** The elements of a list or a set. */
export function itemsOf(value: Value): readonly Value[] {
  return isArray(value) ? value : [];
}

/** A member of an object or a map; null where there is none. */
export function memberOf(value: Value, name: string): Value {
  return isObject(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null;
}

function entriesText(value: Value, shapeOf: (key: string) => Shape): string {
  const entries = isObject(value) ? Object.entries(value) : [];
  return `<${entries
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(shapeOf(key), item)}`)
    .sort()
    .join()}>`;
}
