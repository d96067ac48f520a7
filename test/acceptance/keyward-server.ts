import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, inject, vi } from "vitest";
import { z } from "zod";
import { issuedApiKey } from "../../contract/user-api-keys.ts";
import { createPostgresDatabase } from "../postgres-databases.ts";

/** Where a server keeps its data: what is the same before and after a restart. */
export interface ServerStorage {
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** A kind of storage that the server runs on. */
export interface StorageUnderTest {
  readonly name: "PGlite" | "Postgres";
  create(): Promise<ServerStorage>;
}

/** Every kind of storage there is here; the global setup says by name which one is missing. */
export function storagesUnderTest(): readonly StorageUnderTest[] {
  const clusterUrl = inject("postgresClusterUrl");
  const pglite: StorageUnderTest = { name: "PGlite", create: () => createStorage({}) };
  return clusterUrl === null
    ? [pglite]
    : [
        pglite,
        {
          name: "Postgres",
          create: async () => createStorage({ DATABASE_URL: await createPostgresDatabase(clusterUrl) }),
        },
      ];
}

/**
 * Storage for what is about something else: on Postgres where there is one, because a server starts on it in half the time.
 */
export async function anyStorage(variables: Readonly<Record<string, string>> = {}): Promise<ServerStorage> {
  const clusterUrl = inject("postgresClusterUrl");
  return createStorage(
    clusterUrl === null
      ? variables
      : { DATABASE_URL: await createPostgresDatabase(clusterUrl), ...variables },
  );
}

/**
 * A new folder, and what the server is told beside. In the folder is the embedded database that a first start would make,
 * which takes seconds; {@link emptyStorage} has none.
 */
export async function createStorage(variables: Readonly<Record<string, string>>): Promise<ServerStorage> {
  const storage = await emptyStorage(variables);
  if (variables["DATABASE_URL"] === undefined) {
    const made = path.join(inject("pgliteTemplate").folder, "pglite");
    await cp(made, path.join(storage.folder, "data", "pglite"), { recursive: true });
  }
  return storage;
}

/** A new empty folder, and what the server is told beside. */
export async function emptyStorage(variables: Readonly<Record<string, string>>): Promise<ServerStorage> {
  return { folder: await mkdtemp(path.join(tmpdir(), "keyward-server-")), variables };
}

/** The password of user `admin` on every server of the tests. */
export const adminPassword = "correct horse battery";

/** The real server as a process of its own, from the build. */
export class KeywardServer {
  readonly storage: ServerStorage;
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #output: string[];

  private constructor(storage: ServerStorage, url: string, server: ChildProcess, output: string[]) {
    this.storage = storage;
    this.url = url;
    this.#process = server;
    this.#output = output;
  }

  /** Starts a server and waits until it accepts connections. Throws, with what it printed, when it ends instead. */
  static async start(storage: ServerStorage, program = "dist/cli/main.js"): Promise<KeywardServer> {
    const { DATABASE_URL: _, ...inherited } = process.env;
    const server = spawn(process.execPath, [program, "serve"], {
      env: {
        ...inherited,
        KEYWARD_PORT: "0",
        KEYWARD_DATA_DIR: path.join(storage.folder, "data"),
        KEYWARD_ADMIN_PASSWORD: adminPassword,
        KEYWARD_LOG_LEVEL: "trace",
        ...storage.variables,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      const collect = (chunk: Buffer) => {
        output.push(chunk.toString("utf8"));
        const found = /"url":"(https?:[^"]+)"/.exec(output.join(""))?.[1];
        if (found !== undefined) {
          resolve(found);
        }
      };
      server.stdout.on("data", collect);
      server.stderr.on("data", collect);
      server.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${output.join("")}`)));
    });
    return new KeywardServer(storage, url, server, output);
  }

  /** Resolves when verdicts are made from memory; where others were there before, that is a second after the start. */
  async ready(): Promise<void> {
    await vi.waitFor(async () => expect((await fetch(`${this.url}/readyz`)).status).toBe(200), {
      timeout: 15_000,
    });
  }

  /** Memory that the process holds, in bytes (proc(5)). */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  /** Whether the process is no more. */
  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Everything the server printed so far. */
  get output(): string {
    return this.#output.join("");
  }

  /** The secret of a new key of user admin. Proving a password takes tens of milliseconds by design, a key none. */
  async createAdminSecret(name: string): Promise<string> {
    const answer = await this.call("/api/v4/user_api_keys", { method: "POST", body: { user: 1, name } });
    return issuedApiKey.required({ key: true }).parse(await answer.json()).key;
  }

  /** The token of a new session of user admin. */
  async createSession(): Promise<string> {
    const body = { login: "admin", password: adminPassword };
    const answer = await this.call("/api/sys/tokens", { method: "POST", body });
    return z.object({ $key: z.string() }).parse(await answer.json()).$key;
  }

  /** Sends the server a signal that it goes on after. */
  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Asks the server to stop and waits until it has. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Kills the server where it stands. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Stops the server and removes its storage. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.storage.folder, { recursive: true, force: true });
  }

  /** Calls the API, as user admin unless a secret is given. */
  async call(
    path: string,
    call: { secret?: string; method?: string; body?: unknown } = {},
  ): Promise<Response> {
    const basic = `Basic ${Buffer.from(`admin:${adminPassword}`).toString("base64")}`;
    return fetch(this.url + path, {
      method: call.method ?? "GET",
      headers: {
        Authorization: call.secret === undefined ? basic : `Bearer ${call.secret}`,
        "Content-Type": "application/json",
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.hasEnded) {
      const ended = once(this.#process, "exit");
      this.#process.kill(signal);
      await ended;
    }
  }
}
