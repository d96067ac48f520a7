import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { z } from "zod";
import type { KeywardServer } from "./keyward-server.ts";
import type { TerraformClient } from "./terraform-clients.ts";

/** What a run of the client gave. */
export interface Run {
  readonly code: number;
  readonly output: string;
}

const planJson = z.object({
  resource_changes: z
    .array(z.object({ address: z.string(), change: z.object({ actions: z.array(z.string()) }) }))
    .default([]),
});

const stateJson = z.object({
  resources: z.array(
    z.object({
      type: z.string(),
      name: z.string(),
      instances: z.array(z.object({ attributes: z.record(z.string(), z.unknown()) })),
    }),
  ),
});

const preamble = `terraform {
  required_providers {
    keyward = { source = "registry.terraform.io/keyward/keyward" }
  }
}
provider "keyward" {}
`;

/** A Terraform working directory, with the verbs of the field's acceptance tests. */
export class Workspace {
  readonly folder: string;
  readonly #client: TerraformClient;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  private constructor(folder: string, client: TerraformClient, server: KeywardServer, token: string) {
    this.folder = folder;
    this.#client = client;
    this.#environment = {
      ...process.env,
      CHECKPOINT_DISABLE: "1",
      TF_IN_AUTOMATION: "1",
      TF_CLI_CONFIG_FILE: path.join(folder, "terraform.rc"),
      TF_LOG: "trace",
      TF_LOG_PATH: path.join(folder, "trace.log"),
      TMPDIR: folder,
      KEYWARD_ENDPOINT: server.url,
      KEYWARD_TOKEN: token,
    };
  }

  /** Makes the directory, with the packaged provider as the only one that can be installed. */
  static async create(client: TerraformClient, server: KeywardServer): Promise<Workspace> {
    const folder = await mkdtemp(path.join(tmpdir(), "keyward-workspace-"));
    const workspace = new Workspace(folder, client, server, await server.createAdminSecret(folder));
    const mirror = JSON.stringify(path.resolve("dist/mirror"));
    const settings = `provider_installation {\n  filesystem_mirror {\n    path = ${mirror}\n  }\n}\n`;
    await writeFile(path.join(folder, "terraform.rc"), settings);
    await workspace.write("");
    await workspace.succeed(["init", "-input=false"]);
    return workspace;
  }

  /** Puts a configuration in place of the present one. */
  async write(configuration: string): Promise<void> {
    await writeFile(path.join(this.folder, "main.tf"), preamble + configuration);
  }

  async apply(configuration: string): Promise<string> {
    await this.write(configuration);
    return this.succeed(["apply", "-auto-approve", "-input=false"]);
  }

  /** Plans and answers what would be done to each resource, such as `{ "keyward_user.ci": "create" }`. */
  async plannedActions(): Promise<Record<string, string>> {
    await this.succeed(["plan", "-input=false", "-out=saved.plan"]);
    const plan = planJson.parse(JSON.parse(await this.succeed(["show", "-json", "saved.plan"])));
    const actions = plan.resource_changes.map(
      ({ address, change }) => [address, change.actions.join("+")] as const,
    );
    return Object.fromEntries(actions.filter(([, action]) => action !== "no-op"));
  }

  /** Fails unless there is nothing to do. */
  async expectEmptyPlan(): Promise<void> {
    const run = await this.run(["plan", "-detailed-exitcode", "-input=false"]);
    expect(run.code, run.output).toBe(0);
  }

  /** Takes over an object in place of the one the state has, as somebody without a state would. */
  async reimport(address: string, id: string): Promise<void> {
    await this.succeed(["state", "rm", address]);
    await this.succeed(["import", "-input=false", address, id]);
  }

  async destroy(): Promise<void> {
    await this.succeed(["destroy", "-auto-approve", "-input=false"]);
  }

  async output(name: string): Promise<string> {
    return this.succeed(["output", "-raw", name]);
  }

  /** Plans or applies a configuration that must fail, and answers the message, unwrapped. */
  async expectError(verb: "plan" | "apply", configuration: string): Promise<string> {
    await this.write(configuration);
    const options = verb === "apply" ? ["-auto-approve"] : [];
    const run = await this.run([verb, "-input=false", ...options]);
    expect(run.code, run.output).toBe(1);
    return run.output.replace(/\s*\n[│╷╵]?\s*/g, " ");
  }

  /** The attributes of a resource in the state file. */
  async attributes(type: string, name: string): Promise<Record<string, unknown>> {
    const state = stateJson.parse(JSON.parse(await this.stateFile()));
    const resource = state.resources.find((candidate) => candidate.type === type && candidate.name === name);
    return resource?.instances[0]?.attributes ?? expect.fail(`${type}.${name} is not in the state`);
  }

  async stateFile(): Promise<string> {
    return readFile(path.join(this.folder, "terraform.tfstate"), "utf8");
  }

  /** Everything that the client and the provider logged at level TRACE. */
  async trace(): Promise<string> {
    return readFile(path.join(this.folder, "trace.log"), "utf8");
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async succeed(parameters: readonly string[]): Promise<string> {
    const run = await this.run(parameters);
    expect(run.code, `${parameters.join(" ")}:\n${run.output}`).toBe(0);
    return run.output;
  }

  run(parameters: readonly string[]): Promise<Run> {
    const color = ["init", "plan", "apply", "destroy", "import"].includes(parameters[0] ?? "")
      ? ["-no-color"]
      : [];
    const [verb = "", ...rest] = parameters;
    return new Promise((resolve) => {
      execFile(
        this.#client.program,
        [verb, ...color, ...rest],
        { cwd: this.folder, env: this.#environment, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
          resolve({ code, output: stdout + stderr });
        },
      );
    });
  }
}
