import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { issuedApiKey } from "../../contract/user-api-keys.ts";
import { leaseMs } from "../../server/gate/lease.ts";
import { createPostgresDatabase } from "../postgres-databases.ts";
import { createStorage, KeywardServer } from "./keyward-server.ts";
import { layWire, type Wire } from "./revocation/wire.ts";

const staleMs = 2000;

/** What a caller may have to wait, and a machine under load take, beyond that. */
const slackMs = 1500;

describe.skipIf(inject("postgresClusterUrl") === null)("a server that loses its Postgres", () => {
  let wire: Wire;
  let lost: KeywardServer;
  let healthy: KeywardServer;
  let admin: string;

  beforeAll(async () => {
    const url = new URL(await createPostgresDatabase(inject("postgresClusterUrl") ?? ""));
    healthy = await KeywardServer.start(await createStorage({ DATABASE_URL: url.href }));
    wire = await layWire(Number(url.port));
    url.port = String(wire.port);
    const told = { DATABASE_URL: url.href, KEYWARD_ON_DATABASE_LOSS: `stale:${staleMs / 1000}` };
    lost = await KeywardServer.start(await createStorage(told));
    await lost.ready();
    admin = await healthy.createAdminSecret("caller");
  });
  afterAll(async () => {
    await lost.kill();
    await rm(lost.storage.folder, { recursive: true, force: true });
    await healthy.remove();
  });

  const verify = async () => (await lost.call("/auth/verify", { secret: admin })).status;
  const readiness = async (server: KeywardServer) => (await server.call("/readyz", { secret: admin })).status;
  const metric = async (server: KeywardServer, name: string) => {
    const text = await (await server.call("/metrics", { secret: admin })).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  };

  /** Presents the key until it is refused, and answers how long it passed. */
  const passingMs = async () => {
    const startedMs = performance.now();
    while (performance.now() - startedMs < 30_000) {
      const status = await verify();
      if (status !== 200) {
        expect(status).toBe(503);
        return performance.now() - startedMs;
      }
      await sleep(50);
    }
    return Number.POSITIVE_INFINITY;
  };

  const expectToHaveLasted = (ms: number) => {
    expect(ms).toBeGreaterThan(staleMs);
    expect(ms).toBeLessThan(leaseMs + staleMs + slackMs);
  };

  test("without a word goes on for as long as it was told, then says that it is not ready, and recovers", async () => {
    const spare = await healthy.call("/api/v4/user_api_keys", {
      method: "POST",
      secret: admin,
      body: { user: 1, name: "spare" },
    });
    const { $key } = issuedApiKey.parse(await spare.json());
    expect([await verify(), await readiness(lost), await metric(lost, "keyward_lease_held")]).toEqual([
      200, 200, 1,
    ]);
    const [fences, byTime] = [
      await metric(healthy, "keyward_fences_total"),
      await metric(healthy, "keyward_fences_by_time_total"),
    ];

    wire.cut();
    const deletion = healthy.call(`/api/v4/user_api_keys/${$key}`, { method: "DELETE", secret: admin });
    expectToHaveLasted(await passingMs());
    expect([await readiness(lost), await metric(lost, "keyward_lease_held")]).toEqual([503, 0]);
    expect((await deletion).status).toBe(200);
    expect(await metric(healthy, "keyward_fences_total")).toBe(fences + 1);
    expect(await metric(healthy, "keyward_fences_by_time_total")).toBe(byTime + 1);
    expect(await metric(healthy, "keyward_fence_wait_seconds_total")).toBeGreaterThan(leaseMs / 1000);
    expect([await readiness(healthy), await metric(healthy, "keyward_lease_held")]).toEqual([200, 1]);

    wire.mend();
    await expect.poll(() => readiness(lost), { timeout: 15_000 }).toBe(200);
    expect(await verify()).toBe(200);
  });

  test("because it was stopped does the same", async () => {
    expect(await verify()).toBe(200);
    await wire.close();
    expectToHaveLasted(await passingMs());
    expect(await readiness(lost)).toBe(503);
  });
});
