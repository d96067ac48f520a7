import { type TerraformStack, Testing } from "cdktf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  Addresses,
  ApiKey,
  ApiKeyUser,
  days,
  EphemeralSecret,
  Expiry,
  Group,
  hours,
  Rotation,
} from "../../cdktf/index.ts";
import { newStack } from "../cdktf/synthesised.ts";
import { findTerraformClients, type TerraformClient, TerraformDirectory } from "../terraform-cli.ts";
import { anyStorage, KeywardServer } from "./keyward-server.ts";

/** Ephemeral resources came with 1.10 and write-only arguments with 1.11, of Terraform and of OpenTofu. */
const canDrawSecrets = (client: TerraformClient) => Number(/ v1\.(\d+)/.exec(client.name)?.[1]) >= 11;

function declareOwnSecret(stack: TerraformStack, client: TerraformClient): void {
  if (canDrawSecrets(client)) {
    new ApiKey(stack, "Own", {
      user: "1",
      name: "own",
      expiry: Expiry.never(),
      ownSecret: { secret: new EphemeralSecret(stack, "Drawn").secret, version: 1 },
    });
  }
}

const made = z.looseObject({ $key: z.union([z.string(), z.number()]).transform(String) });

// With the first client alone, because what the provider does with each is tested with the provider.
describe.each(findTerraformClients().slice(0, 1))("constructs with $name", (client) => {
  let server: KeywardServer;

  beforeAll(async () => {
    server = await KeywardServer.start(await anyStorage());
  });
  afterAll(() => server.remove());

  /** What somebody made by hand, by its number. */
  const make = async (table: string, body: unknown) =>
    made.parse(await (await server.call(`/api/v4/${table}`, { method: "POST", body })).json()).$key;

  test("take over what was made by hand without a change, and find what others declare", async () => {
    const userId = await make("users", { name: "byhand", displayname: "By Hand" });
    const groupId = await make("groups", { name: "hands" });
    const keyId = await make("user_api_keys", {
      user: userId,
      name: "deploy",
      expires_type: "date",
      expires: 2_000_000_000,
      ip_allow_list: "192.0.2.0/24,198.51.100.7",
    });
    const declare = (isMore: boolean) => {
      const stack = newStack("taken");
      const user = new ApiKeyUser(stack, "User", { name: "byhand", displayName: "By Hand" });
      user.importFrom(userId);
      const group = new Group(stack, "Group", { name: "hands" });
      group.importFrom(groupId);
      const key = new ApiKey(stack, "Key", {
        user,
        name: "deploy",
        expiry: Expiry.at("2033-05-18T03:33:20Z"),
        addresses: Addresses.allow(["198.51.100.7", "192.0.2.0/24"]),
        ...(isMore ? { rotation: Rotation.every(days(30), { overlap: hours(48) }) } : {}),
      });
      key.importFrom(keyId);
      if (isMore) {
        group.addMember(user);
        user.grantRead("vms");
        const admin = ApiKeyUser.fromName(stack, "Admin", { name: "admin" });
        Group.fromName(stack, "Administrators", { name: "Administrators (default)" }).grantRead("users", {
          row: userId,
        });
        const found = ApiKey.fromName(stack, "Found", { user: admin, name: "terraform" });
        new ApiKey(stack, "Another", {
          user: admin,
          name: "another",
          description: `beside ${found.keyId}`,
          expiry: Expiry.after(days(1)),
        });
        declareOwnSecret(stack, client);
      }
      return Testing.synth(stack);
    };
    const directory = new TerraformDirectory(
      client,
      { KEYWARD_ENDPOINT: server.url, KEYWARD_TOKEN: await server.createAdminSecret("terraform") },
      { mirrors: [`${process.cwd()}/dist/mirror`] },
    );
    directory.write(declare(false), "cdk.tf.json");
    await directory.succeed("init", "-input=false");
    const taken = await directory.succeed("apply", "-auto-approve", "-input=false", "-no-color");
    expect(taken).toContain("Resources: 3 imported, 0 added, 0 changed, 0 destroyed");
    const plan = ["plan", "-detailed-exitcode", "-input=false", "-no-color"] as const;
    expect(await directory.run(...plan)).toMatchObject({ exitCode: 0 });

    directory.write(declare(true), "cdk.tf.json");
    const more = await directory.succeed("apply", "-auto-approve", "-input=false", "-no-color");
    const isDrawn = canDrawSecrets(client);
    expect(more).toContain(`Resources: ${isDrawn ? 5 : 4} added, 1 changed, 0 destroyed`);
    // THEN the state has the secret that the server drew, and not the one that Terraform drew
    const secrets = [...directory.read("terraform.tfstate").matchAll(/kw_\w{62}/g)];
    expect(secrets).toHaveLength(1);
    expect(await directory.run(...plan)).toMatchObject({ exitCode: 0 });
    await directory.succeed("destroy", "-auto-approve", "-input=false");
    directory.remove();
  });
});
