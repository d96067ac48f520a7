import { once } from "node:events";
import { serve } from "@hono/node-server";
import { Validator } from "@seriousme/openapi-schema-validator";
import { OpenAPIClientAxios } from "openapi-client-axios";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { errorStatuses } from "../../contract/errors.ts";
import { openMemory } from "../databases.ts";
import { adminPassword, basic, bearer, type TestRequest, TestServer } from "./test-server.ts";

const documentShape = z.object({
  openapi: z.literal("3.1.0"),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ operationId: z.string(), responses: z.record(z.string(), z.unknown()) }).loose(),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }).loose(),
});

const axiosAnswer = z.object({
  status: z.number(),
  data: z.record(z.string(), z.unknown()).or(z.array(z.record(z.string(), z.unknown()))),
});

describe("the OpenAPI document", () => {
  let server: TestServer;
  let administrator: string;
  let written: Record<string, unknown>;
  let document: z.output<typeof documentShape>;

  beforeAll(async () => {
    server = await TestServer.start(await openMemory());
    administrator = bearer((await server.createApiKey({ user: 1, name: "administrator's" })).secret);
    const answer = await server.request("/openapi.json", { as: null });
    written = z.record(z.string(), z.unknown()).parse(answer.json);
    document = documentShape.parse(written);
  });
  afterAll(() => server.stop());

  test("is one of OpenAPI 3.1, open to all", async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(written));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  test("has every route that the server has", () => {
    const undocumented = new Set(["/*", "/api/*", "/auth/*", "/openapi.json", "/docs"]);
    const pagesForPeople = /^\/($|(login|logout|theme|users|api-keys|logs|console)(\/|$))/;
    const routes = server.app.routes.filter(
      ({ path, method }) =>
        method !== "ALL" &&
        !undocumented.has(path) &&
        !pagesForPeople.test(path) &&
        !path.startsWith("/docs/") &&
        !path.startsWith("/registry/files/"),
    );
    expect(routes.length).toBeGreaterThan(40);
    for (const { path, method } of routes) {
      const place = path.replaceAll(/:(\w+)/g, "{$1}");
      expect(document.paths[place]?.[method.toLowerCase()], `${method} ${path}`).toBeDefined();
    }
  });

  test("has every error that the server has", () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    const documented = new Set(operations.flatMap((operation) => Object.keys(operation.responses)));
    for (const status of Object.values(errorStatuses)) {
      expect(documented).toContain(String(status));
    }
    for (const { operationId, responses } of operations) {
      expect(responses, operationId).toHaveProperty("500");
    }
  });

  test("has on each route every error that a caller can bring about there", async () => {
    const nobody = await server.createBareUser("nobody");
    const spare = await server.createUser({ name: "spare" });
    await server.put("/api/v4/settings/login_rate_limit", { value: 1 });
    const guess = { method: "GET", as: basic("nobody", "wrong password"), from: "198.51.100.1" };
    await server.request("/auth/whoami", guess);
    const provoked = new Map<string, Set<number>>();
    const missing: string[] = [];
    for (const { path, method, operationId } of server.app.endpoints) {
      const place = path
        .replace("{key}", path.includes("/users/") ? String(spare) : "1")
        .replace("{token}", "self");
      const json = method === "get" || method === "delete" ? {} : { rawBody: "{}" };
      const hostile: readonly (TestRequest & { readonly path?: string })[] = [
        { ...json, as: null },
        { ...json, as: guess.as, from: guess.from },
        { ...json, as: nobody.as },
        { ...json, path: place.replace(/\/(1|self|\d+)(?=\/|$)/, "/999999") },
        { ...json, headers: { "If-Match": '"another version"' } },
        ...(method === "delete" ? [] : [{ ...json, path: `${place}?no_such_parameter=1` }]),
        ...(method === "get" || method === "delete"
          ? []
          : [
              { rawBody: "{" },
              { rawBody: '{"no_such_field":1}' },
              { rawBody: "{}", headers: { "Content-Type": "text/plain" } },
              { rawBody: "{}", headers: { "Idempotency-Key": "short" } },
              { rawBody: "{}", headers: { "Content-Length": String(64 * 1024 * 1024) } },
            ]),
      ];
      const statuses = new Set<number>();
      for (const { path: asked = place, ...request } of hostile) {
        statuses.add(await statusOf(asked, { method: method.toUpperCase(), ...request }));
      }
      provoked.set(operationId, statuses);
      const documented = Object.keys(document.paths[path]?.[method]?.responses ?? {}).map(Number);
      missing.push(
        ...[...statuses].filter((one) => !documented.includes(one)).map((one) => `${operationId} ${one}`),
      );
    }
    expect(missing).toEqual([]);
    const seen = (operationId: string) =>
      [...(provoked.get(operationId) ?? [])].filter((one) => one >= 400).sort();
    expect(seen("listUsers")).toEqual([401, 422, 429]);
    expect(seen("updateUser")).toEqual([400, 401, 404, 412, 413, 415, 422, 429]);
    expect(seen("deleteUser")).toEqual([401, 404, 412, 429]);
    expect(seen("rotateUserApiKey")).toEqual([400, 401, 404, 412, 413, 415, 422, 429]);
    expect(seen("createUser")).toEqual([400, 401, 413, 415, 422, 429]);
    expect(seen("describeUsers"), "who may not").toContain(403);
  });

  /** Not all answers are JSON: metrics, keys to verify packages with. */
  const statusOf = async (
    path: string,
    { method = "GET", as, rawBody, headers, from = "127.0.0.1" }: TestRequest,
  ) => {
    const own =
      as === undefined ? { Authorization: administrator } : as === null ? {} : { Authorization: as };
    const type = rawBody === undefined ? {} : { "Content-Type": "application/json" };
    const init = {
      method,
      headers: { ...own, ...type, ...headers },
      ...(rawBody === undefined ? {} : { body: rawBody }),
    };
    const environment = { incoming: { socket: { remoteAddress: from } } };
    return (await server.app.hono.request(path, init, environment)).status;
  };

  test("says of an update of rows with actions what an action takes there", () => {
    for (const table of ["users", "user_api_keys"]) {
      const update = document.paths[`/api/v4/${table}/{key}`]?.["put"];
      const parameters = JSON.stringify(update?.["parameters"]);
      expect(parameters).toContain('"Idempotency-Key"');
      expect(parameters).toContain('"If-Match"');
      expect(update?.["requestBody"]).toMatchObject({
        required: false,
        content: { "application/json": { schema: { anyOf: expect.any(Array) } } },
      });
    }
    for (const action of ["/users/{key}/disable", "/user_api_keys/{key}/rotate", "/user_actions"]) {
      const parameters = JSON.stringify(document.paths[`/api/v4${action}`]?.["post"]?.["parameters"]);
      expect(parameters, action).toContain('"If-Match"');
    }
    expect(JSON.stringify(document.components.schemas["UserChange"])).toContain('"readOnly":true');
  });

  test("names its schemas, and each operation once", () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining([
        "Error",
        "NewUser",
        "NewApiKey",
        "IssuedApiKey",
        "RotatedApiKey",
        "CreatedRow",
        "TableSchema",
      ]),
    );
  });

  test("can be read on a page that loads nothing from elsewhere", async () => {
    const page = await server.app.hono.request("/docs");
    const html = await page.text();
    const policy = page.headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, asset = ""]) => asset);
    expect(assets).toHaveLength(3);
    for (const asset of assets) {
      expect(asset).toMatch(/^\/docs\//);
      expect((await server.app.hono.request(asset)).status).toBe(200);
    }
  });

  test("makes a client that does the tour of the README", async () => {
    const listening = serve({ fetch: server.app.hono.fetch, hostname: "127.0.0.1", port: 0 });
    await once(listening, "listening");
    const address = listening.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const connect = async (credentials: object) => {
      const axiosConfigDefaults = {
        baseURL: `http://127.0.0.1:${port}`,
        validateStatus: () => true,
        ...credentials,
      };
      const definition = JSON.parse(JSON.stringify(written));
      const client = await new OpenAPIClientAxios({ definition, axiosConfigDefaults }).init();
      return async (operation: string, parameters: object | null = null, body?: unknown) => {
        const run: unknown = Reflect.get(client, operation);
        const answer: unknown = typeof run === "function" ? await run(parameters, body) : undefined;
        return axiosAnswer.parse(answer);
      };
    };
    const call = await connect({ auth: { username: "admin", password: adminPassword } });
    const keyOf = (answer: { data: unknown }) => z.object({ $key: z.string() }).parse(answer.data).$key;

    const user = keyOf(await call("createUser", null, { name: "ci", type: "api" }));
    const issued = await call("createUserApiKey", null, { user, name: "deploy", ip_allow_list: "127.0.0.1" });
    const key = keyOf(issued);
    const { key: secret } = z.object({ key: z.string() }).parse(issued.data);
    const listed = await call("listUserApiKeys", {
      fields: "name,user_name,expires",
      filter: "user_name eq 'ci'",
    });
    expect(listed.data).toEqual([{ name: "deploy", user_name: "ci", expires: 0 }]);
    const callWithKey = await connect({ headers: { Authorization: `Bearer ${secret}` } });
    expect((await callWithKey("whoami")).data).toMatchObject({ user: { name: "ci" } });
    const rotated = await call("rotateUserApiKey", { key }, { overlap: 3600 });
    expect(rotated).toMatchObject({ status: 201, data: { predecessor: { $key: Number(key) } } });
    expect((await call("explainUserApiKey", { key }, { address: "192.0.2.1" })).data).toMatchObject({
      allowed: false,
    });
    expect((await call("deleteUserApiKey", { key })).status).toBe(200);
    expect((await callWithKey("whoami")).status).toBe(401);
    expect((await call("createUser", null, { name: "ci" })).status).toBe(409);
    await new Promise((resolve) => listening.close(resolve));
  });
});
