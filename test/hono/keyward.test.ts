import http from "node:http";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createSecret } from "../../contract/secret.ts";
import { type KeywardOptions, keyward } from "../../hono/keyward.ts";
import { anyStorage, KeywardServer } from "../acceptance/keyward-server.ts";

const made = z.object({ $key: z.string(), key: z.string() });
type Listening = ReturnType<typeof serve>;

describe("an application guarded by keyward()", () => {
  let server: KeywardServer;
  const listening: Listening[] = [];

  beforeAll(async () => {
    server = await KeywardServer.start(await anyStorage({ KEYWARD_TRUSTED_PROXIES: "127.0.0.1" }));
  });
  afterAll(async () => {
    for (const one of listening) {
      one.close();
    }
    await server.remove();
  });

  /** Starts an application; answers how to call it from an address of one's own. */
  const start = async (options: Partial<KeywardOptions> = {}) => {
    const app = new Hono();
    app.use(keyward({ endpoint: server.url, ...options }));
    app.get("/", (context) => context.json(context.var.keyward));
    const port = await new Promise<number>((resolve) => {
      listening.push(
        serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (bound) => resolve(bound.port)),
      );
    });
    return (secret: string | undefined, from = "127.0.0.2", headers: Record<string, string> = {}) =>
      new Promise<{ status: number; headers: http.IncomingHttpHeaders; json: unknown }>((resolve, reject) => {
        const authorization = secret === undefined ? {} : { Authorization: `Bearer ${secret}` };
        const request = http.get(
          { host: "127.0.0.1", port, localAddress: from, headers: { ...authorization, ...headers } },
          async (response) => {
            let text = "";
            for await (const chunk of response) {
              text += chunk;
            }
            resolve({ status: response.statusCode ?? 0, headers: response.headers, json: JSON.parse(text) });
          },
        );
        request.once("error", reject);
      });
  };

  const createKey = async (settings: Readonly<Record<string, unknown>>) => {
    const body = { user: 1, ...settings };
    return made.parse(await (await server.call("/api/v4/user_api_keys", { method: "POST", body })).json());
  };

  test("lets a key pass and knows whose it is", async () => {
    const call = await start();
    const { key } = await createKey({ name: "app" });
    expect(await call(key)).toMatchObject({
      status: 200,
      json: {
        user: { $key: 1, name: "admin" },
        api_key: { name: "app", secret_id: key.slice(3, 15), expires: 0 },
      },
    });
  });

  test.each([
    ["no key", undefined],
    ["something that is no key", "letmein"],
    ["a key that nobody has", createSecret()],
  ])("refuses %s with a challenge", async (_, secret) => {
    const call = await start();
    const refused = await call(secret);
    expect(refused).toMatchObject({ status: 401, json: { err: "Login required" } });
    expect(refused.headers["www-authenticate"]).toBe('Bearer realm="Keyward"');
  });

  test("has the address judged that it was called from, whatever the caller writes", async () => {
    const call = await start();
    const { key } = await createKey({ name: "from .2", ip_allow_list: "127.0.0.2" });
    expect((await call(key, "127.0.0.2")).status).toBe(200);
    expect((await call(key, "127.0.0.3")).status).toBe(403);
    expect((await call(key, "127.0.0.3", { "X-Forwarded-For": "127.0.0.2" })).status).toBe(403);
  });

  test("requires a right, and fails loudly when it asks for one that does not exist", async () => {
    const user = Number(
      z
        .object({ $key: z.string() })
        .parse(
          await (await server.call("/api/v4/users", { method: "POST", body: { name: "app user" } })).json(),
        ).$key,
    );
    const { key } = await createKey({ user, name: "right" });
    const call = await start({ requires: { table: "users", action: "delete" } });
    expect(await call(key)).toMatchObject({
      status: 403,
      json: { err: expect.stringContaining("may not delete users") },
    });
    expect((await call((await createKey({ name: "of admin" })).key)).status).toBe(200);
  });

  test("refuses a key from the moment it is deleted", async () => {
    const call = await start();
    const { $key, key } = await createKey({ name: "to be deleted" });
    expect((await call(key)).status).toBe(200);
    await server.call(`/api/v4/user_api_keys/${$key}`, { method: "DELETE" });
    expect((await call(key)).status).toBe(401);
  });

  test("gives a yes again for as long as it was told to, and not a moment longer", async () => {
    let nowMs = Date.now();
    let runningMs = 0;
    const clocks = { wallMs: () => nowMs, monotonicMs: () => runningMs };
    const call = await start({ staleSeconds: 30, clocks });
    const expires = Math.floor(nowMs / 1000) + 10;
    const lasting = await createKey({ name: "lasting" });
    const expiring = await createKey({ name: "expiring", expires, expires_type: "date" });
    for (const { key, $key } of [lasting, expiring]) {
      expect((await call(key)).status).toBe(200);
      await server.call(`/api/v4/user_api_keys/${$key}`, { method: "DELETE" });
      expect((await call(key)).status).toBe(200);
      // The yes was for one address.
      expect((await call(key, "127.0.0.4")).status).toBe(401);
    }
    nowMs = expires * 1000;
    expect((await call(expiring.key)).status).toBe(401);
    expect((await call(lasting.key)).status).toBe(200);
    // Somebody sets the clock back; what was asked does not become younger by it.
    nowMs -= 3_600_000;
    runningMs += 29_999;
    expect((await call(lasting.key)).status).toBe(200);
    runningMs += 1;
    expect((await call(lasting.key)).status).toBe(401);
  });

  test("asks again once it has slept for longer than a yes lasts", async () => {
    let nowMs = Date.now();
    const call = await start({ staleSeconds: 30, clocks: { wallMs: () => nowMs, monotonicMs: () => 0 } });
    const { $key, key } = await createKey({ name: "used before a sleep" });
    expect((await call(key)).status).toBe(200);
    await server.call(`/api/v4/user_api_keys/${$key}`, { method: "DELETE" });
    expect((await call(key)).status).toBe(200);
    nowMs += 30_000;
    expect((await call(key)).status).toBe(401);
  });

  test("has a caller's address judged without its zone, and none where it is not known", async () => {
    const linkLocal = await createKey({ name: "link-local", ip_allow_list: "fe80::1" });
    const proxied = await createKey({ name: "of the application", ip_allow_list: "127.0.0.0/8" });
    const fromZone = await start({ addressOf: () => "fe80::1%eth0" });
    expect((await fromZone(linkLocal.key)).status).toBe(200);
    for (const address of [undefined, ""]) {
      const fromNowhere = await start({ addressOf: () => address });
      expect((await fromNowhere(proxied.key)).status).toBe(403);
    }
  });

  test.each<[string, Partial<KeywardOptions>]>([
    ["is gone", { endpoint: "http://127.0.0.1:9" }],
    [
      "does not answer in time",
      { transport: () => new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 20)) },
    ],
    ["is something else", { transport: async () => ({ status: 200, body: "<html>" }) }],
    ["fails", { transport: async () => ({ status: 500, body: "" }) }],
  ])("lets nobody pass when Keyward %s", async (_, options) => {
    const call = await start(options);
    expect((await call(createSecret())).status).toBe(503);
  });
});
