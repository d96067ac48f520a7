import { setTimeout as sleep } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { z } from "zod";
import { settings } from "../../drizzle/schema.ts";
import {
  doLast,
  isDatabaseLost,
  type OpenDatabase,
  rowsOf,
  together,
  violatesUnique,
} from "../../server/database.ts";
import { rightsOf } from "../../server/identity/rights-of.ts";
import { openPostgres } from "../../server/postgres.ts";
import { PostgresClient } from "../../server/postgres-client.ts";
import { runTransaction } from "../../server/postgres-transaction.ts";
import { userApiKeysTable } from "../../server/tables/api-key-table.ts";
import { lockRow } from "../../server/tables/row-access.ts";
import { createPostgresDatabase } from "../postgres-databases.ts";

describe.skipIf(inject("postgresClusterUrl") === null)("a connection to Postgres", () => {
  let url: string;
  let opened: OpenDatabase;

  beforeAll(async () => {
    url = await createPostgresDatabase(inject("postgresClusterUrl") ?? "");
    opened = await openPostgres(url);
  });
  afterAll(() => opened.close());

  const insert = (database: OpenDatabase["database"], key: string) =>
    database.insert(settings).values({ key, value: "1", defaultValue: "1", description: "" });
  const has = async (database: OpenDatabase["database"], key: string) =>
    (await database.select().from(settings).where(eq(settings.key, key))).length > 0;

  test("has prepared what it sends again and again, and no more than a few hundred of it", async () => {
    const prepared = await opened.database.transaction(async (transaction) => {
      const send = async (name: string) =>
        rowsOf(await transaction.execute(sql`select ${7}::int as ${sql.identifier(name)}`));
      for (let time = 0; time < 5; time += 1) {
        expect(await send("often")).toEqual([{ often: 7 }]);
      }
      await send("once");
      for (let place = 0; place < 1000; place += 1) {
        expect(await send(`name ${place % 300}`)).toEqual([{ [`name ${place % 300}`]: 7 }]);
      }
      return JSON.stringify(
        rowsOf(await transaction.execute(sql`select statement from pg_prepared_statements`)),
      );
    });
    expect(prepared).toContain("often");
    expect(prepared).not.toContain("once");
    expect(prepared.split("statement").length - 1).toBe(200);
  });

  test("does last what is to be done last, with the commit", async () => {
    const seenWithin = await opened.database.transaction(async (transaction) => {
      await doLast(transaction, insert(transaction, "at last"));
      return has(transaction, "at last");
    });
    expect(seenWithin).toBe(false);
    expect(await has(opened.database, "at last")).toBe(true);
  });

  test.each(["the first", "the second"])(
    "undoes the whole transaction when %s of its last statements fails, and goes on with the next",
    async (which) => {
      const failing = opened.database.transaction(async (transaction) => {
        await insert(transaction, "taken");
        await doLast(transaction, insert(transaction, which === "the first" ? "taken" : "free"));
        await doLast(transaction, insert(transaction, which === "the first" ? "free" : "taken"));
      });
      const error: unknown = await failing.then(
        () => expect.fail("it was committed"),
        (reason) => reason,
      );
      expect(violatesUnique(error, "settings_pkey")).toBe(true);
      expect(await has(opened.database, "taken")).toBe(false);
      expect(await has(opened.database, "free")).toBe(false);
      expect(await opened.database.transaction((transaction) => has(transaction, "taken"))).toBe(false);
    },
  );

  test("does not take for done what the database has undone, though nobody speaks of the fault", async () => {
    const silent = opened.database.transaction(async (transaction) => {
      await insert(transaction, "unspoken");
      await transaction.execute(sql`select 1 / 0`).catch(() => {});
    });
    await expect(silent).rejects.toThrow("answered a commit with ROLLBACK");
    expect(await has(opened.database, "unspoken")).toBe(false);
  });

  test("sends what reads right behind the beginning of a transaction, and what writes only once that is answered", async () => {
    const client = new PostgresClient({ connectionString: url, pipeline: true });
    await client.connect();
    const before = client.sent;
    client.begin();
    const write = client.query({ text: "insert into settings values ('early', '1', '1', '')" });
    const hidden = client.query({
      text: "with gone as (delete from settings returning 1) select count(*) from gone",
    });
    const read = client.query({ text: "select 1" });
    expect(client.sent - before, "begin and select").toBe(2);

    await together(write, hidden, read);
    expect(client.sent - before).toBe(4);
    await client.rollback();
    expect(await has(opened.database, "early")).toBe(false);
    expect(await has(opened.database, "at last")).toBe(true);
    await client.end();
  });

  const ownProcess = async (transaction: OpenDatabase["database"]) => {
    const rows = rowsOf(await transaction.execute(sql`select pg_backend_pid() as pid`));
    return z.tuple([z.object({ pid: z.number() })]).parse(rows)[0].pid;
  };
  const terminate = (pid: number) => opened.database.execute(sql`select pg_terminate_backend(${pid}::int)`);

  test.each<[string, (transaction: OpenDatabase["database"]) => Promise<unknown>]>([
    [
      "during a statement",
      async (transaction) => {
        const pid = await ownProcess(transaction);
        await together(transaction.execute(sql`select pg_sleep(5)`), terminate(pid));
      },
    ],
    ["before the commit", async (transaction) => terminate(await ownProcess(transaction))],
    [
      "before it is given up",
      async (transaction) => {
        await terminate(await ownProcess(transaction));
        throw new Error("something else");
      },
    ],
    [
      "because it stood still",
      async (transaction) => {
        await transaction.execute(sql`set local idle_in_transaction_session_timeout = 50`);
        await sleep(200);
      },
    ],
  ])("says that the database was lost when it is cut off %s, and leaves nothing", async (_, work) => {
    const lost = opened.database.transaction(async (transaction) => {
      await insert(transaction, "cut off");
      await doLast(transaction, insert(transaction, "cut off last"));
      await work(transaction);
    });
    const error: unknown = await lost.then(
      () => expect.fail("it was committed"),
      (reason) => reason,
    );
    expect(isDatabaseLost(error)).toBe(true);
    expect(await has(opened.database, "cut off")).toBe(false);
    expect(await has(opened.database, "cut off last")).toBe(false);
  });

  test("commits nothing when a last statement has the name of another one", async () => {
    const clash = opened.database.transaction(async (transaction) => {
      await insert(transaction, "clash");
      await transaction.select().from(settings).prepare("one name").execute();
      await doLast(transaction, transaction.select({ key: settings.key }).from(settings).prepare("one name"));
    });
    await expect(clash).rejects.toThrow();
    expect(await has(opened.database, "clash")).toBe(false);
  });

  test("reads whose rights and what row a change is about without waiting for its beginning", async () => {
    const client = new PostgresClient({ connectionString: url, pipeline: true });
    await client.connect();
    await runTransaction(client, async (transaction) => {
      const before = client.sent;
      const reads = [
        rightsOf(transaction, { key: 1, identity: 1, hasPhysicalAccess: true }),
        lockRow(transaction, userApiKeysTable, 1),
      ];
      expect(client.sent - before).toBe(2);
      await Promise.all(reads);
    });
    await client.end();
  });
});
