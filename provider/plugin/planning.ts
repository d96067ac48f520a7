/**
 * The plan that follows from a schema, before a resource's own hook amends it. Made from configuration and prior state
 * alone: core's "proposed new state" says the same for simple attributes, and less for nested ones.
 */

import type { Path } from "./diagnostics.ts";
import { meansTheSame, sameValue } from "./equality.ts";
import { elementAt, mapAttributes, mapElements, nestedOf } from "./nested-values.ts";
import { type Attribute, type Attributes, isComputed, type Nested, type Shape } from "./schema.ts";
import { Unknown, unknown } from "./unknown.ts";
import { isArray, isObject, type ObjectValue, type Value } from "./values.ts";

/** What the schema's rules say about a change. */
export interface SchemaPlan {
  readonly planned: ObjectValue;
  /** False means that the planned state is the prior state. */
  readonly changes: boolean;
}

/**
 * Plans an object. If nothing that the user set differs from the prior state, the plan is the prior state itself, so
 * that it is empty whatever the provider once computed.
 */
export function planObject(
  attributes: Attributes,
  config: ObjectValue,
  prior: ObjectValue | null,
): SchemaPlan {
  const planned = planAttributes(attributes, config, prior);
  if (prior !== null && sameValue({ kind: "object", attributes }, planned, prior)) {
    return { planned: prior, changes: false };
  }
  return { planned, changes: true };
}

/** Marks what every update changes as unknown, once it is certain that there is an update. */
export function planUpdate(
  attributes: Attributes,
  config: ObjectValue,
  prior: ObjectValue,
  planned: ObjectValue,
): ObjectValue {
  return forget(
    planned,
    Object.keys(attributes).filter((name) => {
      const attribute = attributes[name];
      return (
        attribute?.options.changesOnUpdate === true &&
        isAbsent(config, name) &&
        sameValue(attribute.shape, planned[name], prior[name])
      );
    }),
  );
}

/** Paths of attributes that say `replace: true` and really change. */
export function replacedPaths(
  attributes: Attributes,
  prior: ObjectValue,
  planned: ObjectValue,
  base: Path = [],
): Path[] {
  return Object.entries(attributes).flatMap(([name, attribute]) => {
    const path = [...base, name];
    const before = prior[name] ?? null;
    const after = planned[name] ?? null;
    if (sameValue(attribute.shape, before, after)) {
      return [];
    }
    return attribute.options.replace === true ? [path] : replacedWithin(attribute.shape, before, after, path);
  });
}

/** Every attribute that changes, for resources that cannot be updated at all. */
export function changedPaths(attributes: Attributes, prior: ObjectValue, planned: ObjectValue): Path[] {
  return Object.entries(attributes)
    .filter(([name, { shape }]) => !sameValue(shape, prior[name], planned[name]))
    .map(([name]) => [name]);
}

function planAttributes(attributes: Attributes, config: ObjectValue, prior: ObjectValue | null): ObjectValue {
  return mapAttributes(attributes, (name, attribute) =>
    planAttribute(attribute, config[name] ?? null, prior === null ? undefined : (prior[name] ?? null)),
  );
}

/** `prior` is undefined when there is no earlier object that could have had a value. */
function planAttribute({ shape, options }: Attribute, config: Value, prior: Value | undefined): Value {
  if (options.writeOnly === true) {
    return null;
  }
  if (config instanceof Unknown) {
    return config;
  }
  if (config === null) {
    return planAbsent({ shape, options }, prior);
  }
  if (prior !== undefined && meansTheSame(options, prior, config)) {
    return prior;
  }
  return planGiven(shape, config, prior ?? null);
}

function planAbsent({ options }: Attribute, prior: Value | undefined): Value {
  if (options.default !== undefined) {
    // The builder types a default by its attribute's own shape; AnyOptions has lost that.
    return options.default as Value;
  }
  if (!isComputed(options)) {
    return null;
  }
  return prior === undefined ? unknown : prior;
}

function planGiven(shape: Shape, config: Value, prior: Value): Value {
  const nested = nestedOf(shape);
  if (nested === null) {
    return config;
  }
  if (shape.kind === "object") {
    return isObject(config) ? planNested(nested, config, isObject(prior) ? prior : null) : config;
  }
  if (shape.kind === "set") {
    const earlier = isArray(prior) ? prior : [];
    return mapElements(config, (item) => planSetElement(nested, item, earlier));
  }
  return mapElements(config, (item, key) => planGiven(nested, item, elementAt(prior, key)));
}

/**
 * What is computed within a nested object keeps its value as long as the user leaves that object alone. Once they change
 * it, the value is unknown again: it may well say something about what they changed, or belong to another list element.
 */
function planNested({ attributes, kind }: Nested, config: ObjectValue, prior: ObjectValue | null): Value {
  const planned = planAttributes(attributes, config, prior);
  if (prior === null || sameValue({ kind, attributes }, planned, prior)) {
    return planned;
  }
  return forget(
    planned,
    Object.entries(attributes)
      .filter(
        ([name, { options }]) =>
          options.computed === true && options.default === undefined && isAbsent(config, name),
      )
      .map(([name]) => name),
  );
}

function forget(planned: ObjectValue, names: readonly string[]): ObjectValue {
  return { ...planned, ...Object.fromEntries(names.map((name) => [name, unknown])) };
}

function isAbsent(config: ObjectValue, name: string): boolean {
  return (config[name] ?? null) === null;
}

/** A set has no places: an element is an earlier one if it says the same in all that the user set. */
function planSetElement(element: Nested, config: Value, earlier: readonly Value[]): Value {
  for (const candidate of earlier) {
    const planned = planGiven(element, config, candidate);
    if (sameValue(element, planned, candidate)) {
      return candidate;
    }
  }
  return planGiven(element, config, null);
}

function replacedWithin(shape: Shape, before: Value, after: Value, path: Path): Path[] {
  if (shape.kind === "object") {
    if (isObject(before) && isObject(after)) {
      return replacedPaths(shape.attributes, before, after, path);
    }
    return hasReplace(shape) ? [path] : [];
  }
  if (!("element" in shape) || shape.element.kind !== "object" || !hasReplace(shape.element)) {
    return [];
  }
  const { element } = shape;
  if (shape.kind === "list" && isArray(before) && isArray(after) && before.length === after.length) {
    return after.flatMap((item, index) =>
      replacedWithin(element, before[index] ?? null, item, [...path, index]),
    );
  }
  if (shape.kind === "map" && isObject(before) && isObject(after) && sameKeys(before, after)) {
    return Object.entries(after).flatMap(([key, item]) =>
      replacedWithin(element, before[key] ?? null, item, [...path, { key }]),
    );
  }
  return [path];
}

function sameKeys(left: ObjectValue, right: ObjectValue): boolean {
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key));
}

function hasReplace(shape: Nested): boolean {
  return Object.values(shape.attributes).some(
    (attribute) =>
      attribute.options.replace === true ||
      (attribute.shape.kind === "object" && hasReplace(attribute.shape)),
  );
}
