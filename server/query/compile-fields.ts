import { type SQL, sql } from "drizzle-orm";
import { QueryError } from "./query-error.ts";
import type { RowsField } from "./query-table.ts";
import { type Expression, isReference, type Row, type Statement } from "./rows.ts";
import type { Item } from "./source.ts";

/** What is answered of a row: values by their names. */
export type Selection = ReadonlyMap<string, Expression>;

/** How a selection may expand: at the top, `all` takes the rows of other tables with it; within one, it does not. */
interface Place {
  readonly isNested: boolean;
}

const answeredMax = 200;
/** Postgres functions take 100 arguments, two for each field; "$key" and its like count too. */
const nestedMax = 49;

/** The values that items ask for. Names that are not known are left out: clients ask for fields of other versions. */
export function compileFields(
  statement: Statement,
  row: Row,
  items: readonly Item[],
  place: Place = { isNested: false },
): Selection {
  const selection = new Map<string, Expression>();
  for (const item of items) {
    for (const [name, value] of compileItem(statement, row, item, place)) {
      selection.set(name, value);
    }
  }
  const max = place.isNested ? nestedMax : answeredMax;
  if (selection.size > max) {
    const column = items[0]?.source.column ?? 1;
    throw new QueryError("fields", column, `asks for more than ${max} fields of one row`);
  }
  return selection;
}

/** Every field that is not rows of another table. */
export function mostFields(statement: Statement, row: Row): Selection {
  return named(statement, row, Object.keys(row.fields));
}

function compileItem(statement: Statement, row: Row, { source, name }: Item, place: Place): Selection {
  const [first] = source.segments;
  const isPlain = source.segments.length === 1 && first.argument === undefined && first.items === undefined;
  if (isPlain && statement.field(row, first.name) === undefined) {
    switch (first.name) {
      case "all":
        return place.isNested ? mostFields(statement, row) : allFields(statement, row);
      case "most":
        return mostFields(statement, row);
      case "summary":
        return named(statement, row, row.table.summary);
      default:
        break;
    }
  }
  const value = isPlain
    ? compileName(statement, row, first.name)
    : compileWay(statement, row, source.segments);
  return new Map(value === undefined ? [] : [[name, value]]);
}

function compileName(statement: Statement, row: Row, name: string): Expression | undefined {
  const field = statement.field(row, name);
  if (field?.kind === "rows") {
    return row.depth === 0
      ? nestedRows(statement, row, name, field, (child) => mostFields(statement, child))
      : undefined;
  }
  return statement.resolve(row, { text: name, column: 1, segments: [{ name }] });
}

function compileWay(
  statement: Statement,
  row: Row,
  segments: Item["source"]["segments"],
): Expression | undefined {
  const [first, second, ...rest] = segments;
  if (second !== undefined) {
    return endsInItems(segments)
      ? statement.follow(row, first.name, (target) => compileWay(statement, target, [second, ...rest]))
      : statement.resolve(row, { text: "", column: 1, segments });
  }
  const { items, name } = first;
  if (items === undefined) {
    return statement.resolve(row, { text: "", column: 1, segments });
  }
  const select = (inner: Row) => compileFields(statement, inner, items, { isNested: true });
  const field = statement.field(row, name);
  if (field?.kind === "rows") {
    // Only of the row that was asked for: behind a reference, each row would bring the same rows again.
    return row.depth === 0 ? nestedRows(statement, row, name, field, select) : undefined;
  }
  return isReference(field)
    ? statement.follow(row, name, (target) => ({ type: "json", sql: jsonObject(select(target)) }))
    : undefined;
}

function endsInItems(segments: Item["source"]["segments"]): boolean {
  return segments.at(-1)?.items !== undefined;
}

function nestedRows(
  statement: Statement,
  row: Row,
  name: string,
  field: RowsField,
  select: (child: Row) => Selection,
): Expression | undefined {
  const rows = statement.rows(row, field, (child) => {
    const key = child.column(child.table.key);
    return sql`coalesce(json_agg(${jsonObject(select(child))} order by ${key}), '[]'::json)`;
  });
  return rows === undefined ? undefined : statement.guard(row, name, { type: "json", sql: rows });
}

function jsonObject(selection: Selection): SQL {
  const pairs = [...selection].map(([name, value]) => sql`${name}::text, ${value.sql}`);
  return sql`json_build_object(${sql.join(pairs, sql`, `)})`;
}

function allFields(statement: Statement, row: Row): Selection {
  const rows = Object.entries(row.fields).flatMap(([name, field]): [string, Expression][] => {
    const value = field.kind === "rows" ? compileName(statement, row, name) : undefined;
    return value === undefined ? [] : [[name, value]];
  });
  return new Map([...mostFields(statement, row), ...rows]);
}

function named(statement: Statement, row: Row, names: readonly string[]): Selection {
  const values = ["$key", ...names].flatMap((name): [string, Expression][] => {
    const value = statement.resolve(row, { text: name, column: 1, segments: [{ name }] });
    return value === undefined ? [] : [[name, value]];
  });
  return new Map(values);
}
