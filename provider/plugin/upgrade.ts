/** Stored state of this or an older version of a resource's schema, brought up to the current one. */

import { ProviderError } from "./diagnostics.ts";
import type { Json } from "./private-state.ts";
import type { Resource } from "./resource.ts";
import type { ObjectValue } from "./values.ts";
import { isObject } from "./values.ts";
import { fromParsed, parseJson } from "./values-json.ts";

/** A state as JSON, by attribute name. */
interface JsonObject {
  readonly [name: string]: Json;
}

/** From the version in the key to the next one. Numbers may come as their decimal text. */
export type Upgrades = Readonly<Record<number, (state: JsonObject) => JsonObject>>;

/**
 * Core calls this on every read of a state, also when nothing has to be upgraded. Attributes that are missing become
 * null, attributes that the schema no longer has are dropped.
 */
export function upgradeState(
  resource: Resource<unknown>,
  version: number,
  json: Uint8Array,
): ObjectValue | null {
  const current = resource.schema.version;
  if (version > current) {
    throw new ProviderError(`The state of this ${resource.typeName} was written by a newer provider`, {
      detail:
        `It has schema version ${version}, and this provider knows up to version ${current}. ` +
        "Use the provider version that wrote it, or a later one.",
    });
  }
  let state = asJsonObject(parseJson(json));
  for (let from = version; state !== null && from < current; from++) {
    const upgrade = resource.upgrade?.[from];
    if (upgrade === undefined) {
      throw new Error(`${resource.typeName} has no upgrade from version ${from}`);
    }
    state = upgrade(state);
  }
  const value = fromParsed({ kind: "object", attributes: resource.schema.attributes }, state, "state");
  return isObject(value) ? value : null;
}

function asJsonObject(parsed: unknown): JsonObject | null {
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    // parseJson gave it, so it holds nothing but JSON.
    return parsed as JsonObject;
  }
  return null;
}
