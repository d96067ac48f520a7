/** A schema as core reads it: the protocol's Schema message, and the JSON of `terraform providers schema -json`. */

import type { ProviderFunction } from "./function.ts";
import type { SchemaAttribute, SchemaMessage, SchemaObject } from "./messages.ts";
import type { Provider } from "./resource.ts";
import {
  type Attribute,
  type Attributes,
  isComputed,
  type Nested,
  type Schema,
  type Shape,
} from "./schema.ts";

/** A type constraint as core writes it in JSON. */
type TypeJson =
  | string
  | readonly [string, TypeJson]
  | readonly [string, { readonly [name: string]: TypeJson }];

const encoder = new TextEncoder();

/** The Schema message of GetProviderSchema. */
export function toSchemaMessage(schema: Schema): SchemaMessage {
  return {
    version: schema.version,
    block: {
      version: schema.version,
      attributes: toAttributeMessages(schema.attributes),
      description: schema.description,
      descriptionKind: "MARKDOWN",
      deprecated: schema.deprecated !== undefined,
      deprecationMessage: schema.deprecated ?? "",
    },
  };
}

/**
 * The whole provider as the CLI prints it, so that docs and bindings can be generated without a CLI. `sourceAddress`
 * is the full form, `registry.terraform.io/namespace/type`.
 */
export function providerSchemaJson(provider: Provider, sourceAddress: string): object {
  const resources = provider.resources.map((one) => [one.typeName, schemaJson(one.schema)] as const);
  return {
    format_version: "1.0",
    provider_schemas: {
      [sourceAddress]: {
        provider: schemaJson(provider.schema),
        ...(resources.length > 0 ? { resource_schemas: Object.fromEntries(resources) } : {}),
        ...schemasJson("data_source_schemas", provider.dataSources),
        ...schemasJson("ephemeral_resource_schemas", provider.ephemeralResources),
        ...functionsJson(provider.functions),
      },
    },
  };
}

function schemasJson(
  name: string,
  all: readonly { readonly typeName: string; readonly schema: Schema }[] = [],
): object {
  const schemas = all.map((one) => [one.typeName, schemaJson(one.schema)] as const);
  return schemas.length > 0 ? { [name]: Object.fromEntries(schemas) } : {};
}

function functionsJson(functions: readonly ProviderFunction[] = []): object {
  const signatures = functions.map(({ name, summary, description, parameters, returns }) => [
    name,
    {
      description,
      summary,
      return_type: typeJson(returns),
      parameters: parameters.map((one) => ({
        name: one.name,
        description: one.description,
        type: typeJson(one.shape),
      })),
    },
  ]);
  return signatures.length > 0 ? { functions: Object.fromEntries(signatures) } : {};
}

/** The type constraint of a shape, e.g. `["set","string"]`. */
export function typeJson(shape: Shape): TypeJson {
  switch (shape.kind) {
    case "object":
      return [
        "object",
        Object.fromEntries(
          Object.entries(shape.attributes).map(([name, attribute]) => [name, typeJson(attribute.shape)]),
        ),
      ];
    case "list":
    case "set":
    case "map":
      return [shape.kind, typeJson(shape.element)];
    default:
      return shape.kind;
  }
}

/** A nested object's attributes and how many of it there are; null for shapes that are plain types. */
function nestingOf(shape: Shape): { nested: Nested; mode: "single" | "list" | "set" | "map" } | null {
  if (shape.kind === "object") {
    return { nested: shape, mode: "single" };
  }
  return "element" in shape && shape.element.kind === "object"
    ? { nested: shape.element, mode: shape.kind }
    : null;
}

function toAttributeMessages(attributes: Attributes): SchemaAttribute[] {
  return Object.entries(attributes)
    .sort(byName)
    .map(([name, attribute]) => toAttributeMessage(name, attribute));
}

function toAttributeMessage(name: string, { shape, options }: Attribute): SchemaAttribute {
  const nesting = nestingOf(shape);
  return {
    name,
    type: nesting === null ? encoder.encode(JSON.stringify(typeJson(shape))) : new Uint8Array(),
    description: options.description,
    required: options.required === true,
    optional: options.optional === true,
    computed: isComputed(options),
    sensitive: options.sensitive === true,
    descriptionKind: "MARKDOWN",
    deprecated: options.deprecated !== undefined,
    nestedType: nesting === null ? undefined : toObjectMessage(nesting.nested, nesting.mode),
    writeOnly: options.writeOnly === true,
    deprecationMessage: options.deprecated ?? "",
  };
}

const objectNesting = { single: "SINGLE", list: "LIST", set: "SET", map: "MAP" } as const;

function toObjectMessage(nested: Nested, mode: keyof typeof objectNesting): SchemaObject {
  return { attributes: toAttributeMessages(nested.attributes), nesting: objectNesting[mode] };
}

function schemaJson(schema: Schema): object {
  return {
    version: schema.version,
    block: {
      attributes: attributesJson(schema.attributes),
      description: schema.description,
      description_kind: "markdown",
      ...(schema.deprecated === undefined ? {} : { deprecated: true }),
    },
  };
}

function attributesJson(attributes: Attributes): object {
  return Object.fromEntries(
    Object.entries(attributes)
      .sort(byName)
      .map(([name, attribute]) => [name, attributeJson(attribute)]),
  );
}

function attributeJson({ shape, options }: Attribute): object {
  const nesting = nestingOf(shape);
  return {
    ...(nesting === null
      ? { type: typeJson(shape) }
      : {
          nested_type: { attributes: attributesJson(nesting.nested.attributes), nesting_mode: nesting.mode },
        }),
    description: options.description,
    description_kind: "markdown",
    ...flag("required", options.required),
    ...flag("optional", options.optional),
    ...flag("computed", isComputed(options)),
    ...flag("sensitive", options.sensitive),
    ...flag("deprecated", options.deprecated !== undefined),
    ...flag("write_only", options.writeOnly),
  };
}

/** The CLI leaves out what is false. */
function flag(name: string, on: boolean | undefined): object {
  return on === true ? { [name]: true } : {};
}

function byName([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : 1;
}
