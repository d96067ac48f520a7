import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../../client/client.ts";
import { NoAnswer, RequestRefused } from "../../client/errors.ts";
import type { Transport, TransportRequest } from "../../client/transport.ts";
import { openMemory } from "../databases.ts";
import { TestServer } from "../server/test-server.ts";

const endpoint = "http://keyward.test";

function clientOver(transport: Transport): Client {
  return new Client({ endpoint, credentials: { token: "unused" }, transport });
}

describe("the client against the server", () => {
  let server: TestServer;
  let client: Client;

  beforeAll(async () => {
    server = await TestServer.start(await openMemory());
    client = clientOver(async ({ method, url, headers, body }) => {
      const path = url.slice(endpoint.length);
      const { Authorization: _, ...others } = headers;
      const answer = await server.request(path, {
        method,
        headers: others,
        ...(body === undefined ? {} : { rawBody: body }),
      });
      return { status: answer.status, body: JSON.stringify(answer.json) };
    });
  });
  afterAll(() => server.stop());

  test("makes, reads, changes and deletes users and keys", async () => {
    const user = await client.createUser({ name: "ci", type: "api" });
    const { key, secret } = await client.createApiKey({ user, name: "deploy", ip_allow_list: "192.0.2.1" });

    expect(secret).toMatch(/^kw_/);
    expect(await client.updateApiKey(key, { ip_deny_list: "192.0.2.2" })).toHaveLength(1);
    expect(await client.getApiKey(key)).toMatchObject({ user_name: "ci", ip_deny_list: "192.0.2.2" });
    expect(await client.listApiKeys()).toHaveLength(2);
    await client.updateUser(user, { enabled: false });
    expect(await client.getUser(user)).toMatchObject({ enabled: false });
    expect(await client.listUsers()).toHaveLength(2);
    await client.deleteApiKey(key);
    await client.deleteApiKey(key);
    expect(await client.getApiKey(key)).toBeUndefined();
    await client.deleteUser(user);
    expect(await client.getUser(user)).toBeUndefined();
    expect(await client.getSystem()).toMatchObject({ cloud_name: "Keyward" });
  });

  test("says which field the server found fault with", async () => {
    const refused = await client
      .createApiKey({ user: 1, name: "x", expires: 1 })
      .catch((error: unknown) => error);

    expect(refused).toBeInstanceOf(RequestRefused);
    expect(refused).toMatchObject({ status: 422, field: "expires" });
  });
});

/** A VergeOS is somebody else's service: these are the shapes that its clients are known to rely on. */
describe("the client against a VergeOS", () => {
  test("asks for every field by name, the user's through the join", async () => {
    const asked: TransportRequest[] = [];
    const client = clientOver(async (request) => {
      asked.push(request);
      return { status: 200, body: "[]" };
    });
    await client.listApiKeys();
    const fields = new URL(asked[0]?.url ?? "").searchParams.get("fields")?.split(",");
    expect(fields).toEqual(expect.arrayContaining(["$key", "user#name as user_name", "ip_allow_list"]));
  });

  test("reads nulls as empty and drops columns it does not know", async () => {
    const row = {
      $key: 3,
      user: 2,
      user_name: "ci",
      name: "k",
      created: 1,
      credential: null,
      description: null,
    };
    const nulls = {
      expires: null,
      lastlogin_stamp: null,
      lastlogin_ip: null,
      ip_allow_list: null,
      ip_deny_list: null,
    };
    const client = clientOver(async () => ({ status: 200, body: JSON.stringify({ ...row, ...nulls }) }));
    expect(await client.getApiKey("3")).toEqual({
      $key: 3,
      user: 2,
      user_name: "ci",
      name: "k",
      created: 1,
      description: "",
      expires: 0,
      lastlogin_stamp: 0,
      lastlogin_ip: "",
      ip_allow_list: "",
      ip_deny_list: "",
    });
  });

  test.each([
    ["private_key", { $key: "7", response: { private_key: "s3cret" } }],
    ["token", { $key: "7", response: { token: "s3cret" } }],
    ["key", { $key: 7, key: "s3cret" }],
  ])("finds the new secret in %s", async (_, answer) => {
    const client = clientOver(async () => ({ status: 201, body: JSON.stringify(answer) }));
    expect(await client.createApiKey({ user: 1, name: "k" })).toMatchObject({ key: "7", secret: "s3cret" });
  });

  test("tells by the secret that the server took no notice of the caller's", async () => {
    const answer = { $key: "7", response: { private_key: "the server's" } };
    const client = clientOver(async () => ({ status: 201, body: JSON.stringify(answer) }));
    expect(await client.createApiKey({ user: 1, name: "k", secret: "mine" })).toMatchObject({
      secret: "the server's",
    });
  });

  test("takes an empty answer to an update for done", async () => {
    const client = clientOver(async () => ({ status: 200, body: "" }));
    expect(await client.updateApiKey("7", { name: "k" })).toEqual([]);
  });
});

describe("the client without a usable answer", () => {
  test("says what it tried, and not what came back", async () => {
    const client = clientOver(async () => ({ status: 200, body: '{"token":"s3cret"}' }));
    const failure = await client.createApiKey({ user: 1, name: "k" }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NoAnswer);
    expect(String(failure)).toContain("/api/v4/user_api_keys");
    expect(String(failure)).not.toContain("s3cret");
  });

  test("passes on why the connection failed", async () => {
    const client = new Client({
      endpoint: "http://127.0.0.1:1",
      credentials: { username: "a", password: "b" },
    });
    await expect(client.getSystem()).rejects.toThrow(
      /GET http:\/\/127\.0\.0\.1:1\/api\/v4\/system: .*ECONNREFUSED/,
    );
  });
});
