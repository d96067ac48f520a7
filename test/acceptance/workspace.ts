import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { z } from "zod";
import { type Reattached, serveForReattach } from "../../provider/plugin/reattach.ts";
import { createProvider, sourceAddress } from "../../provider/provider.ts";
import { type TerraformClient, TerraformDirectory } from "../terraform-cli.ts";
import type { KeywardServer } from "./keyward-server.ts";

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

/** The whole state, for one that is written back. */
const anyState = z.looseObject({
  resources: z.array(
    z.looseObject({
      type: z.string(),
      instances: z.array(
        z.looseObject({ schema_version: z.number(), attributes: z.record(z.string(), z.unknown()) }),
      ),
    }),
  ),
});

const preamble = `terraform {
  required_providers {
    keyward = { source = "${sourceAddress}" }
  }
}
provider "keyward" {}
`;

/** What a test may want of its workspace. */
interface WorkspaceOptions {
  /** Where the provider finds the server, in place of the server itself. */
  readonly endpoint?: string;
  /**
   * Whether the provider is the packaged program, installed by `init` and started by every command, in place of the one
   * in this process that the client attaches to. It is the real thing, and most of what a command then costs.
   */
  readonly isPackaged?: boolean;
  /** Whether everything is logged, for {@link Workspace.trace}: it costs as much as the work itself. */
  readonly isTraced?: boolean;
}

/** A working directory against a server, with the verbs of the field's acceptance tests. */
export class Workspace {
  readonly #directory: TerraformDirectory;
  readonly #reattached: Reattached | null;

  private constructor(directory: TerraformDirectory, reattached: Reattached | null) {
    this.#directory = directory;
    this.#reattached = reattached;
  }

  /** Makes the directory. What is traced has the packaged provider, whose lines are part of the trace. */
  static async create(
    client: TerraformClient,
    server: KeywardServer,
    options: WorkspaceOptions = {},
  ): Promise<Workspace> {
    const settings = {
      KEYWARD_ENDPOINT: options.endpoint ?? server.url,
      KEYWARD_TOKEN: await server.createAdminSecret(randomUUID()),
    };
    const { isTraced = false, isPackaged = isTraced } = options;
    if (!isPackaged) {
      const reattached = await serveForReattach(createProvider(settings), sourceAddress);
      const directory = new TerraformDirectory(client, { TF_REATTACH_PROVIDERS: reattached.environment });
      return new Workspace(directory, reattached);
    }
    const environment = { ...settings, ...(isTraced ? { TF_LOG: "trace", TF_LOG_PATH: "trace.log" } : {}) };
    const directory = new TerraformDirectory(client, environment, { mirrors: [path.resolve("dist/mirror")] });
    const workspace = new Workspace(directory, null);
    workspace.write("");
    await workspace.succeed("init", "-input=false");
    return workspace;
  }

  /** Where the client and the provider keep what they need for the moment. */
  get temporaryFolder(): string {
    return this.#directory.directory;
  }

  /** Puts a configuration in place of the present one. */
  write(configuration: string): void {
    this.#directory.write(preamble + configuration);
  }

  async apply(configuration: string): Promise<string> {
    this.write(configuration);
    return this.succeed("apply", "-auto-approve", "-input=false");
  }

  /** Plans and answers what would be done to each resource, such as `{ "keyward_user.ci": "create" }`. */
  async plannedActions(): Promise<Record<string, string>> {
    await this.succeed("plan", "-input=false", "-out=saved.plan");
    const plan = planJson.parse(JSON.parse(await this.succeed("show", "-json", "saved.plan")));
    const actions = plan.resource_changes.map(
      ({ address, change }) => [address, change.actions.join("+")] as const,
    );
    return Object.fromEntries(actions.filter(([, action]) => action !== "no-op"));
  }

  /** Fails unless there is nothing to do. */
  async expectEmptyPlan(...options: readonly string[]): Promise<void> {
    const plan = await this.#directory.run(
      "plan",
      "-detailed-exitcode",
      "-input=false",
      "-no-color",
      ...options,
    );
    expect(plan.exitCode, plan.output).toBe(0);
  }

  /** Takes over an object in place of the one the state has, as somebody without a state would. */
  async reimport(address: string, id: string): Promise<void> {
    await this.succeed("state", "rm", address);
    await this.succeed("import", "-input=false", address, id);
  }

  async destroy(): Promise<void> {
    await this.succeed("destroy", "-auto-approve", "-input=false");
  }

  async output(name: string): Promise<string> {
    return this.succeed("output", "-raw", name);
  }

  /** Plans or applies a configuration that must fail, and answers the message, unwrapped. */
  async expectError(verb: "plan" | "apply", configuration: string): Promise<string> {
    this.write(configuration);
    const options = verb === "apply" ? ["-auto-approve"] : [];
    const run = await this.#directory.run(verb, "-input=false", "-no-color", ...options);
    expect(run.exitCode, run.output).toBe(1);
    return run.output.replace(/\s*\n[│╷╵]?\s*/g, " ");
  }

  /** The attributes of a resource in the state file. */
  attributes(type: string, name: string): Record<string, unknown> {
    const state = stateJson.parse(JSON.parse(this.stateFile()));
    const resource = state.resources.find((candidate) => candidate.type === type && candidate.name === name);
    return resource?.instances[0]?.attributes ?? expect.fail(`${type}.${name} is not in the state`);
  }

  stateFile(): string {
    return this.#directory.read("terraform.tfstate");
  }

  /** Makes the state what an older provider would have written: of another schema version, without some attributes. */
  rewriteState(type: string, version: number, without: readonly string[]): void {
    const state = anyState.parse(JSON.parse(this.stateFile()));
    for (const resource of state.resources.filter((candidate) => candidate.type === type)) {
      for (const instance of resource.instances) {
        instance.schema_version = version;
        for (const name of without) {
          delete instance.attributes[name];
        }
      }
    }
    this.#directory.write(JSON.stringify(state), "terraform.tfstate");
  }

  /** A file of the working directory, such as a saved plan. */
  file(name: string): Buffer {
    return readFileSync(path.join(this.#directory.directory, "root", name));
  }

  /** Everything that the client and the provider logged at level TRACE. */
  trace(): string {
    return this.#directory.read("trace.log");
  }

  remove(): void {
    this.#reattached?.stop();
    this.#directory.remove();
  }

  /** Runs a command that must succeed, and gives its output. */
  succeed(...parameters: readonly string[]): Promise<string> {
    return this.#directory.succeed(...parameters);
  }
}
