import type { z } from "zod";
import { errorBody } from "../contract/errors.ts";
import { system } from "../contract/system.ts";
import { userApiKeys } from "../contract/user-api-keys.ts";
import { users } from "../contract/users.ts";
import { nodeTransport, type Transport, type TransportOptions } from "./transport.ts";

/** Who the client is to the server: an API key, or a user's name and password. */
export type Credentials =
  | { readonly token: string }
  | { readonly username: string; readonly password: string };

/** How a client is made. */
export interface ClientOptions extends TransportOptions {
  /** Where the server is, such as `https://keys.example.org`; a path after it is kept. */
  readonly endpoint: string;
  readonly credentials: Credentials;
  /** Carries the requests; the network when left out. */
  readonly transport?: Transport;
  /** Names the caller to the server. */
  readonly userAgent?: string;
}

/** The server answered that it would not. `message` is its own text; validation errors start with a field and a colon. */
export class RequestRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  /** The field that the server found fault with, where its message names one. */
  get field(): string | undefined {
    return /^([a-z_]+): /.exec(this.message)?.[1];
  }
}

/** No answer came, or one that is not the API's: nothing is known of what the server did. */
export class NoAnswer extends Error {}

interface Endpoint {
  readonly method: string;
  readonly path: string;
}

/** A key's answer as GET gives it. */
export type ApiKeyRow = z.output<
  (typeof userApiKeys.get.responses)[200]["content"]["application/json"]["schema"]
>;

/** A user's answer as GET gives it. */
export type UserRow = z.output<(typeof users.get.responses)[200]["content"]["application/json"]["schema"]>;

/** The body of a key's create. */
export type NewApiKey = z.input<
  (typeof userApiKeys.create.request.body.content)["application/json"]["schema"]
>;

/** The body of a key's update. */
export type ApiKeyChange = z.input<
  (typeof userApiKeys.update.request.body.content)["application/json"]["schema"]
>;

/** The body of a user's create. */
export type NewUser = z.input<(typeof users.create.request.body.content)["application/json"]["schema"]>;

/** The body of a user's update. */
export type UserChange = z.input<(typeof users.update.request.body.content)["application/json"]["schema"]>;

/** A key just made: its row key and, this once, its secret. */
export interface IssuedApiKey {
  readonly key: string;
  readonly secret: string;
  /** What the server accepted but doubts was meant. */
  readonly warnings: readonly string[];
}

/**
 * The v4 API as typed calls, over the contract that the server validates with. Answers are read leniently (unknown
 * fields are dropped), so it works against a VergeOS too. Calls throw {@link RequestRefused} or {@link NoAnswer}.
 */
export class Client {
  readonly #options: ClientOptions;
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#transport = options.transport ?? nodeTransport(options);
  }

  /** What the server says of itself; fails unless the credentials are good. */
  async getSystem(signal?: AbortSignal) {
    const [row] = await this.#call(system.get, bodyOf(system.get.responses[200]), { signal });
    return row;
  }

  async listApiKeys(signal?: AbortSignal): Promise<ApiKeyRow[]> {
    return this.#call(userApiKeys.list, bodyOf(userApiKeys.list.responses[200]), { signal });
  }

  /** The key, or undefined when it is not there (any more). */
  async getApiKey(key: string, signal?: AbortSignal): Promise<ApiKeyRow | undefined> {
    return absentAsUndefined(
      this.#call(userApiKeys.get, bodyOf(userApiKeys.get.responses[200]), { key, signal }),
    );
  }

  async createApiKey(body: NewApiKey, signal?: AbortSignal): Promise<IssuedApiKey> {
    const schema = bodyOf(userApiKeys.create.responses[201]);
    const answer = await this.#call(userApiKeys.create, schema, { body, signal });
    return { key: answer.$key, secret: answer.response.private_key, warnings: answer.warnings ?? [] };
  }

  /** Answers what the server accepted but doubts was meant. */
  async updateApiKey(key: string, body: ApiKeyChange, signal?: AbortSignal): Promise<readonly string[]> {
    const schema = bodyOf(userApiKeys.update.responses[200]).partial();
    const answer = await this.#call(userApiKeys.update, schema, { key, body, signal });
    return answer.warnings ?? [];
  }

  /** Revokes the key. One that is not there is as good as deleted. */
  async deleteApiKey(key: string, signal?: AbortSignal): Promise<void> {
    await absentAsUndefined(this.#call(userApiKeys.delete, undefined, { key, signal }));
  }

  async listUsers(signal?: AbortSignal): Promise<UserRow[]> {
    return this.#call(users.list, bodyOf(users.list.responses[200]), { signal });
  }

  /** The user, or undefined when it is not there (any more). */
  async getUser(key: string, signal?: AbortSignal): Promise<UserRow | undefined> {
    return absentAsUndefined(this.#call(users.get, bodyOf(users.get.responses[200]), { key, signal }));
  }

  /** Answers the new user's row key. */
  async createUser(body: NewUser, signal?: AbortSignal): Promise<string> {
    const answer = await this.#call(users.create, bodyOf(users.create.responses[201]), { body, signal });
    return answer.$key;
  }

  async updateUser(key: string, body: UserChange, signal?: AbortSignal): Promise<void> {
    await this.#call(users.update, undefined, { key, body, signal });
  }

  /** Deletes the user and its keys. One that is not there is as good as deleted. */
  async deleteUser(key: string, signal?: AbortSignal): Promise<void> {
    await absentAsUndefined(this.#call(users.delete, undefined, { key, signal }));
  }

  async #call<Schema extends z.ZodType | undefined>(
    endpoint: Endpoint,
    schema: Schema,
    { key, body, signal }: { key?: string; body?: unknown; signal: AbortSignal | undefined },
  ): Promise<Schema extends z.ZodType ? z.output<Schema> : undefined>;
  async #call(
    endpoint: Endpoint,
    schema: z.ZodType | undefined,
    { key = "", body, signal }: { key?: string; body?: unknown; signal: AbortSignal | undefined },
  ): Promise<unknown> {
    const url =
      this.#options.endpoint.replace(/\/+$/, "") + endpoint.path.replace("{key}", encodeURIComponent(key));
    const request = {
      method: endpoint.method.toUpperCase(),
      url,
      headers: this.#headers(body !== undefined),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    };
    const response = await this.#transport(request).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message || error.name : "the connection failed";
      throw new NoAnswer(`${request.method} ${url}: ${reason}`);
    });
    if (response.status >= 400) {
      throw refusal(response.status, response.body);
    }
    if (schema === undefined) {
      return undefined;
    }
    const parsed = schema.safeParse(parseJson(response.body));
    if (!parsed.success) {
      // Names the fields only: the answer may hold a secret.
      const fields = parsed.error.issues.map((issue) => issue.path.join(".") || "body").join(", ");
      throw new NoAnswer(`${request.method} ${url}: the answer is not the VergeOS v4 API's (see ${fields})`);
    }
    return parsed.data;
  }

  #headers(hasBody: boolean): Record<string, string> {
    const { credentials, userAgent } = this.#options;
    const authorization =
      "token" in credentials
        ? `Bearer ${credentials.token}`
        : `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`, "utf8").toString("base64")}`;
    return {
      Accept: "application/json",
      Authorization: authorization,
      "User-Agent": userAgent ?? "keyward-client",
      ...(hasBody ? { "Content-Type": "application/json" } : {}),
    };
  }
}

function bodyOf<Schema extends z.ZodType>(response: {
  readonly content: { readonly "application/json": { readonly schema: Schema } };
}): Schema {
  return response.content["application/json"].schema;
}

function refusal(status: number, body: string): RequestRefused {
  const parsed = errorBody.safeParse(parseJson(body));
  return new RequestRefused(
    status,
    parsed.success ? parsed.data.err : `the server answered with status ${status}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function absentAsUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RequestRefused && error.status === 404) {
      return undefined;
    }
    throw error;
  }
}
