import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { databasesUnderTest } from "../databases.ts";
import { basic, bearer, TestServer } from "./test-server.ts";

const logs = "/api/v4/logs";
const keys = "/api/v4/user_api_keys";
const users = "/api/v4/users";

describe.each(databasesUnderTest())("a line of the audit trail on $name", ({ open }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open());
  });
  afterAll(() => server.stop());

  const about = async (filter: string, fields = "text") =>
    server.list(`${logs}?filter=${encodeURIComponent(filter)}&fields=${fields}&sort=$key`);
  const textsAbout = async (name: string) =>
    (await about(`object_name eq '${name}'`)).map((line) => line["text"]);
  const idOf = (secret: string) => secret.slice(3, 15);

  test("names the user by its key too, and what it proved itself by", async () => {
    const user = await server.createUser({ name: "actor", password: "actors password" });
    const { secret } = await server.createApiKey({ user, name: "acting" });
    const session = await server.post("/api/sys/tokens", { login: "actor", password: "actors password" });
    const { $key: token } = z.object({ $key: z.string() }).parse(session.json);
    for (const [place, as] of [bearer(secret), bearer(token), basic("actor", "actors password")].entries()) {
      await server.put(`${users}/${user}`, { displayname: `${place}` }, { as });
    }
    await server.put(`${users}/${user}`, { name: "renamed actor" });
    const changes = await about(
      "text bw 'changed user: displayname' and user eq 'actor'",
      "user_key,credential",
    );
    expect(changes).toEqual([
      { user_key: user, credential: `API key ${idOf(secret)}` },
      { user_key: user, credential: "session" },
      { user_key: user, credential: "password" },
    ]);
    await server.logins.flush();
    const logins = await about(
      `user_key eq ${user} and text bw 'logged in'`,
      "text,credential,user_key%23name as now",
    );
    const now = "renamed actor";
    expect(logins).toHaveLength(3);
    expect(logins).toEqual(
      expect.arrayContaining([
        { text: "logged in: session started", credential: "password", now },
        { text: "logged in with a password", credential: "password", now },
        { text: `logged in with API key ${idOf(secret)}`, credential: `API key ${idOf(secret)}`, now },
      ]),
    );
    expect(JSON.stringify(await server.list(logs))).not.toContain(token);
  });

  test("says what a new row was given, and of a secret that there is one", async () => {
    const expires = server.nowSeconds + 3600;
    const user = await server.createUser({
      name: "given",
      type: "api",
      password: "hunter2hunter2",
      enabled: false,
    });
    expect((await textsAbout("given")).at(-1)).toBe(
      'created user: type: "api"; enabled: false; physical_access: false; password given',
    );
    const limits = { expires, ip_allow_list: "192.0.2.1", description: "for deploys" };
    const { key, secret } = await server.createApiKey({ user, name: "given key", ...limits });
    expect((await textsAbout("given")).at(-1)).toBe(
      `created API key ${idOf(secret)} named "given key": description: "for deploys"; expires: ${expires}; ` +
        'ip_allow_entries: {"address":"192.0.2.1","enabled":true}',
    );
    await server.post(`${keys}/${key}/rotate`, { overlap: 60, expires: expires + 5 });
    expect((await textsAbout("given")).at(-1)).toMatch(
      new RegExp(
        `^rotated API key ${idOf(secret)}: \\w{12} succeeds it; overlap: 60; expires: ${server.nowSeconds + 60}; successor_expires: ${expires + 5}$`,
      ),
    );
    await server.create("/api/v4/groups", { name: "given group", description: "of people", enabled: false });
    expect(await textsAbout("given group")).toEqual([
      'created group: description: "of people"; enabled: false',
    ]);
  });

  test("of a setting that the server does not know says that there is a value, never which", async () => {
    await server.post("/api/v4/settings", {
      key: "smtp_password",
      value: "hunter2hunter2",
      description: "mail",
    });
    await server.put("/api/v4/settings/smtp_password", { value: "hunter3hunter3" });
    expect(await textsAbout("smtp_password")).toEqual([
      'created setting: value given; description: "mail"',
      "changed setting: value changed",
    ]);
  });

  test("is not written for a change that changes nothing", async () => {
    const user = await server.createUser({ name: "same" });
    const { key } = await server.createApiKey({ user, name: "same" });
    const group = await server.create("/api/v4/groups", { name: "same group" });
    const grant = await server.grant(1, "same_table", 0, "list");
    const before = (await server.list(logs)).length;
    const row = { [`${users}/${user}`]: { enabled: true }, [`${keys}/${key}`]: { name: "same" } };
    const other = {
      [`/api/v4/groups/${group}`]: { name: "same group" },
      [`/api/v4/permissions/${grant}`]: { list: true },
      "/api/v4/settings/max_sessions": { value: 100 },
    };
    for (const [path, body] of Object.entries({ ...row, ...other })) {
      expect((await server.put(path, body)).status).toBe(200);
      if (!path.includes("settings")) {
        expect((await server.put(path, {})).status).toBe(200);
      }
    }
    expect((await server.post(`${users}/${user}/enable`, {})).status).toBe(200);
    expect((await server.list(logs)).length).toBe(before);
  });

  test("tells of what went with a user: its keys, its memberships, its grants and those on it", async () => {
    const leaving = await server.createPerson("leaving");
    const [own] = await server.list(`${keys}?filter=user eq ${leaving.key}`);
    const group = await server.create("/api/v4/groups", { name: "left" });
    await server.create("/api/v4/members", { parent_group: group, member: `users/${leaving.key}` });
    const watcher = await server.createBareUser("watcher");
    await server.grant(watcher.identity, "users", leaving.key, "read");

    await server.delete(`${users}/${leaving.key}`);

    const told = await textsAbout("leaving");
    expect(told.slice(-4)).toEqual([
      `deleted user ${leaving.key}`,
      `API keys deleted with the user: ${own?.["secret_id"]} named "own"`,
      'memberships ended with it, in: "left"',
      `grants revoked with it: list, read on / to identity ${leaving.identity}; ` +
        `list, read, modify on users/${leaving.key} to identity ${leaving.identity}; ` +
        `read on users/${leaving.key} to identity ${watcher.identity}`,
    ]);
  });

  test("tells of what went with a group: who was in it, what it was in, and what it gave", async () => {
    const [outer, inner, core] = await Promise.all(
      ["outer", "inner", "core"].map((name) => server.create("/api/v4/groups", { name })),
    );
    await server.create("/api/v4/members", { parent_group: outer, member: `groups/${inner}` });
    await server.create("/api/v4/members", { parent_group: inner, member: `groups/${core}` });
    await server.create("/api/v4/members", { parent_group: inner, member: "users/1" });
    const [row] = await server.list(`/api/v4/groups?filter=$key eq ${inner}`);
    await server.grant(Number(row?.["identity"]), "vms", 0, "list modify");

    await server.delete(`/api/v4/groups/${inner}`);

    expect((await textsAbout("inner")).slice(1)).toEqual([
      expect.stringMatching(/^added member/),
      expect.stringMatching(/^added member/),
      `deleted group ${inner}`,
      'memberships ended with it, of: group "core"; user "admin"',
      'memberships ended with it, in: "outer"',
      `grants revoked with it: list, modify on vms to identity ${row?.["identity"]}`,
    ]);
  });

  test("tells of every key that went, in rows of a size that can be read", async () => {
    const user = await server.createUser({ name: "many" });
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, place) => server.createApiKey({ user, name: `key ${place}` })),
    );
    await server.delete(`${users}/${user}`);
    const lines = (await about("object_name eq 'many' and text bw 'API keys deleted'")).map((line) =>
      String(line["text"]),
    );
    expect(lines.map((line) => line.split(" named ").length - 1)).toEqual([50, 10]);
    expect(made.every(({ secret }) => lines.join().includes(idOf(secret)))).toBe(true);
  });

  test("tells of a password from each address that it has not come from for an hour", async () => {
    await server.createUser({ name: "travelling", password: "travels a lot" });
    const as = basic("travelling", "travels a lot");
    const call = async (from: string, laterMs: number) => {
      server.nowMs += laterMs;
      await server.request("/auth/whoami", { as, from });
      await server.logins.flush();
    };
    for (const from of ["192.0.2.1", "203.0.113.66", "192.0.2.1", "203.0.113.66"]) {
      await call(from, 60_000);
    }
    await call("203.0.113.66", 3_500_000);
    await call("203.0.113.66", 3_500_000);
    await call("192.0.2.1", 1000);
    const lines = await about("user eq 'travelling' and text eq 'logged in with a password'", "address");
    expect(lines.map((line) => line["address"])).toEqual(["192.0.2.1", "203.0.113.66", "192.0.2.1"]);
  });

  test("tells of attempts that were not even looked at, once for each minute and not for each name made up", async () => {
    await server.put("/api/v4/settings/login_rate_limit", { value: 1 });
    await server.createUser({ name: "besieged", password: "right password" });
    const guess = async (name: string, from: string) =>
      (await server.request("/auth/whoami", { as: basic(name, "wrong password"), from })).status;
    const refused = async () =>
      about("text bw 'login refused: too many'", "user,user_key,credential,address");
    expect(await guess("besieged", "198.51.100.1")).toBe(401);
    for (const name of ["besieged", "made-up-1", "made-up-2", "made-up-3"]) {
      expect(await guess(name, "198.51.100.1")).toBe(429);
    }
    const line = { user: "besieged", user_key: expect.any(Number), credential: "" };
    expect(await refused()).toEqual([{ ...line, address: "198.51.100.1" }]);
    expect(await guess("besieged", "198.51.100.2")).toBe(429);
    expect(await guess("besieged", "198.51.100.2")).toBe(429);
    expect(await refused()).toEqual([
      { ...line, address: "198.51.100.1" },
      { ...line, address: "198.51.100.2" },
    ]);
    server.nowMs += 60_000;
    expect(await guess("made-up-4", "198.51.100.1")).toBe(401);
    expect(await guess("made-up-5", "198.51.100.1")).toBe(429);
    expect((await refused()).at(-1), "a name that is nobody's is not written down").toEqual({
      user: "",
      user_key: null,
      credential: "",
      address: "198.51.100.1",
    });
  });
});
