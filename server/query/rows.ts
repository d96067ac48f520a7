import { type SQL, sql } from "drizzle-orm";
import { QueryError, type QueryParameter } from "./query-error.ts";
import type {
  ColumnOf,
  FieldType,
  QueryField,
  QueryScope,
  QueryTable,
  Reference,
  RowsField,
  ValueField,
} from "./query-table.ts";
import { Reader } from "./reader.ts";
import { readSource, type Segment, type Source } from "./source.ts";

/** A value within a statement. */
export interface Expression {
  readonly type: FieldType;
  readonly sql: SQL;
  /** What it is compared and sorted by, where that is not the value itself but the number that it is made of. */
  readonly number?: SQL;
  /** Whether it has a value on every row. */
  readonly isRequired?: boolean;
}

/** A row that a statement is at: of the table asked for, or of one that a reference leads to. */
export interface Row {
  readonly table: QueryTable;
  readonly column: ColumnOf;
  readonly fields: Readonly<Record<string, QueryField>>;
  /** Those of the row's columns that the database keeps from being null, as they stand in the fields. */
  readonly required: ReadonlySet<SQL>;
  /** The table under this row's alias, for the from clause. */
  readonly from: SQL;
  /** How many steps lead here; bounds what paths can expand to. */
  readonly depth: number;
  /** Whether it is one of the rows that belong to another. */
  readonly isNested: boolean;
}

const depthMax = 12;
/** Each is a subquery, and a statement of many is slow to plan and to run. */
const aliasesMax = 300;

/** One statement in the making: gives each row an alias of its own and applies the scope to it. */
export class Statement {
  readonly #scope: QueryScope;
  readonly #parameter: QueryParameter;
  #aliases: { count: number };

  constructor(scope: QueryScope, parameter: QueryParameter, aliases: { count: number } = { count: 0 }) {
    this.#scope = scope;
    this.#parameter = parameter;
    this.#aliases = aliases;
  }

  /** The same statement, for faults in another parameter. */
  within(parameter: QueryParameter): Statement {
    return new Statement(this.#scope, parameter, this.#aliases);
  }

  /** A row of a table, under an alias that no other row of the statement has. */
  open(table: QueryTable, depth = 0, isNested = false): Row {
    if (this.#aliases.count >= aliasesMax) {
      throw new QueryError(this.#parameter, 1, `leads to rows of other tables more than ${aliasesMax} times`);
    }
    const alias = sql.identifier(`t${this.#aliases.count}`);
    this.#aliases.count += 1;
    const required = new Set<SQL>();
    const column: ColumnOf = (of) => {
      const value = sql`${alias}.${sql.identifier(of.name)}`;
      if (of.notNull) {
        required.add(value);
      }
      return value;
    };
    return {
      table,
      column,
      fields: table.fields(column),
      required,
      from: sql`${table.table} as ${alias}`,
      depth,
      isNested,
    };
  }

  /** The condition under which the row may be listed. */
  mayList({ table, column }: Row): SQL {
    return this.#scope.mayList(table.name, column) ?? sql`true`;
  }

  /** The field of this name; undefined when there is none. */
  field(row: Row, name: string): QueryField | undefined {
    const real = name === "$display" ? row.table.display : name;
    return Object.hasOwn(row.fields, real) ? row.fields[real] : undefined;
  }

  /** The value that a source stands for; undefined when a name in it is not known or leads nowhere. */
  resolve(row: Row, source: Source): Expression | undefined {
    return this.#walk(row, source.segments);
  }

  #walk(row: Row, segments: readonly Segment[]): Expression | undefined {
    const [segment, ...rest] = segments;
    if (segment === undefined || segment.items !== undefined) {
      return undefined;
    }
    if (rest.length > 0) {
      return this.follow(row, segment.name, (target) => this.#walk(target, rest));
    }
    return segment.argument === undefined
      ? this.#value(row, segment.name)
      : this.#call(row, segment.name, segment.argument);
  }

  #value(row: Row, name: string): Expression | undefined {
    if (name === "$key") {
      return { type: row.table.keyType, sql: row.column(row.table.key), isRequired: true };
    }
    const field = this.field(row, name);
    switch (field?.kind) {
      case "value": {
        const { type, value, number } = field;
        const isRequired = row.required.has(number ?? value);
        return this.guard(row, name, {
          type,
          sql: value,
          ...(number === undefined ? {} : { number }),
          isRequired,
        });
      }
      case "path": {
        const found = this.#walk(deeper(row), this.#path(row, field.path).segments);
        return found === undefined ? undefined : this.guard(row, name, found);
      }
      default:
        return undefined;
    }
  }

  #path(row: Row, path: string): Source {
    if (row.depth >= depthMax) {
      throw new QueryError(this.#parameter, 1, "leads over too many references");
    }
    return readSource(new Reader(this.#parameter, path));
  }

  #call(row: Row, name: string, argument: Source): Expression | undefined {
    switch (name.toLowerCase()) {
      case "count":
        return this.#count(row, argument);
      case "display":
        return this.#display(row, argument.segments);
      case "upper":
      case "lower": {
        const inner = this.resolve(row, argument);
        const call = sql.raw(name.toLowerCase());
        return inner === undefined ? undefined : { type: "text", sql: sql`${call}((${inner.sql})::text)` };
      }
      default:
        return undefined;
    }
  }

  #count(row: Row, { segments }: Source): Expression | undefined {
    const [{ name }, ...rest] = segments;
    const field = this.field(row, name);
    if (field?.kind !== "rows" || rest.length > 0) {
      return undefined;
    }
    const counted = this.rows(row, field, () => sql`count(*)`);
    return counted === undefined ? undefined : this.guard(row, name, { type: "number", sql: counted });
  }

  /** What the reference shows for itself; of a field that refers to nothing, its value in letters. */
  #display(row: Row, segments: readonly Segment[]): Expression | undefined {
    const [segment, ...rest] = segments;
    if (segment === undefined) {
      return undefined;
    }
    if (rest.length > 0) {
      return this.follow(row, segment.name, (target) => this.#display(target, rest));
    }
    const field = this.field(row, segment.name);
    if (field?.kind === "value" && field.references !== undefined) {
      return this.follow(row, segment.name, (target) => this.#value(target, "$display"));
    }
    const value = this.#value(row, segment.name);
    return value === undefined ? undefined : { type: "text", sql: sql`(${value.sql})::text` };
  }

  /**
   * A value of the row that a field refers to, as a subquery, so that a reference that leads nowhere, or to a row that may
   * not be listed, is null and never takes the referring row away.
   */
  follow(row: Row, name: string, read: (target: Row) => Expression | undefined): Expression | undefined {
    const field = this.field(row, name);
    if (field?.kind !== "value") {
      return undefined;
    }
    const found = (field.references ?? []).flatMap((reference) => this.#target(row, reference, read));
    const [first] = found;
    if (first === undefined) {
      return undefined;
    }
    const alike = found
      .filter((expression) => expression.type === first.type)
      .map((expression) => expression.sql);
    const value = alike.length === 1 ? first.sql : sql`coalesce(${sql.join(alike, sql`, `)})`;
    return this.guard(row, name, { type: first.type, sql: value });
  }

  #target(row: Row, reference: Reference, read: (target: Row) => Expression | undefined): Expression[] {
    const table = this.#scope.tables.get(reference.table);
    if (table === undefined) {
      return [];
    }
    const target = this.open(table, row.depth + 1, row.isNested);
    const value = read(target);
    if (value === undefined) {
      return [];
    }
    const statement = sql`(select ${value.sql} from ${target.from}
      where ${target.column(reference.on)} = ${reference.equals} and ${reference.when ?? sql`true`}
      and ${this.mayList(target)} limit 1)`;
    return [{ type: value.type, sql: statement }];
  }

  /** Something of the rows that belong to a row, such as their number. */
  rows(row: Row, field: RowsField, read: (child: Row) => SQL): SQL | undefined {
    const table = this.#scope.tables.get(field.table);
    // Rows of rows of rows would multiply without an end: nobody's rows are counted or selected within rows.
    if (table === undefined || row.isNested) {
      return undefined;
    }
    const child = this.open(table, row.depth + 1, true);
    return sql`(select ${read(child)} from ${child.from}
      where ${belongs(field, child.column(field.on))} and ${this.mayList(child)})`;
  }

  /**
   * Hides the value where the row may be listed but not read: it is then null wherever it stands, also where rows are
   * filtered or sorted by it, so that it cannot be guessed either.
   */
  guard(row: Row, name: string, value: Expression): Expression {
    const { table, column } = row;
    if (name === "$display" || name === table.display || table.summary.includes(name)) {
      return value;
    }
    const mayRead = this.#scope.mayRead(table.name, column);
    if (mayRead === undefined) {
      return value;
    }
    const hide = (hidden: SQL) => sql`case when ${mayRead} then ${hidden} end`;
    const number = value.number === undefined ? {} : { number: hide(value.number) };
    return { type: value.type, sql: hide(value.sql), ...number };
  }
}

function belongs({ equals, through }: RowsField, on: SQL): SQL {
  return through === undefined
    ? sql`${on} = ${equals}`
    : sql`${on} in (select ${through.to} from ${through.to.table} where ${through.from} = ${equals})`;
}

function deeper(row: Row): Row {
  return { ...row, depth: row.depth + 1 };
}

/** A field that refers to rows, as opposed to one that has a value only. */
export function isReference(
  field: QueryField | undefined,
): field is ValueField & { references: readonly Reference[] } {
  return field?.kind === "value" && field.references !== undefined;
}
