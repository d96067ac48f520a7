import { and, type SQL, sql } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { compileFields, mostFields, type Selection } from "./compile-fields.ts";
import { comparable, compileFilter, isStorable, orderable } from "./compile-filter.ts";
import { parseFilter, patternsIn } from "./filter.ts";
import { QueryError } from "./query-error.ts";
import type { FieldType, QueryScope, QueryTable } from "./query-table.ts";
import { Reader } from "./reader.ts";
import { type Expression, type Row, Statement } from "./rows.ts";
import { parseSort } from "./sort.ts";
import { parseItems } from "./source.ts";

/** The query parameters of a list, as they were sent. */
export interface RowsQuery {
  /** Everything but the rows of other tables where it is left out. */
  readonly fields?: string | undefined;
  readonly filter?: string | undefined;
  readonly sort?: string | undefined;
  /** 0 for all. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** A statement that answers rows, and the names of its columns. */
interface RowsStatement {
  readonly columns: Readonly<Record<string, SQL>>;
  /** The names of the answer, in the order of the columns. */
  readonly names: readonly string[];
  /** The regular expressions that rows are filtered by. */
  readonly patterns: readonly string[];
  readonly from: SQL;
  readonly where: SQL | undefined;
  readonly orderBy: readonly SQL[];
}

/**
 * Answers the rows that the scope and the query leave, by one statement in which every value is a parameter; with `key`,
 * the row of this key alone. Without `sort`, and among equals, rows are in the order of their keys, so that pages
 * neither repeat nor miss any. Throws {@link QueryError}.
 */
export async function selectRows<Schema extends Record<string, unknown>>(
  database: PgDatabase<PgQueryResultHKT, Schema>,
  scope: QueryScope,
  table: QueryTable,
  query: RowsQuery,
  key?: number | string,
): Promise<Record<string, unknown>[]> {
  const { names, patterns, build } = rowsStatement(database, scope, table, query, key);
  await checkPatterns(database, patterns);
  const rows = await build();
  return rows.map((row) => Object.fromEntries(names.map((name, place) => [name, row[`c${place}`]])));
}

/** Ahead of the rows: whether a pattern is refused must not depend on whether there are any, seen or not. */
async function checkPatterns<Schema extends Record<string, unknown>>(
  database: PgDatabase<PgQueryResultHKT, Schema>,
  patterns: readonly string[],
): Promise<void> {
  for (const pattern of patterns.filter(isStorable)) {
    try {
      await database.execute(sql`select '' ~ ${pattern}::text`);
    } catch (error) {
      throw isBadPattern(error)
        ? new QueryError("filter", 1, "rx: the pattern is not a regular expression")
        : error;
    }
  }
}

/** The statement itself, which can be looked at before it is run, and the names of its columns in the answer. */
export function rowsStatement<Schema extends Record<string, unknown>>(
  database: PgDatabase<PgQueryResultHKT, Schema>,
  scope: QueryScope,
  table: QueryTable,
  query: RowsQuery,
  key?: number | string,
) {
  const { columns, names, patterns, from, where, orderBy } = compile(scope, table, query, key);
  const { limit = 0, offset = 0 } = query;
  const build = () => {
    const statement = database
      .select(columns)
      .from(from)
      .where(where)
      .orderBy(...orderBy)
      .$dynamic();
    const limited = limit === 0 ? statement : statement.limit(limit);
    return offset === 0 ? limited : limited.offset(offset);
  };
  return { names, patterns, build };
}

function compile(
  scope: QueryScope,
  table: QueryTable,
  query: RowsQuery,
  key: number | string | undefined,
): RowsStatement {
  const statement = new Statement(scope, "fields");
  const row = statement.open(table);
  const selection = selectionOf(statement, row, query.fields);
  const values = [...selection.values()].map((value, place) => [`c${place}`, decoded(value)] as const);
  const filter = parseFilter(query.filter ?? "");
  const keyColumn = row.column(table.key);
  const mayList = scope.mayList(table.name, row.column);
  const conditions = [
    mayList,
    key === undefined ? undefined : sql`${keyColumn} = ${key}`,
    filter === undefined
      ? undefined
      : seenFirst(mayList, compileFilter(statement.within("filter"), row, filter)),
  ];
  return {
    // A statement selects something, also where nothing that was asked for is known.
    columns: values.length === 0 ? { none: sql`null` } : Object.fromEntries(values),
    names: [...selection.keys()],
    patterns: filter === undefined ? [] : patternsIn(filter),
    from: row.from,
    where: and(...conditions),
    orderBy: [...sortKeys(statement.within("sort"), row, query.sort), keyColumn],
  };
}

/**
 * A filter that rows which may not be listed never get to: the database is free to try conditions in any order, but not
 * those within a case, and how long a filter takes on hidden rows would tell of them.
 */
function seenFirst(mayList: SQL | undefined, filter: SQL): SQL {
  return mayList === undefined ? filter : sql`case when ${mayList} then ${filter} else false end`;
}

function selectionOf(statement: Statement, row: Row, fields: string | undefined): Selection {
  const items = parseItems(new Reader("fields", fields ?? ""));
  return items.length === 0 ? mostFields(statement, row) : compileFields(statement, row, items);
}

function sortKeys(statement: Statement, row: Row, sort: string | undefined): readonly SQL[] {
  return parseSort(sort ?? "").map(({ source, isDescending }) => {
    const { type, sql: value, isRequired } = orderable(comparable(statement, row, source, "sort"));
    const expression = type === "text" ? sql`(${value}) collate "C"` : sql`(${value})`;
    if (!isDescending) {
      return sql`${expression} asc`;
    }
    // An index read backwards has nulls first; where there are none, saying otherwise would keep it from being used.
    return isRequired === true ? sql`${expression} desc` : sql`${expression} desc nulls last`;
  });
}

function decoded({ type, sql: value }: Expression): SQL {
  return value.mapWith(decoders[type]);
}

const decoders: Readonly<Record<FieldType, (value: unknown) => unknown>> = {
  // One driver gives 64-bit numbers as text. All of ours fit a JavaScript number, microseconds included.
  number: Number,
  text: String,
  boolean: Boolean,
  json: (value) => (typeof value === "string" ? JSON.parse(value) : value),
};

const invalidRegularExpression = "2201B";

function isBadPattern(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error && "code" in cause && cause.code === invalidRegularExpression;
}
