import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import type { Logger } from "pino";
import { isDatabaseLost, migrations, NoConnection, type OpenDatabase } from "./database.ts";
import { PostgresClient } from "./postgres-client.ts";
import { runTransaction } from "./postgres-transaction.ts";

/**
 * How long is waited, in milliseconds. A transaction that stands still is undone by Postgres: what it holds locked, a
 * server that was halted or cut off in its middle would otherwise keep from all others for as long as that lasts. A
 * connection that was cut without a word does not answer, and is left. Whoever waits for a connection behind others is
 * served late rather than not at all.
 */
const patience = {
  idle_in_transaction_session_timeout: 5000,
  query_timeout: 15_000,
  connectionTimeoutMillis: 15_000,
} as const;

/** Opens a Postgres database (14 or later) by its URL. Several processes may share it and may start at once. */
export async function openPostgres(url: string, logger?: Logger): Promise<OpenDatabase> {
  await migrateOnce(url);
  const pool = new pg.Pool({
    Client: PostgresClient,
    connectionString: url,
    application_name: "keyward",
    keepAlive: true,
    // What need not wait for the answer to what was sent before is sent at once.
    pipeline: true,
    ...patience,
  });
  // Whoever is using a connection that is lost is told by its own statement; an event that nobody hears ends a process.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", (error) => logger?.warn({ err: error }, "a connection to the database was lost"));
  const database = drizzle(pool);
  // Drizzle's own keeps a connection from the pool for ever when it is lost between two transactions.
  database.transaction = (run, config) => {
    if (config !== undefined) {
      throw new Error("every transaction here has the isolation level of the database");
    }
    return borrow(pool, (client) => runTransaction(client, run));
  };
  const connections = () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount });
  return { database, description: "Postgres", connections, close: () => pool.end() };
}

/** Lends a connection of the pool, and takes it back only if it answers. */
async function borrow<T>(pool: pg.Pool, use: (client: PostgresClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw new NoConnection("there is no connection to the database", { cause: error });
  });
  if (!(client instanceof PostgresClient)) {
    throw new Error("the pool makes connections of another kind");
  }
  let isLost = false;
  try {
    return await use(client);
  } catch (error) {
    isLost = isDatabaseLost(error);
    throw error;
  } finally {
    client.release(isLost);
  }
}

/**
 * On a connection of its own, since a migration may take its time. Of several processes that start at once one migrates,
 * and the others wait for it.
 */
async function migrateOnce(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: "keyward migration" });
  // The statement that is under way tells of it too.
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtext('keyward migration'))");
    await migrate(drizzle(client), migrations);
  } finally {
    await client.end();
  }
}
