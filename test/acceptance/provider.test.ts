import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findTerraformClients } from "../terraform-cli.ts";
import { adminPassword, anyStorage, KeywardServer } from "./keyward-server.ts";
import { Workspace } from "./workspace.ts";

const clients = findTerraformClients();
/** Terraform 1.11 has write-only attributes, ephemeral resources and functions; OpenTofu 1.6 has none of them. */
const modern = clients.filter(({ product }) => product === "Terraform");

const rights = `
resource "keyward_user" "ann" {
  name        = "Ann"
  displayname = "Ann"
  email       = "Ann@Example.org"
}
resource "keyward_group" "ops" {
  name        = "Operators"
  description = "Look after keys"
}
resource "keyward_group" "all" {
  name = "Everybody"
}
resource "keyward_group_member" "ann" {
  group = keyward_group.ops.id
  user  = keyward_user.ann.id
}
resource "keyward_group_member" "ops" {
  group        = keyward_group.all.id
  member_group = keyward_group.ops.id
}
resource "keyward_permission" "keys" {
  identity = keyward_group.ops.identity
  table    = "user_api_keys"
  rights   = ["list", "read"]
}
resource "keyward_permission" "ann" {
  identity = keyward_group.ops.identity
  table    = "users"
  row      = keyward_user.ann.id
  rights   = ["modify", "list"]
}
resource "keyward_setting" "sessions" {
  name  = "max_sessions"
  value = "7"
}
`;

const lookups = `
data "keyward_system" "here" {}
data "keyward_user" "admin" { name = "admin" }
data "keyward_user" "ann" { id = keyward_user.ann.id }
data "keyward_users" "normal" {
  type       = "normal"
  enabled    = true
  depends_on = [keyward_user.ann]
}
data "keyward_group" "administrators" { name = "Administrators (default)" }
resource "keyward_api_key" "found" {
  user       = keyward_user.ann.id
  name       = "it's a 100% \\\\ key"
  expires_in = "10d"
}
data "keyward_api_key" "found" {
  user = keyward_user.ann.id
  name = keyward_api_key.found.name
}
data "keyward_api_keys" "soon" {
  user            = keyward_user.ann.id
  name_pattern    = "it's*"
  expiring_within = "11d"
  unused_since    = "0s"
  depends_on      = [keyward_api_key.found]
}
data "keyward_api_keys" "none" {
  user            = keyward_user.ann.id
  expiring_within = "9d"
  depends_on      = [keyward_api_key.found]
}
output "found" {
  value = [
    data.keyward_system.here.name,
    data.keyward_user.admin.id,
    data.keyward_user.ann.name,
    [for user in data.keyward_users.normal.users : user.name],
    data.keyward_group.administrators.identity,
    data.keyward_api_key.found.id == keyward_api_key.found.id,
    [for key in data.keyward_api_keys.soon.keys : key.status],
    length(data.keyward_api_keys.none.keys),
  ]
}
`;

describe.each(clients)("$name", (client) => {
  let server: KeywardServer;

  beforeAll(async () => {
    server = await KeywardServer.start(await anyStorage());
  });
  afterAll(() => server.remove());

  test("declares users, groups, members, permissions and settings, and takes over each by its id", async () => {
    const workspace = await Workspace.create(client, server);
    await workspace.apply(rights);
    await workspace.expectEmptyPlan();

    const changed = rights
      .replace('"Look after keys"', '"Look after all keys"')
      .replace('rights   = ["list", "read"]', 'rights   = ["list", "read", "delete"]')
      .replace('value = "7"', 'value = "8"')
      .replace('"Ann@Example.org"', '"ann@example.com"');
    workspace.write(changed);
    expect(await workspace.plannedActions()).toEqual({
      "keyward_group.ops": "update",
      "keyward_permission.keys": "update",
      "keyward_setting.sessions": "update",
      "keyward_user.ann": "update",
    });
    await workspace.apply(changed);
    await workspace.expectEmptyPlan();

    for (const [type, name] of [
      ["keyward_user", "ann"],
      ["keyward_group", "ops"],
      ["keyward_group_member", "ann"],
      ["keyward_group_member", "ops"],
      ["keyward_permission", "keys"],
      ["keyward_permission", "ann"],
      ["keyward_setting", "sessions"],
    ] as const) {
      await workspace.reimport(`${type}.${name}`, String(workspace.attributes(type, name)["id"]));
    }
    await workspace.expectEmptyPlan();

    await workspace.destroy();
    const setting = await server.call("/api/v4/settings/max_sessions");
    expect(await setting.json(), "a setting gets its default back").toMatchObject({ value: "100" });
    workspace.remove();
  });

  test("works as several users at once, and reads what an older provider wrote", async () => {
    const workspace = await Workspace.create(client, server);
    const both = `
      provider "keyward" {
        alias    = "by_password"
        username = "admin"
        password = ${JSON.stringify(adminPassword)}
      }
      resource "keyward_api_key" "by_token" {
        user = "1"
        name = "by token"
      }
      resource "keyward_api_key" "by_password" {
        provider   = keyward.by_password
        user       = "1"
        name       = "by password"
        expires_at = "2036-01-01T00:00:00Z"
      }`;
    await workspace.apply(both);
    await workspace.expectEmptyPlan();

    // Version 0 had none of what came with rotation.
    workspace.rewriteState("keyward_api_key", 0, [
      "expires_in",
      "rotation",
      "recipients",
      "secret_wo",
      "secret_wo_version",
      "encrypted_secret",
      "status",
      "rotation_due",
      "previous_id",
      "previous_expires_at",
    ]);
    await workspace.expectEmptyPlan();
    await workspace.destroy();
    workspace.remove();
  });

  test("looks up what is there already", async () => {
    const workspace = await Workspace.create(client, server);
    await workspace.apply(rights + lookups);
    expect(JSON.parse(await workspace.succeed("output", "-json", "found"))).toEqual([
      "Keyward",
      "1",
      "ann",
      ["admin", "ann"],
      "2",
      true,
      ["active"],
      0,
    ]);
    await workspace.expectEmptyPlan();
    const missing = await workspace.expectError("plan", 'data "keyward_user" "x" { name = "nobody" }');
    expect(missing).toMatch(/There is no user "nobody"/);
    await workspace.apply(rights);
    await workspace.destroy();
    workspace.remove();
  });

  test("applies every example of the documentation, and has nothing to do after it", async () => {
    const workspace = await Workspace.create(client, server);
    const isModern = client.product === "Terraform";
    const folders = ["resources", "data-sources", ...(isModern ? ["ephemeral-resources", "functions"] : [])];
    const files = folders.flatMap((folder) =>
      readdirSync(`examples/${folder}`, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".tf"))
        .map((name) => readFileSync(`examples/${folder}/${name}`, "utf8")),
    );
    expect(files.length).toBeGreaterThanOrEqual(12);
    await workspace.apply(files.join("\n"));
    await workspace.expectEmptyPlan();
    await workspace.destroy();
    workspace.remove();
  });

  test("says what is wrong, on the attribute that is", async () => {
    const workspace = await Workspace.create(client, server);
    const key = (settings: string) =>
      `resource "keyward_api_key" "x" {\n  user = "1"\n  name = "x"\n  ${settings}\n}\n`;
    const faults: readonly (readonly [string, RegExp])[] = [
      [
        key('expires_at = "2035-01-01T00:00:00Z"\n  expires_in = "1d"'),
        /Two ways to say when the key ends.*expires_in = "1d"/,
      ],
      [key('expires_in = "1 day"'), /The value "1 day" is not a length of time; write one such as 90d/],
      [key('expires_in = "1000000d"'), /is longer than a hundred years/],
      [key('rotation = { every = "1d", overlap = "24h" }'), /The overlap is as long as the rotation/],
      [key('rotation = { every = "0s" }'), /A key cannot be due all the time/],
      [key("secret_wo_version = 1"), /secret_wo is missing/],
      [key('recipients = ["ssh-ed25519 AAAA"]'), /is not an age public key/],
      [key("").replace('"1"', '"admin"'), /The value "admin" is not the id of a user/],
      ['resource "keyward_group_member" "x" {\n  group = "1"\n}', /The member is missing/],
      [
        'resource "keyward_group_member" "x" {\n  group = "1"\n  user = "1"\n  member_group = "2"\n}',
        /Two members in one membership/,
      ],
      [
        'resource "keyward_permission" "x" {\n  identity = "1"\n  table = "users"\n  rights = ["write"]\n}',
        /The value "write" is not a right/,
      ],
      [
        'resource "keyward_permission" "x" {\n  identity = "1"\n  table = "Users"\n  rights = ["list"]\n}',
        /must be the name of a table/,
      ],
      ['resource "keyward_user" "x" {\n  name = "a/b"\n}', /must not contain a slash or a colon/],
      ['resource "keyward_user" "x" {\n  name = "x"\n  email = "x"\n}', /must be an e-mail address/],
      ['data "keyward_api_key" "x" {\n  name = "x"\n}', /It is not said which key/],
      ['data "keyward_user" "x" {}', /It is not said which user/],
    ];
    // All in one plan: each is named by its own block.
    const all = faults.map(([block], place) => block.replace('"x" {', `"x${place}" {`)).join("\n");
    const said = await workspace.expectError("plan", all);
    for (const [, message] of faults) {
      expect(said).toMatch(message);
    }
    const setting = 'resource "keyward_setting" "x" {\n  name = "nothing"\n  value = "1"\n}';
    expect(await workspace.expectError("apply", setting)).toMatch(/The server has no setting "nothing"/);
    const range = 'resource "keyward_setting" "x" {\n  name = "max_sessions"\n  value = "0"\n}';
    expect(await workspace.expectError("apply", range)).toMatch(
      /value = "0".*must be a whole number from 1 to 10000/,
    );
    const circle = `
      resource "keyward_group" "a" { name = "circle" }
      resource "keyward_group_member" "a" {
        group        = keyward_group.a.id
        member_group = keyward_group.a.id
      }`;
    expect(await workspace.expectError("apply", circle)).toMatch(/a group cannot be in itself/);
    await workspace.destroy();
    workspace.remove();
  });

  test("reads many keys with few requests, at whatever parallelism", async () => {
    const workspace = await Workspace.create(client, server);
    const many = `
      resource "keyward_api_key" "many" {
        count      = 60
        user       = "1"
        name       = "many-\${count.index}"
        expires_in = "30d"
      }`;
    workspace.write(many);
    await workspace.succeed("apply", "-auto-approve", "-input=false", "-parallelism=100");
    for (const parallelism of ["-parallelism=100", "-parallelism=10"]) {
      const before = requests(server);
      await workspace.expectEmptyPlan(parallelism);
      expect(requests(server) - before).toBeLessThanOrEqual(20);
    }
    await workspace.succeed("destroy", "-auto-approve", "-input=false", "-parallelism=100");
    workspace.remove();
  });
});

describe.each(modern)("$name, with what only newer clients have,", (client) => {
  let server: KeywardServer;

  beforeAll(async () => {
    server = await KeywardServer.start(await anyStorage());
  });
  afterAll(() => server.remove());

  test("gives a key a secret of its user's, and stores it nowhere", async () => {
    const workspace = await Workspace.create(client, server, { isTraced: true });
    const configuration = (version: number) => `
      ephemeral "keyward_secret" "own" {}
      resource "keyward_user" "own" {
        name                = "own"
        password_wo         = "correct horse battery"
        password_wo_version = 1
      }
      resource "keyward_api_key" "own" {
        user              = keyward_user.own.id
        name              = "own"
        secret_wo         = ephemeral.keyward_secret.own.secret
        secret_wo_version = ${version}
        rotation          = { overlap = "1h" }
      }`;
    workspace.write(configuration(1));
    await workspace.succeed("plan", "-input=false", "-out=saved.plan");
    await workspace.succeed("apply", "-input=false", "saved.plan");
    await workspace.expectEmptyPlan();
    const first = workspace.attributes("keyward_api_key", "own");
    expect(first).toMatchObject({ secret: null, secret_wo: null, encrypted_secret: null });

    await workspace.apply(configuration(2));
    await workspace.expectEmptyPlan();
    const second = workspace.attributes("keyward_api_key", "own");
    expect(second).toMatchObject({ secret: null, previous_id: first["id"] });
    expect(second["id"]).not.toBe(first["id"]);

    const written = [
      workspace.stateFile(),
      workspace.file("saved.plan").toString("latin1"),
      workspace.trace(),
    ].join("\n");
    expect(written.length).toBeGreaterThan(100_000);
    expect(written).not.toMatch(/kw_[0-9A-Za-z]{12}_[0-9A-Za-z]{20}/);
    expect(written).not.toContain("correct horse battery");
    await workspace.destroy();
    workspace.remove();
  });

  test("makes a key for one run, which is revoked when the run ends", async () => {
    const workspace = await Workspace.create(client, server);
    await workspace.apply(`
      ephemeral "keyward_api_key" "run" {
        user     = "1"
        name     = "run"
        lifetime = "5m"
      }
      resource "keyward_user" "made" {
        name                = "made"
        password_wo         = ephemeral.keyward_api_key.run.secret
        password_wo_version = 1
      }`);
    const names: unknown = await (await server.call("/api/v4/user_api_keys?fields=name")).json();
    expect(JSON.stringify(names)).not.toContain("run-");
    const logs = await server.call(`/api/v4/logs?filter=${encodeURIComponent("text ct 'named \"run-'")}`);
    expect(await logs.json(), "made and deleted, at plan and at apply").toHaveLength(4);
    expect(workspace.stateFile()).not.toContain("kw_");
    await workspace.destroy();
    workspace.remove();
  });

  test("has functions that decide as the server does", async () => {
    const workspace = await Workspace.create(client, server);
    await workspace.apply(`
      output "results" {
        value = [
          provider::keyward::address_allowed("192.0.2.7", ["192.0.2.0/24"], ["192.0.2.7"]),
          provider::keyward::address_allowed("::ffff:192.0.2.7", [], ["192.0.2.7"]),
          provider::keyward::normalize_cidr("2001:DB8:0::/32"),
          provider::keyward::parse_secret("letmein").valid,
        ]
      }`);
    expect(JSON.parse(await workspace.succeed("output", "-json", "results"))).toEqual([
      true,
      false,
      "2001:db8::/32",
      false,
    ]);
    const refused = await workspace.expectError(
      "plan",
      'output "x" { value = provider::keyward::normalize_cidr("10.0.0.1/8") }',
    );
    expect(refused).toMatch(/has host bits set; did you mean the network 10\.0\.0\.0\/8/);
    workspace.remove();
  });
});

function requests(server: KeywardServer): number {
  return server.output.split('"msg":"request"').length - 1;
}
