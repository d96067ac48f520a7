import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createSecret, secretPattern } from "../../contract/secret.ts";
import { addressExplanation, apiKeyRow, issuedApiKey, rotatedApiKey } from "../../contract/user-api-keys.ts";
import { userApiKeys } from "../../drizzle/schema.ts";
import { databasesUnderTest } from "../databases.ts";
import { bearer, TestServer } from "./test-server.ts";

const path = "/api/v4/user_api_keys";
const row = z.strictObject(apiKeyRow.shape);

describe.each(databasesUnderTest())("an API key on $name", ({ open }) => {
  let server: TestServer;
  let user: number;

  beforeAll(async () => {
    server = await TestServer.start(await open());
    user = await server.createUser({ name: "ci", type: "api" });
  });
  afterAll(() => server.stop());

  const read = async (key: number) => row.parse((await server.request(`${path}/${key}`)).json);
  const statusOf = async (secret: string) =>
    (await server.request("/auth/whoami", { as: bearer(secret) })).status;
  const rotate = async (key: number, body: unknown) =>
    z.strictObject(rotatedApiKey.shape).parse((await server.post(`${path}/${key}/rotate`, body)).json);

  describe("that is rotated", () => {
    test("has a successor of the same name and settings, and works beside it for the overlap", async () => {
      const settings = { description: "deploys", ip_allow_list: "127.0.0.1, 192.0.2.0/24", ip_deny_list: "" };
      const { key, secret } = await server.createApiKey({ user, name: "deploy", ...settings });
      const started = server.nowMs;

      const answer = await server.post(`${path}/${key}/rotate`, { overlap: 3600 });

      expect(answer.status).toBe(201);
      expect(answer.headers.get("Cache-Control")).toBe("no-store");
      const rotated = z.strictObject(rotatedApiKey.shape).parse(answer.json);
      expect(rotated.key).toMatch(secretPattern);
      expect(rotated.response.private_key).toBe(rotated.key);
      expect(await read(Number(rotated.$key))).toMatchObject({
        name: "deploy",
        user,
        expires: 0,
        ...settings,
      });
      const expires = server.nowSeconds + 3600;
      expect(rotated.predecessor).toEqual({
        $key: key,
        name: `deploy (${key} until 2026-11-23T13:00:00Z)`,
        expires,
      });
      expect(await read(key)).toMatchObject({ name: rotated.predecessor.name, expires, ...settings });
      expect([await statusOf(secret), await statusOf(rotated.key ?? "")]).toEqual([200, 200]);
      server.nowMs = expires * 1000;
      expect([await statusOf(secret), await statusOf(rotated.key ?? "")]).toEqual([401, 200]);
      server.nowMs = started;
    });

    test("without an overlap ends at once", async () => {
      const { key, secret } = await server.createApiKey({ user, name: "hasty" });
      const rotated = await rotate(key, {});
      expect([await statusOf(secret), await statusOf(rotated.key ?? "")]).toEqual([401, 200]);
    });

    test("without an overlap has ended for servers whose clock is behind, too, until it is given another end", async () => {
      const { key, secret } = await server.createApiKey({ user, name: "ahead of time" });
      await rotate(key, { overlap: 0 });
      server.nowMs -= 60_000;
      expect(await statusOf(secret)).toBe(401);
      await server.put(`${path}/${key}`, { description: "no longer in use" });
      expect(await statusOf(secret)).toBe(401);
      // A time that is to come by this clock, and before the end all the same.
      await server.put(`${path}/${key}`, { expires: server.nowSeconds + 30 });
      expect(await statusOf(secret)).toBe(401);
      await rotate(key, { overlap: 3600, expires_type: "never" });
      expect(await statusOf(secret)).toBe(401);
      await server.put(`${path}/${key}`, { expires_type: "never" });
      expect(await statusOf(secret)).toBe(200);
      server.nowMs += 60_000;
    });

    test("never lives longer for it", async () => {
      const expires = server.nowSeconds + 60;
      const { key } = await server.createApiKey({ user, name: "ending soon", expires });
      const rotated = await rotate(key, { overlap: 3600 });
      expect(rotated.predecessor.expires).toBe(expires);
      expect((await read(Number(rotated.$key))).expires, "and neither does the successor").toBe(expires);
    });

    test("that has ended needs a new end, and any may have one", async () => {
      const started = server.nowMs;
      const { key } = await server.createApiKey({ user, name: "over", expires: server.nowSeconds + 10 });
      server.nowMs += 20_000;
      expect(await server.refusal(`${path}/${key}/rotate`, { method: "POST", body: {} })).toEqual({
        status: 422,
        err: "expires: the key has expired, so its successor needs a future time, or 0 for never",
      });
      const expires = server.nowSeconds + 1000;
      const rotated = await rotate(key, { expires });
      expect(await read(Number(rotated.$key))).toMatchObject({ name: "over", expires });
      expect(
        await read(Number((await rotate(Number(rotated.$key), { expires_type: "never" })).$key)),
      ).toMatchObject({
        expires: 0,
      });
      server.nowMs = started;
    });

    test("can be rotated again, and by each form of an action", async () => {
      const { key } = await server.createApiKey({ user, name: "often" });
      const second = await rotate(key, { overlap: 60 });
      const third = await server.request(`${path}/${second.$key}?action=rotate`, {
        method: "PUT",
        body: { overlap: 60 },
      });
      expect(third.status).toBe(200);
      const { $key } = z.object({ $key: z.string() }).parse(third.json);
      const fourth = await server.post("/api/v4/user_api_key_actions", {
        user_api_key: $key,
        action: "rotate",
      });
      expect(fourth.status).toBe(200);
      const names = (await server.list(`${path}?filter=name bw 'often'&sort=$key`)).map(
        (found) => found["name"],
      );
      expect(names).toHaveLength(4);
      expect(new Set(names).size).toBe(4);
      expect(names.at(-1)).toBe("often");
    });

    test("keeps a long name within its bounds", async () => {
      const name = `${"x".repeat(126)}\u{1f511}`;
      const { key } = await server.createApiKey({ user, name });
      const rotated = await rotate(key, { overlap: 60 });
      expect(rotated.predecessor.name.length).toBeLessThanOrEqual(128);
      expect(rotated.predecessor.name).toMatch(/^x+ \(\d+ until .*Z\)$/);
    });

    test.each([
      ["a negative overlap", { overlap: -1 }, "overlap: must not be negative"],
      ["half a second", { overlap: 0.5 }, "overlap: must be a whole number"],
      ["more than a year", { overlap: 31_536_001 }, "overlap: must be at most 31536000 seconds, a year"],
      ["a field nobody knows", { grace: 1 }, "grace: is not a field that can be set here"],
    ])("with %s is refused and left as it was", async (_, body, err) => {
      const { key } = await server.createApiKey({ user, name: randomUUID() });
      const before = await read(key);
      expect(await server.refusal(`${path}/${key}/rotate`, { method: "POST", body })).toEqual({
        status: 422,
        err,
      });
      expect(await read(key)).toEqual(before);
    });
  });

  describe("whose secret the caller brings", () => {
    test("works with it, and does not repeat it", async () => {
      const secret = createSecret();
      const answer = await server.post(path, { user, name: "brought", secret });
      const issued = z.strictObject(issuedApiKey.shape).parse(answer.json);
      expect(JSON.stringify(issued)).not.toContain(secret.slice(16));
      expect(issued.response).toEqual({});
      expect(await statusOf(secret)).toBe(200);
      const successor = createSecret();
      const rotated = await rotate(Number(issued.$key), { secret: successor });
      expect(rotated.key).toBeUndefined();
      expect([await statusOf(secret), await statusOf(successor)]).toEqual([401, 200]);
    });

    test.each([
      ["is no secret", "letmein"],
      ["has a check that does not fit", `${createSecret().slice(0, -1)}!`],
      ["is a word longer", `${createSecret()}x`],
    ])("is refused when it %s", async (_, secret) => {
      const refused = await server.refusal(path, {
        method: "POST",
        body: { user, name: "malformed", secret },
      });
      expect(refused.status).toBe(422);
      expect(refused.err).toMatch(/^secret: is not well-formed; its form is kw_/);
      expect(refused.err).not.toContain(secret);
    });

    test("is refused when its id is in use", async () => {
      const secret = createSecret();
      await server.post(path, { user, name: "first use", secret });
      expect(
        await server.refusal(path, { method: "POST", body: { user, name: "second use", secret } }),
      ).toEqual({
        status: 409,
        err: "secret: its id is in use; make another secret",
      });
    });
  });

  describe("whose entries have check boxes", () => {
    const entries = [
      { address: "192.0.2.0/24", enabled: true },
      { address: "198.51.100.7", enabled: false },
      { address: "2001:db8::/32", enabled: true },
    ];

    test("shows those that are on in one string, and all of them in rows", async () => {
      const { key, secret } = await server.createApiKey({ user, name: "boxes", ip_allow_entries: entries });
      expect(await read(key)).toMatchObject({
        ip_allow_list: "192.0.2.0/24,2001:db8::/32",
        ip_allow_entries: entries,
        ip_deny_entries: [],
      });
      const from = async (address: string) =>
        (await server.request("/auth/whoami", { as: bearer(secret), from: address })).status;
      expect([await from("192.0.2.7"), await from("198.51.100.7")]).toEqual([200, 403]);

      const on = entries.map(({ address }) => ({ address, enabled: true }));
      await server.put(`${path}/${key}`, { ip_allow_entries: on });
      expect([await from("192.0.2.7"), await from("198.51.100.7")]).toEqual([200, 200]);
    });

    test("works from nowhere when all are off, and says so", async () => {
      const off = entries.map(({ address }) => ({ address, enabled: false }));
      const answer = await server.post(path, { user, name: "all off", ip_allow_entries: off });
      expect(answer.json).toMatchObject({
        warnings: ["ip_allow_entries: none is switched on, so the key works from nowhere"],
      });
      const { key = "" } = issuedApiKey.parse(answer.json);
      expect(await statusOf(key)).toBe(403);
    });

    test.each([
      [
        "both forms of one list",
        { ip_deny_list: "192.0.2.1", ip_deny_entries: [] },
        /^ip_deny_entries: says something else than ip_deny_list/,
      ],
      [
        "a host name",
        { ip_allow_entries: [{ address: "a.example", enabled: true }] },
        /^ip_allow_entries\.0\.address: "a\.example" is a host name/,
      ],
      [
        "two in one",
        { ip_allow_entries: [{ address: "192.0.2.1,192.0.2.2", enabled: true }] },
        /^ip_allow_entries\.0\.address: /,
      ],
      [
        "no check box",
        { ip_deny_entries: [{ address: "192.0.2.1" }] },
        /^ip_deny_entries\.0\.enabled: is missing$/,
      ],
    ])("with %s is refused", async (_, fields, message) => {
      const refused = await server.refusal(path, {
        method: "POST",
        body: { user, name: "faulty", ...fields },
      });
      expect(refused.status).toBe(422);
      expect(refused.err).toMatch(message);
    });
  });

  test("explains which entry decides about an address", async () => {
    const { key } = await server.createApiKey({
      user,
      name: "explained",
      ip_allow_list: "192.0.2.0/24",
      ip_deny_list: "192.0.2.7",
    });
    const explain = async (on: number, address: string) =>
      z
        .strictObject(addressExplanation.shape)
        .parse((await server.post(`${path}/${on}/explain`, { address })).json);

    expect(await explain(key, "::ffff:192.0.2.7")).toMatchObject({
      address: "192.0.2.7",
      allowed: true,
      list: "ip_allow_list",
      entry: "192.0.2.0/24",
    });
    expect(await explain(key, "198.51.100.1")).toMatchObject({
      allowed: false,
      list: "ip_allow_list",
      entry: null,
    });
    await server.put(`${path}/${key}`, { ip_allow_list: "" });
    expect(await explain(key, "192.0.2.7")).toMatchObject({
      allowed: false,
      list: "ip_deny_list",
      entry: "192.0.2.7",
    });
    expect(await explain(key, "192.0.2.8")).toMatchObject({
      allowed: true,
      list: "ip_deny_list",
      entry: null,
    });
    const open = await server.createApiKey({ user, name: "open to all" });
    expect(await explain(open.key, "2001:db8::1")).toMatchObject({ allowed: true, list: null, entry: null });
    const refused = await server.refusal(`${path}/${key}/explain`, {
      method: "POST",
      body: { address: "10.0.0.0/8" },
    });
    expect(refused.status).toBe(422);
    expect(refused.err).toMatch(/^address: "10\.0\.0\.0\/8" /);
  });

  describe("with an ETag", () => {
    test("is changed by those alone who have read its present version", async () => {
      const { key, secret } = await server.createApiKey({ user, name: "versioned" });
      const tagOf = async () => (await server.request(`${path}/${key}`)).headers.get("ETag") ?? "";
      const first = await tagOf();
      const put = (body: unknown, tag: string) =>
        server.put(`${path}/${key}`, body, { headers: { "If-Match": tag } });

      expect(first).toMatch(/^"[\w-]{22}"$/);
      await statusOf(secret);
      await server.logins.flush();
      expect(await tagOf(), "a last login is no change").toBe(first);
      const narrow = await server.request(`${path}/${key}?fields=$key`);
      expect(narrow.headers.get("ETag"), "whatever was asked for").toBe(first);

      const changed = await put({ description: "one" }, first);
      expect(changed.status).toBe(200);
      expect(changed.headers.get("ETag")).toBe(await tagOf());
      expect(await put({ description: "two" }, first).then(({ status, json }) => [status, json])).toEqual([
        412,
        { err: "If-Match: the row has changed since; read it again" },
      ]);
      expect((await put({ description: "two" }, `"other", ${await tagOf()}`)).status, "one of several").toBe(
        200,
      );
      expect((await put({ description: "three" }, "*")).status, "whatever is there").toBe(200);
      const stale = await server.delete(`${path}/${key}`, { headers: { "If-Match": first } });
      expect(stale.status).toBe(412);
      expect((await server.delete(`${path}/${key}`, { headers: { "If-Match": await tagOf() } })).status).toBe(
        200,
      );
    });
  });
});

describe("with peppers", () => {
  test("a key is stored under the newest, and works until its own is taken away", async () => {
    const [older, newer] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const [first] = databasesUnderTest();
    const opened = await (first ?? expect.fail()).open();
    const server = await TestServer.start(opened, { peppers: new Map([[1, older]]) });
    const { key, secret } = await server.createApiKey({ user: 1, name: "peppered" });
    const [stored] = await server.database.select().from(userApiKeys).where(eq(userApiKeys.key, key));
    expect(stored?.pepperVersion).toBe(1);

    const both = await TestServer.start(opened, {
      peppers: new Map([
        [1, older],
        [2, newer],
      ]),
    });
    expect((await both.request("/auth/whoami", { as: bearer(secret) })).status).toBe(200);
    const gone = await TestServer.start(opened, { peppers: new Map([[2, newer]]) });
    expect((await gone.request("/auth/whoami", { as: bearer(secret) })).status).toBe(401);
    await server.stop();
  });
});
