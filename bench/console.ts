/**
 * How long a person waits for the table of keys: the first paint of a user's 10,000 keys beside that of another's 100, in
 * Chromium, in turn. The bar: at most 1.5 times.
 */

import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { z } from "zod";
import { findChromium, startChromium } from "../gallery/chromium.ts";
import { adminPassword, type RunningServer, startServer } from "../gallery/running-server.ts";
import { signIn } from "../gallery/screens.ts";

const usage = `Usage: npm run bench -- console [--rounds N]

Stores 100 keys of one user and 10,000 of another, and opens the table of each N times (default 30) in turn in Chromium, each
time in a new tab; before those, a few that are not counted. Prints the medians of the time to the first contentful paint
and of the server's answer in milliseconds, and the ratio of the second user to the first. Bar: 1.5.
`;

const warmUpRounds = 5;

const created = z.object({ $key: z.coerce.number() });
const paint = z.object({
  firstPaintMs: z.number().positive(),
  answerMs: z.number().positive(),
  rows: z.number(),
});

const { values: options } = parseArgs({
  options: { help: { type: "boolean" }, rounds: { type: "string", default: "30" } },
});
process.stdout.write(options.help ? usage : await measure(Number(options.rounds)));

async function measure(rounds: number): Promise<string> {
  const program = findChromium();
  if (program === undefined) {
    return "SKIPPED: Chromium is not installed\n";
  }
  const server = await startServer();
  const browser = await startChromium(program);
  try {
    const few = await makeUser(server, "few", 0, 100);
    const many = await makeUser(server, "many", 100, 10_000);
    const state = await adminState(server, browser);
    const [fewTimes, manyTimes]: [Paint[], Paint[]] = [[], []];
    for (let round = 0; round < warmUpRounds + rounds; round += 1) {
      fewTimes.push(await open(browser, { ...state, baseURL: server.url }, few));
      manyTimes.push(await open(browser, { ...state, baseURL: server.url }, many));
    }
    return report(rounds, fewTimes.slice(warmUpRounds), manyTimes.slice(warmUpRounds));
  } finally {
    await browser.close();
    await server.stop();
  }
}

type Paint = z.output<typeof paint>;

async function makeUser(server: RunningServer, name: string, first: number, count: number): Promise<number> {
  const Authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString("base64")}`;
  const answer = await fetch(`${server.url}/api/v4/users`, {
    method: "POST",
    headers: { Authorization, "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
  });
  const user = created.parse(await answer.json()).$key;
  await server.database.execute(sql`
    insert into user_api_keys ("user", name, description, created, expires, ip_allow_entries, ip_deny_entries,
      lastlogin_stamp, lastlogin_ip, secret_id, secret_hash, pepper_version)
    select ${user}::bigint, 'key ' || lpad(n::text, 6, '0'), 'for the benchmark', 1700000000, 4000000000 + n, '[]', '[]',
      1700000000 + n, '192.0.2.1', lpad(n::text, 12, '0'), decode(repeat('00', 32), 'hex'), 0
    from generate_series(${first}::int, ${first + count - 1}::int) n`);
  await server.database.execute(sql`analyze`);
  return user;
}

async function adminState(
  server: RunningServer,
  browser: Browser,
): Promise<Pick<BrowserContextOptions, "storageState">> {
  const context = await browser.newContext({ baseURL: server.url });
  await signIn(await context.newPage());
  const storageState = await context.storageState();
  await context.close();
  return { storageState };
}

async function open(browser: Browser, options: BrowserContextOptions, user: number): Promise<Paint> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(`/users/${user}/api-keys`);
  const measured = await page.evaluate(`new Promise((resolve) => {
    new PerformanceObserver((list) => {
      const found = list.getEntriesByName("first-contentful-paint")[0];
      const { responseEnd, requestStart } = performance.getEntriesByType("navigation")[0];
      resolve({
        firstPaintMs: found.startTime,
        answerMs: responseEnd - requestStart,
        rows: document.querySelectorAll("tbody tr").length,
      });
    }).observe({ type: "paint", buffered: true });
  })`);
  await context.close();
  const times = paint.parse(measured);
  if (times.rows !== 50) {
    throw new Error(`expected a page of 50 keys, got ${times.rows}`);
  }
  return times;
}

function report(rounds: number, few: readonly Paint[], many: readonly Paint[]): string {
  const line = (what: string, field: "firstPaintMs" | "answerMs") => {
    const [left, right] = [few, many].map((paints) => median(paints.map((times) => times[field])));
    const ratio = ((right ?? Number.NaN) / (left ?? Number.NaN)).toFixed(2);
    return `${what.padEnd(12)} 100 keys ${left?.toFixed(1).padStart(7)} ms   10,000 keys ${right?.toFixed(1).padStart(7)} ms   ratio ${ratio}\n`;
  };
  return [
    `${rounds} rounds, medians, PGlite, node ${process.version}\n`,
    line("first paint", "firstPaintMs"),
    line("answer", "answerMs"),
  ].join("");
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
