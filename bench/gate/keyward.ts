import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Measured, startMeasured } from "./processes.ts";

const password = "a password of the benchmark";
const made = z.object({ $key: z.string(), key: z.string().optional() });

/** A Keyward server under measurement. */
export interface Keyward extends Measured {
  /** Secret of a key of user admin. */
  readonly adminSecret: string;
}

/** Starts a server on a database, as an operator would. */
export async function startKeyward(databaseUrl: string): Promise<Keyward> {
  const folder = await mkdtemp(path.join(tmpdir(), "keyward-bench-"));
  const program = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
  const server = await startMeasured([program, "serve"], {
    DATABASE_URL: databaseUrl,
    KEYWARD_DATA_DIR: folder,
    KEYWARD_ADMIN_PASSWORD: password,
    KEYWARD_PORT: "0",
  });
  const basic = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
  const name = `bench ${process.hrtime.bigint()}`;
  const { key = "" } = await call(server, "POST", "/api/v4/user_api_keys", basic, { user: 1, name });
  return { ...server, adminSecret: key };
}

/** Makes a key of user admin; answers its row key and its secret. */
export async function createKey(
  server: Keyward,
  name: string,
): Promise<{ readonly key: string; readonly secret: string }> {
  const body = { user: 1, name };
  const row = await call(server, "POST", "/api/v4/user_api_keys", `Bearer ${server.adminSecret}`, body);
  return { key: row.$key, secret: row.key ?? "" };
}

/** Calls the API. Throws when it refuses. */
async function call(
  { port }: Measured,
  method: string,
  place: string,
  authorization: string,
  body?: unknown,
): Promise<z.output<typeof made>> {
  const answer = await fetch(`http://127.0.0.1:${port}${place}`, {
    method,
    headers: { Authorization: authorization, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) {
    throw new Error(`${method} ${place} answered ${answer.status}: ${await answer.text()}`);
  }
  return made.parse({ $key: "", ...z.record(z.string(), z.unknown()).parse(await answer.json()) });
}
