import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TerraformStack, TerraformVariable, Testing } from "cdktf";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { ApiKey, ApiKeyUser, EphemeralSecret, Group, PipelineSecret } from "../../cdktf/index.ts";
import { layOutNullProvider } from "../../examples/runner/null-provider.ts";
import { findTerraformClients, TerraformDirectory } from "../terraform-cli.ts";
import { declarations, type Tokens } from "./arbitrary-declarations.ts";
import { newStack, synthesise } from "./synthesised.ts";

/** Another each time; a failure names it, so that it can be put here. */
const seed = Math.floor(Math.random() * 2 ** 31);
const count = 40;

/** Many declarations in one stack, so that the framework and Terraform start once for all. */
function declareMany(hasEphemeral: boolean): TerraformStack {
  const stack = newStack("many");
  const variable = (type: string) => new TerraformVariable(stack, `Late-${type}`, { type });
  const tokens: Tokens = {
    text: variable("string").stringValue,
    list: variable("list(string)").listValue,
    count: variable("number").numberValue,
    flag: variable("bool").booleanValue,
    secret: hasEphemeral ? new EphemeralSecret(stack, "Drawn").secret : undefined,
  };
  const group = new Group(stack, "Group", { name: "group" });
  for (const [place, given] of fc.sample(declarations(tokens), { numRuns: count, seed }).entries()) {
    const user = new ApiKeyUser(stack, `User${place}`, { ...given.user, name: `user-${place}` });
    user.grant(given.table, given.rights, {
      id: "Grant",
      ...(given.row === undefined ? {} : { row: given.row }),
    });
    group.addMember(user);
    const key = new ApiKey(user, "Key", { ...given.key, user });
    if (key.secretForm !== "own") {
      key.outputSecret(`secret_${place}`);
    }
    const handedOver = new ApiKey(user, "HandedOver", { ...given.handedOver, user });
    new PipelineSecret(handedOver, "Handover", { key: handedOver, target: given.target });
  }
  return stack;
}

// Each framework with another client, where there are two: what they write and what they read is put together in all ways elsewhere.
const clients = findTerraformClients();
const client = inject("framework") === "cdktf" ? clients.at(0) : clients.at(-1);

describe.each(client === undefined ? [] : [client])("any valid properties with $name", (client) => {
  let folder: string;
  let directory: TerraformDirectory;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "keyward-any-"));
    await layOutNullProvider(process.cwd(), folder);
    directory = new TerraformDirectory(client, {}, { mirrors: [path.resolve("dist/mirror"), folder] });
  });
  afterAll(async () => {
    directory.remove();
    await rm(folder, { recursive: true, force: true });
  });

  test("synthesise without an error, to what the provider takes", async () => {
    const stack = declareMany(client.product === "Terraform");
    const configuration = Testing.synth(stack);
    const complaints = synthesise(stack).filter(
      (line) => !/ addresses: .*(allow list|it is allowed)| rotation: the key ends after/.test(line),
    );
    expect(complaints, `with the seed ${seed}`).toEqual([]);
    directory.write(configuration, "cdk.tf.json");
    await directory.succeed("init", "-input=false");
    const { output } = await directory.run("validate", "-json");
    const validated: unknown = JSON.parse(output);
    expect(validated, `with the seed ${seed}: ${output}`).toMatchObject({ valid: true, error_count: 0 });
  });
});

if (client === undefined) {
  test.skip("any valid properties: there is no Terraform client", () => {});
}
