import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import type { PgDatabase, PgQueryResultHKT } from "drizzle-orm/pg-core";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { migrate as migratePglite } from "drizzle-orm/pglite/migrator";
import { drizzle as drizzlePostgres } from "drizzle-orm/postgres-js";
import { migrate as migratePostgres } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import * as schema from "../drizzle/schema.ts";
import { holdDataFolder } from "./data-folder.ts";

/** A database or a transaction on one, whichever driver is behind it. */
export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

/** An open database, migrated to the present schema. */
export interface OpenDatabase {
  readonly database: Database;
  /** What it is, for people: never a URL, which may hold a password. */
  readonly description: string;
  close(): Promise<void>;
}

const migrations = {
  migrationsFolder: path.join(
    path.dirname(createRequire(import.meta.url).resolve("keyward/package.json")),
    "drizzle/migrations",
  ),
};

/**
 * Opens the embedded database in a folder, made when it is not there. Fails if another process has it open: two
 * processes on one folder destroy it, and PGlite does not guard against that. "memory://" is a database of its own
 * that is gone when it is closed, for tests.
 */
export async function openPglite(folder: string): Promise<OpenDatabase> {
  if (folder === "memory://") {
    return migratedPglite(new PGlite(), async () => {});
  }
  const release = await holdDataFolder(folder);
  try {
    const location = path.join(folder, "pglite");
    if (!existsSync(location)) {
      await initialise(folder, location);
    }
    return await migratedPglite(new PGlite(location), release);
  } catch (error) {
    await release();
    throw error;
  }
}

/** Made beside its place and renamed when it is whole, so that a process killed meanwhile leaves nothing half-made. */
async function initialise(folder: string, location: string): Promise<void> {
  const unfinished = path.join(folder, "pglite.unfinished");
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  const pglite = new PGlite(unfinished);
  await pglite.waitReady;
  await pglite.close();
  await rename(unfinished, location);
}

async function migratedPglite(pglite: PGlite, release: () => Promise<void>): Promise<OpenDatabase> {
  const database = drizzlePglite(pglite, { schema });
  await migratePglite(database, migrations);
  const close = async () => {
    await pglite.close();
    await release();
  };
  return { database, description: "PGlite", close };
}

/**
 * How long a transaction may stand still, in milliseconds, before Postgres undoes it: what it holds locked, a server that
 * was halted or cut off in its middle would otherwise keep from all others for as long as that lasts.
 */
const idleInTransactionMs = 5000;

/** Opens a Postgres database (14 or later) by its URL. Several processes may share it and may start at once. */
export async function openPostgres(url: string): Promise<OpenDatabase> {
  // Notices ("relation already exists, skipping") would go to stdout, where the log is one JSON object a line.
  const client = postgres(url, {
    onnotice: () => {},
    connection: { application_name: "keyward", idle_in_transaction_session_timeout: idleInTransactionMs },
  });
  const database = drizzlePostgres(client, { schema });
  try {
    await migrateOrWaitForOther(() => migratePostgres(database, migrations));
  } catch (error) {
    await client.end();
    throw error;
  }
  return { database, description: "Postgres", close: () => client.end() };
}

/**
 * When several processes start at once on an empty database, all but one fail on what that one just made. Migrations
 * are one transaction, so the others lose nothing and find the work done when they look again.
 */
async function migrateOrWaitForOther(migrate: () => Promise<void>): Promise<void> {
  const attempts = 5;
  for (let attempt = 1; attempt < attempts; attempt += 1) {
    try {
      return await migrate();
    } catch (error) {
      if (constraintOrCode(error)?.code === undefined) {
        throw error;
      }
      await sleep(200 * attempt);
    }
  }
  return migrate();
}

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

/** What a statement of our own answered: PGlite answers an object that holds the rows, postgres.js the rows themselves. */
export function rowsOf(result: unknown): unknown {
  return typeof result === "object" && result !== null && "rows" in result
    ? result.rows
    : Array.from(Object.values(result ?? []));
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

/** Drizzle wraps what the driver threw; PGlite and postgres.js name the constraint differently. */
function constraintOrCode(error: unknown): { code: string; constraint: string | undefined } | undefined {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (!(cause instanceof Error) || !("code" in cause) || typeof cause.code !== "string") {
    return undefined;
  }
  const fields: Record<string, unknown> = { ...cause };
  const constraint = fields["constraint_name"] ?? fields["constraint"];
  return { code: cause.code, constraint: typeof constraint === "string" ? constraint : undefined };
}
