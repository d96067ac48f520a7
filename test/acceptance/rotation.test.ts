import { once } from "node:events";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { armor, Decrypter, generateIdentity, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findTerraformClients } from "../terraform-cli.ts";
import { letPass } from "./days.ts";
import { KeywardServer, storagesUnderTest } from "./keyward-server.ts";
import { Workspace } from "./workspace.ts";

/** Time is moved by hand, in the database, which takes one that lets a second process in. */
const storages = storagesUnderTest().filter(({ name }) => name === "Postgres");
const cases = findTerraformClients().flatMap((client) =>
  storages.map((storage) => ({ client, storage, name: client.name })),
);

function configuration(settings: Readonly<Record<string, string>> = {}): string {
  const given: Record<string, string> = {
    user: '"1"',
    name: '"rotating"',
    rotation: '{ every = "720h", overlap = "48h" }',
    ...settings,
  };
  const lines = Object.entries(given).map(([name, value]) => `  ${name} = ${value}`);
  return `
resource "keyward_api_key" "it" {
${lines.join("\n")}
}
output "secret" {
  value     = keyward_api_key.it.secret
  sensitive = true
}
`;
}

describe.each(cases)("a key over time, with $name,", ({ client, storage }) => {
  let server: KeywardServer;

  beforeAll(async () => {
    server = await KeywardServer.start(await storage.create());
  });
  afterAll(() => server.remove());

  const attributes = (workspace: Workspace) => workspace.attributes("keyward_api_key", "it");
  const statusOf = async (secret: string) => (await server.call("/auth/whoami", { secret })).status;

  test("is due for rotation by age, in place, and refuses nobody who uses the current output", async () => {
    const workspace = await Workspace.create(client, server);
    await workspace.apply(configuration());
    await workspace.expectEmptyPlan();
    const before = attributes(workspace);
    await letPass(server, 29);
    await workspace.expectEmptyPlan();
    await letPass(server, 2);
    expect(await workspace.plannedActions()).toEqual({ "keyward_api_key.it": "update" });
    expect(
      await workspace.succeed("plan", "-no-color"),
      "a plan that is not applied changes nothing",
    ).toMatch(/rotation_due +=? ?.*true -> false/);

    const statuses = new Map<string, number[]>();
    let isApplied = false;
    const consume = async () => {
      let current = String(before["secret"]);
      // On, until each secret has been used often: how much that is while the apply runs is the machine's affair.
      while (!isApplied || statuses.size < 2 || [...statuses.values()].some(({ length }) => length < 50)) {
        current = secretInState(workspace) ?? current;
        const seen = statuses.get(current) ?? [];
        statuses.set(current, seen);
        seen.push(await statusOf(current));
        await sleep(2);
      }
    };
    const consumers = Array.from({ length: 8 }, consume);
    await workspace.apply(configuration());
    isApplied = true;
    await Promise.all(consumers);

    expect([...statuses.values()].flat().filter((status) => status !== 200)).toEqual([]);
    const after = attributes(workspace);
    expect(after).toMatchObject({ previous_id: before["id"], rotation_due: false, status: "active" });
    expect(after["secret"]).not.toBe(before["secret"]);
    expect([...statuses.keys()], "the consumers went over to the new one").toEqual([
      before["secret"],
      after["secret"],
    ]);
    expect(await statusOf(String(before["secret"])), "the overlap").toBe(200);
    await workspace.expectEmptyPlan();
    await letPass(server, 3);
    expect(await statusOf(String(before["secret"])), "after the overlap").toBe(401);
    await workspace.expectEmptyPlan();

    await workspace.destroy();
    for (const id of [before["id"], after["id"]]) {
      expect((await server.call(`/api/v4/user_api_keys/${String(id)}`)).status).toBe(404);
    }
    workspace.remove();
  });

  test("is rotated with a new end each time, and after its own end too", async () => {
    const workspace = await Workspace.create(client, server);
    const ending = configuration({ expires_in: '"10d"', rotation: '{ overlap = "1h" }' });
    await workspace.apply(ending);
    await workspace.expectEmptyPlan();
    await letPass(server, 11);
    expect(await workspace.plannedActions()).toEqual({ "keyward_api_key.it": "update" });
    await workspace.apply(ending);
    await workspace.expectEmptyPlan();
    const { expires_at, secret } = attributes(workspace);
    expect(Date.parse(String(expires_at)) - Date.now()).toBeGreaterThan(9 * 86_400_000);
    expect(await statusOf(String(secret))).toBe(200);
    await workspace.destroy();
    workspace.remove();
  });

  test("that has ended and is not to be rotated is warned of, and left", async () => {
    const workspace = await Workspace.create(client, server);
    const ending = (at: number) =>
      configuration({ expires_at: `"${new Date(at).toISOString()}"`, rotation: "null" });
    const end = Date.UTC(2035, 5, 1);
    const days = Math.ceil((end - Date.now()) / 86_400_000);
    await workspace.apply(ending(end));
    await letPass(server, days);
    workspace.write(ending(end - days * 86_400_000));
    expect(await workspace.succeed("plan", "-input=false", "-no-color")).toMatch(/The API key has expired/);
    await workspace.expectEmptyPlan();
    await workspace.destroy();
    workspace.remove();
  });

  test("is changed in other ways in the apply that rotates it, and never shows its secret for an unrelated change", async () => {
    const workspace = await Workspace.create(client, server);
    await workspace.apply(configuration());
    const { secret } = attributes(workspace);
    await workspace.apply(configuration({ description: '"unrelated"' }));
    expect(attributes(workspace)).toMatchObject({ secret, description: "unrelated" });
    await letPass(server, 31);
    await workspace.apply(configuration({ name: '"renamed"', ip_allow_list: '["127.0.0.1"]' }));
    await workspace.expectEmptyPlan();
    const after = attributes(workspace);
    expect(after).toMatchObject({ name: "renamed", ip_allow_list: ["127.0.0.1"] });
    const row = await server.call(`/api/v4/user_api_keys/${String(after["id"])}?fields=name,ip_allow_list`);
    expect(await row.json()).toEqual({ name: "renamed", ip_allow_list: "127.0.0.1" });
    await workspace.destroy();
    workspace.remove();
  });

  test("is handed over encrypted, so that its recipients alone can read it", async () => {
    const [one, other] = [await generateIdentity(), await generateIdentity()];
    const recipientsOf = async (...identities: readonly string[]) =>
      JSON.stringify(await Promise.all(identities.map((identity) => identityToRecipient(identity))));
    const workspace = await Workspace.create(client, server, { isTraced: true });
    const read = async (identity: string) => {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      return decrypter.decrypt(armor.decode(String(attributes(workspace)["encrypted_secret"])), "text");
    };

    await workspace.apply(configuration({ recipients: await recipientsOf(one) }));
    await workspace.expectEmptyPlan();
    const secret = await read(one);
    expect(await statusOf(secret)).toBe(200);
    expect(attributes(workspace)).toMatchObject({ secret: null });
    workspace.write(configuration({ recipients: await recipientsOf(one, other) }));
    await workspace.succeed("plan", "-input=false", "-out=saved.plan");
    await workspace.succeed("apply", "-input=false", "saved.plan");
    await workspace.expectEmptyPlan();
    const next = await read(other);
    expect(next).not.toBe(secret);
    expect(await statusOf(next)).toBe(200);
    // Rotated twice within one overlap: both predecessors live as long as they were promised.
    await workspace.apply(configuration({ recipients: await recipientsOf(other) }));
    await workspace.expectEmptyPlan();
    expect([await statusOf(secret), await statusOf(next), await statusOf(await read(other))]).toEqual([
      200, 200, 200,
    ]);

    const written = [
      workspace.stateFile(),
      workspace.file("saved.plan").toString("latin1"),
      workspace.trace(),
    ].join("\n");
    for (const confidential of [secret.slice(16), next.slice(16)]) {
      expect(written).not.toContain(confidential);
    }
    await workspace.destroy();
    workspace.remove();
  });

  test("is left alone when what is known only at apply is what it was, and rotated when it is not", async () => {
    const [one, other] = [await generateIdentity(), await generateIdentity()];
    const workspace = await Workspace.create(client, server);
    const open = async (identity: string, trigger: number) => `
resource "terraform_data" "recipient" {
  input            = "${await identityToRecipient(identity)}"
  triggers_replace = ${trigger}
}
${configuration({ name: '"open"', recipients: "[terraform_data.recipient.output]" })}`;
    await workspace.apply(await open(one, 1));
    const before = attributes(workspace);
    await workspace.apply(await open(one, 2));
    expect(attributes(workspace)).toEqual(before);
    await workspace.apply(await open(other, 3));
    expect(attributes(workspace)).toMatchObject({ previous_id: before["id"] });
    await workspace.expectEmptyPlan();
    await workspace.destroy();
    workspace.remove();
  });

  test("is rotated by hand on a server that cannot, with the same result", async () => {
    const proxy = await startVergeosLikeProxy(server.url);
    const workspace = await Workspace.create(client, server, { endpoint: proxy.url });
    await workspace.apply(configuration({ name: '"elsewhere"' }));
    await workspace.expectEmptyPlan();
    const before = attributes(workspace);
    await letPass(server, 31);
    await workspace.apply(configuration({ name: '"elsewhere"' }));
    await workspace.expectEmptyPlan();
    const after = attributes(workspace);
    expect(after).toMatchObject({ previous_id: before["id"], name: "elsewhere" });
    expect([await statusOf(String(before["secret"])), await statusOf(String(after["secret"]))]).toEqual([
      200, 200,
    ]);
    await workspace.destroy();
    workspace.remove();
    await proxy.stop();
  });
});

/** The output as a consumer finds it; undefined while the client is writing the file. */
function secretInState(workspace: Workspace): string | undefined {
  return /"secret": \{\s*"value": "(kw_\w+)"/.exec(workspace.stateFile())?.[1];
}

/** A server that has none of Keyward's own: no rotation, no Idempotency-Key. */
async function startVergeosLikeProxy(target: string): Promise<{ url: string; stop(): Promise<void> }> {
  const proxy = http.createServer((request, response) => {
    const isUnknown = request.url?.includes("/rotate") === true;
    const { "idempotency-key": _, ...headers } = request.headers;
    if (isUnknown) {
      request.resume();
      response.writeHead(404, { "Content-Type": "application/json" }).end('{"err":"API unknown"}');
      return;
    }
    const forwarded = http.request(
      new URL(request.url ?? "/", target),
      { method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(forwarded);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const address = proxy.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
