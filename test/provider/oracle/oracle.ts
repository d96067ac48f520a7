/**
 * Core's own judgement of a provider's answers: what it calls "Provider produced invalid plan" and "Provider produced
 * inconsistent result after apply". Written from the rules that core documents for them, over our schemas.
 */

import { sameValue } from "../../../provider/plugin/equality.ts";
import { type Attribute, type Attributes, isComputed, type Shape } from "../../../provider/plugin/schema.ts";
import { Unknown } from "../../../provider/plugin/unknown.ts";
import { isArray, isObject, type ObjectValue, type Value } from "../../../provider/plugin/values.ts";

/** What core would say is wrong with a plan; empty when nothing is. */
export function planFaults(
  attributes: Attributes,
  prior: ObjectValue | null,
  config: ObjectValue,
  planned: ObjectValue,
  path = "",
): string[] {
  return Object.entries(attributes).flatMap(([name, attribute]) =>
    attributeFaults(
      attribute,
      prior === null ? null : (prior[name] ?? null),
      config[name] ?? null,
      planned[name] ?? null,
      `${path}.${name}`,
    ),
  );
}

function attributeFaults(
  { shape, options }: Attribute,
  prior: Value,
  config: Value,
  planned: Value,
  path: string,
): string[] {
  if (options.writeOnly === true) {
    return planned === null ? [] : [`${path}: a write-only attribute is planned`];
  }
  if (config instanceof Unknown) {
    return planned instanceof Unknown ? [] : [`${path}: is planned before it is known`];
  }
  if (sameValue(shape, planned, config)) {
    return [];
  }
  // The provider may keep what was there in other words, but not in place of nothing.
  if (prior !== null && config !== null && sameValue(shape, planned, prior)) {
    return [];
  }
  if (config === null) {
    return isComputed(options) ? [] : [`${path}: is planned, and neither configured nor computed`];
  }
  if (shape.kind === "object" && isObject(config) && isObject(planned)) {
    return planFaults(shape.attributes, isObject(prior) ? prior : null, config, planned, path);
  }
  return [`${path}: is planned otherwise than configured`];
}

/** What core would say is wrong with an object that came of a plan; empty when nothing is. */
export function resultFaults(
  attributes: Attributes,
  planned: ObjectValue,
  actual: ObjectValue,
  path = "",
): string[] {
  return Object.entries(attributes).flatMap(([name, { shape, options }]) =>
    options.writeOnly === true && (actual[name] ?? null) !== null
      ? [`${path}.${name}: a write-only value is stored`]
      : valueFaults(shape, planned[name] ?? null, actual[name] ?? null, `${path}.${name}`),
  );
}

function valueFaults(shape: Shape, planned: Value, actual: Value, path: string): string[] {
  if (actual instanceof Unknown) {
    return [`${path}: is unknown after apply`];
  }
  if (planned instanceof Unknown) {
    return [];
  }
  if (planned === null || actual === null) {
    return planned === actual ? [] : [`${path}: was planned ${planned === null ? "null" : "to be there"}`];
  }
  if (shape.kind === "object" && isObject(planned) && isObject(actual)) {
    return resultFaults(shape.attributes, planned, actual, path);
  }
  if (shape.kind === "list" && isArray(planned) && isArray(actual)) {
    return planned.length === actual.length
      ? planned.flatMap((item, place) =>
          valueFaults(shape.element, item, actual[place] ?? null, `${path}[${place}]`),
        )
      : [`${path}: has another length than planned`];
  }
  return sameValue(shape, planned, actual) ? [] : [`${path}: is otherwise than planned`];
}
