import { z } from "zod";
import {
  emptyAnswer,
  etag,
  idempotencyKey,
  ifMatch,
  jsonAnswer,
  jsonBody,
  optionalJsonBody,
  rowParams,
} from "./endpoint.ts";
import { rowReference } from "./row.ts";

const mustBeCount = "must be a whole number";

/** A number as it stands in a URL: in decimal digits alone, since what else JavaScript reads as one is nobody's intention. */
const count = z
  .union([z.int(mustBeCount), z.string().regex(/^-?\d{1,16}$/, mustBeCount)], { error: mustBeCount })
  .transform(Number)
  .pipe(z.int(mustBeCount).nonnegative("must not be negative"))
  .meta({ override: { type: "integer", minimum: 0 } });

/** Query parameters of a list (VergeOS v4). The languages of `fields`, `filter` and `sort` are in docs/query.md. */
export const listQuery = z.strictObject({
  fields: z
    .string()
    .optional()
    .describe("What to answer of each row: names, joins, `all`, `most` or `summary`."),
  filter: z.string().optional().describe("Which rows to answer, such as `name eq 'ci' and enabled eq true`."),
  sort: z.string().optional().describe("Fields to sort by, each with `-` before it for descending order."),
  limit: count.optional().describe("The most rows to answer; 0 for all."),
  offset: count.optional().describe("How many rows to skip."),
});

/** Query parameters of one row. */
export const rowQuery = listQuery.pick({ fields: true });

/** Query parameters of an update; `action` asks for an action on the row instead (pyVergeOS). */
export const changeQuery = z.strictObject({
  action: z.string().optional().describe("The action to do, in place of a change."),
});

/** What a table says of itself at `$table`. */
export const tableSchema = z
  .object({
    name: z.string(),
    keyfield: z.string(),
    display: z.string().describe("The field that `$display` stands for."),
    fields: z.array(
      z.object({
        name: z.string(),
        type: z
          .string()
          .describe(
            "`string`, `num`, `bool`, `json`, `rows` for rows of another table, or `argument` for what is only written.",
          ),
        table: z.string().optional().describe("The table that the field refers to, where it is one."),
        readonly: z.boolean(),
        required: z.boolean().describe("Whether a create must have it."),
        description: z.string(),
      }),
    ),
    actions: z.array(z.string()),
  })
  .meta({ id: "TableSchema" });

/** What a table is made of on the wire. */
export interface TableShape<Row extends z.ZodObject> {
  /** The table's name, as in the path. */
  readonly table: string;
  /** What one row is called, such as "API key". */
  readonly noun: string;
  /** As in `createUserApiKey`: the part of operation ids that names a row. */
  readonly operation: string;
  readonly row: Row;
}

/** A row as a list answers it: which fields come back is for the caller to say, and joins bring names of its own. */
function selectedRow<Row extends z.ZodObject>(row: Row, operation: string) {
  const fields = Object.entries(row.shape).map(([name, schema]) => [
    name,
    z.union([schema, z.null()]).optional(),
  ]);
  return z
    .object(Object.fromEntries(fields))
    .catchall(z.unknown())
    .describe("The fields that were asked for; null where a row may be listed but not read.")
    .meta({ id: `Selected${operation}` });
}

/** The endpoints that every table has, as OpenAPI describes them: rows can be listed and read. */
export function readableTable<Row extends z.ZodObject>({ table, noun, operation, row }: TableShape<Row>) {
  const selected = selectedRow(row, operation);
  return {
    list: {
      operationId: `list${operation}s`,
      summary: `Lists the rows of ${table} that the caller may list.`,
      method: "get",
      path: `/api/v4/${table}`,
      request: { query: listQuery },
      responses: { 200: jsonAnswer("The rows.", z.array(selected)) },
    },
    schema: {
      operationId: `describe${operation}s`,
      summary: `Describes table ${table}; for system administrators.`,
      method: "get",
      path: `/api/v4/${table}/$table`,
      responses: { 200: jsonAnswer("The table's schema.", tableSchema) },
    },
    get: {
      operationId: `get${operation}`,
      summary: `Reads one ${noun}.`,
      method: "get",
      path: `/api/v4/${table}/{key}`,
      request: { params: rowParams, query: rowQuery },
      responses: { 200: { ...jsonAnswer(`The ${noun}.`, selected), headers: etag } },
    },
  } as const;
}

/** The endpoints of a table whose rows can also be made, changed and deleted. */
export function writableTable<
  Row extends z.ZodObject,
  New extends z.ZodType,
  Change extends z.ZodType,
  Created extends z.ZodType,
>(shape: TableShape<Row> & { readonly newRow: New; readonly change: Change; readonly created: Created }) {
  const { table, noun, operation, newRow, change, created } = shape;
  const readable = readableTable(shape);
  // The very same schema object: two of one name would be two definitions in the OpenAPI document.
  const selected = readable.get.responses[200].content["application/json"].schema;
  return {
    ...readable,
    create: {
      operationId: `create${operation}`,
      summary: `Makes one ${noun}.`,
      method: "post",
      path: `/api/v4/${table}`,
      request: { headers: idempotencyKey, body: jsonBody(newRow) },
      responses: { 201: jsonAnswer(`Where the new ${noun} is.`, created) },
    },
    update: {
      operationId: `update${operation}`,
      summary: `Changes what the body names of one ${noun}, or does an action on it.`,
      method: "put",
      path: `/api/v4/${table}/{key}`,
      request: { params: rowParams, query: changeQuery, headers: ifMatch, body: jsonBody(change) },
      responses: {
        200: {
          ...jsonAnswer(`The ${noun} as it stands now, or what the action answers.`, selected),
          headers: etag,
        },
      },
    },
    delete: {
      operationId: `delete${operation}`,
      summary: `Deletes one ${noun}.`,
      method: "delete",
      path: `/api/v4/${table}/{key}`,
      request: { params: rowParams, headers: ifMatch },
      responses: { 200: emptyAnswer(`The ${noun} is gone.`) },
    },
  } as const;
}

/** The update of a table that has actions: with `action` in the query, its body is that of the action, and may be left out. */
export function updateOrAction<Update extends { readonly request: object }>(
  update: Update,
  change: z.ZodType,
  actionBodies: readonly z.ZodType[],
) {
  const body = optionalJsonBody(z.union([change, ...actionBodies]));
  return { ...update, request: { ...update.request, headers: actionHeaders, body } } as const;
}

/** What an action takes beside its body. */
const actionHeaders = z.object({ ...idempotencyKey.shape, ...ifMatch.shape });

/** An action on a row, at a path of its own. */
export function rowAction<Body extends z.ZodType, Answer extends z.ZodType>(
  shape: Pick<TableShape<z.ZodObject>, "table" | "operation">,
  action: {
    readonly name: string;
    readonly summary: string;
    readonly body: Body;
    readonly status: 200 | 201;
    readonly answer: Answer;
  },
) {
  return {
    operationId: `${action.name}${shape.operation}`,
    summary: action.summary,
    method: "post",
    path: `/api/v4/${shape.table}/{key}/${action.name}`,
    request: { params: rowParams, headers: actionHeaders, body: optionalJsonBody(action.body) },
    responses: { [action.status]: jsonAnswer("What the action answers.", action.answer) },
  } as const;
}

/** The actions of a table at one path, with the row in the body, as the TypeScript and Python clients send them. */
export function actionsEndpoint(
  shape: Pick<TableShape<z.ZodObject>, "operation">,
  /** What one row is called in the body, such as `user` in `{"user": 5, "action": "disable"}`. */
  singular: string,
  actions: readonly [string, ...string[]],
) {
  return {
    operationId: `act${shape.operation}`,
    summary: `Does an action on a row that the body names: ${actions.join(", ")}.`,
    method: "post",
    path: `/api/v4/${singular}_actions`,
    request: {
      headers: actionHeaders,
      body: jsonBody(
        z.strictObject({
          [singular]: rowReference,
          action: z.string(),
          params: z.record(z.string(), z.unknown()).optional().describe("The body of the action."),
        }),
      ),
    },
    responses: { 200: jsonAnswer("What the action answers.", z.record(z.string(), z.unknown())) },
  } as const;
}
