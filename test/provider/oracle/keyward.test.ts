import { generateX25519Identity, identityToRecipient } from "age-encryption";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ObjectValue } from "../../../provider/plugin/values.ts";
import { databasesUnderTest } from "../../databases.ts";
import type { TestServer } from "../../server/test-server.ts";
import { ListeningServer, ProviderInProcess } from "../provider-in-process.ts";
import { isKnown } from "./canonical.ts";
import { kinds, passingSeconds, type Story, type Surroundings, storyOf } from "./configurations.ts";
import { Life } from "./life.ts";

const startMs = Date.parse("2026-11-23T12:00:00Z");

describe("every plan and result of the provider, by the rules of core,", () => {
  let listening: ListeningServer;
  let provider: ProviderInProcess;
  let surroundings: Surroundings;
  /** What was seen, so that no rule goes without a case. */
  const seen = { configurations: 0, open: 0, changed: 0, replaced: 0, rotatedByAge: 0, ended: 0 };

  beforeAll(async () => {
    // The clock of the provider and that of the server are moved together; timers run on.
    vi.useFakeTimers({ toFake: ["Date"], now: startMs });
    // Thousands of requests: Postgres, where there is one, takes half of what the embedded database does.
    listening = await ListeningServer.start(databasesUnderTest().at(-1)?.open);
    provider = await ProviderInProcess.configure(listening);
    surroundings = await populate(listening.server);
  });
  afterAll(async () => {
    vi.useRealTimers();
    await listening.stop();
  });

  function setClock(ms: number): void {
    vi.setSystemTime(ms);
    listening.server.nowMs = ms;
  }

  test.each(kinds)("hold for $lives lives of $typeName", async ({ typeName, lives, partsOf, known }) => {
    let count = 0;
    const attributes = provider.schemaOf(typeName).attributes;
    const arbitrary = fc.constant(null).chain(() => {
      count += 1;
      return storyOf(partsOf(`${partsOf.name}-${count}-${Math.random()}`, surroundings), attributes, known);
    });
    await fc.assert(
      fc.asyncProperty(arbitrary, (story) => live(new Life(provider, typeName), story)),
      { numRuns: lives, endOnFailure: true },
    );
  });

  test("were held against enough of everything", () => {
    expect(seen.configurations).toBeGreaterThanOrEqual(500);
    expect(seen.changed).toBeGreaterThan(400);
    expect(seen.open).toBeGreaterThan(200);
    expect(seen.replaced).toBeGreaterThan(20);
    expect(seen.rotatedByAge).toBeGreaterThan(5);
    expect(seen.ended).toBeGreaterThan(10);
  });

  /** One object: made, left alone while time passes, changed, and destroyed. */
  async function live(life: Life, { first, second, firstBlurred, secondBlurred }: Story): Promise<void> {
    setClock(startMs);
    await reach(life, firstBlurred, first);
    setClock(startMs + passingSeconds * 1000);
    await life.refresh();
    seen.ended += life.state?.["status"] === "expired" ? 1 : 0;
    if (life.state?.["rotation_due"] !== true) {
      await life.expectNothingToDo(first);
    }
    await reach(life, secondBlurred, second);
    await life.refresh();
    if (life.state?.["rotation_due"] === true) {
      // The second configuration has a shorter age, which the key was beyond already.
      await reach(life, second, second);
      await life.refresh();
    }
    await life.expectNothingToDo(second);
    await life.destroy();
  }

  /** Plans what is known of a configuration, and applies all of it. */
  async function reach(life: Life, known: ObjectValue, config: ObjectValue): Promise<void> {
    seen.configurations += 1;
    const before = life.state;
    const isDue = before?.["rotation_due"] === true;
    const planned = await life.plan(known);
    await life.apply(planned, config);
    seen.open += isKnown(known) ? 0 : 1;
    seen.changed += planned.action === "none" ? 0 : 1;
    seen.replaced += planned.action === "replace" ? 1 : 0;
    seen.rotatedByAge += isDue && life.state?.["previous_id"] === before["id"] ? 1 : 0;
  }
});

async function populate(server: TestServer): Promise<Surroundings> {
  const users = [await server.createUser({ name: "one" }), await server.createUser({ name: "two" })];
  const groups = await Promise.all(
    ["outer", "inner", "other"].map((name) => server.create("/api/v4/groups", { name })),
  );
  const settings = ["oracle_one", "oracle_two"];
  for (const key of settings) {
    await server.create("/api/v4/settings", { key, value: "" });
  }
  const rows = await server.list("/api/v4/users?fields=identity");
  const recipients = await Promise.all(
    [0, 1, 2].map(async () => identityToRecipient(await generateX25519Identity())),
  );
  return {
    users: users.map(String),
    groups: groups.map(String),
    identities: rows.map(({ identity }) => String(identity)),
    settings,
    recipients,
    startSeconds: startMs / 1000,
  };
}
