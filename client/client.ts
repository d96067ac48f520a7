import { randomUUID } from "node:crypto";
import { z } from "zod";
import { errorBody } from "../contract/errors.ts";
import { system } from "../contract/system.ts";
import { type ApiKeyChange, type NewApiKey, type Rotation, userApiKeys } from "../contract/user-api-keys.ts";
import { type NewUser, type UserChange, users } from "../contract/users.ts";
import {
  type ApiKeyAnswer,
  anyAnswer,
  apiKeyAnswer,
  changeAnswer,
  createdAnswer,
  type IssuedApiKey,
  issuedApiKeyAnswer,
  type RotatedApiKey,
  rotatedApiKeyAnswer,
  rowFields,
  systemAnswer,
  type UserAnswer,
  userAnswer,
} from "./answers.ts";
import { Interrupted, NoAnswer, RequestRefused } from "./errors.ts";
import { finishingWrites, type RetryOptions, withRetries } from "./retry.ts";
import type { ClientTable } from "./tables.ts";
import { nodeTransport, type Transport, type TransportOptions, type TransportResponse } from "./transport.ts";

export type { ApiKeyAnswer, IssuedApiKey, RotatedApiKey, UserAnswer } from "./answers.ts";

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
  /** How to try again after what passes by itself; not at all when left out. */
  readonly retries?: RetryOptions;
  /** Names the caller to the server. */
  readonly userAgent?: string;
}

/** Which rows a list is to answer. */
export interface ListOptions {
  /** In the language of docs/query.md, such as `name eq 'ci'`. */
  readonly filter?: string;
  /** The most rows to answer. */
  readonly limit?: number;
  readonly offset?: number;
  readonly signal?: AbortSignal;
}

/** How a create or a rotation is asked for. */
export interface CreateOptions {
  /** The same value gets the same answer again within 24 hours; a new one is drawn when left out. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** How a rotation is asked for. */
export interface RotateOptions extends CreateOptions {
  /** Whether only the answer to an earlier rotation is wanted: without one the server answers 412 and does nothing. */
  readonly isRepeat?: boolean;
}

interface Endpoint {
  readonly method: string;
  readonly path: string;
}

interface Call {
  readonly key?: string;
  /** What to ask for; VergeOS answers a few columns only when it is not told. */
  readonly fields?: string;
  readonly filter?: string | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  readonly body?: unknown;
  /** Makes a retry safe, on a server that knows the header. */
  readonly idempotencyKey?: string | undefined;
  /** The version that the row must have. */
  readonly ifMatch?: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A version that no row has: with it, an action is only ever answered from memory. */
const noVersion = '"none"';

/**
 * The v4 API as typed calls, over the contract that the server validates with. Answers are read leniently (unknown
 * fields are dropped), so it works against a VergeOS too. Calls throw {@link RequestRefused} or {@link NoAnswer}. A
 * signal ends reads, and waits between two attempts; a change that was sent is waited for, because nobody would know
 * whether it was made.
 */
export class Client {
  readonly #options: ClientOptions;
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.#options = options;
    const transport = finishingWrites(options.transport ?? nodeTransport(options));
    this.#transport = options.retries === undefined ? transport : withRetries(transport, options.retries);
  }

  /** What the server says of itself; fails unless the credentials are good. */
  async getSystem(signal?: AbortSignal) {
    const [row] = await this.#call(system.get, z.array(systemAnswer), { signal });
    return row;
  }

  async listApiKeys({ signal, ...which }: ListOptions = {}): Promise<ApiKeyAnswer[]> {
    const fields = rowFields.userApiKeys;
    return this.#call(userApiKeys.list, z.array(apiKeyAnswer), { fields, ...which, signal });
  }

  /** The key, or undefined when it is not there (any more). */
  async getApiKey(key: string, signal?: AbortSignal): Promise<ApiKeyAnswer | undefined> {
    const fields = rowFields.userApiKeys;
    return absentAsUndefined(this.#call(userApiKeys.get, apiKeyAnswer, { key, fields, signal }));
  }

  async createApiKey(body: NewApiKey, options: CreateOptions = {}): Promise<IssuedApiKey> {
    return this.#call(userApiKeys.create, issuedApiKeyAnswer(body.secret), { body, ...once(options) });
  }

  /** Answers what the server accepted but doubts was meant. */
  async updateApiKey(key: string, body: ApiKeyChange, signal?: AbortSignal): Promise<readonly string[]> {
    const answer = await this.#call(userApiKeys.update, changeAnswer, { key, body, signal });
    return answer.warnings;
  }

  /** Makes a successor with the key's settings; the key itself ends after the overlap. Keyward only. */
  async rotateApiKey(key: string, body: Rotation, options: RotateOptions = {}): Promise<RotatedApiKey> {
    const ifMatch = options.isRepeat === true ? noVersion : undefined;
    const call = { key, body, ifMatch, ...once(options) };
    return this.#call(userApiKeys.rotate, rotatedApiKeyAnswer(body.secret), call);
  }

  /** Revokes the key. One that is not there is as good as deleted. */
  async deleteApiKey(key: string, signal?: AbortSignal): Promise<void> {
    await absentAsUndefined(this.#call(userApiKeys.delete, anyAnswer, { key, signal }));
  }

  async listUsers({ signal, ...which }: ListOptions = {}): Promise<UserAnswer[]> {
    return this.#call(users.list, z.array(userAnswer), { fields: rowFields.users, ...which, signal });
  }

  /** The user, or undefined when it is not there (any more). */
  async getUser(key: string, signal?: AbortSignal): Promise<UserAnswer | undefined> {
    return absentAsUndefined(this.#call(users.get, userAnswer, { key, fields: rowFields.users, signal }));
  }

  /** Answers the new user's row key. */
  async createUser(body: NewUser, options: CreateOptions = {}): Promise<string> {
    const answer = await this.#call(users.create, createdAnswer, { body, ...once(options) });
    return answer.$key;
  }

  async updateUser(key: string, body: UserChange, signal?: AbortSignal): Promise<void> {
    await this.#call(users.update, anyAnswer, { key, body, signal });
  }

  /** Deletes the user and its keys. One that is not there is as good as deleted. */
  async deleteUser(key: string, signal?: AbortSignal): Promise<void> {
    await absentAsUndefined(this.#call(users.delete, anyAnswer, { key, signal }));
  }

  /** The rows of a table that the caller may list. */
  async listRows<Row extends z.ZodType>(
    { endpoints, row, fields }: ClientTable<Row, unknown, unknown>,
    { signal, ...which }: ListOptions = {},
  ): Promise<z.output<Row>[]> {
    return this.#call(endpoints.list, z.array(row), { fields, ...which, signal });
  }

  /** The row, or undefined when it is not there (any more). */
  async getRow<Row extends z.ZodType>(
    { endpoints, row, fields }: ClientTable<Row, unknown, unknown>,
    key: string,
    signal?: AbortSignal,
  ): Promise<z.output<Row> | undefined> {
    return absentAsUndefined(this.#call(endpoints.get, row, { key, fields, signal }));
  }

  /** Answers the new row's key. */
  async createRow<New>(
    { endpoints }: ClientTable<z.ZodType, New, unknown>,
    body: New,
    options: CreateOptions = {},
  ): Promise<string> {
    const answer = await this.#call(endpoints.create, createdAnswer, { body, ...once(options) });
    return answer.$key;
  }

  async updateRow<Change>(
    { endpoints }: ClientTable<z.ZodType, unknown, Change>,
    key: string,
    body: Change,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#call(endpoints.update, anyAnswer, { key, body, signal });
  }

  /** Deletes the row. One that is not there is as good as deleted. */
  async deleteRow(
    { endpoints }: ClientTable<z.ZodType, unknown, unknown>,
    key: string,
    signal?: AbortSignal,
  ): Promise<void> {
    await absentAsUndefined(this.#call(endpoints.delete, anyAnswer, { key, signal }));
  }

  async #call<Schema extends z.ZodType>(
    endpoint: Endpoint,
    schema: Schema,
    call: Call,
  ): Promise<z.output<Schema>> {
    const response = await this.#send(endpoint, call);
    const parsed = schema.safeParse(parseJson(response.body) ?? {});
    if (!parsed.success) {
      // Names the fields only: the answer may hold a secret.
      const fields = parsed.error.issues.map((issue) => issue.path.join(".") || "body").join(", ");
      throw new NoAnswer(`${endpoint.path}: the answer is not the VergeOS v4 API's (see ${fields})`);
    }
    return parsed.data;
  }

  async #send(
    endpoint: Endpoint,
    { key = "", body, signal, idempotencyKey, ifMatch, fields, filter, limit, offset }: Call,
  ): Promise<TransportResponse> {
    const path = endpoint.path.replace("{key}", encodeURIComponent(key));
    const query = queryOf({ fields, filter, limit, offset });
    const request = {
      method: endpoint.method.toUpperCase(),
      url: this.#options.endpoint.replace(/\/+$/, "") + path + query,
      headers: this.#headers(body !== undefined, {
        "Idempotency-Key": idempotencyKey,
        "If-Match": ifMatch,
      }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    };
    const response = await this.#transport(request).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message || error.name : "the connection failed";
      const text = `${request.method} ${this.#options.endpoint}${path}: ${reason}`;
      throw signal?.aborted === true ? new Interrupted(text) : new NoAnswer(text);
    });
    if (response.status >= 400) {
      throw refusal(response.status, response.body);
    }
    return response;
  }

  #headers(hasBody: boolean, others: Readonly<Record<string, string | undefined>>): Record<string, string> {
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
      ...Object.fromEntries(
        Object.entries(others).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    };
  }
}

/** A create is given a key of its own, so that the transport may try it again. */
function once({ idempotencyKey = randomUUID(), signal }: CreateOptions) {
  return { idempotencyKey, signal };
}

/** Not URLSearchParams, which writes a blank as a plus sign: not every server reads that back as a blank. */
function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const parts = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
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
