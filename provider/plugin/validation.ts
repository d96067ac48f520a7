/** What a schema says about a configuration. Unknown values are passed over: they are validated again once known. */

import { type Diagnostic, diagnostic, type Path } from "./diagnostics.ts";
import { isWhollyKnown } from "./equality.ts";
import type { Attribute, Attributes, Problem, Shape } from "./schema.ts";
import { Unknown } from "./unknown.ts";
import { isArray, isObject, type ObjectValue, type Value } from "./values.ts";

/** What the CLI at the other end can do. */
export interface ClientAbilities {
  readonly writeOnly: boolean;
}

/** Checks every attribute, outer ones first. */
export function validateAttributes(
  attributes: Attributes,
  config: ObjectValue,
  client: ClientAbilities,
  base: Path = [],
): Diagnostic[] {
  return Object.entries(attributes).flatMap(([name, attribute]) =>
    validateAttribute(attribute, config[name] ?? null, client, [...base, name]),
  );
}

function validateAttribute(
  { shape, options }: Attribute,
  value: Value,
  client: ClientAbilities,
  path: Path,
): Diagnostic[] {
  if (value instanceof Unknown) {
    return [];
  }
  if (value === null) {
    return options.required === true ? [missing(path)] : [];
  }
  if (options.writeOnly === true && !client.writeOnly) {
    return [unsupportedWriteOnly(path)];
  }
  const within = validateShape(shape, value, client, path);
  if (within.length > 0) {
    return within;
  }
  const elements = validateElements({ shape, options }, value, path);
  if (elements.length > 0 || !isWhollyKnown(value)) {
    return elements;
  }
  return problemAt(path, options.validate?.(value) ?? null);
}

/** Rules of nested attributes, and the one rule of every number. */
function validateShape(shape: Shape, value: Value, client: ClientAbilities, path: Path): Diagnostic[] {
  switch (shape.kind) {
    case "number":
      return typeof value === "number" || value instanceof Unknown ? [] : [inexactNumber(path)];
    case "object":
      return isObject(value) ? validateAttributes(shape.attributes, value, client, path) : [];
    case "list":
    case "set":
    case "map":
      return elementsOf(shape, value, path).flatMap(({ item, itemPath }) =>
        item === null ? [nullElement(itemPath)] : validateShape(shape.element, item, client, itemPath),
      );
    default:
      return [];
  }
}

function validateElements({ shape, options }: Attribute, value: Value, path: Path): Diagnostic[] {
  return elementsOf(shape, value, path)
    .filter(({ item }) => isWhollyKnown(item))
    .flatMap(({ item, itemPath }) => problemAt(itemPath, options.validateElement?.(item) ?? null));
}

/** Elements with their paths; there is no path into a set, so its elements have the set's own. */
function elementsOf(shape: Shape, value: Value, path: Path): { item: Value; itemPath: Path }[] {
  if (isArray(value)) {
    return value.map((item, index) => ({ item, itemPath: shape.kind === "set" ? path : [...path, index] }));
  }
  if (shape.kind === "map" && isObject(value)) {
    return Object.entries(value).map(([key, item]) => ({ item, itemPath: [...path, { key }] }));
  }
  return [];
}

function problemAt(path: Path, problem: Problem): Diagnostic[] {
  return problem === null
    ? []
    : [diagnostic("error", `Invalid value of ${nameOf(path)}`, { detail: problem, attribute: path })];
}

function missing(path: Path): Diagnostic {
  return diagnostic("error", `Missing value of ${nameOf(path)}`, {
    detail: "The attribute is required, and its value is null. Give it a value.",
    attribute: path,
  });
}

function nullElement(path: Path): Diagnostic {
  return diagnostic("error", `Null in ${nameOf(path)}`, {
    detail: "An element must not be null. Leave it out, for instance with compact().",
    attribute: path,
  });
}

function inexactNumber(path: Path): Diagnostic {
  return diagnostic("error", `Invalid value of ${nameOf(path)}`, {
    detail: "The number has more digits than this provider can keep (about 15). Use fewer digits.",
    attribute: path,
  });
}

function unsupportedWriteOnly(path: Path): Diagnostic {
  return diagnostic("error", `${nameOf(path)} needs a newer Terraform`, {
    detail:
      "The attribute is write-only: its value is used and then forgotten. This takes Terraform 1.11 or OpenTofu 1.11, " +
      "or later. Upgrade, or leave the attribute out.",
    attribute: path,
  });
}

/** `rotation.every`: without indexes and keys, which the path shows anyway. */
function nameOf(path: Path): string {
  return path.filter((step) => typeof step === "string").join(".");
}
