import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { adminPassword, type RunningServer, startServer } from "../../gallery/running-server.ts";
import { declareInCdktf, declareInTerraform, labelOf, pakName } from "../../server/console/declaration.ts";
import { openMemory } from "../databases.ts";
import { findTerraformClients, TerraformDirectory } from "../terraform-cli.ts";

const created = z.object({ $key: z.coerce.number() });

test("the label of a resource is one that Terraform takes, whatever the key is called", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 128 }), (name) => {
      expect(labelOf(name)).toMatch(/^[a-z][a-z0-9_]*$/);
    }),
  );
});

test("a secret is saved under a name that stays in its folder, whatever the key is called", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 128 }), (name) => {
      expect(pakName(name)).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]*\.PAK$/);
    }),
  );
  expect(pakName("../../etc/passwd")).toBe("etc-passwd.PAK");
  expect(pakName("...")).toBe("api-key.PAK");
});

test("a declaration in CDKTF says what the constructs ask for", () => {
  const declared = { key: 7, user: 3, name: "CI deploy", description: "", expires: 0 };
  const code = declareInCdktf({ ...declared, allow: ["192.0.2.0/24"], deny: [] });
  expect(code).toBe(`const ciDeploy = new ApiKey(this, "ci_deploy", {
  user: "3",
  name: "CI deploy",
  expiry: Expiry.never(),
  addresses: Addresses.allow(["192.0.2.0/24"]),
});
ciDeploy.importFrom("7");
`);
  const dated = declareInCdktf({ ...declared, expires: 2_000_000_000, allow: [], deny: ["192.0.2.1"] });
  expect(dated).toContain('expiry: Expiry.at("2033-05-18T03:33:20Z")');
  expect(dated).toContain('addresses: Addresses.deny(["192.0.2.1"])');
});

describe.each(findTerraformClients().slice(0, 1))("a declaration that $name reads", (client) => {
  let server: RunningServer;
  beforeAll(async () => {
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
});
