import { randomUUID } from "node:crypto";
import { z } from "zod";
import { parseAddressList } from "../../contract/address-list.ts";
import { errorStatuses, errorsOf } from "../../contract/errors.ts";
import { type App, createApp, type Dependencies } from "../../server/app.ts";
import type { OpenDatabase } from "../../server/database.ts";
import { machineClocks } from "../../server/gate/lease.ts";
import { type OpenGate, openAlone } from "../../server/gate/open-gate.ts";
import { Attempts } from "../../server/identity/attempts.ts";
import { LoginRecorder } from "../../server/identity/logins.ts";
import { createLogger } from "../../server/log.ts";
import { prepareFirstStart } from "../../server/tables/first-start.ts";

/** What a test asks of the server: who asks, from where, and what. */
export interface TestRequest {
  readonly method?: string;
  /** The value of the Authorization header; a key of user admin when left out, none when null. */
  readonly as?: string | null;
  readonly body?: unknown;
  /** A body as it is, in place of `body`. */
  readonly rawBody?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address of the socket. */
  readonly from?: string;
}

/** An answer: its status, its headers and what its JSON says. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

/** A user that a test made: its row key, what rights are granted to, and its Authorization header. */
export interface TestUser {
  readonly key: number;
  readonly identity: number;
  readonly as: string;
}

/** The password of user admin on every test server. */
export const adminPassword = "correct horse battery";

/** What a test server may have that the others do not. */
export interface TestServerOptions extends Partial<Pick<Dependencies, "peppers" | "isTls">> {
  readonly trustedProxies?: readonly string[];
}

/** The Authorization header of HTTP Basic. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** The Authorization header of a key. */
export function bearer(secret: string): string {
  return `Bearer ${secret}`;
}

/** The Authorization header of user `admin`. */
const asAdmin = basic("admin", adminPassword);

const created = z.object({ $key: z.string(), response: z.object({ private_key: z.string() }) });
const createdUser = z.object({ $key: z.string() });
const rows = z.array(z.record(z.string(), z.unknown()));
const refusal = z.strictObject({ err: z.string() });

/** The real API on a real database, called in process; only the socket and the clock are the test's. */
export class TestServer {
  /** Every line the server logged, to look for what must not be in it. */
  readonly logLines: string[] = [];
  readonly logins: LoginRecorder;
  /** The server's clock, in milliseconds since the epoch; a test moves it. */
  nowMs = Date.parse("2026-11-23T12:00:00Z");
  /** The database behind it, for what no door shows. */
  readonly database: OpenDatabase["database"];
  readonly app: App;
  readonly gate: OpenGate;
  readonly #opened: OpenDatabase;
  readonly #options: TestServerOptions;
  #defaultAuthorization: string | null = null;

  private constructor(opened: OpenDatabase, options: TestServerOptions) {
    const logger = createLogger("trace", { write: (line: string) => this.logLines.push(line) });
    this.#opened = opened;
    this.#options = options;
    this.database = opened.database;
    this.logins = new LoginRecorder(opened.database, logger);
    const keysMax = 1000;
    const clocks = { ...machineClocks, wallMs: () => this.nowMs };
    this.gate = openAlone({
      database: opened.database,
      peppers: options.peppers ?? new Map(),
      keysMax,
      clocks,
    });
    this.app = createApp({
      database: opened.database,
      logger,
      logins: this.logins,
      clock: () => this.nowMs,
      trustedProxies: parseAddressList(options.trustedProxies ?? []).rules,
      attempts: new Attempts(),
      peppers: options.peppers ?? new Map(),
      isTls: options.isTls ?? false,
      upstreams: [],
      upstreamTimeoutMs: 1000,
      ...this.gate,
    });
  }

  static async start(opened: OpenDatabase, options: TestServerOptions = {}): Promise<TestServer> {
    const server = new TestServer(opened, options);
    await prepareFirstStart(opened.database, adminPassword, server.nowMs);
    // Proving a password costs tens of milliseconds by design; a key of the same user costs a test nothing.
    server.#defaultAuthorization = asAdmin;
    const { secret } = await server.createApiKey({ user: 1, name: `tests ${randomUUID()}` });
    server.#defaultAuthorization = bearer(secret);
    return server;
  }

  /** Another server on the same database, which has nothing in memory yet. Only the first is to be stopped. */
  fresh(): TestServer {
    const server = new TestServer(this.#opened, this.#options);
    server.nowMs = this.nowMs;
    server.#defaultAuthorization = this.#defaultAuthorization;
    return server;
  }

  get nowSeconds(): number {
    return Math.floor(this.nowMs / 1000);
  }

  async request(path: string, request: TestRequest = {}): Promise<TestAnswer> {
    const { method = "GET", as = this.#defaultAuthorization, body, rawBody, from = "127.0.0.1" } = request;
    const text = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
    const headers = {
      ...(as === null ? {} : { Authorization: as }),
      ...(text === undefined ? {} : { "Content-Type": "application/json" }),
      ...request.headers,
    };
    const init = { method, headers, ...(text === undefined ? {} : { body: text }) };
    // Of the connection the server reads the peer's address alone, so that is all a test makes up.
    const environment = { incoming: { socket: { remoteAddress: from } } };
    const response = await this.app.hono.request(path, init, environment);
    this.#requireDocumented(method, path, response.status);
    return { status: response.status, headers: response.headers, json: JSON.parse(await response.text()) };
  }

  /** Makes a user and answers its row key. */
  async createUser(fields: Readonly<Record<string, unknown>>): Promise<number> {
    const answer = await this.request("/api/v4/users", { method: "POST", body: fields });
    return Number(createdUser.parse(answer.json).$key);
  }

  /** Makes a key and answers its row key and its secret. */
  async createApiKey(fields: Readonly<Record<string, unknown>>): Promise<{ key: number; secret: string }> {
    const answer = await this.request("/api/v4/user_api_keys", { method: "POST", body: fields });
    const { $key, response } = created.parse(answer.json);
    return { key: Number($key), secret: response.private_key };
  }

  /** The status and the text of a refusal. */
  async refusal(path: string, request: TestRequest): Promise<{ status: number; err: string }> {
    const answer = await this.request(path, request);
    return { status: answer.status, err: refusal.parse(answer.json).err };
  }

  /** Sends a body, and answers what came of it. */
  post(path: string, body: unknown, request: Omit<TestRequest, "method" | "body"> = {}): Promise<TestAnswer> {
    return this.request(path, { ...request, method: "POST", body });
  }

  /** Changes a row. */
  put(path: string, body: unknown, request: Omit<TestRequest, "method" | "body"> = {}): Promise<TestAnswer> {
    return this.request(path, { ...request, method: "PUT", body });
  }

  /** Deletes a row. */
  delete(path: string, request: Omit<TestRequest, "method"> = {}): Promise<TestAnswer> {
    return this.request(path, { ...request, method: "DELETE" });
  }

  /** The rows of a list, as objects whose fields a test compares. */
  async list(path: string, request: TestRequest = {}): Promise<Record<string, unknown>[]> {
    return rows.parse((await this.request(path, request)).json);
  }

  /** Makes a row and answers its key. */
  async create(path: string, body: unknown, request: TestRequest = {}): Promise<number> {
    return Number(createdUser.parse((await this.post(path, body, request)).json).$key);
  }

  /** A user with VergeOS' default rights, and how it logs in. */
  async createPerson(name: string): Promise<TestUser> {
    const key = await this.createUser({ name });
    const { secret } = await this.createApiKey({ user: key, name: "own" });
    const [user] = await this.list(`/api/v4/users?filter=$key eq ${key}`);
    return { key, identity: Number(user?.["identity"]), as: bearer(secret) };
  }

  /** A user without VergeOS' default rights, who may do nothing until something is granted. */
  async createBareUser(name: string): Promise<TestUser> {
    const person = await this.createPerson(name);
    for (const permission of await this.list(`/api/v4/permissions?filter=identity eq ${person.identity}`)) {
      await this.delete(`/api/v4/permissions/${permission["$key"]}`);
    }
    return person;
  }

  /** Grants rights, named in one string such as "list read". */
  grant(identity: number, table: string, row: number, granted: string): Promise<number> {
    const flags = ["list", "read", "create", "modify", "delete"].map((right) => [
      right,
      granted.includes(right),
    ]);
    return this.create("/api/v4/permissions", { identity, table, row, ...Object.fromEntries(flags) });
  }

  /** Whatever a test does: a status that the documentation does not have for the endpoint is a fault of one of the two. */
  #requireDocumented(method: string, path: string, status: number): void {
    const place = new URL(path, "http://localhost").pathname;
    const endpoint = this.app.endpoints.find(
      (candidate) =>
        candidate.method.toUpperCase() === method &&
        new RegExp(`^${candidate.path.replaceAll("$", "\\$").replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(place),
    );
    if (endpoint === undefined) {
      // A path nobody knows, or a method that the path does not have: nothing else is without documentation, but itself.
      if (place !== "/openapi.json" && ![401, 404, 405].includes(status)) {
        throw new Error(`${method} ${place} answered ${status}, and is not in the documentation at all`);
      }
      return;
    }
    const documented = [
      ...Object.keys(endpoint.responses).map(Number),
      ...errorsOf(endpoint).map((code) => errorStatuses[code]),
    ];
    if (!documented.includes(status)) {
      throw new Error(`${endpoint.operationId} answered ${status}, which is not in its documentation`);
    }
  }

  async stop(): Promise<void> {
    await this.logins.flush();
    await this.#opened.close();
  }
}
