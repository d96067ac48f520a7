import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { KeywardServer, storagesUnderTest } from "./keyward-server.ts";

const issued = z.object({ response: z.object({ private_key: z.string() }) });
const createsInAll = 200;

describe.each(storagesUnderTest())("a server on $name", (storage) => {
  const servers: KeywardServer[] = [];
  afterAll(async () => {
    for (const server of servers) {
      await server.remove();
    }
  });

  test.each([10, 70, 150])(
    "that is killed after %i of 200 creates has lost none that it answered",
    async (killAfter) => {
      const server = await KeywardServer.start(await storage.create());
      servers.push(server);
      const admin = await newKey(server, "admin");
      const answered: string[] = [];
      let killed: Promise<void> | undefined;

      const create = async (number: number) => {
        const call = { secret: admin, method: "POST", body: { user: 1, name: `key ${number}` } };
        const secret = await secretOf(await server.call("/api/v4/user_api_keys", call));
        answered.push(secret);
        if (answered.length === killAfter) {
          killed = server.kill();
        }
      };
      // Eight at a time, so that some are under way at the moment of the kill.
      const numbers = Array.from({ length: createsInAll }, (_, index) => index);
      const worker = async () => {
        for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) {
          await create(number).catch(() => {});
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      await killed;
      expect(answered.length).toBeGreaterThanOrEqual(killAfter);
      expect(answered.length).toBeLessThan(createsInAll);

      const restarted = await KeywardServer.start(server.storage);
      servers.push(restarted);
      for (const secret of answered) {
        expect((await restarted.call("/api/v4/users", { secret })).status).toBe(200);
      }
      await restarted.stop();
    },
  );

  test("stops when told to, with last logins written", async () => {
    const server = await KeywardServer.start(await storage.create());
    servers.push(server);
    const secret = await newKey(server, "used");
    await server.call("/api/v4/users", { secret });
    await server.stop();

    const again = await KeywardServer.start(server.storage);
    servers.push(again);
    const rows = z.array(z.object({ lastlogin_ip: z.string() }));
    expect(rows.parse(await (await again.call("/api/v4/user_api_keys", { secret })).json())).toEqual([
      { lastlogin_ip: "127.0.0.1" },
    ]);
    expect(server.output).toContain('"msg":"stopped"');
  });
});

describe("a second server on the same data folder", () => {
  test("refuses to start and says why, while the first goes on", async () => {
    const [pglite] = storagesUnderTest();
    const first = await KeywardServer.start(
      (await pglite?.create()) ?? expect.fail("PGlite is always there"),
    );

    await expect(KeywardServer.start(first.storage)).rejects.toThrow(
      /the server ended with 1: keyward: the data folder .* is in use by process \d+; stop that server first/,
    );

    expect((await first.call("/healthz")).status).toBe(200);
    await first.remove();
  });
});

async function newKey(server: KeywardServer, name: string): Promise<string> {
  return secretOf(await server.call("/api/v4/user_api_keys", { method: "POST", body: { user: 1, name } }));
}

async function secretOf(answer: Response): Promise<string> {
  return issued.parse(await answer.json()).response.private_key;
}
