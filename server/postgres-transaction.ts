import { NodePgSession, NodePgTransaction } from "drizzle-orm/node-postgres";
import { PgDialect } from "drizzle-orm/pg-core";
import { type DeferringTransaction, NoConnection, type Statement, together } from "./database.ts";
import type { PostgresClient } from "./postgres-client.ts";

const dialect = new PgDialect();

type Unrelated = Record<string, never>;

/** A transaction of ours: what is left to be said at its end goes out together with the commit. */
class Transaction extends NodePgTransaction<Unrelated, Unrelated> implements DeferringTransaction {
  readonly last: Statement[] = [];

  constructor(client: PostgresClient) {
    super(dialect, new NodePgSession(client, dialect, undefined), undefined);
  }
}

/** One for each connection, so that what was prepared in it once is there the next time. */
const transactions = new WeakMap<PostgresClient, Transaction>();

/**
 * Runs a transaction on a connection. Drizzle's own waits for the answer to each statement before the next one is sent,
 * also for `begin` and before `commit`; here what a change reads first goes out with the one, and what it leaves behind
 * with the other.
 */
export async function runTransaction<T>(
  client: PostgresClient,
  run: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const transaction = transactions.get(client) ?? new Transaction(client);
  transactions.set(client, transaction);
  transaction.last.length = 0;
  client.begin();
  try {
    const answer = await run(transaction);
    await commit(client, transaction.last);
    return answer;
  } catch (error) {
    await client.rollback().catch((cause: unknown) => {
      throw new NoConnection("the connection was lost within a transaction", { cause });
    });
    throw error;
  }
}

async function commit(client: PostgresClient, last: readonly Statement[]): Promise<void> {
  const before = client.sent;
  const answers = Promise.all(last.map(async (statement) => statement.execute()));
  if (client.sent - before !== last.length) {
    // What is not on its way by now could come after the commit, and so stand outside of the transaction.
    await answers;
  }
  // When a statement fails, the database undoes the transaction, and its answer to the commit says no more than that.
  await together(answers, client.commit());
}
