/**
 * Resource identity: what tells an object from every other of its type, for as long as it lives, without the rest of its
 * state. Here it is one attribute of the object, the one that it is imported by. Clients from Terraform 1.12 on ask for it.
 */

import { ProviderError } from "./diagnostics.ts";
import type { IdentityData, IdentitySchemaMessage } from "./messages.ts";
import type { Resource } from "./resource.ts";
import type { Attributes } from "./schema.ts";
import { typeJson } from "./schema-wire.ts";
import { decodeObject, encodeObject, isObject, type ObjectValue } from "./values.ts";
import { fromParsed, parseJson } from "./values-json.ts";

/** The one version there is: an identity that became another one would be another object to core. */
const version = 0;

const encoder = new TextEncoder();

/** The schemas of all resources that have an identity. */
export function identitySchemas(
  resources: readonly Resource<unknown>[],
): Readonly<Record<string, IdentitySchemaMessage>> {
  return Object.fromEntries(
    resources.flatMap((resource) =>
      Object.entries(identityAttributes(resource)).length === 0
        ? []
        : [[resource.typeName, { version, identityAttributes: attributeMessages(resource) }]],
    ),
  );
}

/** The identity of an object; undefined where it is not there, or not known yet. */
export function identityOf(
  resource: Resource<unknown>,
  object: ObjectValue | null,
): IdentityData | undefined {
  const attributes = identityAttributes(resource);
  return object === null || Object.keys(attributes).length === 0
    ? undefined
    : { identityData: encodeObject(attributes, object) };
}

/** What an object is imported by: the id that was given, or the value of the identity. */
export function importIdOf(
  resource: Resource<unknown>,
  { id, identity }: { readonly id: string; readonly identity: IdentityData | undefined },
): string {
  if (identity === undefined) {
    return id;
  }
  const attributes = identityAttributes(resource);
  const [name] = Object.keys(attributes);
  if (name === undefined) {
    throw new ProviderError(`${resource.typeName} has no identity`, {
      detail:
        "Objects of this type are imported by their id: write id = in the import block, not identity =.",
    });
  }
  const value = decodeObject(attributes, identity.identityData)?.[name];
  if (typeof value !== "string") {
    throw new ProviderError(`The identity of the ${resource.typeName} is incomplete`, {
      attribute: name,
      detail: `It takes ${name}, a text. Give it a value in the import block.`,
    });
  }
  return value;
}

/** A stored identity as it is written today. Core asks for this on every read of a state. */
export function upgradeIdentity(
  resource: Resource<unknown>,
  stored: { readonly version: number; readonly json: Uint8Array },
): IdentityData | undefined {
  if (stored.version > version) {
    throw new ProviderError(`The identity of this ${resource.typeName} was written by a newer provider`, {
      detail:
        `It has schema version ${stored.version}, and this provider knows up to version ${version}. ` +
        "Use the provider version that wrote it, or a later one.",
    });
  }
  const attributes = identityAttributes(resource);
  const value = fromParsed({ kind: "object", attributes }, parseJson(stored.json), "identity");
  return identityOf(resource, isObject(value) ? value : null);
}

function identityAttributes({ identity, schema }: Resource<unknown>): Attributes {
  const attribute = identity === undefined ? undefined : schema.attributes[identity];
  return identity === undefined || attribute === undefined ? {} : { [identity]: attribute };
}

function attributeMessages(resource: Resource<unknown>): IdentitySchemaMessage["identityAttributes"] {
  return Object.entries(identityAttributes(resource)).map(([name, { shape, options }]) => ({
    name,
    type: encoder.encode(JSON.stringify(typeJson(shape))),
    requiredForImport: true,
    optionalForImport: false,
    description: options.description,
  }));
}
