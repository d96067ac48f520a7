import { sql } from "drizzle-orm";
import { z } from "zod";
import type { tableSchema } from "../../contract/table.ts";
import type { QueryField } from "../query/query-table.ts";
import type { Table } from "./define-table.ts";

/** VergeOS' words for types, as far as its documentation gives them. */
const typeNames = { number: "num", text: "string", boolean: "bool", json: "json" } as const;

/** What a table says of itself at `$table`: its fields, and which of them can be set. */
export function describeTable({ query, writes, actions }: Table): z.input<typeof tableSchema> {
  const writable = shapeOf(writes?.newRow);
  const changeable = shapeOf(writes?.change);
  const fields = Object.entries(query.fields((column) => sql`${column}`)).map(([name, field]) => {
    const schema = [writable.get(name), changeable.get(name)].find(isSettable);
    const table = tableOf(field);
    return {
      name,
      type: typeOf(field),
      ...(table === undefined ? {} : { table }),
      readonly: schema === undefined,
      required: writable.get(name)?.safeParse(undefined).success === false,
      description: metaOf(schema).description ?? "",
    };
  });
  const known = new Set(fields.map((field) => field.name));
  const argumentsOnly = [...new Map([...changeable, ...writable])]
    .filter(([name, schema]) => !known.has(name) && isSettable(schema))
    .map(([name, schema]) => ({
      name,
      type: "argument",
      readonly: false,
      required: writable.get(name)?.safeParse(undefined).success === false,
      description: metaOf(schema).description ?? "",
    }));
  return {
    name: query.name,
    keyfield: "$key",
    display: query.display,
    fields: [...fields, ...argumentsOnly],
    actions: Object.keys(actions),
  };
}

function isSettable(schema: z.ZodType | undefined): boolean {
  return schema !== undefined && metaOf(schema)["readOnly"] !== true;
}

/** What a schema says of itself; one that only makes another optional says what that one does. */
function metaOf(schema: unknown): z.GlobalMeta {
  const own = schema instanceof z.ZodType ? schema.meta() : undefined;
  if (own !== undefined) {
    return own;
  }
  return schema instanceof z.ZodOptional ? metaOf(schema.unwrap()) : {};
}

function shapeOf(schema: z.ZodType | undefined): ReadonlyMap<string, z.ZodType> {
  const shape = schema instanceof z.ZodObject ? schema.shape : {};
  return new Map(
    Object.entries(shape).filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType),
  );
}

function typeOf(field: QueryField): string {
  switch (field.kind) {
    case "value":
      return typeNames[field.type];
    case "rows":
      return "rows";
    case "path":
      return "string";
    default:
      return field satisfies never;
  }
}

function tableOf(field: QueryField): string | undefined {
  switch (field.kind) {
    case "value":
      return field.references?.length === 1 ? field.references[0]?.table : undefined;
    case "rows":
      return field.table;
    case "path":
      return undefined;
    default:
      return field satisfies never;
  }
}
