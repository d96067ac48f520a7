/**
 * Core's own judgement of a provider's answers, over our schemas: what it calls "Provider produced invalid plan",
 * "... inconsistent final plan", "... inconsistent result after apply" and "... invalid object". Written from the rules
 * that core documents for them.
 */

import type { AttributePath } from "../../../provider/plugin/messages.ts";
import { type Attribute, type Attributes, isComputed, type Shape } from "../../../provider/plugin/schema.ts";
import { Unknown } from "../../../provider/plugin/unknown.ts";
import { isArray, isObject, type ObjectValue, type Value } from "../../../provider/plugin/values.ts";
import { canonical, isKnown, itemsOf, memberOf } from "./canonical.ts";

/** What a change does to an object; `none` is what core calls a no-op. */
export type Action = "create" | "update" | "replace" | "delete" | "none";

/** What core would say is wrong with a plan; empty when nothing is. Without configuration the object is to go. */
export function planFaults(
  attributes: Attributes,
  prior: ObjectValue | null,
  config: ObjectValue | null,
  planned: ObjectValue | null,
): string[] {
  if (config === null || planned === null) {
    return (config === null) === (planned === null)
      ? []
      : [
          config === null
            ? "plans an object that is to be destroyed"
            : "plans nothing where an object is to be",
        ];
  }
  return attributesPlanFaults(attributes, prior, config, planned, "");
}

/** Replacements must be asked for at places that exist, before or after. */
export function replacementFaults(
  prior: ObjectValue | null,
  planned: ObjectValue | null,
  paths: readonly AttributePath[],
): string[] {
  return prior === null || planned === null
    ? paths.map((path) => `${textOf(path)}: asks to replace what is not there`)
    : paths
        .filter((path) => !exists(prior, path) && !exists(planned, path))
        .map((path) => `${textOf(path)}: asks for a replacement, and there is no such place`);
}

/** A plan at apply must do what the first one said, and say the same in all that the first one knew. */
export function finalPlanFaults(
  attributes: Attributes,
  first: { readonly action: Action; readonly planned: ObjectValue | null },
  final: { readonly action: Action; readonly planned: ObjectValue | null },
): string[] {
  // An update may turn out to change nothing once everything is known.
  const isSame = first.action === final.action || (first.action === "update" && final.action === "none");
  return [
    ...(isSame ? [] : [`: was to ${first.action} and is to ${final.action} at apply`]),
    ...valueFaults({ kind: "object", attributes }, first.planned, final.planned, ""),
  ];
}

/** What core would say is wrong with an object that came of a plan; empty when nothing is. */
export function resultFaults(
  attributes: Attributes,
  planned: ObjectValue | null,
  actual: ObjectValue | null,
): string[] {
  return [
    ...valueFaults({ kind: "object", attributes }, planned, actual, ""),
    ...stateFaults(attributes, actual),
  ];
}

/** What no stored object may have: anything unknown, and anything write-only. */
export function stateFaults(attributes: Attributes, state: ObjectValue | null, path = ""): string[] {
  return Object.entries(attributes).flatMap(([name, { shape, options }]) => {
    const value = state?.[name] ?? null;
    const place = `${path}.${name}`;
    if (options.writeOnly === true && value !== null) {
      return [`${place}: a write-only value is stored`];
    }
    if (!isKnown(value)) {
      return [`${place}: is stored and not known`];
    }
    return shape.kind === "object" && isObject(value) ? stateFaults(shape.attributes, value, place) : [];
  });
}

/** Whether two objects of a schema are the same to core. */
export function isSameObject(
  attributes: Attributes,
  left: ObjectValue | null,
  right: ObjectValue | null,
): boolean {
  return canonical({ kind: "object", attributes }, left) === canonical({ kind: "object", attributes }, right);
}

function attributesPlanFaults(
  attributes: Attributes,
  prior: Value,
  config: Value,
  planned: Value,
  path: string,
): string[] {
  return Object.entries(attributes).flatMap(([name, attribute]) =>
    attributePlanFaults(
      attribute,
      memberOf(prior, name),
      memberOf(config, name),
      memberOf(planned, name),
      `${path}.${name}`,
    ),
  );
}

function attributePlanFaults(
  { shape, options }: Attribute,
  prior: Value,
  config: Value,
  planned: Value,
  path: string,
): string[] {
  if (options.writeOnly === true) {
    return planned === null ? [] : [`${path}: a write-only attribute is planned`];
  }
  if (canonical(shape, planned) === canonical(shape, config)) {
    return [];
  }
  if (config === null) {
    return isComputed(options) ? [] : [`${path}: is planned, and neither configured nor computed`];
  }
  if (config instanceof Unknown) {
    return [`${path}: is planned before it is known`];
  }
  // The provider may keep what was there in other words, but not in place of nothing.
  if (prior !== null && canonical(shape, planned) === canonical(shape, prior)) {
    return [];
  }
  return nestedPlanFaults(shape, prior, config, planned, path);
}

/** Within nested objects each attribute is judged by itself; of anything else the whole value has failed. */
function nestedPlanFaults(shape: Shape, prior: Value, config: Value, planned: Value, path: string): string[] {
  const otherwise = [`${path}: is planned otherwise than configured`];
  if (shape.kind === "object") {
    return isObject(config) && isObject(planned)
      ? attributesPlanFaults(shape.attributes, prior, config, planned, path)
      : otherwise;
  }
  if (!("element" in shape) || shape.element.kind !== "object") {
    return otherwise;
  }
  const { attributes } = shape.element;
  if (shape.kind === "map") {
    return isObject(config) && isObject(planned) && hasSameKeys(config, planned)
      ? Object.keys(config).flatMap((key) =>
          attributesPlanFaults(
            attributes,
            memberOf(prior, key),
            memberOf(config, key),
            memberOf(planned, key),
            `${path}[${JSON.stringify(key)}]`,
          ),
        )
      : otherwise;
  }
  const [configured, found] = [itemsOf(config), itemsOf(planned)];
  if (!isArray(planned) || configured.length !== found.length) {
    return otherwise;
  }
  if (shape.kind === "list") {
    return configured.flatMap((item, place) =>
      attributesPlanFaults(
        attributes,
        itemsOf(prior)[place] ?? null,
        item,
        found[place] ?? null,
        `${path}[${place}]`,
      ),
    );
  }
  const fits = (item: Value, plannedItem: Value) =>
    attributesPlanFaults(attributes, null, item, plannedItem, path).length === 0;
  return configured.every((item) => found.some((one) => fits(item, one))) ? [] : otherwise;
}

/** Whether what came is what was said before, in all that was known then. */
function valueFaults(shape: Shape, planned: Value, actual: Value, path: string): string[] {
  if (planned instanceof Unknown) {
    return [];
  }
  if (actual instanceof Unknown) {
    return [`${path}: was known, and is not any more`];
  }
  if (planned === null || actual === null) {
    return planned === actual ? [] : [`${path}: was planned ${planned === null ? "null" : "to be there"}`];
  }
  switch (shape.kind) {
    case "object":
      return Object.entries(shape.attributes).flatMap(([name, attribute]) =>
        valueFaults(attribute.shape, memberOf(planned, name), memberOf(actual, name), `${path}.${name}`),
      );
    case "map":
      return isObject(planned) && isObject(actual) && hasSameKeys(planned, actual)
        ? Object.entries(planned).flatMap(([key, item]) =>
            valueFaults(shape.element, item, memberOf(actual, key), `${path}[${JSON.stringify(key)}]`),
          )
        : [`${path}: has other keys than planned`];
    case "list":
      return itemsOf(planned).length === itemsOf(actual).length
        ? itemsOf(planned).flatMap((item, place) =>
            valueFaults(shape.element, item, itemsOf(actual)[place] ?? null, `${path}[${place}]`),
          )
        : [`${path}: has another length than planned`];
    case "set":
      return setFaults(shape.element, itemsOf(planned), itemsOf(actual), path);
    default:
      return canonical(shape, planned) === canonical(shape, actual)
        ? []
        : [`${path}: is otherwise than planned`];
  }
}

/** A set's elements have no places: each must be one that was planned, each that was planned must be there, and none is added. */
function setFaults(
  element: Shape,
  planned: readonly Value[],
  actual: readonly Value[],
  path: string,
): string[] {
  const fits = (item: Value, one: Value) => valueFaults(element, item, one, path).length === 0;
  const isWhole =
    actual.length <= planned.length &&
    planned.every((item) => actual.some((one) => fits(item, one))) &&
    actual.every((one) => planned.some((item) => fits(item, one)));
  return isWhole ? [] : [`${path}: has other elements than planned`];
}

function hasSameKeys(left: ObjectValue, right: ObjectValue): boolean {
  return Object.keys(left).sort().join("\n") === Object.keys(right).sort().join("\n");
}

function exists(value: Value, path: AttributePath): boolean {
  let here: Value | undefined = value;
  for (const { selector } of path.steps) {
    if (selector === undefined) {
      return false;
    }
    if (selector.case === "elementKeyInt") {
      here = itemsOf(here)[Number(selector.value)];
    } else {
      here = isObject(here) && Object.hasOwn(here, selector.value) ? here[selector.value] : undefined;
    }
    if (here === undefined) {
      return false;
    }
  }
  return true;
}

function textOf(path: AttributePath): string {
  return path.steps.map(({ selector }) => `.${selector?.value}`).join("");
}
