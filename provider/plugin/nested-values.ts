/** Walking through values by their shape. */

import type { Attribute, Attributes, Nested, Shape } from "./schema.ts";
import { isArray, isObject, type ObjectValue, type Value } from "./values.ts";

/** Converts an object attribute by attribute, in the schema's order and with exactly its names. */
export function mapAttributes(
  attributes: Attributes,
  convert: (name: string, attribute: Attribute) => Value,
): ObjectValue {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, convert(name, attribute)]),
  );
}

/** The nested object that a shape is or holds; null for shapes without attributes of their own. */
export function nestedOf(shape: Shape): Nested | null {
  if (shape.kind === "object") {
    return shape;
  }
  return "element" in shape && shape.element.kind === "object" ? shape.element : null;
}

/** Converts the elements of a list, set or map; anything else (null, unknown) stays as it is. */
export function mapElements(value: Value, convert: (item: Value, key: number | string) => Value): Value {
  if (isArray(value)) {
    return value.map(convert);
  }
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item, key)]))
    : value;
}

/** The element of a list or a map in the same place, or null. */
export function elementAt(value: Value, key: number | string): Value {
  if (isArray(value)) {
    return typeof key === "number" ? (value[key] ?? null) : null;
  }
  return isObject(value) && Object.hasOwn(value, key) ? (value[key] ?? null) : null;
}
