import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { userApiKeys } from "../../../drizzle/schema.ts";
import { openPostgres } from "../../../server/postgres.ts";
import { createPostgresDatabase } from "../../postgres-databases.ts";
import { TestServer } from "../test-server.ts";

describe.skipIf(inject("postgresClusterUrl") === null)("last logins while a key is being changed", () => {
  let server: TestServer;

  beforeAll(async () => {
    const url = await createPostgresDatabase(inject("postgresClusterUrl") ?? "");
    server = await TestServer.start(await openPostgres(url));
  });
  afterAll(() => server.stop());

  const loginOf = async (key: number) => {
    const [row] = await server.list(`/api/v4/user_api_keys?filter=$key eq ${key}`);
    return row?.["lastlogin_ip"];
  };
  const uses = async (address: string) =>
    (await server.list(`/api/v4/logs?filter=text ct 'logged in with API key' and address eq '${address}'`))
      .length;

  test("wait for that key alone, and are told once", async () => {
    const changing = await server.createApiKey({ user: 1, name: "changing" });
    const other = await server.createApiKey({ user: 1, name: "other" });

    await server.database.transaction(async (elsewhere) => {
      await elsewhere
        .update(userApiKeys)
        .set({ description: "halted here" })
        .where(eq(userApiKeys.key, changing.key));
      for (const { secret } of [changing, other]) {
        await server.request("/auth/verify", { as: `Bearer ${secret}`, from: "192.0.2.30" });
      }
      await server.logins.flush();

      expect(await loginOf(other.key)).toBe("192.0.2.30");
      expect(await loginOf(changing.key)).toBe("");
      expect(await uses("192.0.2.30")).toBe(1);
    });
    await server.logins.flush();

    expect(await loginOf(changing.key)).toBe("192.0.2.30");
    expect(await uses("192.0.2.30")).toBe(2);
  });

  test("do not go backwards, and are told of each address", async () => {
    const { key, secret } = await server.createApiKey({ user: 1, name: "travelling" });
    for (const from of ["192.0.2.40", "192.0.2.41"]) {
      await server.request("/auth/verify", { as: `Bearer ${secret}`, from });
    }
    await server.logins.flush();
    server.nowMs -= 60_000;
    await server.request("/auth/verify", { as: `Bearer ${secret}`, from: "192.0.2.42" });
    await server.logins.flush();
    server.nowMs += 60_000;

    expect(await loginOf(key)).toBe("192.0.2.41");
    expect([await uses("192.0.2.40"), await uses("192.0.2.41")]).toEqual([1, 1]);
  });
});
