import { eq, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { z } from "zod";
import type { Endpoint } from "../../contract/endpoint.ts";
import type { Right } from "../../contract/permissions.ts";
import type { Reach, Rights } from "../access/rights.ts";
import type { Database } from "../database.ts";
import { ApiError } from "../errors.ts";
import type { Subject } from "../fence.ts";
import { Prepared } from "../prepared.ts";
import type { ColumnOf, QueryTable } from "../query/query-table.ts";
import { parseInput } from "../validation.ts";
import type { WriteContext } from "./write-context.ts";

/** The key of a row: a number, or the name in a table that is keyed by name. */
export type RowKey = number | string;

/** What a change answers beside, or in place of, the row. */
export type Answer = Readonly<Record<string, unknown>>;

/** A row just made. */
export interface Created {
  readonly key: RowKey;
  /** What is answered beside the row's place, such as a secret. */
  readonly answer?: Answer;
}

/** One v4 table: what it looks like, whose rights decide about a row, and how it is changed. Everything else is shared. */
export interface Table {
  readonly query: QueryTable;
  readonly endpoints: TableEndpoints;
  /** What one row is called in `POST /<singular>_actions`. */
  readonly singular: string;
  /** The rows that a right holds for, as a condition over a row; undefined for all of them. */
  readonly rowsWithin: (rights: Rights, right: Exclude<Right, "create">, column: ColumnOf) => SQL | undefined;
  /** Columns that nobody is shown, and whose change makes another version of the row all the same. */
  readonly unseen: readonly PgColumn[];
  /** Fields that change without anybody changing the row; they are not in its ETag. */
  readonly volatile: readonly string[];
  /** What of the gate's memory a change of a row makes wrong, where that depends on the row. */
  readonly concerns: Concerns | undefined;
  readonly writes: Writes | undefined;
  /** Locks the row with a `key`, and answers what its deletion is told. */
  readonly lock: Prepared<{ execute(values: { readonly key: RowKey }): Promise<readonly Answer[]> }>;
  readonly actions: Readonly<Record<string, RowAction>>;
}

/** Of a row that is to be made, from its body, and of one that is there. */
interface Concerns {
  readonly ofNew: (raw: unknown) => readonly Subject[];
  readonly ofRow: (database: Database, key: RowKey) => Promise<readonly Subject[]>;
}

/** The endpoints of a table, from the contract; the last three only where rows can be changed. */
interface TableEndpoints {
  readonly list: Endpoint;
  readonly schema: Endpoint;
  readonly get: Endpoint;
  readonly create?: Endpoint;
  readonly update?: Endpoint;
  readonly delete?: Endpoint;
  readonly act?: Endpoint;
}

/** The changes of a table. Each first checks its input, before anything is opened or locked. */
export interface Writes {
  readonly newRow: z.ZodType;
  readonly change: z.ZodType;
  readonly create: (raw: unknown) => {
    /** Throws unless the caller may do it; also before an answer that was kept for a retry is given again. */
    readonly authorize: (context: WriteContext) => Promise<void>;
    readonly run: (context: WriteContext) => Promise<Created>;
  };
  readonly update: (raw: unknown) => (context: WriteContext, key: RowKey) => Promise<Answer>;
  /** What is read of a row when it is locked, for the function that deletes it. */
  readonly told: Told;
  readonly delete: (context: WriteContext, key: RowKey, told: unknown) => Promise<void>;
}

type Told = Readonly<Record<string, PgColumn | SQL>>;

/** An action on a row, which needs a right on it. */
export interface RowAction {
  readonly endpoint: Endpoint;
  readonly right: Exclude<Right, "create">;
  /**
   * Throws unless the caller may do it, beside the right on the row; also before an answer that was kept for a retry is
   * given again, and then of the row that was made where the first one is gone.
   */
  readonly authorize?: (context: WriteContext, key: RowKey) => Promise<void>;
  readonly prepare: (raw: unknown) => (context: WriteContext, key: RowKey) => Promise<Answer>;
}

/** Puts a table together; what is left out is not there. */
export function defineTable(
  table: Pick<Table, "query" | "endpoints" | "singular" | "rowsWithin"> & Partial<Omit<Table, "lock">>,
): Table {
  const { name, key, table: rows } = table.query;
  const lock = new Prepared((database) =>
    database
      .select({ ...table.writes?.told, rowKey: key })
      .from(rows)
      .where(eq(key, sql.placeholder("key")))
      .for("update")
      .prepare(`lock ${name}`),
  );
  return { volatile: [], unseen: [], concerns: undefined, writes: undefined, actions: {}, ...table, lock };
}

/** Ties the functions that change a table to the schemas that check their input. */
export function defineWrites<
  New extends z.ZodType,
  Change extends z.ZodType,
  Key extends RowKey,
>(definition: {
  readonly newRow: New;
  readonly change: Change;
  readonly keyOf: (key: RowKey) => Key;
  readonly authorize: (context: WriteContext, input: z.output<New>) => Promise<void> | void;
  readonly create: (context: WriteContext, input: z.output<New>) => Promise<Created>;
  readonly update: (context: WriteContext, key: Key, input: z.output<Change>) => Promise<Answer>;
  readonly told?: Told;
  readonly delete: (context: WriteContext, key: Key, told: unknown) => Promise<void>;
}): Writes {
  const { newRow, change, keyOf, told = {} } = definition;
  return {
    newRow,
    change,
    told,
    create: (raw) => {
      const input = parseInput(newRow, raw);
      return {
        authorize: async (context) => definition.authorize(context, input),
        run: (context) => definition.create(context, input),
      };
    },
    update: (raw) => {
      const input = parseInput(change, raw);
      return (context, key) => definition.update(context, keyOf(key), input);
    },
    delete: (context, key, row) => definition.delete(context, keyOf(key), row),
  };
}

/** Ties an action on a row with a number for its key to the schema that checks its input. */
export function defineAction<Body extends z.ZodType>(
  endpoint: Endpoint,
  right: RowAction["right"],
  body: Body,
  run: (context: WriteContext, key: number, input: z.output<Body>) => Promise<Answer>,
): RowAction {
  return {
    endpoint,
    right,
    prepare: (raw) => {
      const input = parseInput(body, raw);
      return (context, key) => run(context, Number(key), input);
    },
  };
}

/** A condition that holds for the rows whose key, or whose owner's key, is within reach; undefined when all are. */
export function withinReach(reach: Reach, key: SQL): SQL | undefined {
  if (reach === "all") {
    return undefined;
  }
  if (reach.size === 0) {
    return sql`false`;
  }
  // One text parameter, however many keys: both drivers bind it alike, and an index on the key serves it.
  return sql`${key} = any(string_to_array(${[...reach].join(",")}::text, ',')::bigint[])`;
}

/** The rule for creates in a table whose rows are nobody's in particular: the right to create in it. */
export function mayCreateIn(table: string): (context: WriteContext) => void {
  return ({ rights }) => {
    if (!rights.holds("create", table, 0)) {
      throw new ApiError("forbidden", `you may not create ${table}`);
    }
  };
}

/** The rule of a table whose rows have rights of their own: what is granted on the row, the table or everything. */
export function ownRights(name: string, key: (column: ColumnOf) => SQL): Table["rowsWithin"] {
  return (rights, right, column) => withinReach(rights.reach(right, name), key(column));
}
