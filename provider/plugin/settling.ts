/** What the outside world answered, brought into the form that the state keeps. */

import { meansTheSame, sameValue } from "./equality.ts";
import { elementAt, mapAttributes, mapElements, nestedOf } from "./nested-values.ts";
import type { Attributes, Nested, Shape } from "./schema.ts";
import { isArray, isObject, type ObjectValue, type Value } from "./values.ts";

/** Keeps the spelling of `earlier` in all places where `later` means the same by the schema's `sameMeaning`. */
export function keepSpelling(attributes: Attributes, earlier: ObjectValue, later: ObjectValue): ObjectValue {
  return mapAttributes(attributes, (name, { shape, options }) => {
    const before = earlier[name] ?? null;
    const after = later[name] ?? null;
    return meansTheSame(options, before, after) ? before : keepSpellingWithin(shape, before, after);
  });
}

/** Write-only values are never stored nor planned. */
export function withoutWriteOnly(attributes: Attributes, value: ObjectValue): ObjectValue {
  return mapAttributes(attributes, (name, { shape, options }) =>
    options.writeOnly === true ? null : withoutWriteOnlyWithin(shape, value[name] ?? null),
  );
}

function keepSpellingWithin(shape: Shape, before: Value, after: Value): Value {
  const nested = nestedOf(shape);
  if (nested === null) {
    return after;
  }
  if (shape.kind === "object") {
    return isObject(before) && isObject(after) ? keepSpelling(nested.attributes, before, after) : after;
  }
  if (shape.kind === "set") {
    return isArray(before) && isArray(after) ? after.map((item) => spelledAsIn(nested, before, item)) : after;
  }
  return mapElements(after, (item, key) => keepSpellingWithin(nested, elementAt(before, key), item));
}

/** The earlier element that says the same, or the later one itself. */
function spelledAsIn(nested: Nested, earlier: readonly Value[], item: Value): Value {
  const same = earlier.find((one) => sameValue(nested, keepSpellingWithin(nested, one, item), one));
  return same ?? item;
}

function withoutWriteOnlyWithin(shape: Shape, value: Value): Value {
  const nested = nestedOf(shape);
  if (nested === null) {
    return value;
  }
  if (shape.kind !== "object") {
    return mapElements(value, (item) => withoutWriteOnlyWithin(nested, item));
  }
  return isObject(value) ? withoutWriteOnly(nested.attributes, value) : value;
}
