import { createHash } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Right } from "../../contract/permissions.ts";
import type { Rights } from "../access/rights.ts";
import type { Database } from "../database.ts";
import { ApiError, notFound } from "../errors.ts";
import { QueryError } from "../query/query-error.ts";
import { type RowsQuery, selectRows } from "../query/select-rows.ts";
import type { Answer, RowKey, Table } from "./define-table.ts";
import { scopeOf } from "./every-table.ts";
import type { WriteContext } from "./write-context.ts";

/**
 * Holds the row until the transaction ends, so that what is checked of it is still so when it is changed. Answers what the
 * table wants to be told of it; undefined when there is no such row.
 */
export async function lockRow(
  transaction: Database,
  { lock }: Table,
  key: RowKey,
): Promise<Answer | undefined> {
  const [held] = await lock.on(transaction).execute({ key });
  return held;
}

/** Throws unless a row that is held is there, may be seen by the caller, and the right is theirs. */
export async function requireLocked(
  { transaction, rights }: WriteContext,
  table: Table,
  key: RowKey,
  right: Exclude<Right, "create">,
  isThere: boolean,
): Promise<void> {
  // Who may list every row sees this one if it is there; whether others do is asked with the row held.
  const isSeenByRights = table.rowsWithin(rights, "list", (column) => sql`${column}`) === undefined;
  const isSeen =
    isThere &&
    (isSeenByRights || (await select(transaction, rights, table, { fields: "$key" }, key)).length > 0);
  if (!isSeen) {
    throw notFound();
  }
  await requireRight(transaction, rights, table, right, key);
}

/** Refuses to change another version of the row than the caller has read. Call it with the row locked. */
export async function requireVersion(
  ifMatch: string | undefined,
  { transaction, rights }: WriteContext,
  table: Table,
  key: RowKey,
): Promise<void> {
  if (ifMatch !== undefined && ifMatch.trim() !== "*") {
    const etag = await etagOf(transaction, rights, table, key);
    const accepted = ifMatch.split(",").map((tag) => tag.trim());
    if (etag === undefined || !accepted.includes(etag)) {
      throw new ApiError("precondition_failed", "If-Match: the row has changed since; read it again");
    }
  }
}

/** A row that may be listed is known to be there, so the caller is told that it is the right that is missing. */
export async function requireRight(
  database: Database,
  rights: Rights,
  table: Table,
  right: Exclude<Right, "create">,
  key: RowKey,
): Promise<void> {
  if (!(await holdsOn(database, rights, table, right, key))) {
    throw new ApiError("forbidden", `you may list this row of ${table.query.name}, but not ${right} it`);
  }
}

/**
 * The version of a row: a hash of what the caller may read of it, but for what changes by itself, such as last logins.
 * A hash of the answer rather than a counter in the table, so that it also changes when a joined name does.
 */
export async function etagOf(
  database: Database,
  rights: Rights,
  table: Table,
  key: RowKey,
): Promise<string | undefined> {
  const [row] = await select(database, rights, table, { fields: "most" }, key);
  if (row === undefined) {
    return undefined;
  }
  const lasting = Object.entries(row).filter(([name]) => !table.volatile.includes(name));
  const unseen = await unseenOf(database, table, key);
  const hash = createHash("sha256")
    .update(JSON.stringify([lasting, unseen]))
    .digest("base64url");
  return `"${hash.slice(0, 22)}"`;
}

async function unseenOf(database: Database, { query, unseen }: Table, key: RowKey): Promise<unknown> {
  if (unseen.length === 0) {
    return [];
  }
  const columns = Object.fromEntries(unseen.map((column, place) => [`c${place}`, sql`${column}`]));
  return database.select(columns).from(query.table).where(eq(query.key, key));
}

/** The rows that the rights leave of what is asked for; with `key`, that row alone. */
export async function select(
  database: Database,
  rights: Rights,
  table: Table,
  query: RowsQuery,
  key?: RowKey,
): Promise<readonly Answer[]> {
  try {
    return await selectRows(database, scopeOf(rights), table.query, query, key);
  } catch (error) {
    if (error instanceof QueryError) {
      throw new ApiError("invalid", `${error.parameter}: ${error.message}`);
    }
    throw error;
  }
}

/** Whether a right holds for a row. */
export async function holdsOn(
  database: Database,
  rights: Rights,
  { query, rowsWithin }: Table,
  right: Exclude<Right, "create">,
  key: RowKey,
): Promise<boolean> {
  const within = rowsWithin(rights, right, (column) => sql`${column}`);
  if (within === undefined) {
    return true;
  }
  const found = await database
    .select({ key: query.key })
    .from(query.table)
    .where(and(eq(query.key, key), within));
  return found.length > 0;
}
