/** How the provider reads many objects of a server, and none of one that hangs. */

import { once } from "node:events";
import http from "node:http";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeObject, encodeObject, type ObjectValue } from "../../provider/plugin/values.ts";
import { ListeningServer, ProviderInProcess } from "./provider-in-process.ts";

describe("a refresh of 1,000 keys", () => {
  let listening: ListeningServer;
  let provider: ProviderInProcess;
  let ours: number;

  beforeAll(async () => {
    listening = await ListeningServer.start();
    provider = await ProviderInProcess.configure(listening);
    const { server } = listening;
    const crowd = await server.createUser({ name: "crowd" });
    ours = await server.createUser({ name: "ours" });
    await server.database.execute(sql`
      insert into user_api_keys ("user", name, description, created, expires, ip_allow_entries, ip_deny_entries,
        lastlogin_stamp, lastlogin_ip, secret_id, secret_hash, pepper_version)
      select case when n % 50 = 0 then ${ours}::bigint else ${crowd}::bigint end, 'key ' || n, '', 1, 0, '[]', '[]',
        0, '', 'id' || n, decode(repeat('00', 32), 'hex'), 0
      from generate_series(1, 50000) n`);
  });
  afterAll(async () => {
    await listening.stop();
  });

  test("takes at most 20 requests on a server with 50,000", async () => {
    const { attributes } = provider.schemaOf("keyward_api_key");
    const rows = await listening.server.list(`/api/v4/user_api_keys?filter=user eq ${ours}&fields=$key,name`);
    expect(rows).toHaveLength(1000);
    const before = listening.requests.length;
    const left = rows.map(({ $key, name }) => ({ id: String($key), user: String(ours), name: String(name) }));
    const read = async () => {
      for (let state = left.pop(); state !== undefined; state = left.pop()) {
        const answer = await provider.call("ReadResource", {
          typeName: "keyward_api_key",
          currentState: encodeObject(attributes, state),
        });
        expect(decodeObject(attributes, answer.newState)).toMatchObject(state);
      }
    };
    await Promise.all(Array.from({ length: 10 }, read));
    const requests = listening.requests.slice(before);
    expect(requests.length, requests.join("\n")).toBeLessThanOrEqual(20);
  });
});

describe("a read of a server that hangs", () => {
  let hanging: http.Server;
  let provider: ProviderInProcess;
  let asked = 0;

  beforeAll(async () => {
    hanging = http.createServer(() => {
      asked += 1;
    });
    hanging.listen(0, "127.0.0.1");
    await once(hanging, "listening");
    const address = hanging.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    provider = new ProviderInProcess();
    await provider.configureWith({ endpoint: `http://127.0.0.1:${port}`, token: "any" });
  });
  afterAll(() => {
    hanging.closeAllConnections();
    hanging.close();
  });

  const states: Readonly<Record<string, ObjectValue>> = {
    keyward_api_key: { id: "1", user: "1", name: "a" },
    keyward_user: { id: "1", name: "a" },
    keyward_group: { id: "1", name: "a" },
    keyward_group_member: { id: "1", group: "1", user: "1" },
    keyward_permission: { id: "1", identity: "1", table: "users", rights: [] },
    keyward_setting: { id: "cloud_name", name: "cloud_name", value: "" },
  };

  test.each(Object.entries(states))("of %s ends when the run is stopped", async (typeName, state) => {
    const before = asked;
    const currentState = encodeObject(provider.schemaOf(typeName).attributes, state);
    const reading = provider.call("ReadResource", { typeName, currentState });
    await expect.poll(() => asked).toBeGreaterThan(before);
    const stoppedMs = performance.now();
    await provider.call("StopProvider", {});
    const { diagnostics } = await reading;
    expect(diagnostics).toMatchObject([{ severity: "ERROR" }]);
    expect(performance.now() - stoppedMs).toBeLessThan(1000);
  });
});
