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
    });
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

  test("who is no administrator sees itself and changes nobody", async () => {
    const key = await server.createUser({ name: "plain" });
    const { secret } = await server.createApiKey({ user: key, name: "own" });
    const as = bearer(secret);

    expect((await server.request(path, { as })).json).toMatchObject([{ $key: key }]);
    expect((await server.refusal(`${path}/1`, { as })).status).toBe(404);
    for (const [method, target] of [
      ["POST", path],
      ["PUT", `${path}/${key}`],
      ["DELETE", `${path}/${key}`],
    ] as const) {
      const body = method === "DELETE" ? {} : { body: { name: "other" } };
      expect(await server.refusal(target, { as, method, ...body })).toEqual({
        status: 403,
        err: "only a system administrator may change users",
      });
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
