import { pino } from "pino";
import { z } from "zod";
import { parseAddressList } from "../../contract/address-list.ts";
import { createApp } from "../../server/app.ts";
import type { OpenDatabase } from "../../server/database.ts";
import { LoginRecorder } from "../../server/identity/logins.ts";
import { createFirstUser } from "../../server/tables/users.ts";

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

const adminPassword = "correct horse battery";

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
const refusal = z.strictObject({ err: z.string() });

/** The real API on a real database, called in process; only the socket and the clock are the test's. */
export class TestServer {
  /** Every line the server logged, to look for what must not be in it. */
  readonly logLines: string[] = [];
  readonly logins: LoginRecorder;
  /** The server's clock, in milliseconds since the epoch; a test moves it. */
  nowMs = Date.parse("2026-11-23T12:00:00Z");
  readonly #app: ReturnType<typeof createApp>;
  readonly #opened: OpenDatabase;
  #defaultAuthorization: string | null = null;

  private constructor(opened: OpenDatabase, trustedProxies: readonly string[]) {
    const logger = pino({ level: "trace" }, { write: (line: string) => this.logLines.push(line) });
    this.#opened = opened;
    this.logins = new LoginRecorder(opened.database, logger);
    this.#app = createApp({
      database: opened.database,
      logger,
      logins: this.logins,
      clock: () => this.nowMs,
      trustedProxies: parseAddressList(trustedProxies).rules,
    });
  }

  static async start(opened: OpenDatabase, trustedProxies: readonly string[] = []): Promise<TestServer> {
    const server = new TestServer(opened, trustedProxies);
    await createFirstUser(opened.database, adminPassword, server.nowMs);
    // Proving a password costs tens of milliseconds by design; a key of the same user costs a test nothing.
    server.#defaultAuthorization = asAdmin;
    const { secret } = await server.createApiKey({ user: 1, name: "tests" });
    server.#defaultAuthorization = bearer(secret);
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
    const response = await this.#app.request(path, init, environment);
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

  async stop(): Promise<void> {
    await this.logins.flush();
    await this.#opened.close();
  }
}
