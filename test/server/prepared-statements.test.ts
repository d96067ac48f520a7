import { sql } from "drizzle-orm";
import { describe, expect, inject, test } from "vitest";
import { rowsOf } from "../../server/database.ts";
import { openPostgres } from "../../server/postgres.ts";
import { createPostgresDatabase } from "../postgres-databases.ts";

describe.skipIf(inject("postgresClusterUrl") === null)("a connection to Postgres", () => {
  test("has prepared what it sends again and again, and no more than a few hundred of it", async () => {
    const opened = await openPostgres(await createPostgresDatabase(inject("postgresClusterUrl") ?? ""));
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
    await opened.close();
    expect(prepared).toContain("often");
    expect(prepared).not.toContain("once");
    expect(prepared.split("statement").length - 1).toBe(200);
  });
});
