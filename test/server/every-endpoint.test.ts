import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ai } from "../../contract/ai.ts";
import type { Endpoint } from "../../contract/endpoint.ts";
import { gate } from "../../contract/gate.ts";
import { groups } from "../../contract/groups.ts";
import { logs } from "../../contract/logs.ts";
import { members } from "../../contract/members.ts";
import { permissions } from "../../contract/permissions.ts";
import { registry } from "../../contract/registry.ts";
import { sessions } from "../../contract/sessions.ts";
import { settings } from "../../contract/settings.ts";
import { system } from "../../contract/system.ts";
import { userApiKeys } from "../../contract/user-api-keys.ts";
import { users } from "../../contract/users.ts";
import { openMemory } from "../databases.ts";
import { basic, bearer, TestServer } from "./test-server.ts";

const endpoints: readonly Endpoint[] = [
  system,
  ai,
  gate,
  registry,
  sessions,
  users,
  groups,
  members,
  permissions,
  userApiKeys,
  settings,
  logs,
].flatMap((table) => Object.values<Endpoint>(table));
const closed = endpoints.filter(
  ({ path }) => /^\/(api|auth|sys)\//.test(path) && path !== sessions.create.path,
);
const writing = closed.filter(({ request }) => request?.body !== undefined);

/** Every endpoint of the contract, also those that a later change adds. */
describe("every endpoint", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await openMemory());
    // So many wrong passwords in so short a time are not what this suite is about.
    await server.put("/api/v4/settings/login_rate_limit", { value: 100_000 });
  });
  afterAll(() => server.stop());

  test("is in this suite", () => {
    expect(endpoints).toEqual(expect.arrayContaining([...server.app.endpoints]));
    expect(endpoints.length).toBe(server.app.endpoints.length);
    expect(writing.length).toBeGreaterThanOrEqual(15);
  });

  describe.each(closed)("$operationId", ({ method, path }) => {
    const target = path.replace("{key}", "1");

    test.each([
      ["nothing", null],
      ["a wrong password", basic("admin", "wrong password")],
      ["something that is no secret", bearer("letmein")],
      ["a well-formed secret that was never issued", bearer(`kw_${"a".repeat(12)}_${"b".repeat(43)}AAAAAA`)],
      ["a scheme nobody knows", "Negotiate abc"],
      ["an empty header", ""],
    ])("refuses a caller with %s before it looks at anything else", async (_, as) => {
      const answer = await server.request(target, { method: method.toUpperCase(), as });

      expect(answer.status).toBe(401);
      expect(answer.json).toEqual({ err: "Login required" });
      expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer realm="Keyward"');
    });
  });

  describe.each(writing)("$operationId", ({ method, path }) => {
    const target = path.replace("{key}", "1");
    const send = (request: { rawBody: string; headers?: Record<string, string> }) =>
      server.refusal(target, { method: method.toUpperCase(), ...request });

    test("refuses a body that is not JSON", async () => {
      expect(await send({ rawBody: '{"name":' })).toEqual({
        status: 400,
        err: "body: is not JSON; send one JSON object",
      });
    });

    test("refuses a body that is not an object", async () => {
      expect(await send({ rawBody: "[]" })).toEqual({
        status: 422,
        err: "body: must be an object, not array",
      });
    });

    test("refuses a body of more levels than any has, however many, with the reason", async () => {
      for (const levels of [33, 300_000]) {
        const rawBody = `{"credential":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
        expect(await send({ rawBody, headers: { "Idempotency-Key": "0123456789abcdef" } })).toEqual({
          status: 422,
          err: "body: is nested more than 32 levels deep",
        });
      }
    });

    test("refuses a body that is not called JSON", async () => {
      const refused = await send({ rawBody: "{}", headers: { "Content-Type": "text/plain" } });
      expect(refused.status).toBe(415);
      expect(refused.err).toMatch(/^body: send JSON with the header Content-Type/);
    });

    test("refuses a body of more than 1 MiB", async () => {
      const rawBody = JSON.stringify({ name: "x".repeat(1024 * 1024) });
      const refused = await send({ rawBody, headers: { "Content-Length": String(rawBody.length) } });
      expect(refused).toEqual({ status: 413, err: "body: is larger than 1048576 bytes" });
    });
  });
});

describe("the server", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await TestServer.start(await openMemory(), { trustedProxies: ["127.0.0.0/8"] });
  });
  afterAll(() => server.stop());

  test("says that it is up, and which version it speaks, to anybody", async () => {
    expect((await server.request("/healthz", { as: null })).json).toEqual({ status: "ok" });
    expect((await server.request("/version.json?fields=most", { as: null })).json).toMatchObject({
      version: expect.stringMatching(/^26\./),
    });
  });

  test("refuses bad credentials even where none are needed, because clients test theirs there", async () => {
    expect((await server.refusal("/version.json", { as: bearer("letmein") })).status).toBe(401);
    const token = { as: null, headers: { "x-yottabyte-token": "letmein" } };
    expect((await server.refusal("/version.json", token)).status).toBe(401);
    expect((await server.request("/version.json")).status).toBe(200);
  });

  test("answers the system row as an array of one, whatever fields are asked for", async () => {
    const answer = await server.request("/api/v4/system?fields=$key,yb_version,os_version,cloud_name");
    expect(answer.json).toEqual([expect.objectContaining({ $key: 1, cloud_name: "Keyward" })]);
  });

  test("answers a path nobody knows like a row that is not there", async () => {
    const unknown = await server.refusal("/api/v4/nothing", {});
    expect(unknown.status).toBe(404);
    expect(await server.refusal("/api/v4/users/77", {})).toEqual(unknown);
  });

  test("believes X-Forwarded-For from a trusted proxy alone", async () => {
    const { key, secret } = await server.createApiKey({
      user: 1,
      name: "proxied",
      ip_allow_list: "192.0.2.1",
    });
    const statusOf = async (from: string, forwarded: string) => {
      const headers = { "X-Forwarded-For": forwarded };
      return (await server.request(`/api/v4/user_api_keys/${key}`, { as: bearer(secret), from, headers }))
        .status;
    };

    expect(await statusOf("127.0.0.1", "203.0.113.5, 192.0.2.1")).toBe(200);
    expect(await statusOf("127.0.0.1", "192.0.2.1, 203.0.113.5"), "a client's own claim").toBe(403);
    expect(await statusOf("203.0.113.9", "192.0.2.1"), "no proxy of ours").toBe(403);
  });
});
