/**
 * How the time to list one user's 100 keys grows with the number of all keys stored: 1,000 beside 100,000, in one run.
 * The bar: at most 1.5 times.
 */

import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { pino } from "pino";
import { z } from "zod";
import { createApp } from "../server/app.ts";
import type { OpenDatabase } from "../server/database.ts";
import { openAlone } from "../server/gate/open-gate.ts";
import { Attempts } from "../server/identity/attempts.ts";
import { LoginRecorder } from "../server/identity/logins.ts";
import { openInMemory } from "../server/pglite.ts";
import { openPostgres } from "../server/postgres.ts";
import { prepareFirstStart } from "../server/tables/first-start.ts";

const usage = `Usage: npm run bench -- list [--rounds N]

Stores 1,000 keys and then 100,000, of which user "bench" has 100, and lists those N times each (default 200) through
the API: GET /api/v4/user_api_keys?filter=user eq <bench>&limit=100, authenticated by a key. Prints the median of each
in milliseconds and the ratio of the second to the first. Bar: 1.5. On the embedded database, or on the empty one that
DATABASE_URL names.
`;

const created = z.object({ $key: z.string(), key: z.string().optional() });

const { values: options } = parseArgs({
  options: { help: { type: "boolean" }, rounds: { type: "string", default: "200" } },
});
process.stdout.write(options.help ? usage : await measure(Number(options.rounds)));

async function measure(rounds: number): Promise<string> {
  const url = process.env["DATABASE_URL"];
  const opened = url === undefined ? await openInMemory() : await openPostgres(url);
  const logger = pino({ level: "silent" });
  const password = "a password of the benchmark";
  await prepareFirstStart(opened.database, password, Date.now());
  const app = createApp({
    database: opened.database,
    logger,
    logins: new LoginRecorder(opened.database, logger),
    attempts: new Attempts(),
    peppers: new Map(),
    clock: Date.now,
    trustedProxies: [],
    isTls: false,
    upstreams: [],
    upstreamTimeoutMs: 1000,
    ...openAlone({ database: opened.database, peppers: new Map(), keysMax: 1000 }),
  });
  const post = async (path: string, body: unknown) => {
    const Authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
    const headers = { Authorization, "Content-Type": "application/json" };
    const answer = await app.hono.request(path, { method: "POST", headers, body: JSON.stringify(body) });
    return created.parse(await answer.json());
  };
  const user = Number((await post("/api/v4/users", { name: "bench" })).$key);
  const other = Number((await post("/api/v4/users", { name: "other" })).$key);
  const { key: secret } = await post("/api/v4/user_api_keys", { user: 1, name: "bench" });
  await store(opened, user, 0, 100);
  await store(opened, other, 100, 900);
  const list = async () => {
    const path = `/api/v4/user_api_keys?filter=${encodeURIComponent(`user eq ${user}`)}&limit=100`;
    const answer = await app.hono.request(path, { headers: { Authorization: `Bearer ${secret}` } });
    const rows: unknown = await answer.json();
    if (!Array.isArray(rows) || rows.length !== 100) {
      throw new Error(`expected 100 keys, got ${JSON.stringify(rows).slice(0, 200)}`);
    }
  };
  const few = await time(list, rounds);
  await store(opened, other, 1000, 99_000);
  const many = await time(list, rounds);
  await opened.close();
  return [
    `${rounds} rounds, medians, ${opened.description}, node ${process.version}\n`,
    `100 of   1,000 keys ${few.toFixed(2).padStart(7)} ms\n`,
    `100 of 100,000 keys ${many.toFixed(2).padStart(7)} ms   ratio ${(many / few).toFixed(2)}\n`,
  ].join("");
}

async function store({ database }: OpenDatabase, user: number, first: number, count: number): Promise<void> {
  await database.execute(sql`
    insert into user_api_keys ("user", name, description, created, expires, ip_allow_entries, ip_deny_entries,
      lastlogin_stamp, lastlogin_ip, secret_id, secret_hash, pepper_version)
    select ${user}::bigint, 'key ' || n, '', 0, 0, '[]', '[]', 0, '', lpad(n::text, 12, '0'),
      decode(repeat('00', 32), 'hex'), 0
    from generate_series(${first}::int, ${first + count - 1}::int) n`);
  await database.execute(sql`analyze`);
}

/** The median of as many runs, in milliseconds; as many before it warm up and are not counted. */
async function time(run: () => Promise<void>, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 2 * rounds; round += 1) {
    const startedAt = performance.now();
    await run();
    times.push(performance.now() - startedAt);
  }
  return times.slice(rounds).sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}
