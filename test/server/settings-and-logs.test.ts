import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { logRow } from "../../contract/logs.ts";
import { settingRow } from "../../contract/settings.ts";
import { databasesUnderTest } from "../databases.ts";
import { bearer, TestServer } from "./test-server.ts";

const settings = "/api/v4/settings";

describe.each(databasesUnderTest())("settings on $name", ({ open }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open());
  });
  afterAll(() => server.stop());

  test("are there from the first start, by the names that clients look for", async () => {
    const rows = z.array(z.strictObject(settingRow.shape)).parse(await server.list(settings));
    expect(rows.find((row) => row.key === "max_connections")).toMatchObject({
      $key: "max_connections",
      value: "500",
      default_value: "500",
      description: expect.stringMatching(/\w/),
    });
    expect(await server.list(`${settings}?filter=key ct 'SESSION'`)).toHaveLength(3);
    expect((await server.request(`${settings}/cloud_name`)).json).toMatchObject({ value: "Keyward" });
  });

  test("are changed by key, and what clients see changes with them", async () => {
    const answer = await server.put(`${settings}/cloud_name`, { key: "cloud_name", value: "Cloud Nine" });
    expect(answer.json).toMatchObject({ value: "Cloud Nine", default_value: "Keyward" });
    expect(await server.list("/api/v4/system")).toMatchObject([{ cloud_name: "Cloud Nine" }]);
    expect((await server.request("/api/v4/system/1")).json).toMatchObject({ cloud_name: "Cloud Nine" });
    expect((await server.request("/api/v4/system/2")).status).toBe(404);
  });

  test("that the server acts on are held to their range", async () => {
    for (const value of ["0", "-5", "1e3", "many", "31536001", ""]) {
      const refused = await server.refusal(`${settings}/session_expiration`, {
        method: "PUT",
        body: { value },
      });
      expect(refused).toEqual({ status: 422, err: "value: must be a whole number from 60 to 31536000" });
    }
    expect((await server.put(`${settings}/session_expiration`, { value: 3600 })).json).toMatchObject({
      value: "3600",
    });
  });

  test("of the caller's own are kept, and can be deleted, unlike the server's", async () => {
    const body = { key: "our_own", value: "anything", description: "ours" };
    const made = await server.post(settings, body);
    expect(made.json).toMatchObject({ $key: "our_own", $row: 0, location: "/v4/settings/our_own" });
    expect((await server.post(settings, body)).status).toBe(409);
    expect((await server.delete(`${settings}/our_own`)).status).toBe(200);
    expect((await server.request(`${settings}/our_own`)).status).toBe(404);
    expect((await server.delete(`${settings}/cloud_name`)).status).toBe(403);
    expect(
      (await server.refusal(settings, { method: "POST", body: { key: "Our Own", value: "" } })).err,
    ).toMatch(/^key: must be a name of lower-case letters/);
  });
});

describe.each(databasesUnderTest())("the audit trail on $name", ({ open }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await open());
  });
  afterAll(() => server.stop());

  const last = async (count: number) => server.list(`/api/v4/logs?sort=-timestamp,-$key&limit=${count}`);

  test("has a line for each change, with who, from where, what, and the old and the new value", async () => {
    const user = await server.createUser({ name: "audited", email: "a@example.org" });
    const from = "203.0.113.7";
    const change = async (path: string, body: unknown) => {
      expect((await server.put(path, body, { from })).status).toBe(200);
      return (await last(1))[0];
    };

    const changed = await change(`/api/v4/users/${user}`, { email: "b@example.org", enabled: false });
    expect(z.strictObject(logRow.shape).parse(changed)).toMatchObject({
      level: "audit",
      user: "admin",
      address: from,
      object_type: "user",
      object_name: "audited",
      text: 'changed user: email: "a@example.org" -> "b@example.org"; enabled: true -> false',
    });
    const stamp = Number(changed?.["timestamp"]);
    expect(Math.floor(stamp / 1_000_000), "microseconds").toBe(server.nowSeconds);
    expect(await change("/api/v4/settings/max_sessions", { value: 50 })).toMatchObject({
      object_type: "system",
      object_name: "max_sessions",
      text: 'changed setting: value: "100" -> "50"',
    });
    expect(await change("/api/v4/groups/1", { description: "x" })).toMatchObject({
      object_type: "group",
      text: 'changed group: description: "Every right on everything" -> "x"',
    });
    const key = await server.createApiKey({ user, name: "audited key" });
    expect((await last(1))[0]).toMatchObject({
      object_type: "user",
      object_name: "audited",
      text: `created API key ${key.secret.slice(3, 15)} named "audited key": expires: 0`,
    });
    const grant = await server.grant(1, "vms", 0, "list read");
    expect((await last(1))[0]).toMatchObject({
      object_type: "permission",
      text: "granted list, read to identity 1",
    });
    await server.delete(`/api/v4/permissions/${grant}`);
    expect((await last(1))[0]).toMatchObject({ text: "revoked list, read to identity 1" });
  });

  test("says what was added and removed, however long a list or a text is", async () => {
    const entries = Array.from({ length: 40 }, (_, place) => `198.51.100.${place}`);
    const { key } = await server.createApiKey({
      user: 1,
      name: "padded",
      ip_allow_list: entries.join(","),
      description: "x".repeat(1000),
    });
    const path = `/api/v4/user_api_keys/${key}`;
    await server.put(path, { ip_allow_list: [...entries.slice(1), "203.0.113.66"].join(",") });
    const widened = (await last(1))[0]?.["text"];
    expect(widened).toMatch(
      /added \{"address":"203\.0\.113\.66","enabled":true\}, removed \{"address":"198\.51\.100\.0"/,
    );
    await server.put(path, { description: `${"x".repeat(1000)} y` });
    expect((await last(1))[0]?.["text"]).toMatch(/description: \.\.\.x+" -> \.\.\.x+ y"$/);
  });

  test("has no secret and no password in it, also where they change", async () => {
    const user = await server.createUser({ name: "hushed", password: "hunter2hunter2" });
    await server.put(`/api/v4/users/${user}`, { password: "hunter3hunter3" });
    const { secret } = await server.createApiKey({ user, name: "hushed key" });
    const logs = JSON.stringify(await server.list("/api/v4/logs"));
    expect(logs).toContain("password changed");
    expect(logs).not.toMatch(/hunter|argon2/);
    expect(logs).not.toContain(secret.slice(16, 40));
  });

  test("has no line for a change that was refused", async () => {
    const before = await last(1);
    await server.post("/api/v4/users", { name: "admin" });
    await server.post("/api/v4/groups", { name: "Administrators (default)" });
    expect(await last(1)).toEqual(before);
  });

  test("has logins and refusals of keys, once and not for each request", async () => {
    const user = await server.createUser({ name: "worker" });
    const { key, secret } = await server.createApiKey({
      user,
      name: "working",
      ip_allow_list: "192.0.2.0/24",
    });
    const id = secret.slice(3, 15);
    const as = bearer(secret);
    const call = (from: string) => server.request("/api/v4/users?limit=1", { as, from });

    for (const from of ["192.0.2.1", "192.0.2.1", "192.0.2.1", "198.51.100.1", "198.51.100.1"]) {
      await call(from);
    }
    await server.logins.flush();
    await call("192.0.2.1");
    await server.logins.flush();
    await call("192.0.2.2");
    await server.logins.flush();

    const lines = await server.list(`/api/v4/logs?filter=user eq 'worker'&fields=level,address,text`);
    expect(lines).toEqual([
      { level: "audit", address: "192.0.2.1", text: `logged in with API key ${id}` },
      {
        level: "warning",
        address: "198.51.100.1",
        text: `refused API key ${id}: address not on the allow list`,
      },
      { level: "audit", address: "192.0.2.2", text: `logged in with API key ${id}` },
    ]);
    expect((await server.request(`/api/v4/user_api_keys/${key}`)).json).toMatchObject({
      lastlogin_ip: "192.0.2.2",
    });
  });

  test("has uses from two addresses within a second, and what is nobody's credential", async () => {
    const user = await server.createUser({ name: "roaming" });
    const { secret } = await server.createApiKey({ user, name: "roaming" });
    for (const from of ["203.0.113.66", "127.0.0.1"]) {
      await server.request("/auth/whoami", { as: bearer(secret), from });
    }
    for (const as of [bearer("letmein"), bearer("0".repeat(64)), bearer("letmein")]) {
      await server.request("/auth/whoami", { as, from: "203.0.113.99" });
    }
    await server.logins.flush();
    expect(await server.list("/api/v4/logs?filter=user eq 'roaming'&fields=address&sort=address")).toEqual([
      { address: "127.0.0.1" },
      { address: "203.0.113.66" },
    ]);
    expect(await server.list("/api/v4/logs?filter=address eq '203.0.113.99'&fields=level,text")).toEqual([
      { level: "warning", text: "login failed: unknown key or session" },
    ]);
  });

  test("is read only, and its lines are found by the filters that clients send", async () => {
    for (const [method, path] of [
      ["POST", "/api/v4/logs"],
      ["PUT", "/api/v4/logs/1"],
      ["DELETE", "/api/v4/logs/1"],
    ] as const) {
      const answer = await server.request(path, { method, ...(method === "DELETE" ? {} : { body: {} }) });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("Allow")).toBe("GET");
    }
    expect((await server.request("/api/v4/logs/999999")).status).toBe(404);
    const filter = `(level eq 'audit' or level eq 'warning') and object_type eq 'user' and text ct 'CREATED' and timestamp ge ${(server.nowSeconds - 10) * 1_000_000}`;
    expect((await server.list(`/api/v4/logs?filter=${encodeURIComponent(filter)}`)).length).toBeGreaterThan(
      2,
    );
  });
});
