import { type SQL, sql } from "drizzle-orm";
import { type Comparison, type Filter, type Operator, textOf, type Value } from "./filter.ts";
import { QueryError, type QueryParameter } from "./query-error.ts";
import type { Expression, Row, Statement } from "./rows.ts";
import type { Source } from "./source.ts";

const never = sql`false`;
const always = sql`true`;

/** The condition that a filter asks for. Every value in it is a parameter of the statement. */
export function compileFilter(statement: Statement, row: Row, filter: Filter): SQL {
  switch (filter.kind) {
    case "and":
    case "or": {
      const terms = filter.terms.map((term) => compileFilter(statement, row, term));
      return sql`(${sql.join(terms, filter.kind === "and" ? sql` and ` : sql` or `)})`;
    }
    case "in": {
      return compareAny(orderable(comparable(statement, row, filter.source, "filter")), filter.values);
    }
    case "compare":
      return compare(comparable(statement, row, filter.source, "filter"), filter.operator, filter.value);
    default:
      return filter satisfies never;
  }
}

/** A source that rows can be filtered or sorted by. One that is not known is an error: ignoring it would mean other rows. */
export function comparable(
  statement: Statement,
  row: Row,
  source: Comparison["source"],
  parameter: QueryParameter,
): Expression {
  const found = statement.resolve(row, source);
  if (found === undefined) {
    throw new QueryError(parameter, source.column, unknownName(row, source));
  }
  if (found.type === "json") {
    throw new QueryError(parameter, source.column, `${source.text} is a list, which cannot be compared`);
  }
  return found;
}

/** By what an expression is ordered, or found to be the same: never by a cast of a column, which no index would serve. */
export function orderable({ number, ...expression }: Expression): Expression {
  return number === undefined ? expression : { ...expression, type: "number", sql: number };
}

function unknownName(row: Row, source: Source): string {
  const names = Object.entries(row.fields).flatMap(([name, field]) => (field.kind === "rows" ? [] : [name]));
  const shown = source.text.length > 60 ? `${source.text.slice(0, 60)}...` : source.text;
  return `${row.table.name} has nothing to compare called ${JSON.stringify(shown)}; it has $key, ${names.join(", ")}`;
}

/** The left side stands once, however many values there are: it may be a subquery. */
function compareAny(left: Expression, values: readonly Value[]): SQL {
  const isNull = values.some((value) => value.kind === "null") ? [sql`(${left.sql}) is null`] : [];
  const rights = values
    .filter((value) => value.kind !== "null")
    .flatMap((value) => literalOf(left.type, value));
  const isAny = rights.length === 0 ? [] : [sql`(${left.sql}) in (${sql.join(rights, sql`, `)})`];
  const terms = [...isNull, ...isAny];
  return terms.length === 0 ? never : sql`(${sql.join(terms, sql` or `)})`;
}

/** The value as the field's type has it; none for one that no such field can have. */
function literalOf(type: Expression["type"], value: Value): SQL[] {
  switch (type) {
    case "number": {
      const number = numberOf(value);
      const isFit = number !== undefined && number >= int64.min && number <= int64.max;
      return isFit ? [sql`${number.toString()}::bigint`] : [];
    }
    case "boolean": {
      const flag = booleanOf(value);
      return flag === undefined ? [] : [sql`${flag}::boolean`];
    }
    default:
      return isStorable(textOf(value)) ? [sql`${textOf(value)}::text`] : [];
  }
}

function compare(left: Expression, operator: Operator, value: Value): SQL {
  if (value.kind === "null") {
    return operator === "ne" ? sql`(${left.sql}) is not null` : sql`(${left.sql}) is null`;
  }
  switch (operator) {
    case "eq":
    case "ne":
    case "gt":
    case "ge":
    case "lt":
    case "le":
      return compareOrder(orderable(left), operator, value);
    default:
      return compareText(left, operator, textOf(value));
  }
}

type Ordering = "eq" | "ne" | "gt" | "ge" | "lt" | "le";

const signs = {
  eq: sql`=`,
  ne: sql`is distinct from`,
  gt: sql`>`,
  ge: sql`>=`,
  lt: sql`<`,
  le: sql`<=`,
} as const;

/** Numbers, text and booleans are compared as the field is, whichever way the value was written: clients send both. */
function compareOrder({ type, sql: left }: Expression, operator: Ordering, value: Value): SQL {
  const unlike = operator === "ne" ? always : never;
  switch (type) {
    case "number":
      return compareNumber(left, operator, numberOf(value)) ?? unlike;
    case "boolean": {
      const right = booleanOf(value);
      return right === undefined ? unlike : sql`(${left}) ${signs[operator]} ${right}::boolean`;
    }
    default: {
      const right = textOf(value);
      if (!isStorable(right)) {
        return unlike;
      }
      const isOrder = operator !== "eq" && operator !== "ne";
      // The order of bytes, not of a language: the same on every machine.
      return isOrder
        ? sql`(${left}) collate "C" ${signs[operator]} ${right}::text`
        : sql`(${left}) ${signs[operator]} ${right}::text`;
    }
  }
}

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n } as const;

function compareNumber(left: SQL, operator: Ordering, right: bigint | undefined): SQL | undefined {
  if (right === undefined) {
    return undefined;
  }
  if (right >= int64.min && right <= int64.max) {
    return sql`(${left}) ${signs[operator]} ${right.toString()}::bigint`;
  }
  // What no column can hold is above or below all that it can.
  const isAbove = right > int64.max;
  const holds = isAbove ? operator === "lt" || operator === "le" : operator === "gt" || operator === "ge";
  return holds ? sql`(${left}) is not null` : undefined;
}

function numberOf(value: Value): bigint | undefined {
  const text = value.kind === "boolean" ? String(Number(value.value)) : textOf(value).trim();
  return /^[+-]?\d{1,100}$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
}

function booleanOf(value: Value): boolean | undefined {
  switch (textOf(value).toLowerCase()) {
    case "true":
    case "1":
      return true;
    case "false":
    case "0":
      return false;
    default:
      return undefined;
  }
}

function compareText(left: Expression, operator: Exclude<Operator, Ordering>, right: string): SQL {
  if (!isStorable(right)) {
    return never;
  }
  const text = left.type === "text" ? left.sql : sql`(${left.sql})::text`;
  const value = sql`${right}::text`;
  switch (operator) {
    case "bw":
      return sql`starts_with(${text}, ${value})`;
    case "ew":
      return sql`right(${text}, char_length(${value})) = ${value}`;
    case "ct":
      return sql`position(lower(${value}) in lower(${text})) > 0`;
    case "cs":
      return sql`position(${value} in ${text}) > 0`;
    case "like":
      // Without an escape character there is no pattern that is an error.
      return sql`(${text}) like ${value} escape ''`;
    case "rx":
      return sql`(${text}) ~ ${value}`;
    default:
      return operator satisfies never;
  }
}

/** Postgres text holds no NUL and no half of a surrogate pair: such a value is like nothing that is stored. */
export function isStorable(text: string): boolean {
  return !/[\0\p{Cs}]/u.test(text);
}
