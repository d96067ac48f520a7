import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DrizzleQueryError } from "drizzle-orm/errors";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";

/** A database or a transaction on one, whichever driver is behind it. */
export type Database = PgDatabase<PgQueryResultHKT>;

/** An open database, migrated to the present schema. */
export interface OpenDatabase {
  readonly database: Database;
  /** What it is, for people: never a URL, which may hold a password. */
  readonly description: string;
  /** The connections that it has now; undefined for an embedded one, which has none. */
  readonly connections: (() => Connections) | undefined;
  close(): Promise<void>;
}

/** Connections of a pool: all, those that nobody uses, and how many wait for one. */
export interface Connections {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Where the migrations are, in the package as it is published. */
export const migrations = {
  migrationsFolder: path.join(
    path.dirname(createRequire(import.meta.url).resolve("keyward/package.json")),
    "drizzle/migrations",
  ),
};

const uniqueViolation = "23505";
const foreignKeyViolation = "23503";

/** Whether a statement failed because a row with the same values is there already, by the constraint's name. */
export function violatesUnique(error: unknown, constraint: string): boolean {
  const found = constraintOrCode(error);
  return found?.code === uniqueViolation && found.constraint === constraint;
}

/** Whether a statement failed because a row that it refers to is not there, by the constraint's name. */
export function violatesForeignKey(error: unknown, constraint: string): boolean {
  const found = constraintOrCode(error);
  return found?.code === foreignKeyViolation && found.constraint === constraint;
}

/** The rows that a statement of our own answered; the caller parses them. */
export function rowsOf(result: unknown): unknown {
  return typeof result === "object" && result !== null && "rows" in result ? result.rows : [];
}

const deadlock = "40P01";
const serializationFailure = "40001";

/**
 * One transaction, done again when the database chose it as the loser between two that waited for each other: it was
 * undone whole, and the other is through by then.
 */
export async function transact<T>(
  database: Database,
  run: (transaction: Database) => Promise<T>,
): Promise<T> {
  const attempts = 5;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction(run);
    } catch (error) {
      const code = constraintOrCode(error)?.code;
      if (attempt >= attempts || (code !== deadlock && code !== serializationFailure)) {
        throw error;
      }
      await sleep(Math.random() * 20 * attempt);
    }
  }
}

/**
 * Waits for all of what a transaction does at once, also when some of it fails: whatever went on doing statements would do
 * them in the next transaction of the connection.
 */
export async function together<T extends readonly unknown[]>(
  ...work: { readonly [Place in keyof T]: Promise<T[Place]> }
): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** A statement that is ready to be sent. */
export interface Statement {
  execute(): Promise<unknown>;
}

/** A transaction that sends its last statements together with the commit. */
export interface DeferringTransaction {
  readonly last: Statement[];
}

/**
 * Has a statement done at the end of a transaction, on Postgres together with the commit: for what a change leaves behind
 * and nobody in it reads. When it fails, there is no change, and whoever commits is told of it.
 */
export async function doLast(transaction: Database, statement: Statement): Promise<void> {
  if (hasLast(transaction)) {
    transaction.last.push(statement);
  } else {
    await statement.execute();
  }
}

function hasLast(transaction: Database): transaction is Database & DeferringTransaction {
  return "last" in transaction;
}

/** Thrown where there is no connection to be had. */
export class NoConnection extends Error {}

/** Classes of SQLSTATE by which Postgres says that it cannot go on: connection, resources, intervention by an operator. */
const lost = /^(08|53|57P|25P03)/;

/** Whether a statement failed for want of the database, and not by what it asked for. */
export function isDatabaseLost(error: unknown): boolean {
  const code = constraintOrCode(error)?.code;
  // Drizzle wraps whatever fails in a statement; without a code, it was not the database that spoke.
  return (
    error instanceof NoConnection ||
    (code === undefined ? error instanceof DrizzleQueryError : lost.test(code))
  );
}

const sqlState = /^[0-9A-Z]{5}$/;

/** The SQLSTATE of a failed statement, and the constraint that it broke; undefined where the database said nothing. */
function constraintOrCode(error: unknown): { code: string; constraint: string | undefined } | undefined {
  // Drizzle wraps what the driver threw.
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (!(cause instanceof Error) || !("code" in cause) || typeof cause.code !== "string") {
    return undefined;
  }
  if (!sqlState.test(cause.code)) {
    return undefined;
  }
  const constraint = "constraint" in cause ? cause.constraint : undefined;
  return { code: cause.code, constraint: typeof constraint === "string" ? constraint : undefined };
}
