import { spawnSync } from "node:child_process";
import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { createKey, type Keyward, startKeyward } from "./keyward.ts";
import { type Load, load, type Measured, median, startMeasured } from "./processes.ts";

/** One program under load, round after round. */
interface Runner {
  readonly name: string;
  readonly server: Measured;
  readonly path: string;
  readonly secret: string | undefined;
  readonly loads: Load[];
  readonly cpuMicroseconds: number[];
}

/** Verdicts over a bare "hello" of the same framework, in turns, in one run. */
export async function measureVerdicts(databaseUrl: string, rounds: number, seconds: number): Promise<string> {
  const hello = await startMeasured([fileURLToPath(new URL("hello.js", import.meta.url))], {});
  const keyward = await startKeyward(databaseUrl);
  const { secret } = await createKey(keyward, "throughput");
  const runners = [
    runner("hello", hello, "/", undefined),
    runner("verdict", keyward, "/auth/verify", secret),
  ];
  await inTurns(runners, rounds, seconds);
  await Promise.all([hello.stop(), keyward.stop()]);
  const [base, verdict] = runners.map(summary);
  if (base === undefined || verdict === undefined) {
    throw new Error("nothing was measured");
  }
  return [
    `verdicts on one core, 32 connections, medians of ${rounds} rounds of ${seconds} s in turns\n`,
    line("bare Hono hello", base),
    line("/auth/verify", verdict),
    `ratio of requests ${(verdict.perSecond / base.perSecond).toFixed(2)} (bar 0.75), `,
    `of p99 ${(verdict.p99Ms / base.p99Ms).toFixed(2)} (bar 2), `,
    `of processor time per request ${(verdict.cpuUs / base.cpuUs).toFixed(2)}\n`,
  ].join("");
}

/** Verdicts over better-auth's API-key plugin on the same Postgres. */
export async function measureRival(
  databaseUrl: string,
  rivalUrl: string,
  rounds: number,
  seconds: number,
): Promise<string> {
  const folder = await installRival();
  const rival = await startMeasured(["server.mjs"], { DATABASE_URL: rivalUrl }, folder);
  const { key } = z.object({ key: z.string() }).parse(JSON.parse(rival.announced));
  const keyward = await startKeyward(databaseUrl);
  const { secret } = await createKey(keyward, "beside a rival");
  const runners = [
    runner("better-auth", rival, "/verify", key),
    runner("verdict", keyward, "/auth/verify", secret),
  ];
  await inTurns(runners, rounds, seconds);
  await Promise.all([rival.stop(), keyward.stop()]);
  const [theirs, ours] = runners.map(summary);
  if (theirs === undefined || ours === undefined) {
    throw new Error("nothing was measured");
  }
  return [
    "beside better-auth 1.7.25 with its API-key plugin 1.7.5 (no rate limit), same Postgres, one key\n",
    line("better-auth", theirs),
    line("/auth/verify", ours),
    `ratio of requests ${(ours.perSecond / theirs.perSecond).toFixed(0)} (bar 40)\n`,
  ].join("");
}

/** In a folder of its own, because two frameworks for the same thing have no place in one lockfile. */
async function installRival(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "keyward-bench-rival-"));
  const source = path.resolve("bench/rivals/better-auth");
  await cp(source, folder, { recursive: true });
  process.stderr.write("installing better-auth beside ...\n");
  const { status } = spawnSync(
    "npm",
    ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"],
    {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  if (status !== 0) {
    throw new Error("better-auth could not be installed");
  }
  return folder;
}

function runner(name: string, server: Measured | Keyward, place: string, secret: string | undefined): Runner {
  return { name, server, path: place, secret, loads: [], cpuMicroseconds: [] };
}

/** In turns, so that whatever else the machine does falls on all of them alike; the first round warms up. */
async function inTurns(runners: readonly Runner[], rounds: number, seconds: number): Promise<void> {
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, server, path: place, secret, loads, cpuMicroseconds } of runners) {
      process.stderr.write(`round ${round} of ${rounds}: ${name}\n`);
      const before = await server.cpuSeconds();
      const one = await load(server.port, place, secret, seconds);
      const used = (await server.cpuSeconds()) - before;
      if (round > 0) {
        loads.push(one);
        cpuMicroseconds.push((used / one.requests) * 1e6);
      }
    }
  }
}

function summary({ loads, cpuMicroseconds }: Runner) {
  return {
    perSecond: median(loads.map(({ requestsPerSecond }) => requestsPerSecond)),
    p99Ms: median(loads.map(({ p99Ms }) => p99Ms)),
    cpuUs: median(cpuMicroseconds),
  };
}

function line(name: string, { perSecond, p99Ms, cpuUs }: ReturnType<typeof summary>): string {
  const rate = perSecond.toFixed(0).padStart(7);
  return `  ${name.padEnd(16)} ${rate} requests/s   p99 ${p99Ms.toFixed(2).padStart(6)} ms   ${cpuUs.toFixed(1)} µs of processor each\n`;
}
