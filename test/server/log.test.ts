import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSecret, secretIdOf } from "../../contract/secret.ts";
import { databasesUnderTest } from "../databases.ts";
import { TestServer } from "./test-server.ts";

describe.each(databasesUnderTest())("the log of a server on $name", ({ open }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open());
  });
  afterAll(() => server.stop());

  test("tells which statement failed and why, and nothing of what was in it", async () => {
    const secret = createSecret();
    await server.database.execute(
      sql`alter table user_api_keys add constraint full_up check (name like 'tests %') not valid`,
    );
    const logged = server.logLines.length;

    const name = `confidential ${randomUUID()}`;
    const answer = await server.post("/api/v4/user_api_keys", { user: 1, name, secret });

    expect(answer.status).toBe(500);
    const lines = server.logLines.slice(logged).join("\n");
    expect(lines).toMatch(/violates check constraint \\"full_up\\"/);
    expect(lines).toMatch(/insert into \\"user_api_keys\\"/);
    expect(lines).toContain(JSON.parse(JSON.stringify(answer.json)).err.slice(-36));
    for (const value of [name, secretIdOf(secret) ?? "", '"data":[']) {
      expect(lines).not.toContain(value);
    }
    expect(JSON.stringify(answer.json)).not.toMatch(/full_up|insert into/);
  });
});
