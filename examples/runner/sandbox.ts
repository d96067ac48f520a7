import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { detail, tell } from "./narration.ts";
import { findTerraform, runProgram, startServer } from "./programs.ts";

/** The build. */
export const dist = fileURLToPath(new URL("../../", import.meta.url));

/** A server of one's own on an embedded database, and a Terraform client that finds it, in a temporary folder. */
export interface Sandbox {
  readonly folder: string;
  /** Providers are installed from here, beside our own. */
  readonly mirror: string;
  readonly terraform: string;
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What a run is called, and whether its folder stays for a look. */
export interface SandboxOptions {
  readonly name: string;
  readonly isKept: boolean;
  /** What the server is told beside. */
  readonly serverVariables?: Readonly<Record<string, string>>;
}

/** Runs in a sandbox, which is gone afterwards. Answers the exit code: 0 only if every step held. */
export async function runInSandbox(
  options: SandboxOptions,
  run: (sandbox: Sandbox) => Promise<void>,
): Promise<number> {
  const startedAt = performance.now();
  const folder = await mkdtemp(path.join(tmpdir(), `keyward-${options.name}-`));
  try {
    await withServer(folder, options.serverVariables ?? {}, run);
    tell(`Every step held, in ${((performance.now() - startedAt) / 1000).toFixed(1)} seconds.`);
    return 0;
  } catch (error) {
    process.stderr.write(`\n${options.name}: ${error instanceof Error ? error.message : "failed"}\n`);
    return 1;
  } finally {
    if (options.isKept) {
      tell(`Kept ${folder}`);
    } else {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Synthesises a CDKTF program, as a user runs it. */
export function synthesise(
  { folder, environment }: Sandbox,
  program: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  return runProgram(process.execPath, [program], folder, { ...environment, ...variables });
}

async function withServer(
  folder: string,
  variables: Readonly<Record<string, string>>,
  run: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const terraform = await findTerraform();
  tell(`1. Start a Keyward server on an embedded database (and find a client: ${terraform.description})`);
  const password = randomBytes(18).toString("base64url");
  const server = await startServer(path.join(dist, "cli/main.js"), {
    KEYWARD_DATA_DIR: path.join(folder, "data"),
    KEYWARD_ADMIN_PASSWORD: password,
    KEYWARD_PORT: "0",
    ...variables,
  });
  try {
    detail(`listening on ${server.url}`);
    const mirror = path.join(folder, "mirror");
    await mkdir(mirror);
    const cliConfig = path.join(folder, "terraform.rc");
    await writeFile(cliConfig, cliConfiguration([path.join(dist, "mirror"), mirror]));
    await run({
      folder,
      mirror,
      terraform: terraform.program,
      url: server.url,
      environment: {
        CDKTF_OUTDIR: path.join(folder, "cdktf.out"),
        CHECKPOINT_DISABLE: "1",
        TF_CLI_CONFIG_FILE: cliConfig,
        TF_IN_AUTOMATION: "1",
        KEYWARD_ENDPOINT: server.url,
        KEYWARD_USERNAME: "admin",
        KEYWARD_PASSWORD: password,
      },
    });
  } finally {
    await server.stop();
  }
}

function cliConfiguration(mirrors: readonly string[]): string {
  const blocks = mirrors.map(
    (mirror) => `  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n`,
  );
  return `provider_installation {\n${blocks.join("")}}\n`;
}
