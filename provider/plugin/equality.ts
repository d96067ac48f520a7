/** When two values are the same, by the rules of their shape. */

import { DecimalText } from "./numbers.ts";
import type { AnyOptions, Shape } from "./schema.ts";
import { Unknown } from "./unknown.ts";
import { isArray, isObject, type ObjectValue, type Value } from "./values.ts";

/** Sets have no order; an unknown is the same as nothing, not even as itself, because it may become anything. */
export function sameValue(shape: Shape, left: Value | undefined, right: Value | undefined): boolean {
  if (left === null || left === undefined || right === null || right === undefined) {
    return (left ?? null) === (right ?? null);
  }
  if (left instanceof Unknown || right instanceof Unknown) {
    return false;
  }
  if (left instanceof DecimalText || right instanceof DecimalText) {
    return left instanceof DecimalText && right instanceof DecimalText && left.text === right.text;
  }
  switch (shape.kind) {
    case "list":
      return isArray(left) && isArray(right) && sameLists(shape.element, left, right);
    case "set":
      return isArray(left) && isArray(right) && sameSets(shape.element, left, right);
    case "map":
      return isObject(left) && isObject(right) && sameMaps(shape.element, left, right);
    case "object":
      return (
        isObject(left) &&
        isObject(right) &&
        Object.entries(shape.attributes).every(([name, attribute]) =>
          sameValue(attribute.shape, left[name], right[name]),
        )
      );
    default:
      return left === right;
  }
}

/** Whether a value and everything in it is known. */
export function isWhollyKnown(value: Value | undefined): boolean {
  if (value instanceof Unknown) {
    return false;
  }
  if (isArray(value)) {
    return value.every(isWhollyKnown);
  }
  return !isObject(value) || Object.values(value).every(isWhollyKnown);
}

/** Whether the schema says that two values, written differently, mean the same. */
export function meansTheSame(options: AnyOptions, left: Value, right: Value): boolean {
  return (
    options.sameMeaning !== undefined &&
    left !== null &&
    right !== null &&
    isWhollyKnown(left) &&
    isWhollyKnown(right) &&
    // Asked last, and not of what is written alike: it may have to read both.
    (left === right || options.sameMeaning(left, right))
  );
}

function sameLists(element: Shape, left: readonly Value[], right: readonly Value[]): boolean {
  return left.length === right.length && left.every((item, index) => sameValue(element, item, right[index]));
}

function sameSets(element: Shape, left: readonly Value[], right: readonly Value[]): boolean {
  if (element.kind !== "object") {
    const found = new Set(right);
    const sought = new Set(left);
    return found.size === sought.size && [...sought].every((item) => found.has(item));
  }
  const contains = (items: readonly Value[], sought: Value) =>
    items.some((item) => sameValue(element, item, sought));
  return left.every((item) => contains(right, item)) && right.every((item) => contains(left, item));
}

function sameMaps(element: Shape, left: ObjectValue, right: ObjectValue): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameValue(element, left[name], right[name]))
  );
}
