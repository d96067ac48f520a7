import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openMemory } from "../databases.ts";
import { TestServer } from "./test-server.ts";

const keys = "/api/v4/user_api_keys";
const users = "/api/v4/users";

/** Clients read a row, change a field of it, and send the whole back. */
describe("a row that is sent back as it was read", () => {
  let server: TestServer;
  let rows: Readonly<Record<string, string>>;

  beforeAll(async () => {
    server = await TestServer.start(await openMemory());
    const user = await server.createUser({ name: "sent back", email: "root@localhost" });
    const group = await server.create("/api/v4/groups", { name: "Sent Back" });
    const entries = [
      { address: "192.0.2.0/24", enabled: true },
      { address: "198.51.100.7", enabled: false },
    ];
    const { key } = await server.createApiKey({
      user,
      name: "sent back",
      expires: server.nowSeconds + 10,
      ip_allow_entries: entries,
      ip_deny_list: "203.0.113.1",
    });
    server.nowMs += 20_000;
    rows = {
      user: `${users}/${user}`,
      group: `/api/v4/groups/${group}`,
      membership: `/api/v4/members/${await server.create("/api/v4/members", { parent_group: group, member: `users/${user}` })}`,
      permission: `/api/v4/permissions/${await server.grant(1, "vms", 0, "list")}`,
      "setting of the server's": "/api/v4/settings/max_sessions",
      "setting of one's own": `/api/v4/settings/${await ownSetting()}`,
      "key, one that has expired too": `${keys}/${key}`,
    };
  });
  afterAll(() => server.stop());

  const ownSetting = async () => {
    await server.post("/api/v4/settings", { key: "own_setting", value: "x", description: null });
    return "own_setting";
  };

  test.each([
    "user",
    "group",
    "membership",
    "permission",
    "setting of the server's",
    "setting of one's own",
    "key, one that has expired too",
  ])("is accepted and stays as it was: a %s", async (kind) => {
    const path = rows[kind] ?? expect.fail(kind);
    for (const fields of ["most", "all"]) {
      const read = await server.request(`${path}?fields=${fields}`);
      const answer = await server.put(path, read.json);
      expect([answer.status, answer.json]).toEqual([200, expect.anything()]);
      expect((await server.request(`${path}?fields=${fields}`)).json).toEqual(read.json);
    }
    const refused = await server.put(path, { value: "x", nobody_knows_it: 1 });
    expect(refused.status, "what nobody knows is refused all the same").toBe(422);
  });

  test("does not make an identifier of a name that stood for none", async () => {
    const path = rows["group"] ?? "";
    const read = (await server.request(path)).json;
    await server.put(path, Object.assign({}, read, { name: "Renamed" }));
    expect((await server.request(path)).json).toMatchObject({ name: "Renamed", id: "Renamed" });
  });

  test("may be made into another one, whose read-only fields are its own", async () => {
    const read = (await server.request(rows["user"] ?? "")).json;
    const body = Object.assign({}, read, { name: "copy", failed_attempts: 7, credential: 3 });
    const copy = await server.create(users, body);
    expect((await server.request(`${users}/${copy}`)).json).toMatchObject({
      $key: copy,
      name: "copy",
      email: "root@localhost",
      failed_attempts: 0,
    });
  });

  test("has nothing where a client writes null for it", async () => {
    const user = await server.createUser({ name: "nulls", displayname: null, email: null });
    await server.put(`${users}/${user}`, { displayname: "Not Null", email: "n@example.org" });
    await server.put(`${users}/${user}`, { displayname: null, email: null });
    expect((await server.request(`${users}/${user}`)).json).toMatchObject({ displayname: "", email: "" });
    const lists = { description: null, ip_allow_list: null, ip_deny_list: null };
    const { key } = await server.createApiKey({ user, name: "nulls", ...lists });
    await server.put(`${keys}/${key}`, { ip_deny_list: "192.0.2.1" });
    await server.put(`${keys}/${key}`, lists);
    expect((await server.request(`${keys}/${key}`)).json).toMatchObject({
      ip_allow_list: "",
      ip_deny_list: "",
    });
    const group = await server.create("/api/v4/groups", {
      name: "nulls",
      description: null,
      email: null,
      id: null,
    });
    expect((await server.request(`/api/v4/groups/${group}`)).json).toMatchObject({
      description: "",
      id: "nulls",
    });
  });

  test("says of itself which fields only it writes", async () => {
    const described = (await server.request(`${users}/$table`)).json;
    const field = (name: string, readonly: boolean) =>
      expect.objectContaining({ name, readonly, description: readonly ? "" : expect.stringMatching(/./) });
    expect(described).toMatchObject({
      fields: expect.arrayContaining([
        field("created", true),
        field("remote_name", true),
        field("email", false),
        field("account_locked", false),
      ]),
    });
    expect(JSON.stringify(described)).not.toContain("last_forgot_password");
  });
});
