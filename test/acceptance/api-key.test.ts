import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findTerraformClients } from "../terraform-cli.ts";
import { KeywardServer, storagesUnderTest } from "./keyward-server.ts";
import { Workspace } from "./workspace.ts";

const clients = findTerraformClients();

/** Every client and every storage is in it; with several clients each has a storage of its own, for time's sake. */
const cases = clients.flatMap((client, place) =>
  storagesUnderTest()
    .filter((_, at, { length }) => clients.length === 1 || at === place % length)
    .map((storage) => ({ client, storage, title: `${client.name} and ${storage.name}` })),
);

/** A user and one of its keys; what is given replaces the usual settings of the key. */
function configuration(given: Readonly<Record<string, string>> = {}, userName = "ci"): string {
  const settings: Record<string, string> = {
    user: "keyward_user.ci.id",
    name: '"deploy"',
    description: '"Deploys"',
    expires_at: '"2035-06-01T02:00:00+02:00"',
    ip_allow_list: '["127.0.0.1/32", "2001:DB8::/32"]',
    ...given,
  };
  const lines = Object.entries(settings).map(([name, value]) => `  ${name} = ${value}`);
  return `
resource "keyward_user" "ci" {
  name = "${userName}"
  type = "api"
}
resource "keyward_api_key" "deploy" {
${lines.join("\n")}
}
output "secret" {
  value     = keyward_api_key.deploy.secret
  sensitive = true
}
`;
}

const keyPath = (id: unknown) => `/api/v4/user_api_keys/${String(id)}`;

test("there is a Terraform client to test with", () => {
  // Outside CI a machine may have none; the global setup says so by name, and these tests are then empty.
  expect(process.env["CI"] === undefined || cases.length > 0).toBe(true);
});

describe.each(cases)("a declared key with $title", ({ client, storage }) => {
  let server: KeywardServer;

  beforeAll(async () => {
    server = await KeywardServer.start(await storage.create());
  });
  afterAll(() => server.remove());

  test("is applied, changed in place, repaired, imported and destroyed, each with an empty plan after it", async () => {
    const workspace = await Workspace.create(client, server, { isPackaged: true });
    const applied = await workspace.apply(configuration());
    const secret = await workspace.output("secret");
    const { id } = workspace.attributes("keyward_api_key", "deploy");

    // The secret works, is shown to nobody who does not ask, and nothing is left to do.
    expect((await server.call(keyPath(id), { secret })).status).toBe(200);
    expect(applied).not.toContain(secret);
    expect(await workspace.succeed("output", "-no-color")).toMatch(/secret = <sensitive>/);
    await workspace.expectEmptyPlan();

    // A change is made in place: same key, same secret.
    const changed = configuration({
      description: '"Deploys more"',
      ip_allow_list: '["127.0.0.1"]',
      expires_at: '"2036-01-01T00:00:00Z"',
    });
    workspace.write(changed);
    expect(await workspace.plannedActions()).toEqual({ "keyward_api_key.deploy": "update" });
    await workspace.apply(changed);
    await workspace.expectEmptyPlan();
    expect(workspace.attributes("keyward_api_key", "deploy")).toMatchObject({
      id,
      secret,
      description: "Deploys more",
    });

    // Somebody else's change is found and undone; a deleted key is made again.
    await server.call(keyPath(id), {
      method: "PUT",
      body: { ip_allow_list: "192.0.2.1", expires_type: "never" },
    });
    expect(await workspace.plannedActions()).toEqual({ "keyward_api_key.deploy": "update" });
    await workspace.apply(changed);
    expect((await server.call(keyPath(id), { secret })).status).toBe(200);
    await server.call(keyPath(id), { method: "DELETE" });
    expect(await workspace.plannedActions()).toEqual({ "keyward_api_key.deploy": "create" });
    await workspace.apply(changed);

    // Taken over by its id, it needs no change and has no secret.
    const after = workspace.attributes("keyward_api_key", "deploy");
    await workspace.reimport("keyward_api_key.deploy", String(after["id"]));
    const user = workspace.attributes("keyward_user", "ci");
    await workspace.reimport("keyward_user.ci", String(user["id"]));
    await workspace.expectEmptyPlan();
    expect(workspace.attributes("keyward_api_key", "deploy")).toMatchObject({
      id: after["id"],
      secret: null,
    });

    // Destroyed, its secret is refused.
    await workspace.destroy();
    expect((await server.call("/api/v4/users", { secret: String(after["secret"]) })).status).toBe(401);
    expect((await server.call(keyPath(after["id"]))).status).toBe(404);
    workspace.remove();
  });

  test("that is not right is refused on the attribute, before anything is made where that can be known", async () => {
    const workspace = await Workspace.create(client, server);
    const planError = (given: Readonly<Record<string, string>>) =>
      workspace.expectError("plan", configuration(given, "faulty"));

    expect(
      await planError({ ip_allow_list: '["10.0.0.1/8"]', expires_at: '"tomorrow"', name: '""' }),
    ).toMatch(
      /(?=.*has host bits set; did you mean the network 10\.0\.0\.0\/8)(?=.*is not an RFC 3339 time)(?=.*must not be empty)/,
    );
    const past = await planError({ expires_at: '"2020-01-01T00:00:00Z"' });
    expect(past).toMatch(/The expiry is in the past .*expires_at = "2020-01-01T00:00:00Z"/);

    const unknownUser = await workspace.expectError("apply", configuration({ user: '"99999"' }, "faulty"));
    expect(unknownUser).toMatch(/user = "99999".*there is no user with \$key 99999/);
    await workspace.apply(configuration({}, "faulty"));
    const twin = 'resource "keyward_api_key" "twin" {\n  user = keyward_user.ci.id\n  name = "deploy"\n}';
    const duplicate = await workspace.expectError("apply", configuration({}, "faulty") + twin);
    expect(duplicate).toMatch(
      /with keyward_api_key\.twin.*name = "deploy".*has a key named "deploy" already/,
    );
    await workspace.destroy();
    workspace.remove();
  });

  test("leaves no process and no socket behind after a plan", async () => {
    const workspace = await Workspace.create(client, server, { isTraced: true });
    workspace.write(configuration({}, "tidy"));

    expect(await workspace.plannedActions()).toEqual({
      "keyward_api_key.deploy": "create",
      "keyward_user.ci": "create",
    });

    expect(workspace.trace(), "the provider was started").toContain("terraform-provider-keyward");
    expect((await readdir(workspace.temporaryFolder)).filter((name) => /plugin|sock/.test(name))).toEqual([]);
    expect(await processesStartedFrom(workspace.temporaryFolder)).toEqual([]);
    workspace.remove();
  });

  test("keeps its secret out of database, logs and traces, and in one place of the state", async () => {
    const workspace = await Workspace.create(client, server, { isTraced: true });
    await workspace.apply(configuration({}, "secretive"));
    const secret = await workspace.output("secret");
    await server.call("/api/v4/users", { secret });
    await workspace.apply(configuration({ description: '"changed"' }, "secretive"));
    await workspace.expectEmptyPlan();
    // What authenticates: the public id before it may be seen.
    const confidential = secret.slice(16);

    const trace = workspace.trace();
    expect(trace.length).toBeGreaterThan(10_000);
    expect(trace).not.toContain(confidential);
    expect(server.output).toContain(secret.slice(3, 15));
    expect(server.output).not.toContain(confidential);
    expect(workspace.stateFile().split(confidential).length - 1, "one attribute and one output").toBe(2);
    expect(workspace.attributes("keyward_api_key", "deploy")).toMatchObject({ secret });
    const files = await filesHolding(path.join(server.storage.folder, "data"), confidential);
    expect(files.holding).toEqual([]);
    expect(storage.name !== "PGlite" || files.read > 100, "the database's files were read").toBe(true);
    await workspace.destroy();
    workspace.remove();
  });
});

/** Command lines of living processes that were started with the folder as their TMPDIR. */
async function processesStartedFrom(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (environment.includes(`TMPDIR=${folder}`)) {
      found.push(await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => pid));
    }
  }
  return found;
}

async function filesHolding(folder: string, text: string): Promise<{ read: number; holding: string[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const holding: string[] = [];
  for (const file of files) {
    if ((await readFile(file)).includes(text)) {
      holding.push(file);
    }
  }
  return { read: files.length, holding };
}
