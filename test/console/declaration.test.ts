import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { adminPassword, type RunningServer, startServer } from "../../gallery/running-server.ts";
import { declaredOf } from "../../server/console/api-key-row.ts";
import {
  cdktfProgram,
  declareInCdktf,
  declareInTerraform,
  labelOf,
  pakName,
} from "../../server/console/declaration.ts";
import { openMemory } from "../databases.ts";
import { findTerraformClients, TerraformDirectory } from "../terraform-cli.ts";
import { cookieOf, newKey, textOf } from "./console-visitor.ts";
import { buildConsole } from "./running-console.ts";

const created = z.object({ $key: z.coerce.number() });
const anyText = fc.string({ unit: "binary", maxLength: 128 });
const declared = { key: 7, user: 3, name: "CI deploy", description: "", expires: 0, allow: [], deny: [] };

test("the label of a resource is one that Terraform takes, whatever the key is called", () => {
  fc.assert(
    fc.property(anyText, (name) => {
      expect(labelOf({ name, key: 7 })).toMatch(/^[a-z][a-z0-9_]*$/);
    }),
  );
});

test("keys whose names lose their letters in a label are told apart by their numbers", () => {
  expect(labelOf({ name: "Caf\u00e9 (1)", key: 7 })).toBe("cafe_1");
  expect(labelOf({ name: "\u043a\u043b\u044e\u0447", key: 7 })).toBe("key_7");
  expect(labelOf({ name: "\u9375 backup", key: 8 })).toBe("backup_8");
  expect(labelOf({ name: "...", key: 9 })).toBe("key_9");
});

test("a declaration in CDKTF is TypeScript, whatever the key is called", async () => {
  const words = fc.constantFrom("default", "new", "await", "class", "7", "this", "key", "enum");
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyText, words), anyText, async (name, description) => {
      const code = cdktfProgram(
        { ...declared, name, description, deny: ["192.0.2.1"] },
        "http://localhost:8400",
      );
      const { code: compiled } = await transform(code, { loader: "ts" });
      expect(compiled).toContain("importFrom");
    }),
    { numRuns: 60 },
  );
});

test("a secret is saved under a name that stays in its folder, whatever the key is called", () => {
  fc.assert(
    fc.property(anyText, (name) => {
      expect(pakName(name)).toMatch(/^[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}._-]*\.PAK$/u);
    }),
  );
  expect(pakName("../../etc/passwd")).toBe("etc-passwd.PAK");
  expect(pakName("...")).toBe("api-key.PAK");
  expect(pakName("cl\u00e9 d'acc\u00e8s \u9375")).toBe("cl\u00e9-d-acc\u00e8s-\u9375.PAK");
});

test("a declaration in CDKTF says what the constructs ask for", () => {
  const code = declareInCdktf({ ...declared, allow: ["192.0.2.0/24"] });
  expect(code).toBe(`const ciDeployKey = new ApiKey(this, "ci_deploy", {
  user: "3",
  name: "CI deploy",
  expiry: Expiry.never(),
  addresses: Addresses.allow(["192.0.2.0/24"]),
});
ciDeployKey.importFrom("7");
`);
  const dated = declareInCdktf({ ...declared, expires: 2_000_000_000, deny: ["192.0.2.1"] });
  expect(dated).toContain('expiry: Expiry.at("2033-05-18T03:33:20Z")');
  expect(dated).toContain('addresses: Addresses.deny(["192.0.2.1"])');
});

test("a key whose allow list is switched off as a whole is not declared, since it would work from everywhere then", () => {
  const off = { address: "192.0.2.1", enabled: false };
  const on = { address: "192.0.2.2", enabled: true };
  const apiKey = {
    ...{ $key: 7, user: 3, user_name: "ci", name: "shut", description: "", created: 1, expires: 0 },
    ...{ lastlogin_stamp: 0, lastlogin_ip: "", secret_id: "000000000000" },
  };
  expect(declaredOf({ ...apiKey, ip_allow_entries: [off], ip_deny_entries: [on] })).toBeUndefined();
  expect(declaredOf({ ...apiKey, ip_allow_entries: [off, on], ip_deny_entries: [off] })).toMatchObject({
    allow: ["192.0.2.2"],
    deny: [],
  });
  expect(declaredOf({ ...apiKey, ip_allow_entries: [], ip_deny_entries: [off] })).toMatchObject({
    allow: [],
    deny: [],
  });
});

describe.each(findTerraformClients().slice(0, 1))("a declaration that $name reads", (client) => {
  let server: RunningServer;
  beforeAll(async () => {
    await buildConsole();
    server = await startServer(Date.now, openMemory);
  });
  afterAll(() => server.stop());

  test("imports the key as it stands: the plan changes nothing", async () => {
    const post = async (table: string, body: unknown) => {
      const headers = {
        Authorization: `Basic ${btoa(`admin:${adminPassword}`)}`,
        "Content-Type": "application/json",
      };
      const init = { method: "POST", headers, body: JSON.stringify(body) };
      return created.parse(await (await fetch(`${server.url}/api/v4/${table}`, init)).json()).$key;
    };
    const user = await post("users", { name: "ci" });
    const settings = {
      user,
      name: `7 odd "names" with \${dollars} %{percents} and a \\`,
      description: "two lines\nof text, with a tab\tand an \u00e9",
      expires: 2_000_000_000,
    };
    const allow = ["192.0.2.0/24", "2001:db8::/32"];
    const key = await post("user_api_keys", { ...settings, ip_allow_list: allow.join(",") });
    const environment = {
      KEYWARD_ENDPOINT: server.url,
      KEYWARD_USERNAME: "admin",
      KEYWARD_PASSWORD: adminPassword,
    };
    const directory = new TerraformDirectory(client, environment, {
      mirrors: [path.resolve("dist/mirror")],
    });

    directory.write(`
      terraform {
        required_providers {
          keyward = { source = "registry.terraform.io/keyward/keyward" }
        }
      }
      ${declareInTerraform({ ...settings, key, allow, deny: [] })}`);
    await directory.succeed("init");
    const plan = await directory.succeed("plan", "-no-color");

    expect(plan).toContain("1 to import, 0 to add, 0 to change, 0 to destroy");
    directory.remove();
  });

  /** The dialog's own text: what somebody copies out of it, run as it is. */
  async function createdDialog(name: string): Promise<{ readonly page: string; readonly secret: string }> {
    const submit = (to: string, fields: Record<string, string>, cookie = "") =>
      fetch(`${server.url}${to}`, {
        method: "POST",
        redirect: "manual",
        headers: { Cookie: cookie, Origin: server.url },
        body: new URLSearchParams(fields),
      });
    const cookie = cookieOf(await submit("/login", { login: "admin", password: adminPassword }));
    const lists = { "allow.0.address": "127.0.0.0/8", "allow.0.enabled": "on" };
    const page = await (await submit("/users/1/api-keys/new", { ...newKey(name), ...lists }, cookie)).text();
    return { page, secret: textOf(page, "secret") };
  }

  test("is in the dialog of a new key as a whole configuration, which runs as it is", async () => {
    const { page, secret } = await createdDialog("as \u0442\u0430\u043a <given>");
    const directory = new TerraformDirectory(
      client,
      { KEYWARD_TOKEN: secret },
      { mirrors: [path.resolve("dist/mirror")] },
    );
    directory.write(textOf(page, "snippet-terraform"));
    await directory.succeed("init");
    const plan = await directory.succeed("plan", "-no-color");
    expect(plan).toContain("1 to import, 0 to add, 0 to change, 0 to destroy");
    directory.remove();
  });

  test("is in the dialog of a new key as a whole program for CDKTF, which runs as it is", async () => {
    const { page } = await createdDialog("default");
    // Within the package, so that `keyward/cdktf` is this one.
    const folder = await mkdtemp(path.resolve("dist/snippet-"));
    try {
      const { code } = await transform(textOf(page, "snippet-cdktf"), { loader: "ts" });
      await writeFile(path.join(folder, "main.mjs"), code);
      const env = { ...process.env, TERRAFORM_BINARY_NAME: client.program };
      await promisify(execFile)(process.execPath, ["main.mjs"], { cwd: folder, env });
      const stack = await readFile(path.join(folder, "cdktf.out/stacks/keys/cdk.tf.json"), "utf8");
      expect(JSON.parse(stack)).toMatchObject({
        provider: { keyward: [{ endpoint: server.url }] },
        resource: { keyward_api_key: {} },
        import: [{ to: expect.stringContaining("keyward_api_key.") }],
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
