import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { secretPattern } from "../../contract/secret.ts";
import { apiKeyRow, issuedApiKey } from "../../contract/user-api-keys.ts";
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

  test("is created with its secret in every place that a client looks", async () => {
    const answer = await server.request(path, { method: "POST", body: { user, name: "first" } });

    expect(answer.status).toBe(201);
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    const issued = z.strictObject(issuedApiKey.shape).parse(answer.json);
    expect(issued.response.private_key).toMatch(secretPattern);
    expect(issued.response.token).toBe(issued.response.private_key);
    expect(issued.key).toBe(issued.response.private_key);
    expect(issued).toMatchObject({
      location: `/v4/user_api_keys/${issued.$row}`,
      dbpath: `user_api_keys/${issued.$row}`,
      $key: String(issued.$row),
    });
  });

  test("is read back as it was written, without its secret", async () => {
    const expires = server.nowSeconds + 3600;
    const ip_allow_list = "192.0.2.0/24, 2001:DB8::1";
    const { key, secret } = await server.createApiKey({
      user: String(user),
      name: "read back",
      description: "línea\nzwei",
      expires_type: "date",
      expires,
      ip_allow_list,
    });

    const one = await server.request(`${path}/${key}`);
    const all = await server.request(path);

    const expected = {
      $key: key,
      user,
      user_name: "ci",
      name: "read back",
      description: "línea\nzwei",
      created: server.nowSeconds,
      expires,
      lastlogin_stamp: 0,
      lastlogin_ip: "",
      ip_allow_list,
      ip_deny_list: "",
      ip_allow_entries: [
        { address: "192.0.2.0/24", enabled: true },
        { address: " 2001:DB8::1", enabled: true },
      ],
      ip_deny_entries: [],
      secret_id: secret.slice(3, 15),
    };
    expect(row.parse(one.json)).toEqual(expected);
    expect(z.array(row).parse(all.json)).toContainEqual(expected);
    expect(JSON.stringify([one.json, all.json])).not.toContain(secret.slice(16, 58));
  });

  test("lets its user in, and no longer once it is deleted", async () => {
    const { key, secret } = await server.createApiKey({ user, name: "short-lived" });
    const whoami = await server.request("/auth/whoami", { as: bearer(secret), from: "192.0.2.8" });

    expect(whoami.json).toEqual({
      user: { $key: user, name: "ci" },
      api_key: { $key: key, secret_id: secret.slice(3, 15) },
      address: "192.0.2.8",
      proxies: [],
      unreadable_hop: null,
      system_administrator: false,
    });
    expect((await server.request(`${path}/${key}`, { method: "DELETE" })).status).toBe(200);

    expect(await server.refusal("/api/v4/users", { as: bearer(secret) })).toEqual({
      status: 401,
      err: "Login required",
    });
    expect((await server.request(`${path}/${key}`)).status).toBe(404);
  });

  test("is refused from the second on at which it expires", async () => {
    const expires = server.nowSeconds + 60;
    const { key, secret } = await server.createApiKey({ user, name: "expiring", expires });
    const started = server.nowMs;

    server.nowMs = expires * 1000 - 1;
    expect((await server.request(path, { as: bearer(secret) })).status).toBe(200);
    server.nowMs = expires * 1000;
    const refused = await server.refusal(path, { as: bearer(secret) });

    expect(refused.status).toBe(401);
    expect(refused.err).toMatch(/^API key \w{12} expired at 2026-11-23T12:01:00.000Z$/);
    expect((await server.request(`${path}/${key}`)).status, "an expired key stays to be seen").toBe(200);
    server.nowMs = started;
  });

  test("is refused while its user is disabled, and gone with its user", async () => {
    const other = await server.createUser({ name: "leaver" });
    const { key, secret } = await server.createApiKey({ user: other, name: "theirs" });

    await server.request(`/api/v4/users/${other}`, { method: "PUT", body: { enabled: false } });
    expect((await server.refusal(path, { as: bearer(secret) })).status).toBe(401);
    await server.request(`/api/v4/users/${other}`, { method: "PUT", body: { enabled: true } });
    expect((await server.request(path, { as: bearer(secret) })).status).toBe(200);
    await server.request(`/api/v4/users/${other}`, { method: "DELETE" });

    expect((await server.refusal(path, { as: bearer(secret) })).status).toBe(401);
    expect((await server.request(`${path}/${key}`)).status).toBe(404);
  });

  test("is held to its address lists, of which the allow list wins", async () => {
    const lists = { ip_allow_list: "192.0.2.0/24,2001:db8::/32", ip_deny_list: "192.0.2.7" };
    const { key, secret } = await server.createApiKey({ user, name: "fenced", ...lists });
    const statusFrom = async (from: string) =>
      (await server.request(path, { as: bearer(secret), from })).status;

    expect(await statusFrom("192.0.2.7"), "on both lists").toBe(200);
    expect(await statusFrom("::ffff:192.0.2.9"), "IPv4 on a dual-stack socket").toBe(200);
    expect(await statusFrom("2001:db8:1::1")).toBe(200);
    expect(await statusFrom("198.51.100.1")).toBe(403);

    await server.request(`${path}/${key}`, { method: "PUT", body: { ip_allow_list: "" } });
    expect(await statusFrom("198.51.100.1"), "without an allow list").toBe(200);
    expect(await statusFrom("192.0.2.7"), "on the deny list").toBe(403);
  });

  test("shows when and from where it was last used, also when used by many at once", async () => {
    const { key, secret } = await server.createApiKey({ user, name: "busy" });

    await Promise.all(
      Array.from({ length: 20 }, () => server.request(path, { as: bearer(secret), from: "192.0.2.44" })),
    );
    await server.logins.flush();

    const after = row.parse((await server.request(`${path}/${key}`)).json);
    expect(after.lastlogin_stamp).toBe(server.nowSeconds);
    expect(after.lastlogin_ip).toBe("192.0.2.44");
  });

  test("is changed only in what an update names, and never in its secret", async () => {
    const expires = server.nowSeconds + 3600;
    const { key, secret } = await server.createApiKey({ user, name: "before", description: "kept", expires });

    const answer = await server.request(`${path}/${key}`, { method: "PUT", body: { name: "after" } });

    expect(answer.status).toBe(200);
    expect(row.parse(answer.json)).toMatchObject({ name: "after", description: "kept", expires });
    expect((await server.request(path, { as: bearer(secret) })).status).toBe(200);
  });

  test("may be made to never expire, or to expire earlier, afterwards", async () => {
    const { key } = await server.createApiKey({ user, name: "moving", expires: server.nowSeconds + 60 });
    const update = async (body: unknown) =>
      row.parse((await server.request(`${path}/${key}`, { method: "PUT", body })).json).expires;

    expect(await update({ expires_type: "never" })).toBe(0);
    expect(await update({ expires_type: "date", expires: server.nowSeconds + 5 })).toBe(
      server.nowSeconds + 5,
    );
    expect(await update({ expires: 0 })).toBe(0);
  });

  test("is warned about when its deny list can never decide", async () => {
    const body = { user, name: "doubtful", ip_allow_list: "192.0.2.1", ip_deny_list: "192.0.2.2" };
    const answer = await server.request(path, { method: "POST", body });

    expect(answer.json).toMatchObject({
      warnings: ["ip_deny_list: has no effect beside an allow list, which alone decides"],
    });
  });

  test("may have the same name as another user's", async () => {
    const other = await server.createUser({ name: "namesake" });
    await server.createApiKey({ user, name: "same" });
    const answer = await server.request(path, { method: "POST", body: { user: other, name: "same" } });
    expect(answer.status).toBe(201);
  });

  test("of somebody else answers exactly like one that is not there", async () => {
    const other = await server.createUser({ name: "stranger", password: "a long password" });
    const { key } = await server.createApiKey({ user, name: "private" });
    const { secret } = await server.createApiKey({ user: other, name: "own" });
    const as = bearer(secret);

    for (const method of ["GET", "PUT", "DELETE"]) {
      const body = method === "PUT" ? { body: {} } : {};
      const foreign = await server.refusal(`${path}/${key}`, { as, method, ...body });
      expect(foreign.status).toBe(404);
      expect(foreign).toEqual(await server.refusal(`${path}/999999`, { as, method, ...body }));
      expect(foreign).toEqual(await server.refusal(`${path}/no-number`, { as, method, ...body }));
    }
    expect((await server.request(path, { as })).json).toMatchObject([{ name: "own" }]);
    const minted = { as, method: "POST", body: { user, name: "minted" } };
    expect(await server.refusal(path, minted)).toEqual({
      status: 403,
      err: `user: you may not modify user ${user}, and so not make keys for it`,
    });
  });

  test("is listed page by page in a stable order", async () => {
    const everything = z.array(row).parse((await server.request(path)).json);
    const pages = await Promise.all(
      [0, 2, 4].map(async (offset) => (await server.request(`${path}?limit=2&offset=${offset}`)).json),
    );
    expect(z.array(row).parse(pages.flat())).toEqual(everything.slice(0, 6));
    expect(everything.length).toBeGreaterThan(6);
  });

  describe("that is not right", () => {
    /** Without last logins, which are written behind the requests. */
    const storedKeys = async () =>
      z
        .array(row.omit({ lastlogin_stamp: true, lastlogin_ip: true }).strip())
        .parse((await server.request(path)).json);

    const long = "x".repeat(129);
    const faults: readonly [string, Record<string, unknown>, number, RegExp][] = [
      ["has a field nobody knows", { nmae: "a" }, 422, /nmae: is not a field that can be set here/],
      ["has a name of the wrong type", { name: 7 }, 422, /^name: must be a string, not number$/],
      ["has no name", { name: undefined }, 422, /^name: is missing$/],
      ["has an empty name", { name: "" }, 422, /^name: must not be empty$/],
      ["has a blank name", { name: "  " }, 422, /^name: must not be empty$/],
      ["has a name that is too long", { name: long }, 422, /^name: must be at most 128 characters$/],
      ["has a name with a NUL in it", { name: "a\0b" }, 422, /^name: must not contain control characters$/],
      ["has half a character in its name", { name: "a\ud800" }, 422, /^name: must not contain control/],
      ["has no user", { user: undefined }, 422, /^user: is missing$/],
      ["has a user that is not there", { user: 999 }, 422, /^user: there is no user with \$key 999$/],
      ["has a user of the wrong type", { user: "admin" }, 422, /^user: must be the \$key of a row/],
      [
        "has a CIDR with host bits",
        { ip_allow_list: "10.0.0.1/8" },
        422,
        /^ip_allow_list: .*did you mean the network 10\.0\.0\.0\/8 or the one address 10\.0\.0\.1\?/,
      ],
      [
        "has a host name for an address",
        { ip_deny_list: "example.org" },
        422,
        /^ip_deny_list: "example.org" is a host name/,
      ],
      [
        "allows every address",
        { ip_allow_list: "::/0" },
        422,
        /^ip_allow_list: "::\/0" covers every address/,
      ],
      ["has a hole in a list", { ip_allow_list: "192.0.2.1,,192.0.2.2" }, 422, /^ip_allow_list: "" is empty/],
      [
        "has expired before it began",
        { expires: 1_700_000_000 },
        422,
        /^expires: is 2023-11-14T22:13:20.000Z, in the past/,
      ],
      ["has an expiry in milliseconds", { expires: 1_900_000_000_000 }, 422, /^expires: .*not milliseconds/],
      ["has an expiry that is text", { expires: "tomorrow" }, 422, /^expires: must be a number, not string$/],
      ["has a date without a date", { expires_type: "date" }, 422, /^expires: must be a future time/],
      [
        "never expires, but at a date",
        { expires_type: "never", expires: 1_900_000_000 },
        422,
        /^expires: is 1900000000, but/,
      ],
      [
        "has a kind of expiry nobody knows",
        { expires_type: "soon" },
        422,
        /^expires_type: must be "never" or "date"$/,
      ],
      [
        "has the name of another one",
        { name: "taken" },
        409,
        /^name: user \d+ has a key named "taken" already/,
      ],
    ];

    test.each(faults)("because it %s is refused and not stored", async (_, fields, status, message) => {
      await server.request(path, { method: "POST", body: { user, name: "taken" } });
      const before = await storedKeys();

      const refused = await server.refusal(path, {
        method: "POST",
        body: { user, name: "faulty", ...fields },
      });

      expect(refused.status).toBe(status);
      expect(refused.err).toMatch(message);
      expect(await storedKeys()).toEqual(before);
    });

    test("leaves the key as it was when an update is refused", async () => {
      const { key } = await server.createApiKey({ user, name: "steady" });
      const before = (await server.request(`${path}/${key}`)).json;

      for (const body of [
        { name: "taken" },
        { name: "new", user: 1 },
        { ip_allow_list: "x" },
        { expires: 1 },
      ]) {
        const answer = await server.request(`${path}/${key}`, { method: "PUT", body });
        expect(answer.status).toBeGreaterThanOrEqual(400);
      }

      expect((await server.request(`${path}/${key}`)).json).toEqual(before);
    });
  });

  test("leaves no secret in the log", async () => {
    const { secret } = await server.createApiKey({ user, name: "quiet" });
    await server.request(path, { as: bearer(secret) });
    await server.request(path, { as: bearer(`${secret}x`) });
    await server.request(path, { method: "POST", rawBody: `{"user":1,"name":"${secret}"` });

    expect(server.logLines.length).toBeGreaterThan(10);
    expect(server.logLines.join("")).not.toContain(secret.slice(16, 58));
    expect(server.logLines.join(""), "the public part is logged").toContain(secret.slice(3, 15));
  });
});
