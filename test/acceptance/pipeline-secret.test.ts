import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { armor, Decrypter, generateIdentity, identityToRecipient } from "age-encryption";
import { Testing } from "cdktf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  ApiKey,
  days,
  Expiry,
  githubActionsSecret,
  gitlabVariable,
  hours,
  PipelineSecret,
  pakFile,
  Rotation,
} from "../../cdktf/index.ts";
import { layOutNullProvider } from "../../examples/runner/null-provider.ts";
import { newStack } from "../cdktf/synthesised.ts";
import { findTerraformClients, TerraformDirectory } from "../terraform-cli.ts";
import { letPass } from "./days.ts";
import { KeywardServer, storagesUnderTest } from "./keyward-server.ts";

const clients = findTerraformClients();
const [client] = clients;
/** One client for the life of a secret and another, where there is one, for a key that was taken over: each does its part of both. */
const another = clients.at(-1) ?? client;
const cases = storagesUnderTest()
  .filter(({ name }) => name === "Postgres" && client !== undefined)
  .map((storage) => ({ storage, name: clients.map((one) => one.name).join(" and ") }));

const created = z.looseObject({ $key: z.union([z.string(), z.number()]).transform(String) });

const call = z.object({
  program: z.string(),
  parameters: z.array(z.string()),
  stdin: z.string(),
  secret: z.string(),
  status: z.number(),
  previousStatus: z.number().nullable(),
});

/** Stands for `gh` and `glab`: writes down what it gets, and asks the server at that moment whether old and new secret work. */
const recorder = `#!/usr/bin/env node
const fs = require("node:fs");
const program = require("node:path").basename(process.argv[1]);
const parameters = process.argv.slice(2);
const folder = process.env.RECORDER_FOLDER;
const state = folder + "/" + program + ".secret";
const ask = async (secret) =>
  (await fetch(process.env.KEYWARD_ENDPOINT + "/auth/whoami", { headers: { Authorization: "Bearer " + secret } })).status;
const main = async () => {
  if (parameters[1] === "get") process.exit(fs.existsSync(state) ? 0 : 1);
  const stdin = fs.readFileSync(0, "utf8");
  if (fs.existsSync(folder + "/" + program + ".broken")) {
    console.error("cannot deliver " + stdin);
    process.exit(1);
  }
  const previous = fs.existsSync(state) ? fs.readFileSync(state, "utf8") : null;
  const record = { program, parameters, stdin, secret: process.env.KEYWARD_SECRET, status: await ask(stdin),
    previousStatus: previous === null ? null : await ask(previous) };
  fs.appendFileSync(folder + "/calls.jsonl", JSON.stringify(record) + "\\n");
  fs.writeFileSync(state, stdin);
};
main();
`;

describe.each(cases)("a pipeline's secret with $name", ({ storage }) => {
  const folder = mkdtempSync(path.join(tmpdir(), "keyward-pipeline-"));
  const programs = path.join(folder, "bin");
  const pak = path.join(folder, "deploy.PAK");
  const encryptedPak = path.join(folder, "handed-over.PAK");
  let server: KeywardServer;

  beforeAll(async () => {
    server = await KeywardServer.start(await storage.create());
    await layOutNullProvider(process.cwd(), path.join(folder, "mirror"));
    mkdirSync(programs);
    for (const name of ["gh", "glab"]) {
      writeFileSync(path.join(programs, name), recorder);
      chmodSync(path.join(programs, name), 0o755);
    }
  });
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const takeCalls = () => {
    const file = path.join(folder, "calls.jsonl");
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    rmSync(file, { force: true });
    return lines.map((line) => call.parse(JSON.parse(line)));
  };

  /** A rotating key that is handed to everybody there is, and one that is encrypted for its recipient. */
  const declare = (recipient: string, description: string, user = "1") => {
    const stack = newStack("pipeline");
    const key = new ApiKey(stack, "Deploy", {
      user,
      name: "deploy",
      description,
      expiry: Expiry.after(days(60)),
      rotation: Rotation.every(days(30), { overlap: hours(48) }),
    });
    key.resource.lifecycle = { createBeforeDestroy: true };
    const github = githubActionsSecret({ repository: "acme/website", name: "DEPLOY_KEY" });
    new PipelineSecret(stack, "Github", { key, target: github });
    const gitlab = gitlabVariable({ project: "acme/shop/website", name: "DEPLOY_KEY" });
    new PipelineSecret(stack, "Gitlab", { key, target: gitlab });
    new PipelineSecret(stack, "File", { key, target: pakFile({ path: pak }) });
    const encrypted = new ApiKey(stack, "Encrypted", {
      user: "1",
      name: "encrypted",
      expiry: Expiry.never(),
      recipients: [recipient],
    });
    new PipelineSecret(stack, "EncryptedFile", { key: encrypted, target: pakFile({ path: encryptedPak }) });
    return Testing.synth(stack);
  };

  test("is delivered when the key changes and only then, safely, and again when it failed", async () => {
    const identity = await generateIdentity();
    const recipient = await identityToRecipient(identity);
    const directory = new TerraformDirectory(
      another ?? expect.fail(),
      {
        KEYWARD_ENDPOINT: server.url,
        KEYWARD_TOKEN: await server.createAdminSecret("terraform"),
        PATH: `${programs}:${process.env["PATH"]}`,
        RECORDER_FOLDER: folder,
      },
      { mirrors: [path.resolve("dist/mirror"), path.join(folder, "mirror")] },
    );
    const apply = ["apply", "-auto-approve", "-input=false", "-no-color"] as const;
    const outputs: string[] = [];

    directory.write(declare(recipient, "first"), "cdk.tf.json");
    await directory.succeed("init", "-input=false");
    outputs.push(await directory.succeed(...apply));
    const first = takeCalls();
    const [secret = expect.fail()] = first.map(({ stdin }) => stdin);
    expect(secret).toMatch(/^kw_\w{62}$/);
    const delivered = { stdin: secret, secret, status: 200, previousStatus: null };
    expect(first.sort(byProgram)).toEqual([
      {
        program: "gh",
        parameters: ["secret", "set", "DEPLOY_KEY", "--repo", "acme/website"],
        ...delivered,
      },
      {
        program: "glab",
        parameters: [
          "variable",
          "set",
          "DEPLOY_KEY",
          ...["--repo", "acme/shop/website", "--scope", "*", "--masked=true", "--protected=true", "--raw"],
        ],
        ...delivered,
      },
    ]);
    expect(readFileSync(pak, "utf8")).toBe(`${secret}\n`);
    expect(statSync(pak).mode & 0o777).toBe(0o600);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const handedOver = armor.decode(readFileSync(encryptedPak, "utf8").trim());
    expect(await decrypter.decrypt(handedOver, "text")).toMatch(/^kw_\w{62}$/);

    // WHEN something changes that does not concern the secret
    directory.write(declare(recipient, "second"), "cdk.tf.json");
    outputs.push(await directory.succeed(...apply));
    expect(outputs.at(-1)).toContain("0 added, 1 changed, 0 destroyed");
    expect(takeCalls()).toEqual([]);

    // WHEN the key is due and the delivery fails
    await letPass(server, 31);
    writeFileSync(path.join(folder, "gh.broken"), "");
    const failed = await directory.run(...apply);
    outputs.push(failed.output);
    expect(failed.exitCode, failed.output).toBe(1);
    expect(failed.output).toMatch(/local-exec provisioner error[\s\S]*deliver \(secret\)/);
    expect(
      takeCalls().map(({ program, status, previousStatus }) => [program, status, previousStatus]),
    ).toEqual([["glab", 200, 200]]);
    const successor = readFileSync(pak, "utf8").trim();
    expect(successor).not.toBe(secret);
    expect(await statusesOf(server, secret, successor), "both work while the delivery is repaired").toEqual([
      200, 200,
    ]);

    // THEN the next apply delivers what was not delivered, and rotates nothing
    rmSync(path.join(folder, "gh.broken"));
    outputs.push(await directory.succeed(...apply));
    expect(takeCalls()).toEqual([
      {
        program: "gh",
        parameters: expect.anything(),
        stdin: successor,
        secret: successor,
        status: 200,
        previousStatus: 200,
      },
    ]);

    // WHEN the key is another, of another user, which is to be made before the old one is revoked
    const made = await server.call("/api/v4/users", { method: "POST", body: { name: "another" } });
    const { $key: other } = created.parse(await made.json());
    directory.write(declare(recipient, "second", other), "cdk.tf.json");
    outputs.push(await directory.succeed(...apply));
    const moved = takeCalls();
    const [last = expect.fail()] = moved.map(({ stdin }) => stdin);
    expect(
      moved.map(({ program, status, previousStatus }) => [program, status, previousStatus]).sort(),
    ).toEqual([
      ["gh", 200, 200],
      ["glab", 200, 200],
    ]);
    expect(await statusesOf(server, secret, successor, last)).toEqual([401, 401, 200]);

    // THEN what Terraform said and keeps for the delivery has no secret
    const said = outputs.join("\n");
    expect(said.length).toBeGreaterThan(2000);
    const kept = nullResources(directory.read("terraform.tfstate"));
    expect(kept).toContain("DEPLOY_KEY");
    for (const confidential of [secret, successor, last]) {
      expect(said + kept).not.toContain(confidential.slice(16));
    }
    await directory.succeed("destroy", "-auto-approve", "-input=false");
    expect(await statusesOf(server, last)).toEqual([401]);
    directory.remove();
  });

  test("of a key that was taken over is refused, because nobody knows it", async () => {
    const made = await server.call("/api/v4/user_api_keys", {
      method: "POST",
      body: { user: 1, name: "by-hand" },
    });
    const { $key } = created.parse(await made.json());
    const stack = newStack("taken");
    const key = new ApiKey(stack, "Deploy", { user: "1", name: "by-hand", expiry: Expiry.never() });
    key.importFrom($key);
    const unused = path.join(folder, "unused.PAK");
    new PipelineSecret(stack, "File", { key, target: pakFile({ path: unused }) });
    const directory = new TerraformDirectory(
      client ?? expect.fail(),
      { KEYWARD_ENDPOINT: server.url, KEYWARD_TOKEN: await server.createAdminSecret("taker") },
      { mirrors: [path.resolve("dist/mirror"), path.join(folder, "mirror")] },
    );
    directory.write(Testing.synth(stack), "cdk.tf.json");
    await directory.succeed("init", "-input=false");
    const { exitCode, output } = await directory.run("apply", "-auto-approve", "-input=false", "-no-color");
    expect(exitCode).toBe(1);
    expect(output.replace(/\s+/g, " ")).toContain(
      "the secret of this key is not known (it was imported); rotate the key",
    );
    expect(existsSync(unused)).toBe(false);
    directory.remove();
  });
});

function byProgram(left: { readonly program: string }, right: { readonly program: string }): number {
  return left.program < right.program ? -1 : 1;
}

function nullResources(state: string): string {
  const { resources } = z
    .object({ resources: z.array(z.looseObject({ type: z.string() })) })
    .parse(JSON.parse(state));
  return JSON.stringify(resources.filter(({ type }) => type === "null_resource"));
}

async function statusesOf(server: KeywardServer, ...secrets: readonly string[]): Promise<readonly number[]> {
  return Promise.all(secrets.map(async (secret) => (await server.call("/auth/whoami", { secret })).status));
}
