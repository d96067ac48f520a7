/** Random values of a schema's shape, for property tests. */

import fc from "fast-check";
import { DecimalText } from "../../../provider/plugin/numbers.ts";
import type { Attributes, Shape } from "../../../provider/plugin/schema.ts";
import { Unknown } from "../../../provider/plugin/unknown.ts";
import type { ObjectValue, Value } from "../../../provider/plugin/values.ts";

/** Plain unknowns in both spellings, and refined ones with any body that core may send. */
const anyUnknown: fc.Arbitrary<Unknown> = fc.oneof(
  fc.constantFrom(new Unknown(), new Unknown(0, new Uint8Array())),
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((body) => new Unknown(12, body)),
);

/** Integers of any size, decimals that JavaScript holds, and decimals that it does not. */
const anyNumber: fc.Arbitrary<Value> = fc.oneof(
  fc.maxSafeInteger().map((value) => value + 0),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
  fc.bigInt({ min: -(2n ** 200n), max: -(2n ** 53n) }),
  fc
    .tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 1, max: 9 }))
    .map(([whole, tenth]) => Number(`${whole}.${tenth}`)),
  fc.bigInt({ min: 10n ** 20n, max: 10n ** 30n }).map((digits) => new DecimalText(`0.${digits}1`)),
);

/** Any value of a shape. `unknowns` says whether parts of it may be unknown. */
function valueFor(shape: Shape, unknowns: boolean): fc.Arbitrary<Value> {
  const known = knownValueFor(shape, unknowns);
  return unknowns ? fc.oneof({ weight: 5, arbitrary: known }, { weight: 1, arbitrary: anyUnknown }) : known;
}

/** Any object of a schema; every attribute may be null. */
export function objectOf(attributes: Attributes, unknowns: boolean): fc.Arbitrary<ObjectValue> {
  const entries = Object.entries(attributes).map(([name, { shape }]) => {
    return [name, fc.option(valueFor(shape, unknowns), { freq: 3 })] as const;
  });
  return fc.record(Object.fromEntries(entries), { noNullPrototype: true });
}

function knownValueFor(shape: Shape, unknowns: boolean): fc.Arbitrary<Value> {
  switch (shape.kind) {
    case "string":
      return fc.string({ unit: "grapheme" });
    case "bool":
      return fc.boolean();
    case "number":
      return anyNumber;
    case "list":
    case "set":
      return fc.array(valueFor(shape.element, unknowns), { maxLength: 3 });
    case "map":
      return fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        valueFor(shape.element, unknowns),
        { maxKeys: 3, noNullPrototype: true },
      );
    case "object":
      return objectOf(shape.attributes, unknowns);
    default:
      return shape satisfies never;
  }
}
