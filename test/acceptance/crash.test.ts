import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { KeywardServer, type ServerStorage, storagesUnderTest } from "./keyward-server.ts";

const issued = z.object({ response: z.object({ private_key: z.string() }) });
const createsInAll = 200;

describe.each(storagesUnderTest())("a server on $name", ({ create }) => {
  const servers: KeywardServer[] = [];
  const start = async (storage: ServerStorage) => {
    const server = await KeywardServer.start(storage);
    servers.push(server);
    return server;
  };
  afterAll(async () => {
    // Several of them had one folder, so none is removed before all have stopped.
    await Promise.all(servers.map((server) => server.stop()));
    await Promise.all(servers.map((server) => server.remove()));
  });

  test("that is killed during 200 creates, again and again, has lost none that it answered, and stops in order when it is told to", async () => {
    const storage = await create();
    const answered: string[] = [];
    for (const killAfter of [10, 70, 150]) {
      const server = await start(storage);
      const before = answered.length;
      await createUntilKilled(server, killAfter, answered);
      expect(answered.length - before).toBeGreaterThanOrEqual(killAfter);
      expect(answered.length - before).toBeLessThan(createsInAll);
    }

    const server = await start(storage);
    for (const secret of answered) {
      expect((await server.call("/api/v4/users", { secret })).status).toBe(200);
    }

    // Told to stop, it loses nothing that was to be written later either.
    const secret = await server.createAdminSecret("used");
    await server.call("/api/v4/users", { secret });
    await server.stop();

    const again = await start(server.storage);
    const rows = z.array(z.object({ lastlogin_ip: z.string() }));
    const used = `/api/v4/user_api_keys?filter=${encodeURIComponent("name eq 'used'")}`;
    expect(rows.parse(await (await again.call(used, { secret })).json())).toEqual([
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

/** Creates keys, eight at a time so that some are under way at the moment of the kill, and collects what is answered. */
async function createUntilKilled(
  server: KeywardServer,
  killAfter: number,
  answered: string[],
): Promise<void> {
  const admin = await server.createAdminSecret(`admin before ${killAfter}`);
  const last = answered.length + killAfter;
  let killed: Promise<void> | undefined;
  const numbers = Array.from({ length: createsInAll }, (_, index) => index);
  const worker = async () => {
    for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) {
      const body = { user: 1, name: `key ${number} before ${killAfter}` };
      const call = { secret: admin, method: "POST", body };
      // A call that the kill cut off was not answered and promises nothing.
      await server
        .call("/api/v4/user_api_keys", call)
        .then(async (answer) => answered.push(await secretOf(answer)))
        .catch(() => {});
      if (answered.length >= last) {
        killed ??= server.kill();
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  await killed;
}

async function secretOf(answer: Response): Promise<string> {
  return issued.parse(await answer.json()).response.private_key;
}
