/** How fast the gate decides, and what a change costs that every server has to know of. */

import { parseArgs } from "node:util";
import pg from "pg";
import { measureMemory } from "./gate/memory.ts";
import { measureNarrowing } from "./gate/narrowing.ts";
import { missingTools } from "./gate/processes.ts";
import { measureRival, measureVerdicts } from "./gate/throughput.ts";
import { findPostgres, startPostgresCluster } from "./postgres-cluster.ts";

const parts = ["verdicts", "rival", "narrowing", "memory"] as const;

const usage = `Usage: npm run bench -- gate [--only ${parts.join("|")}] [--rounds N] [--seconds N] [--changes N] [--keys N]

Starts real servers on a Postgres of its own and measures, side by side in one run:
  verdicts   requests per second on /auth/verify over a bare Hono hello, and their p99 (N rounds of N seconds in turns)
  rival      the same over better-auth's API-key plugin on the same Postgres, which is installed beside from npm
  narrowing  the answer to a DELETE of a key over the same statements alone, with one server and with three (N changes)
  memory     what a server holds with N keys stored over what it holds with 1,000, after the same traffic
Needs Postgres, taskset, wrk and two cores. Defaults: 5 rounds, 3 seconds, 500 changes, 1000000 keys.
`;

const { values: options } = parseArgs({
  options: {
    help: { type: "boolean" },
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    changes: { type: "string", default: "500" },
    keys: { type: "string", default: "1000000" },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const chosen = parts.filter((part) => options.only === undefined || options.only === part);
  if (chosen.length === 0) {
    process.stderr.write(`there is no part ${JSON.stringify(options.only)}\n\n${usage}`);
    return 2;
  }
  const programs = await findPostgres();
  const missing = programs === undefined ? "Postgres is not installed" : await missingTools();
  if (programs === undefined || missing !== undefined) {
    process.stderr.write(`cannot measure: ${missing}\n`);
    return 1;
  }
  const cluster = await startPostgresCluster(programs);
  try {
    for (const part of chosen) {
      process.stdout.write(`${await measure(part, cluster.url)}\n`);
    }
  } finally {
    await cluster.stop();
  }
  return 0;
}

async function measure(part: (typeof parts)[number], clusterUrl: string): Promise<string> {
  const url = await createDatabase(clusterUrl, part);
  const rounds = Number(options.rounds);
  const seconds = Number(options.seconds);
  switch (part) {
    case "verdicts":
      return measureVerdicts(url, rounds, seconds);
    case "rival":
      return measureRival(url, await createDatabase(clusterUrl, "rival_own"), rounds, seconds);
    case "narrowing":
      return measureNarrowing(url, Number(options.changes));
    case "memory":
      return measureMemory(url, Number(options.keys));
    default:
      return part satisfies never;
  }
}

async function createDatabase(clusterUrl: string, name: string): Promise<string> {
  const client = new pg.Client(clusterUrl);
  await client.connect();
  await client.query(`create database bench_${name}`);
  await client.end();
  const url = new URL(clusterUrl);
  url.pathname = `/bench_${name}`;
  return url.href;
}
