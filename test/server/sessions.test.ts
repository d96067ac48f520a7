import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createdSession } from "../../contract/sessions.ts";
import { sessions } from "../../drizzle/schema.ts";
import { sweep } from "../../server/retention.ts";
import { databasesUnderTest } from "../databases.ts";
import { adminPassword, basic, bearer, TestServer } from "./test-server.ts";

const tokens = "/api/sys/tokens";
const users = "/api/v4/users";
const loginRequired = { status: 401, err: "Login required" };

describe.each(databasesUnderTest())("a session on $name", ({ open }) => {
  let server: TestServer;
  let startedMs: number;

  beforeAll(async () => {
    server = await TestServer.start(await open());
    startedMs = server.nowMs;
  });
  afterAll(() => server.stop());

  const login = (name: string, password: string, from = "192.0.2.1") =>
    server.post(tokens, { login: name, password }, { as: null, from });
  const start = async (name = "admin", password = adminPassword) =>
    createdSession.parse((await login(name, password)).json).$key;
  const statusOf = async (headers: Record<string, string>) =>
    (await server.request(`${users}?limit=1`, { as: null, headers })).status;
  const set = (name: string, value: number) => server.put(`/api/v4/settings/${name}`, { value });

  test("starts with a name and a password, in the form that clients read", async () => {
    const answer = await login("Admin", adminPassword);
    expect(answer.status).toBe(201);
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    const { $key: token } = createdSession.parse(answer.json);
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(answer.json).toEqual({
      location: `/sys/tokens/${token}`,
      dbpath: `tokens/${token}`,
      $row: 1,
      $key: token,
    });
  });

  test("ends at the very location that the login answered, with or without /api before it", async () => {
    const ends = async (prefix: string) => {
      const { location, $key } = createdSession.parse((await login("admin", adminPassword)).json);
      const ended = await server.delete(`${prefix}${location}`, { as: bearer($key) });
      return [
        ended.status,
        ended.headers.get("Cache-Control"),
        await statusOf({ Authorization: `Bearer ${$key}` }),
      ];
    };
    expect(await ends("")).toEqual([200, "no-store", 401]);
    expect(await ends("/api")).toEqual([200, "no-store", 401]);
    expect((await server.delete("/sys/tokens/self", { as: null })).status).toBe(401);
  });

  test("is a login of its user, which its row shows", async () => {
    server.nowMs += 5000;
    await start();
    expect((await server.request(`${users}/1`)).json).toMatchObject({ last_login: server.nowSeconds });
  });

  test("lets in by header, by Bearer and by cookie, as its user", async () => {
    const token = await start();
    for (const headers of [
      { "x-yottabyte-token": token },
      { Authorization: `Bearer ${token}` },
      { Cookie: `theme=dark; keyward-session=${token}` },
    ]) {
      const answer = await server.request("/auth/whoami", { as: null, headers });
      expect(answer.json).toMatchObject({ user: { name: "admin" }, api_key: null });
    }
  });

  test("has a cookie that scripts cannot read and other sites cannot send", async () => {
    const plain = (await login("admin", adminPassword)).headers.get("Set-Cookie") ?? "";
    expect(plain).toMatch(
      /^keyward-session=[0-9a-f]{64}; Max-Age=259200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const overTls = await TestServer.start(await open(), { isTls: true });
    const body = { login: "admin", password: adminPassword };
    const secure = (await overTls.post(tokens, body, { as: null })).headers.get("Set-Cookie") ?? "";
    expect(secure).toMatch(
      /^__Host-keyward-session=[0-9a-f]{64}; Max-Age=259200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    await overTls.stop();
    const behindProxy = await TestServer.start(await open(), { trustedProxies: ["10.0.0.0/8"] });
    const through = { "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https" };
    const forwarded = async (from: string) =>
      (await behindProxy.post(tokens, body, { as: null, from, headers: through })).headers.get("Set-Cookie");
    expect(await forwarded("10.1.2.3"), "a trusted proxy speaks TLS").toMatch(/^__Host-.*; Secure/);
    expect(await forwarded("192.0.2.9"), "anybody can say so").toMatch(/^keyward-session=/);
    await behindProxy.stop();
  });

  test("changes nothing by cookie unless a page of ours asks", async () => {
    const Cookie = `keyward-session=${await start()}`;
    const attempt = async (headers: Record<string, string>) => {
      const path = "/api/v4/settings/cloud_name";
      return (await server.put(path, { value: "Keyward" }, { as: null, headers: { Cookie, ...headers } }))
        .status;
    };
    expect(await attempt({})).toBe(403);
    expect(await attempt({ "Sec-Fetch-Site": "cross-site" })).toBe(403);
    expect(await attempt({ "Sec-Fetch-Site": "same-site" })).toBe(403);
    expect(await attempt({ Origin: "https://evil.example", Host: "keys.example.org" })).toBe(403);
    expect(await attempt({ Origin: "null", Host: "keys.example.org" })).toBe(403);
    expect(await attempt({ "Sec-Fetch-Site": "same-origin" })).toBe(200);
    expect(await attempt({ Origin: "https://keys.example.org", Host: "keys.example.org" })).toBe(200);
    const read = await server.request(users, {
      as: null,
      headers: { Cookie, "Sec-Fetch-Site": "cross-site" },
    });
    expect(read.status, "the browser keeps the answer from the other site").toBe(200);
  });

  test("of a wrong cookie does not stand in the way of a new login", async () => {
    const answer = await server.post(
      tokens,
      { login: "admin", password: adminPassword },
      { as: null, headers: { Cookie: "keyward-session=stale" } },
    );
    expect(answer.status).toBe(201);
  });

  test("ends when it is deleted, by its user alone", async () => {
    const token = await start();
    const stranger = await server.createBareUser("session stranger");
    expect((await server.delete(`${tokens}/${token}`, { as: stranger.as })).status).toBe(404);
    const answer = await server.delete(`${tokens}/self`, { as: bearer(token) });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Set-Cookie")).toMatch(/^keyward-session=; Max-Age=0/);
    expect(await server.refusal(users, { as: bearer(token) })).toEqual(loginRequired);
    expect((await server.delete(`${tokens}/${token}`)).status).toBe(404);
  });

  test("ends by age, and by silence, to the second", async () => {
    await set("session_expiration", 1000);
    await set("session_inactivity", 100);
    const token = await start();
    const at = async (seconds: number) => {
      server.nowMs = startedMs + seconds * 1000;
      return statusOf({ "x-yottabyte-token": token });
    };
    expect(await at(99)).toBe(200);
    expect(await at(198), "used a moment ago").toBe(200);
    expect(await at(298), "silent for 100 seconds").toBe(401);
    server.nowMs = startedMs;
    const busy = await start();
    for (let seconds = 90; seconds < 1000; seconds += 90) {
      server.nowMs = startedMs + seconds * 1000;
      expect(await statusOf({ "x-yottabyte-token": busy })).toBe(200);
    }
    server.nowMs = startedMs + 1_000_000;
    expect(await statusOf({ "x-yottabyte-token": busy }), "however busy").toBe(401);
    server.nowMs = startedMs;
    await set("session_expiration", 259_200);
    await set("session_inactivity", 86_400);
  });

  test("ends with its user's password, when the user is disabled, and with the user", async () => {
    const key = await server.createUser({ name: "ending", password: "a long password" });
    const change = async (body: unknown) => {
      const token = await start("ending", "a long password");
      await server.put(`${users}/${key}`, body);
      await server.put(`${users}/${key}`, { enabled: true });
      return statusOf({ "x-yottabyte-token": token });
    };
    expect(await change({ displayname: "Ending" })).toBe(200);
    expect(await change({ enabled: false })).toBe(401);
    expect(await change({ password: "a long password" })).toBe(401);
  });

  test("gives way, the oldest first, when a user has too many", async () => {
    await set("max_sessions", 2);
    await server.createUser({ name: "many", password: "a long password" });
    const sessions: string[] = [];
    for (let place = 0; place < 3; place += 1) {
      server.nowMs += 1000;
      sessions.push(await start("many", "a long password"));
    }
    const statuses = await Promise.all(sessions.map((token) => statusOf({ "x-yottabyte-token": token })));
    expect(statuses).toEqual([401, 200, 200]);
    server.nowMs = startedMs;
    await set("max_sessions", 100);
  });

  test("is stored as a hash, and in no log", async () => {
    const token = await start();
    await statusOf({ "x-yottabyte-token": token });
    const stored = await server.database.select().from(sessions);
    expect(stored.length).toBeGreaterThan(0);
    expect(JSON.stringify(stored.map((row) => Buffer.from(row.tokenHash).toString("hex")))).not.toContain(
      token,
    );
    for (const path of [tokens, "/sys/tokens"]) {
      await server.delete(`${path}/${token}`, { as: null });
      expect(server.logLines.join("")).toContain(`"path":"${path}/***"`);
    }
    expect(server.logLines.join("")).not.toContain(token);
    expect(JSON.stringify(await server.list("/api/v4/logs"))).not.toContain(token);
  });
});

describe.each(databasesUnderTest())("wrong passwords on $name", ({ open }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open());
  });
  afterAll(() => server.stop());

  const set = (name: string, value: number) => server.put(`/api/v4/settings/${name}`, { value });
  const guess = (name: string, password: string, from: string) =>
    server.request("/api/v4/system", { as: basic(name, password), from });

  test("beyond the limit of a minute are answered with 429, for the name and for the address", async () => {
    await set("login_rate_limit", 3);
    await server.createUser({ name: "guessed", password: "right password" });
    for (const [place, from] of ["192.0.2.1", "192.0.2.2", "192.0.2.3"].entries()) {
      expect((await guess("guessed", `wrong ${place}`, from)).status).toBe(401);
    }
    const refused = await guess("guessed", "right password", "192.0.2.4");
    expect(refused.status, "another address, the same name").toBe(429);
    expect(refused.headers.get("Retry-After")).toBe("60");
    expect(refused.json).toEqual({ err: "too many wrong passwords; try again later" });

    for (const name of ["nobody", "no one", "noone"]) {
      expect((await guess(name, "wrong", "2001:db8::1")).status).toBe(401);
    }
    expect((await guess("admin", adminPassword, "2001:db8::ffff")).status, "the same network").toBe(429);
    expect((await guess("admin", adminPassword, "2001:db8:0:1::1")).status, "another one").toBe(200);

    server.nowMs += 60_000;
    expect((await guess("guessed", "right password", "192.0.2.1")).status, "a minute later").toBe(200);
  });

  test("sent all at once are held to the limit too", async () => {
    await set("login_rate_limit", 5);
    server.nowMs += 60_000;
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, place) => guess(`name ${place}`, "wrong", "198.51.100.9")),
    );
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(5 + 4);
    expect(answers.every(({ status }) => status === 401 || status === 429)).toBe(true);
  });

  test("in a row lock the password for a while, where that is set, and say nothing of it", async () => {
    await set("login_rate_limit", 1000);
    await set("failed_login_lockout", 3);
    await set("failed_login_lock_time", 120);
    const key = await server.createUser({ name: "locked", password: "right password" });
    const { secret } = await server.createApiKey({ user: key, name: "unaffected" });
    const row = async () => (await server.list(`/api/v4/users?filter=$key eq ${key}`))[0];
    const attempt = async (password: string) => {
      const { status, json } = await guess("locked", password, "192.0.2.1");
      return [status, z.object({ err: z.string() }).safeParse(json).data?.err];
    };

    expect(await attempt("wrong")).toEqual([401, "Login required"]);
    expect(await row()).toMatchObject({ failed_attempts: 1, account_locked: 0 });
    expect((await attempt("right password"))[0], "a right one starts over").toBe(200);
    expect(await row()).toMatchObject({ failed_attempts: 0 });
    for (let place = 0; place < 3; place += 1) {
      await attempt("wrong");
    }
    expect(await row()).toMatchObject({ account_locked: server.nowSeconds + 120 });
    expect(await attempt("right password")).toEqual([401, "Login required"]);
    expect((await server.request("/api/v4/users", { as: bearer(secret) })).status, "keys still work").toBe(
      200,
    );

    server.nowMs += 120_000;
    expect((await attempt("right password"))[0]).toBe(200);
    for (let place = 0; place < 3; place += 1) {
      await attempt("wrong");
    }
    await server.put(`/api/v4/users/${key}`, { account_locked: 0 });
    expect((await attempt("right password"))[0], "unlocked by hand").toBe(200);
    await set("failed_login_lockout", 0);
  });

  test("sent all at once do not outrun the lock", async () => {
    await set("failed_login_lockout", 3);
    await server.createUser({ name: "rushed", password: "right password" });
    const wrong = Array.from({ length: 19 }, (_, place) => guess("rushed", `wrong ${place}`, "192.0.2.50"));
    await wrong[3];
    const right = await guess("rushed", "right password", "192.0.2.50");
    expect((await Promise.all(wrong)).every(({ status }) => status === 401)).toBe(true);
    expect(right.status).toBe(401);
    await set("failed_login_lockout", 0);
  });

  test("are in the audit trail, without what was typed", async () => {
    await guess("s3cret-in-the-wrong-field", "hunter22hunter22", "203.0.113.5");
    await guess("admin", "hunter22hunter22", "203.0.113.6");
    const logs = await server.list("/api/v4/logs?filter=level eq 'warning'&sort=-$key&limit=2");
    expect(logs).toMatchObject([
      { user: "admin", address: "203.0.113.6", object_type: "user", text: "login failed: wrong password" },
      { user: "", address: "203.0.113.5", object_type: "user", text: "login failed: no user has the name" },
    ]);
    expect(JSON.stringify(await server.list("/api/v4/logs"))).not.toMatch(/hunter22|s3cret/);
  });

  test("and everything else past its time are swept away", async () => {
    const before = await server.list("/api/v4/logs");
    expect(before.length).toBeGreaterThan(10);
    await sweep(server.database, server.nowMs);
    expect((await server.list("/api/v4/logs")).length).toBe(before.length);
    await set("log_retention_days", 1);
    await sweep(server.database, server.nowMs + 2 * 86_400_000);
    expect(await server.list("/api/v4/logs")).toEqual([]);
    expect(await server.database.select().from(sessions)).toEqual([]);
  });
});
