import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RenewedLease } from "../../../server/gate/lease.ts";
import { leaseMs } from "../../../server/gate/replica.ts";
import { Cluster, type Sabotage } from "./simulation/cluster.ts";

/** What goes wrong, or changes, at some moment; the numbers choose whom it concerns and for how long. */
interface Event {
  readonly atMs: number;
  readonly kind:
    | "delete"
    | "pause"
    | "restart"
    | "cut off"
    | "database restarts"
    | "slow network"
    | "lost messages"
    | "clock set";
  readonly server: number;
  readonly durationMs: number;
}

const spanMs = 20_000;
const servers = 3;
const keys = 12;

const event: fc.Arbitrary<Event> = fc.record({
  atMs: fc.integer({ min: 500, max: spanMs }),
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant("delete" as const) },
    { weight: 3, arbitrary: fc.constant("pause" as const) },
    fc.constantFrom(
      "restart" as const,
      "cut off" as const,
      "database restarts" as const,
      "slow network" as const,
      "lost messages" as const,
      "clock set" as const,
    ),
  ),
  server: fc.nat({ max: servers - 1 }),
  durationMs: fc.integer({ min: 50, max: 6000 }),
});

/** Anything, at any time. */
const anyEvents = fc.array(event, { minLength: 4, maxLength: 24 });

/** Deletions one after another while answers and messages are long on their way and servers drop off the network. */
const badNetwork = fc
  .record({
    slowMs: fc.integer({ min: 1500, max: 3500 }),
    deletions: fc.array(fc.integer({ min: 0, max: 7000 }), { minLength: 6, maxLength: keys }),
    cuts: fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 5000 }), server: fc.nat(2) }), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  .map(({ slowMs, deletions, cuts }): Event[] => [
    { kind: "slow network", atMs: 2000, durationMs: slowMs, server: 0 },
    { kind: "slow network", atMs: 2000 + slowMs, durationMs: slowMs, server: 0 },
    { kind: "lost messages", atMs: 2000, durationMs: 7000, server: 0 },
    ...deletions.map((afterMs) => ({
      kind: "delete" as const,
      atMs: 2000 + afterMs,
      durationMs: 0,
      server: 0,
    })),
    ...cuts.map(({ afterMs, server }) => ({
      kind: "cut off" as const,
      atMs: 2000 + afterMs,
      durationMs: 4000,
      server,
    })),
  ]);

const story = fc.record({ seed: fc.integer(), events: fc.oneof(anyEvents, badNetwork) });

type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** Lives through a story, with callers who present every key to every server all the time. */
async function live({ seed, events }: Story, sabotage: Sabotage = {}): Promise<Cluster> {
  const cluster = new Cluster(seed, servers, keys, sabotage);
  const { world } = cluster;
  for (let atMs = 100; atMs < spanMs + 10_000; atMs += 100) {
    world.after(atMs, () => {
      for (let key = 0; key < keys; key += 1) {
        cluster.present(key, Math.floor(world.random() * servers));
      }
    });
  }
  events.forEach((one, place) => {
    world.after(one.atMs, () => happen(cluster, one, place));
  });
  await world.passUntil(spanMs + 10_000);
  return cluster;
}

function happen(cluster: Cluster, { kind, server, durationMs }: Event, place: number): void {
  const { world, database } = cluster;
  const process = cluster.processOf(server);
  const { weather } = database;
  switch (kind) {
    case "delete":
      cluster.remove(place, server);
      break;
    case "pause":
      process.pause();
      world.after(durationMs, () => process.resume());
      break;
    case "restart":
      cluster.restart(server);
      break;
    case "cut off":
      database.cutOff.add(process);
      world.after(durationMs, () => database.cutOff.delete(process));
      break;
    case "database restarts":
      weather.isUp = false;
      world.after(durationMs, () => {
        weather.isUp = true;
      });
      break;
    case "slow network":
      weather.delayMs = durationMs / 2;
      world.after(durationMs, () => {
        weather.delayMs = 5;
      });
      break;
    case "lost messages":
      weather.loss = 0.7;
      world.after(durationMs, () => {
        weather.loss = 0;
      });
      break;
    case "clock set":
      process.setWallClock((place % 2 === 0 ? 1 : -1) * durationMs);
      break;
  }
}

/** How many stories until one has a violation; more than `most` when none has. */
async function storiesUntilViolation(sabotage: Sabotage, most: number): Promise<number> {
  const stories = fc.sample(story, { numRuns: most, seed: 2 });
  for (const [told, one] of stories.entries()) {
    if ((await live(one, sabotage)).violations.length > 0) {
      return told + 1;
    }
  }
  return most + 1;
}

/** A lease that counts from when the answer came rather than from when it was asked for. */
class LateLease extends RenewedLease {
  readonly #nowMs: () => number;

  constructor(...parameters: ConstructorParameters<typeof RenewedLease>) {
    super(...parameters);
    this.#nowMs = parameters[0].monotonicMs;
  }

  override renew(): void {
    super.renew(this.#nowMs());
  }
}

describe("a key whose deletion was answered", () => {
  test("passes nowhere, whatever happens to servers, network, database and clocks", async () => {
    let passes = 0;
    let hits = 0;
    let deletions = 0;
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const cluster = await live(told);
        passes += cluster.passes;
        hits += cluster.hits;
        deletions += cluster.answeredChanges;
        expect(cluster.violations).toEqual([]);
      }),
      { numRuns: 60 },
    );
    expect(passes, "nothing passed, so nothing was proved").toBeGreaterThan(10_000);
    expect(hits, "nothing was judged by memory, so nothing was proved").toBeGreaterThan(10_000);
    expect(deletions).toBeGreaterThan(100);
  });

  test("is deleted within a blink where nothing goes wrong, and within a lease where a server is stopped", async () => {
    const cluster = new Cluster(1, servers, keys);
    await cluster.world.passUntil(1000);
    cluster.remove(0, 0);
    await cluster.world.passUntil(1050);
    expect(cluster.answeredChanges).toBe(1);

    cluster.processOf(1).pause();
    cluster.remove(1, 0);
    await cluster.world.passUntil(2500);
    expect(cluster.answeredChanges).toBe(1);
    await cluster.world.passUntil(1050 + leaseMs + 500);
    expect(cluster.answeredChanges).toBe(2);

    // The stopped server has been taken out, so the next deletion need not wait for it.
    cluster.remove(2, 0);
    await cluster.world.passUntil(1050 + leaseMs + 600);
    expect(cluster.answeredChanges).toBe(3);
  });
});

describe("the model finds out a build that", () => {
  test.each<[string, Sabotage]>([
    ["does not look at the lease", { gateLease: () => ({ isHeld: () => true }) }],
    ["counts the lease from the answer", { makeLease: ({ clocks }) => new LateLease(clocks, leaseMs) }],
    ["waits for nobody", { store: (store) => ({ ...store, publish: async () => [] }) }],
    [
      "remembers on after its lease has run out",
      {
        forget: (gate) => (subjects) => {
          if (subjects[0] !== "everything") {
            gate.forget(subjects);
          }
        },
      },
    ],
    [
      "takes out a server that has renewed",
      {
        store: (store, database) => ({
          ...store,
          remove: async ({ id }) => void database.replicas.delete(id),
        }),
      },
    ],
    ["forgets nothing that it is told of by others", { forget: () => () => {} }],
  ])("%s", async (_, sabotage) => {
    expect(await storiesUntilViolation(sabotage, 800)).toBeLessThanOrEqual(800);
  });
});
