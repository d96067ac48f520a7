import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { passedKey } from "../../../contract/gate.ts";
import { createSecret } from "../../../contract/secret.ts";
import { databasesUnderTest } from "../../databases.ts";
import { basic, bearer, TestServer } from "../test-server.ts";

describe.each(databasesUnderTest())("/auth/verify on $name", ({ open }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open(), { trustedProxies: ["127.0.0.0/8"] });
  });
  afterAll(() => server.stop());

  const verify = (secret: string, path = "/auth/verify", from = "127.0.0.1") =>
    server.request(path, { as: bearer(secret), from });

  test("lets a key pass and says whose it is, in headers and in the body", async () => {
    const { key: user } = await server.createBareUser("jörg, of 100% ops");
    const outer = await server.create("/api/v4/groups", { name: "outer" });
    const inner = await server.create("/api/v4/groups", { name: "inner" });
    await server.create("/api/v4/members", { parent_group: outer, member: `/v4/groups/${inner}` });
    await server.create("/api/v4/members", { parent_group: inner, member: `/v4/users/${user}` });
    const { key, secret } = await server.createApiKey({ user, name: "deploy" });

    const answer = await verify(secret);

    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      user: { $key: user, name: "jörg, of 100% ops" },
      api_key: { $key: key, name: "deploy", secret_id: secret.slice(3, 15), expires: 0 },
      groups: ["inner", "outer"],
    });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "x-keyward-user": "j%C3%B6rg%2C of 100%25 ops",
      "x-keyward-user-id": String(user),
      "x-keyward-key": "deploy",
      "x-keyward-key-id": secret.slice(3, 15),
      "x-keyward-groups": "inner,outer",
      "cache-control": "no-store",
    });
  });

  test("keeps names apart that a header would make one", async () => {
    const { key: user } = await server.createBareUser("member of look-alikes");
    for (const name of [
      " look-alike",
      "look-alike ",
      "look-alike",
      "a,b",
      "a",
      "b",
      "%20look-alike",
      "\u00a0a",
    ]) {
      const group = await server.create("/api/v4/groups", { name });
      await server.create("/api/v4/members", { parent_group: group, member: `users/${user}` });
    }
    const { secret } = await server.createApiKey({ user, name: " deploy " });
    const answer = await verify(secret);

    expect(answer.headers.get("x-keyward-key")).toBe("%20deploy%20");
    const names = (answer.headers.get("x-keyward-groups") ?? "").split(",").map((name) => name.trim());
    expect(names.sort()).toEqual(
      [
        "%20look-alike",
        "look-alike%20",
        "look-alike",
        "a%2Cb",
        "a",
        "b",
        "%2520look-alike",
        "%C2%A0a",
      ].sort(),
    );
    const { groups } = passedKey.parse(answer.json);
    expect(names.map(decodeURIComponent).sort()).toEqual([...groups].sort());
  });

  test.each([
    ["GET", 200],
    ["POST", 200],
    ["HEAD", 200],
    ["DELETE", 405],
  ])("answers %s with %i", async (method, status) => {
    const { secret } = await server.createApiKey({ user: 1, name: `by ${method}` });
    const answer = await server.app.hono.request("/auth/verify", {
      method,
      headers: { Authorization: bearer(secret) },
    });
    expect(answer.status).toBe(status);
  });

  test("takes keys alone: a password or a session is not what a gateway is to let through", async () => {
    expect(
      (await server.refusal("/auth/verify", { as: basic("admin", "correct horse battery") })).status,
    ).toBe(401);
    const session = await server.post("/api/sys/tokens", {
      login: "admin",
      password: "correct horse battery",
    });
    expect(session.status).toBe(201);
    const [, cookie = ""] = /^([^;]+)/.exec(session.headers.get("set-cookie") ?? "") ?? [];
    expect((await server.refusal("/auth/verify", { as: null, headers: { Cookie: cookie } })).status).toBe(
      401,
    );
  });

  test("refuses an expired key, one of a disabled user, and one from elsewhere, each with its reason", async () => {
    const user = await server.createUser({ name: "to be disabled" });
    const expiring = await server.createApiKey({ user: 1, name: "expiring", expires: server.nowSeconds + 5 });
    const disabled = await server.createApiKey({ user, name: "disabled" });
    const fenced = await server.createApiKey({ user: 1, name: "fenced", ip_allow_list: "192.0.2.0/24" });
    expect((await verify(expiring.secret)).status).toBe(200);
    expect((await verify(disabled.secret)).status).toBe(200);

    server.nowMs += 5000;
    await server.put(`/api/v4/users/${user}`, { enabled: false });

    const refusals = await Promise.all(
      [expiring, disabled, fenced].map(({ secret }) =>
        server.refusal("/auth/verify", { as: bearer(secret) }),
      ),
    );
    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 403]);
    expect(refusals[0]?.err).toMatch(/^API key \w{12} expired at /);
    expect(refusals[1]?.err).toMatch(/is disabled$/);
    expect(refusals[2]?.err).toMatch(/^address 127.0.0.1 is not on the allow list/);
  });

  test("judges the address that a trusted proxy saw, and nobody else's word for it", async () => {
    const { secret } = await server.createApiKey({ user: 1, name: "proxied", ip_allow_list: "192.0.2.7" });
    const from = (socket: string, forwarded: string) =>
      server.request("/auth/verify", {
        as: bearer(secret),
        from: socket,
        headers: { "X-Forwarded-For": forwarded },
      });

    expect((await from("127.0.0.1", "192.0.2.7")).status).toBe(200);
    expect((await from("127.0.0.1", "192.0.2.7, 198.51.100.1")).status).toBe(403);
    expect((await from("198.51.100.1", "192.0.2.7")).status).toBe(403);
    expect((await from("192.0.2.7", "198.51.100.1")).status).toBe(200);
  });

  test("takes what a trusted proxy wrote for no address as nobody's, and not as the proxy's own", async () => {
    const allowed = await server.createApiKey({
      user: 1,
      name: "proxy allowed",
      ip_allow_list: "127.0.0.0/8",
    });
    const denied = await server.createApiKey({ user: 1, name: "others denied", ip_deny_list: "203.0.113.5" });
    const open = await server.createApiKey({ user: 1, name: "from anywhere" });
    const ask = (secret: string, forwarded: string, path = "/auth/verify") =>
      server.request(path, { as: bearer(secret), headers: { "X-Forwarded-For": forwarded } });

    for (const forwarded of ["203.0.113.5:4711", "[::ffff:203.0.113.5]:443"]) {
      expect((await ask(allowed.secret, forwarded)).status).toBe(403);
      expect((await ask(denied.secret, forwarded)).json).toEqual({
        err: expect.stringMatching(/^address 203\.0\.113\.5 is on the deny list/),
      });
    }
    for (const forwarded of ["unknown", '"203.0.113.5"', ""]) {
      for (const { secret } of [allowed, denied]) {
        const refused = await ask(secret, forwarded);
        expect(refused.status).toBe(403);
        expect(refused.json).toEqual({
          err: expect.stringMatching(/^the address you call from is not known/),
        });
      }
      expect((await ask(open.secret, forwarded)).status).toBe(200);
    }
    expect((await ask(open.secret, "203.0.113.9, unknown", "/auth/whoami")).json).toMatchObject({
      address: "",
      proxies: ["127.0.0.1"],
      unreadable_hop: "unknown",
    });
  });

  test("requires a right where one is asked for", async () => {
    const { key: user, identity } = await server.createBareUser("reader of vms");
    const { secret } = await server.createApiKey({ user, name: "vms" });
    const ask = (query: string) => verify(secret, `/auth/verify?${query}`);
    expect((await ask("table=vms&action=read")).status).toBe(403);

    const grant = await server.grant(identity, "vms", 5, "read");

    expect((await ask("table=vms&action=read&row=5")).status).toBe(200);
    expect((await ask("table=vms&action=read")).json).toEqual({
      err: expect.stringMatching(/^user reader of vms of API key \w{12} may not read vms$/),
    });
    expect((await ask("table=vms&action=modify&row=5")).status).toBe(403);
    await server.delete(`/api/v4/permissions/${grant}`);
    expect((await ask("table=vms&action=read&row=5")).status).toBe(403);
  });

  test.each([
    ["table=vms", "action: table and action go together"],
    ["table=vms&action=own", "action: must be one of list, read, create, modify, delete"],
    ["row=5", "row: needs table and action"],
    ["tabel=vms&action=read", "tabel: "],
  ])(
    "refuses a question it does not understand (%s) rather than answer an easier one",
    async (query, err) => {
      const { secret } = await server.createApiKey({ user: 1, name: `asks ${query}` });
      const refused = await server.refusal(`/auth/verify?${query}`, { as: bearer(secret) });
      expect(refused.status).toBe(422);
      expect(refused.err).toContain(err);
    },
  );

  test("reads a key once, and again after whatever may have narrowed it", async () => {
    const user = await server.createUser({ name: "watched" });
    const { key, secret } = await server.createApiKey({ user, name: "watched" });
    const misses = () => server.gate.gate.counts.misses;
    const before = misses();
    for (let time = 0; time < 5; time += 1) {
      expect((await verify(secret)).status).toBe(200);
    }
    expect(misses() - before).toBe(1);

    await server.put(`/api/v4/user_api_keys/${key}`, { ip_deny_list: "127.0.0.1" });
    expect((await verify(secret)).status).toBe(403);
    await server.put(`/api/v4/user_api_keys/${key}`, { ip_deny_list: "" });
    expect((await verify(secret)).status).toBe(200);
    await server.post(`/api/v4/user_api_keys/${key}/rotate`, { overlap: 0 });
    expect((await verify(secret)).status).toBe(401);
  });

  test("knows a key from the moment it is made, also when somebody tried it before", async () => {
    const secret = createSecret();
    expect((await verify(secret)).status).toBe(401);
    await server.post("/api/v4/user_api_keys", { user: 1, name: "brought along", secret });
    expect((await verify(secret)).status).toBe(200);
  });

  test("writes the last login of a key behind, and refusals to the audit trail", async () => {
    const { key, secret } = await server.createApiKey({ user: 1, name: "seen", ip_deny_list: "192.0.2.9" });
    await verify(secret, "/auth/verify", "192.0.2.8");
    await verify(secret, "/auth/verify", "192.0.2.9");
    await server.logins.flush();

    const [row] = await server.list(`/api/v4/user_api_keys?filter=$key eq ${key}`);
    expect(row).toMatchObject({ lastlogin_ip: "192.0.2.8", lastlogin_stamp: server.nowSeconds });
    const [line] = await server.list("/api/v4/logs?filter=text ct 'deny list' and address eq '192.0.2.9'");
    expect(line).toMatchObject({ address: "192.0.2.9", user: "admin" });
  });

  test("writes a few lines about a crowd of strangers, which tell of how many there were", async () => {
    const { secret } = await server.createApiKey({ user: 1, name: "leaked", ip_allow_list: "192.0.2.1" });
    await server.logins.flush();
    const [last] = await server.list("/api/v4/logs?limit=1&sort=-$key");
    const networks = Array.from({ length: 40 }, (_, place) => `2001:db8:0:${place.toString(16)}`);
    await Promise.all(
      networks.flatMap((network) => [
        verify(createSecret(), "/auth/verify", `${network}::1`),
        verify(secret, "/auth/verify", `${network}::2`),
      ]),
    );
    await server.logins.flush();

    const since = await server.list(`/api/v4/logs?filter=$key gt ${last?.["$key"]}`);
    const texts = since.map(({ text }) => String(text));
    for (const kind of ["login failed: unknown", `refused API key ${secret.slice(3, 15)}: address not on`]) {
      const lines = texts.filter((text) => text.startsWith(kind));
      const further = lines.map((text) =>
        Number(/; (\d+) more times from other networks$/.exec(text)?.[1] ?? 0),
      );
      const own = further.filter((count) => count === 0).length;
      expect(own + further.reduce((sum, count) => sum + count, 0)).toBe(networks.length);
      // On a slow machine they are written in two or three goes.
      expect(lines.length).toBeLessThanOrEqual(20);
    }
  });

  test("counts verdicts by outcome, and says that it is ready", async () => {
    expect((await server.request("/readyz", { as: null })).json).toEqual({ status: "ready" });
    const metrics = await (await server.app.hono.request("/metrics")).text();
    expect(metrics).toMatch(/^keyward_verdicts_total\{outcome="allowed"\} [1-9]/m);
    expect(metrics).toMatch(/^keyward_verdicts_total\{outcome="not_on_allow_list"\} [1-9]/m);
    expect(metrics).toMatch(/^keyward_verdict_duration_seconds_count [1-9]/m);
    expect(metrics).toMatch(/^keyward_database_round_trip_seconds 0\.\d/m);
  });

  test("slows down who tries more unknown keys than anybody needs, and nobody who uses known ones", async () => {
    const { secret } = await server.createApiKey({ user: 1, name: "neighbour" });
    await verify(secret, "/auth/verify", "198.51.100.9");
    const tries = await Promise.all(
      Array.from({ length: 600 }, () => verify(createSecret(), "/auth/verify", "198.51.100.9")),
    );

    expect([...new Set(tries.map(({ status }) => status))].sort()).toEqual([401, 429]);
    const held = tries.find(({ status }) => status === 429);
    expect(held?.headers.get("retry-after")).toBe("1");
    expect((await verify(secret, "/auth/verify", "198.51.100.9")).status).toBe(200);
    expect((await verify(createSecret(), "/auth/verify", "198.51.100.10")).status).toBe(401);
  });
});
