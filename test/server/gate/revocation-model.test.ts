import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leaseMs } from "../../../server/gate/lease.ts";
import { brokenBuilds } from "./simulation/broken-builds.ts";
import { Cluster, type Sabotage } from "./simulation/cluster.ts";
import { live, type Story, stories } from "./simulation/stories.ts";

/** How many stories the real build lives through; more are for whoever has the time. */
const storyCount = Number(process.env["REVOCATION_STORIES"] ?? 2000);

/** Within how many each broken build is to be found out: far fewer, so that those of the real build prove something. */
const brokenMost = 400;

/** Whether a key passes somewhere in a story after its deletion was answered. */
async function isViolated(story: Story, sabotage: Sabotage): Promise<boolean> {
  return (await live(story, sabotage)).violations.length > 0;
}

/** How many stories until one has a violation; undefined when none has. */
async function storiesUntilViolation(sabotage: Sabotage): Promise<number | undefined> {
  for (const [place, story] of fc.sample(stories, { numRuns: brokenMost, seed: 2 }).entries()) {
    if (await isViolated(story, sabotage)) {
      return place + 1;
    }
  }
  return undefined;
}

describe("a key whose deletion was answered", () => {
  test("passes nowhere, whatever happens to servers, network, database and clocks", {
    timeout: 3_600_000,
  }, async () => {
    let passes = 0;
    let hits = 0;
    let deletions = 0;
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const cluster = await live(story);
        passes += cluster.passes;
        hits += cluster.hits;
        deletions += cluster.answeredChanges;
        expect(cluster.violations).toEqual([]);
      }),
      { numRuns: storyCount },
    );
    expect(passes, "too little passed to prove anything").toBeGreaterThan(50 * storyCount);
    expect(hits, "too little was judged by memory to prove anything").toBeGreaterThan(100 * storyCount);
    expect(deletions, "too little was answered to prove anything").toBeGreaterThan(3 * storyCount);
  });

  test("is deleted within a blink where nothing goes wrong, and within a lease where a server is stopped", async () => {
    const cluster = new Cluster(1, 3);
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

  test("is deleted as soon as everybody has renewed, on an engine that passes no messages on", async () => {
    const cluster = new Cluster(1, 3);
    cluster.database.hasMessages = false;
    await cluster.world.passUntil(1000);
    cluster.remove(0, 0);
    await cluster.world.passUntil(1000 + 1300);
    expect(cluster.answeredChanges).toBe(1);
  });
});

test("no server is taken out for having been without a database as long as all others were", async () => {
  const cluster = new Cluster(1, 3);
  await cluster.world.passUntil(2500);
  const before = [...cluster.database.replicas.keys()];
  cluster.database.isUp = false;
  await cluster.world.passUntil(14_500);
  cluster.database.isUp = true;
  await cluster.world.passUntil(17_000);
  expect([...cluster.database.replicas.keys()]).toEqual(before);
  expect(before).toHaveLength(3);
});

describe("the model finds out a build that", () => {
  test.each(Object.entries<Sabotage>(brokenBuilds))("%s", async (_, sabotage) => {
    expect(await storiesUntilViolation(sabotage)).toBeDefined();
  });
});

/** What once went wrong, or would, in as few events as it takes; and the builds in which it does. */
const pinned: readonly (readonly [string, keyof typeof brokenBuilds, Story])[] = [
  [
    "a server that hears of nothing renews just before it is seen, and is to be taken out just after",
    "takes out a server whose lease may run on",
    {
      seed: 1,
      events: [
        {
          kind: "slow network",
          atMs: 2500,
          durationMs: 6000,
          server: 0,
          message: "wake",
          isOneServer: true,
        },
        { kind: "delete", atMs: 2500, durationMs: 0, server: 2 },
        { kind: "database restarts", atMs: 2508, durationMs: 1759, server: 2 },
        { kind: "delete", atMs: 4788, durationMs: 0, server: 1 },
      ],
    },
  ],
  [
    "two servers come back, and the writer has news from before that, by which it is alone",
    "takes old news for new of who is registered",
    {
      seed: 7,
      events: [
        { kind: "absence", atMs: 2500, durationMs: 450, server: 1 },
        { kind: "absence", atMs: 2500, durationMs: 450, server: 2 },
        {
          kind: "slow network",
          atMs: 2900,
          durationMs: 3000,
          server: 0,
          message: "renew",
          isOneServer: true,
          delayMs: 152,
          direction: "back",
        },
        { kind: "delete", atMs: 4197, durationMs: 0, server: 0 },
        { kind: "delete", atMs: 3072, durationMs: 0, server: 0 },
        { kind: "delete", atMs: 4662, durationMs: 0, server: 0 },
      ],
    },
  ],
  [
    "a machine is frozen between its renewal and the answer, and taken out meanwhile",
    "compares the clocks from the answer",
    {
      seed: 3,
      events: [
        {
          kind: "slow network",
          atMs: 2000,
          durationMs: 3805,
          server: 1,
          message: "renew",
          isOneServer: true,
          delayMs: 409,
          direction: "back",
        },
        {
          kind: "slow network",
          atMs: 2500,
          durationMs: 6000,
          server: 1,
          message: "wake",
          isOneServer: true,
        },
        { kind: "freeze", atMs: 2500, durationMs: 2305, server: 1 },
        { kind: "delete", atMs: 2510, durationMs: 0, server: 2 },
        { kind: "delete", atMs: 4815, durationMs: 0, server: 2 },
      ],
    },
  ],
  [
    "the database crashes and forgets a renewal, and the server is taken for one that has not renewed",
    "renews without waiting for the disk",
    {
      seed: 5,
      events: [
        {
          kind: "slow network",
          atMs: 2500,
          durationMs: 6000,
          server: 2,
          message: "wake",
          isOneServer: true,
        },
        { kind: "delete", atMs: 2500, durationMs: 0, server: 1 },
        {
          kind: "slow network",
          atMs: 2400,
          durationMs: 5000,
          server: 1,
          message: "renew",
          isOneServer: true,
          direction: "back",
        },
        { kind: "database crashes", atMs: 4646, durationMs: 62, server: 1 },
        { kind: "delete", atMs: 4871, durationMs: 0, server: 1 },
      ],
    },
  ],
];

test.each(pinned)("no key passes when %s", async (_, broken, story) => {
  expect(await isViolated(story, brokenBuilds[broken]), "the story no longer tells of the fault").toBe(true);
  expect(await isViolated(story, {})).toBe(false);
});
