import type { SQL } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";

/** Gives a column of the row at hand: a table may stand several times in a statement, each time by another alias. */
export type ColumnOf = (column: PgColumn) => SQL;

/** How the value of a field is compared and decoded. */
export type FieldType = "number" | "text" | "boolean" | "json";

/** Where a reference leads: to the rows of `table` whose column `on` equals `equals`. */
export interface Reference {
  readonly table: string;
  readonly on: PgColumn;
  /** An expression over the row that refers. */
  readonly equals: SQL;
  /** A condition over the row that refers, without which it leads nowhere. */
  readonly when?: SQL;
}

/** A field with a value of its own. With several references it may refer to rows of several tables; the first wins. */
export interface ValueField {
  readonly kind: "value";
  readonly type: FieldType;
  readonly value: SQL;
  /** The number that the value is made of, where it is answered as text: what it is compared and sorted by. */
  readonly number?: SQL;
  readonly references?: readonly Reference[];
}

/** A name for something that the language of `fields` can say, such as `user#name` or `count(members)`. */
interface PathField {
  readonly kind: "path";
  readonly path: string;
}

/** The rows of another table that belong to this one: those whose column `on` equals `equals`. */
export interface RowsField {
  readonly kind: "rows";
  readonly table: string;
  readonly on: PgColumn;
  readonly equals: SQL;
  /** Where a table between the two says which belong together: it is its column `from` that equals `equals`, and `to` that `on`. */
  readonly through?: { readonly from: PgColumn; readonly to: PgColumn };
}

/** What can be asked for by a name. */
export type QueryField = ValueField | PathField | RowsField;

/** A table as it can be queried. */
export interface QueryTable {
  /** The name on the wire. */
  readonly name: string;
  readonly table: PgTable;
  /** What `$key` is. */
  readonly key: PgColumn;
  readonly keyType: "number" | "text";
  /** The field that `$display` stands for. */
  readonly display: string;
  /** The fields that the right to list shows without the right to read; also what `summary` answers. */
  readonly summary: readonly string[];
  readonly fields: (column: ColumnOf) => Readonly<Record<string, QueryField>>;
}

/** What may be seen: decided elsewhere, applied here to every row that a statement touches. */
export interface QueryScope {
  readonly tables: ReadonlyMap<string, QueryTable>;
  /** A condition over a row of the table; undefined when every row may be listed. */
  mayList(table: string, column: ColumnOf): SQL | undefined;
  /** The same for fields beyond the summary. */
  mayRead(table: string, column: ColumnOf): SQL | undefined;
}
