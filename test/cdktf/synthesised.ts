import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { App, type AppConfig, TerraformStack, Testing } from "cdktf";
import type { Construct } from "constructs";
import { z } from "zod";
import { KeywardProvider } from "../../cdktf/index.ts";

const blocks = z.record(z.string(), z.record(z.string(), z.looseObject({})));

const stackJson = z.looseObject({
  resource: blocks.default({}),
  data: blocks.default({}),
  output: z.record(z.string(), z.unknown()).default({}),
  locals: z.record(z.string(), z.unknown()).default({}),
  provider: z.record(z.string(), z.array(z.looseObject({}))).default({}),
  import: z.array(z.unknown()).default([]),
  terraform: z.looseObject({}).optional(),
});

/** What a stack synthesises to, as Terraform reads it. */
export type StackJson = z.output<typeof stackJson>;

/** An app that writes to a folder of its own. */
export function newApp(config: AppConfig = {}): App {
  return new App({ ...config, outdir: mkdtempSync(path.join(tmpdir(), "keyward-synth-")) });
}

/** A stack in an app of its own, with our provider in it. */
export function newStack(id = "stack"): TerraformStack {
  return newStackIn(newApp(), id);
}

/** A stack with our provider in it. */
export function newStackIn(scope: Construct, id: string): TerraformStack {
  const stack = new TerraformStack(scope, id);
  new KeywardProvider(stack, "Keyward");
  return stack;
}

/** The configuration alone, without the checks that `app.synth()` makes. */
export function jsonOf(stack: TerraformStack): StackJson {
  return stackJson.parse(JSON.parse(Testing.synth(stack)));
}

/** The one resource of a type. */
export function resourceOf(stack: TerraformStack, type: string): Record<string, unknown> {
  const resources = Object.values(jsonOf(stack).resource[type] ?? {});
  const [resource] = resources;
  if (resource === undefined || resources.length > 1) {
    throw new Error(`there are ${resources.length} resources of type ${type}`);
  }
  return resource;
}

const manifestJson = z.object({
  stacks: z.record(
    z.string(),
    z.object({
      annotations: z.array(z.object({ constructPath: z.string(), level: z.string(), message: z.string() })),
    }),
  ),
});

/** Synthesises as a user does; answers the warnings, each after its construct's path, and throws what `app.synth()` throws. */
export function synthesise(construct: App | TerraformStack): readonly string[] {
  const app = App.of(construct);
  try {
    app.synth();
    const manifest = manifestJson.parse(
      JSON.parse(readFileSync(path.join(app.outdir, "manifest.json"), "utf8")),
    );
    return Object.values(manifest.stacks).flatMap(({ annotations }) =>
      annotations.map(({ constructPath, message }) => `[${constructPath}] ${message}`),
    );
  } finally {
    rmSync(app.outdir, { recursive: true, force: true });
  }
}
