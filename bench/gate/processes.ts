import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A server under measurement, on a core of its own. */
export interface Measured {
  readonly port: number;
  /** What it said when it was ready. */
  readonly announced: string;
  /** Processor time that it has used, in seconds. */
  cpuSeconds(): Promise<number>;
  /** Memory that it holds, in bytes. */
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a Node program on the first core, and waits for the line that says where it listens. */
export async function startMeasured(
  parameters: readonly string[],
  variables: Readonly<Record<string, string>>,
  folder = process.cwd(),
): Promise<Measured> {
  const server = spawn("taskset", ["-c", "0", process.execPath, ...parameters], {
    cwd: folder,
    env: { ...process.env, ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const announced = await firstLine(server, /"(?:port":\d+|url":"[^"]+)/);
  const port = Number(/"port":(\d+)|"url":"[^"]+:(\d+)"/.exec(announced)?.slice(1).find(Boolean));
  return {
    port,
    announced,
    cpuSeconds: async () => {
      const fields = (await readFile(`/proc/${server.pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
      // proc(5): user and system time, in ticks of a hundredth of a second.
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    residentBytes: async () => {
      const status = await readFile(`/proc/${server.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
    },
    stop: async () => {
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
    },
  };
}

async function firstLine(server: ChildProcess, pattern: RegExp): Promise<string> {
  if (server.stdout === null) {
    throw new Error("the server's output is not read");
  }
  for await (const line of createInterface({ input: server.stdout })) {
    if (pattern.test(line)) {
      server.stdout.resume();
      return line;
    }
  }
  throw new Error("a server ended before it listened");
}

/** What a load of requests came to. */
export interface Load {
  readonly requestsPerSecond: number;
  /** The 99th percentile of latency, in milliseconds. */
  readonly p99Ms: number;
  readonly requests: number;
}

const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

/** Loads a server over 32 connections from the second core, with wrk. Throws when an answer is not a success. */
export async function load(
  port: number,
  path: string,
  secret: string | undefined,
  seconds: number,
): Promise<Load> {
  const headers = secret === undefined ? [] : ["-H", `Authorization: Bearer ${secret}`];
  const parameters = ["-c", "1", "wrk", "-t1", "-c32", `-d${seconds}s`, "--latency", ...headers];
  const { stdout } = await run("taskset", [...parameters, `http://127.0.0.1:${port}${path}`]);
  if (/Non-2xx/.test(stdout)) {
    throw new Error(`${path} was refused:\n${stdout}`);
  }
  const [, p99 = "", unit = ""] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p99Ms: Number(p99) * (units[unit] ?? Number.NaN),
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
  };
}

/** Says what is missing, if something is. */
export async function missingTools(): Promise<string | undefined> {
  for (const tool of ["taskset", "wrk"]) {
    const isThere = await run("sh", ["-c", `command -v ${tool}`]).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      return `${tool} is not installed (Debian: apt-get install wrk util-linux)`;
    }
  }
  return undefined;
}

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** A part of the way through some numbers in order, such as 0.99. */
export function quantile(numbers: readonly number[], part: number): number {
  return [...numbers].sort((a, b) => a - b)[Math.ceil(numbers.length * part) - 1] ?? Number.NaN;
}
