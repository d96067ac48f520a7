import { randomUUID } from "node:crypto";
import pg from "pg";
import type { Database } from "../../server/database.ts";
import { localFence } from "../../server/gate/local-fence.ts";
import { openPostgres } from "../../server/postgres.ts";
import { userApiKeysTable } from "../../server/tables/api-key-table.ts";
import { deleteRow } from "../../server/tables/serve-table.ts";
import { Connection } from "./connection.ts";
import { createKey, type Keyward, startKeyward } from "./keyward.ts";
import { median, quantile } from "./processes.ts";

/** How many changes a server makes before one is timed, so that its code is compiled as that of a running server is. */
const warmUp = 2000;

/** How long the answer to a change that narrows takes, with one server and with three, over the same SQL alone. */
export async function measureNarrowing(databaseUrl: string, changes: number): Promise<string> {
  const one = await startKeyward(databaseUrl);
  process.stderr.write("warming up ...\n");
  await deletions(one, warmUp);
  const opened = await openPostgres(databaseUrl);
  const alone: number[] = [];
  const transactions: number[] = [];
  const statements: number[] = [];
  // In turns, so that whatever else the machine and its disk do falls on all alike; the first turn warms up.
  for (let turn = 0; turn <= 10; turn += 1) {
    const isCounted = turn > 0;
    const times = [
      await deletions(one, changes / 10),
      await bareTransactions(opened.database, one, changes / 10),
      await bareStatements(databaseUrl, one, changes / 10),
    ];
    for (const [place, kept] of [alone, transactions, statements].entries()) {
      kept.push(...(isCounted ? (times[place] ?? []) : []));
    }
  }
  await opened.close();
  const others = [await startKeyward(databaseUrl), await startKeyward(databaseUrl)];
  await deletions(one, Math.ceil(changes / 4));
  const three = await deletions(one, changes);
  await Promise.all([one, ...others].map((server) => server.stop()));
  const line = (name: string, times: readonly number[]) =>
    `  ${name.padEnd(40)} median ${median(times).toFixed(2).padStart(6)} ms   p99 ${quantile(times, 0.99).toFixed(2).padStart(6)} ms\n`;
  return [
    `DELETE of a key, ${changes} times\n`,
    line("the bare SQL transaction, by hand", statements),
    line("our transaction, without door and gate", transactions),
    line("answered by one server", alone),
    line("answered by one of three servers", three),
    `ratio of one server to the bare transaction ${(median(alone) / median(statements)).toFixed(2)} (bar 2), `,
    `to ours ${(median(alone) / median(transactions)).toFixed(2)}; p99 with three servers: bar 25 ms\n`,
  ].join("");
}

async function deletions(server: Keyward, count: number): Promise<number[]> {
  const times: number[] = [];
  const connection = await Connection.open(server.port);
  for (let place = 0; place < count; place += 1) {
    const { key, secret } = await createKey(server, randomUUID());
    // Remembered, so that there is something to forget.
    await fetch(`http://127.0.0.1:${server.port}/auth/verify`, {
      headers: { Authorization: `Bearer ${secret}` },
    });
    const path = `/api/v4/user_api_keys/${key}`;
    times.push(await connection.time("DELETE", path, `Bearer ${server.adminSecret}`));
  }
  connection.close();
  return times;
}

/** The same transaction by the same code, with all that it checks; without HTTP, authentication and the gate. */
async function bareTransactions(database: Database, server: Keyward, count: number): Promise<number[]> {
  const principal = {
    user: { key: 1, name: "admin", identity: 1, hasPhysicalAccess: true },
    apiKey: undefined,
    sessionToken: undefined,
    address: "127.0.0.1",
  };
  const fence = localFence(() => {});
  const request = {
    database,
    principal,
    fence,
    peppers: new Map(),
    ifMatch: undefined,
    idempotencyKey: undefined,
    isSecretRepeated: false,
  };
  const times: number[] = [];
  for (let place = 0; place < count; place += 1) {
    const { key } = await createKey(server, randomUUID());
    const startedAt = performance.now();
    await deleteRow({ ...request, nowMs: Date.now() }, userApiKeysTable, key);
    times.push(performance.now() - startedAt);
  }
  return times;
}

/** The statements that the change itself takes, prepared, on one connection, by a driver and nothing else. */
async function bareStatements(databaseUrl: string, server: Keyward, count: number): Promise<number[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const times: number[] = [];
  for (let place = 0; place < count; place += 1) {
    const { key } = await createKey(server, randomUUID());
    const startedAt = performance.now();
    await client.query("begin");
    await client.query({
      name: "lock",
      text: 'select "user" from user_api_keys where key = $1 for update',
      values: [key],
    });
    await client.query({ name: "delete", text: "delete from user_api_keys where key = $1", values: [key] });
    await client.query({ name: "owner", text: "select name from users where key = 1" });
    await client.query({
      name: "audit",
      text: `insert into logs (level, timestamp, "user", credential, address, object_type, object_name, text)
        values ('audit', 0, 'admin', 'password', '127.0.0.1', 'user', 'admin', 'deleted')`,
    });
    await client.query("commit");
    times.push(performance.now() - startedAt);
  }
  await client.end();
  return times;
}
