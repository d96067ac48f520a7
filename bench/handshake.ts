/**
 * How long the packaged provider takes to start, beside a bare node. The bar (design, section 8): the handshake is
 * printed within twice the time of `node -e 0`. The time to the first answer is shown too, because a handshake that is
 * followed by a long wait would be no gain.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connect, createHostIdentity, hostEnvironment, startPlugin } from "../provider/plugin/host.ts";

const usage = `Usage: npm run bench [-- --rounds N]

Runs, in turn and N times each (default 25):
  node        node -e 0, until it has ended
  handshake   the packaged provider with mutual TLS, until it has printed its handshake line
  answer      the same start, until it has answered GetProviderSchema
and prints the median of each in milliseconds, and its ratio to node. Bar for the handshake: 2.0.
`;

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** One start of the provider, in milliseconds since it was asked for. */
interface Start {
  readonly handshakeMs: number;
  readonly answerMs: number;
}

const { values: options } = parseArgs({
  options: { help: { type: "boolean" }, rounds: { type: "string", default: "25" } },
});
process.stdout.write(options.help ? usage : await measure(Number(options.rounds)));

async function measure(rounds: number): Promise<string> {
  const bare: number[] = [];
  const starts: Start[] = [];
  // The first of each fills the file cache and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const bareMs = await runBareNode();
    const start = await startProvider();
    if (round > 0) {
      bare.push(bareMs);
      starts.push(start);
    }
  }
  const floorMs = median(bare);
  const rows = [
    ["node", floorMs],
    ["handshake", median(starts.map((start) => start.handshakeMs))],
    ["answer", median(starts.map((start) => start.answerMs))],
  ] as const;
  const lines = rows.map(
    ([name, ms]) =>
      `${name.padEnd(10)} ${ms.toFixed(1).padStart(7)} ms   ratio ${(ms / floorMs).toFixed(2)}\n`,
  );
  return `${rounds} rounds, medians, node ${process.version}\n${lines.join("")}`;
}

async function runBareNode(): Promise<number> {
  const startedMs = performance.now();
  await once(spawn("node", ["-e", "0"], { stdio: "ignore" }), "exit");
  return performance.now() - startedMs;
}

async function startProvider(): Promise<Start> {
  const identity = createHostIdentity();
  const environment = hostEnvironment(identity);
  const startedMs = performance.now();
  const plugin = await startPlugin([executablePath()], environment);
  const handshakeMs = performance.now() - startedMs;
  const connection = connect(plugin.handshake, identity);
  await connection.call("/tfplugin6.Provider/GetProviderSchema");
  const answerMs = performance.now() - startedMs;
  await connection.call("/plugin.GRPCController/Shutdown");
  connection.close();
  await plugin.exited;
  return { handshakeMs, answerMs };
}

function executablePath(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
  const directory = join(root, "dist/mirror/registry.terraform.io/keyward/keyward", version, platform);
  return join(directory, `terraform-provider-keyward_v${version}`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
