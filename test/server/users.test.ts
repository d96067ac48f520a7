import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { userRow } from "../../contract/users.ts";
import { databasesUnderTest } from "../databases.ts";
import { basic, bearer, TestServer } from "./test-server.ts";

const path = "/api/v4/users";
const row = z.strictObject(userRow.shape);

describe.each(databasesUnderTest())("a user on $name", ({ open }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open());
  });
  afterAll(() => server.stop());

  test("is created in lower case, with what was left out filled in", async () => {
    const answer = await server.request(path, {
      method: "POST",
      body: { name: "Grace", email: "G@Example.org" },
    });

    expect(answer.status).toBe(201);
    const { $key } = z.object({ $key: z.string() }).parse(answer.json);
    expect(row.parse((await server.request(`${path}/${$key}`)).json)).toEqual({
      $key: Number($key),
      name: "grace",
      displayname: "",
      email: "g@example.org",
      type: "normal",
      enabled: true,
      physical_access: false,
      created: server.nowSeconds,
      last_login: 0,
      id: expect.stringMatching(/^[0-9a-f]{40}$/),
      identity: expect.stringMatching(/^\d+$/),
      creator: "admin",
      change_password: false,
      two_factor_authentication: false,
      two_factor_type: "email",
      ssh_keys: "",
      theme: "",
      auth_source: null,
      auth_source_name: null,
      remote_name: "grace",
      failed_attempts: 0,
      account_locked: 0,
    });
  });

  test("gets in however its client writes letters beyond ASCII", async () => {
    await server.createUser({ name: "umlaut", password: "p\u00e4ssw\u00f6rter" });
    const latin1 = `Basic ${Buffer.from("umlaut:p\u00e4ssw\u00f6rter", "latin1").toString("base64")}`;
    for (const as of [basic("umlaut", "p\u00e4ssw\u00f6rter"), latin1]) {
      expect((await server.request(path, { as })).status).toBe(200);
    }
  });

  test("whose password somebody else changed meanwhile is another version", async () => {
    const key = await server.createUser({ name: "versioned", password: "first password" });
    const tag = (await server.request(`${path}/${key}`)).headers.get("ETag") ?? "";
    const change = (password: string) =>
      server.put(`${path}/${key}`, { password }, { headers: { "If-Match": tag } });
    expect((await change("second password")).status).toBe(200);
    expect((await change("third password")).status).toBe(412);
  });

  test("gets in with its password, and with the new one alone after a change", async () => {
    const key = await server.createUser({ name: "ada", password: "first password" });
    const statusOf = async (password: string) =>
      (await server.request(path, { as: basic("Ada", password) })).status;

    expect(await statusOf("first password")).toBe(200);
    await server.request(`${path}/${key}`, { method: "PUT", body: { password: "second password" } });

    expect(await statusOf("first password")).toBe(401);
    expect(await statusOf("second password")).toBe(200);
    await server.logins.flush();
    expect((await server.request(`${path}/${key}`)).json).toMatchObject({ last_login: server.nowSeconds });
  });

  test("that is unknown, has no password, or is disabled is refused like a wrong password", async () => {
    await server.createUser({ name: "keys-only", type: "api" });
    await server.createUser({ name: "gone", password: "right password", enabled: false });
    const refusalOf = (name: string) => server.refusal(path, { as: basic(name, "right password") });

    const refused = await refusalOf("admin");
    expect(refused).toEqual({ status: 401, err: "Login required" });
    expect(await refusalOf("nobody")).toEqual(refused);
    expect(await refusalOf("keys-only")).toEqual(refused);
    expect(await refusalOf("gone")).toEqual(refused);
    expect(await refusalOf("a\0b")).toEqual(refused);
    expect(await refusalOf("")).toEqual(refused);
  });

  test("may list and read everything but keys and logs, and change itself alone", async () => {
    const key = await server.createUser({ name: "plain" });
    const { secret } = await server.createApiKey({ user: key, name: "own" });
    const as = bearer(secret);

    expect((await server.list(path, { as })).map((user) => user["name"])).toContain("admin");
    expect(await server.list("/api/v4/user_api_keys", { as })).toMatchObject([{ name: "own" }]);
    expect(await server.list("/api/v4/logs", { as })).toEqual([]);
    expect((await server.put(`${path}/${key}`, { displayname: "Plain" }, { as })).status).toBe(200);
    expect(await server.refusal(`${path}/1`, { as, method: "PUT", body: { displayname: "x" } })).toEqual({
      status: 403,
      err: "you may list this row of users, but not modify it",
    });
    expect((await server.delete(`${path}/${key}`, { as })).status, "not even itself").toBe(403);
    expect(await server.refusal(path, { as, method: "POST", body: { name: "another" } })).toEqual({
      status: 403,
      err: "you may not create users",
    });
    const raised = await server.refusal(`${path}/${key}`, {
      as,
      method: "PUT",
      body: { physical_access: true },
    });
    expect(raised).toEqual({
      status: 403,
      err: "physical_access: only a system administrator may set it",
    });
  });

  test("is enabled and disabled in each way that a client asks", async () => {
    const key = await server.createUser({ name: "switched" });
    const isEnabled = async () => (await server.list(`${path}?filter=name eq 'switched'`))[0]?.["enabled"];

    expect((await server.put(`${path}/${key}`, { enabled: false })).status).toBe(200);
    expect(await isEnabled()).toBe(false);
    expect((await server.request(`${path}/${key}?action=enable`, { method: "PUT" })).status).toBe(200);
    expect(await isEnabled()).toBe(true);
    expect((await server.post(`${path}/${key}/disable`, {})).status).toBe(200);
    expect(await isEnabled()).toBe(false);
    expect((await server.post("/api/v4/user_actions", { user: key, action: "enable" })).status).toBe(200);
    expect(await isEnabled()).toBe(true);
    const unknown = { method: "POST", body: { user: key, action: "explode" } };
    expect(await server.refusal("/api/v4/user_actions", unknown)).toEqual({
      status: 422,
      err: 'action: "explode" is not an action of users; there is: enable, disable',
    });
  });

  test("keeps what clients of VergeOS send, also where nothing here acts on it", async () => {
    const kept = {
      change_password: true,
      two_factor_authentication: true,
      two_factor_type: "authenticator",
      ssh_keys: "ssh-ed25519 AAAA one\nssh-ed25519 BBBB two",
      theme: "dark",
    };
    const key = await server.createUser({ name: "kept", ...kept, auth_source: null, remote_name: "" });
    expect((await server.request(`${path}/${key}`)).json).toMatchObject(kept);
    const refused = await server.refusal(path, { method: "POST", body: { name: "far", auth_source: 3 } });
    expect(refused).toEqual({ status: 422, err: "auth_source: must be null: users are kept here alone" });
  });

  test("has the default rights of its type, which can be revoked down to none", async () => {
    for (const [type, everything] of [
      ["normal", { list: true, read: true }],
      ["api", { list: true, read: true }],
      ["vdi", { list: true, read: false }],
    ] as const) {
      const key = await server.createUser({ name: `default-${type}`, type });
      const [user] = await server.list(`${path}?filter=$key eq ${key}`);
      const filter = `/api/v4/permissions?filter=identity eq ${user?.["identity"]}`;
      const none = { create: false, modify: false, delete: false };
      expect(await server.list(filter)).toMatchObject([
        { ...none, ...everything, table: "/", row: 0, identity_display: `default-${type}`, rowdisplay: null },
        {
          ...none,
          list: true,
          read: true,
          modify: true,
          table: "users",
          row: key,
          rowdisplay: `default-${type}`,
        },
      ]);
      for (const permission of await server.list(filter)) {
        expect((await server.delete(`/api/v4/permissions/${permission["$key"]}`)).status).toBe(200);
      }
      expect(await server.list(filter)).toEqual([]);
    }
  });

  test("takes everything along when it is deleted", async () => {
    const key = await server.createUser({ name: "leaving" });
    const group = await server.create("/api/v4/groups", { name: "left behind" });
    await server.create("/api/v4/members", { parent_group: group, member: `/v4/users/${key}` });
    const [user] = await server.list(`${path}?filter=$key eq ${key}`);
    const watcher = await server.createBareUser("watcher");
    await server.grant(watcher.identity, "users", key, "list read");

    await server.delete(`${path}/${key}`);

    expect((await server.request(`${path}/${key}`)).status).toBe(404);
    expect(await server.list(`/api/v4/members?filter=parent_group eq ${group}`)).toEqual([]);
    expect(await server.list(`/api/v4/permissions?filter=identity eq ${user?.["identity"]}`)).toEqual([]);
    expect(await server.list(`/api/v4/permissions?filter=table eq 'users' and row eq ${key}`)).toEqual([]);
  });

  test("is told the bounds of its numbers in the words of every other answer", async () => {
    for (const [body, err] of [
      [{ failed_attempts: 1_000_001 }, "failed_attempts: must be at most 1000000"],
      [{ failed_attempts: -1 }, "failed_attempts: must be at least 0"],
      [{ account_locked: -1 }, "account_locked: must be at least 0"],
    ] as const) {
      expect(await server.refusal(`${path}/1`, { method: "PUT", body })).toEqual({ status: 422, err });
    }
  });

  test("made at installation can be neither deleted nor locked out", async () => {
    expect((await server.refusal(`${path}/1`, { method: "DELETE" })).status).toBe(403);
    for (const body of [{ enabled: false }, { physical_access: false }]) {
      const refused = await server.refusal(`${path}/1`, { method: "PUT", body });
      expect(refused).toEqual({
        status: 422,
        err: `${Object.keys(body)[0]}: must stay true for the user made at installation`,
      });
    }
  });

  const faults: readonly [string, Record<string, unknown>, number, RegExp][] = [
    ["has no name", { name: undefined }, 422, /^name: is missing$/],
    ["has a slash in its name", { name: "a/b" }, 422, /^name: must not contain a slash or a colon$/],
    ["has a name that is taken", { name: "ADMIN" }, 409, /^name: there is a user named "admin" already/],
    [
      "has a name that is too long in lower case",
      { name: "\u0130".repeat(65) },
      422,
      /^name: must be at most 128/,
    ],
    ["has a short password", { password: "short" }, 422, /^password: must be at least 8 characters$/],
    ["has half an e-mail address", { email: "someone@" }, 422, /^email: must be an e-mail address/],
    ["is of an unknown type", { type: "robot" }, 422, /^type: must be "normal", "api" or "vdi"$/],
    ["has a field nobody knows", { nick: "x" }, 422, /^nick: is not a field that can be set here$/],
  ];
  test.each(faults)("that %s is refused and not stored", async (_, fields, status, message) => {
    const before = (await server.request(path)).json;
    const refused = await server.refusal(path, { method: "POST", body: { name: "faulty", ...fields } });
    expect(refused.status).toBe(status);
    expect(refused.err).toMatch(message);
    expect((await server.request(path)).json).toEqual(before);
  });
});
