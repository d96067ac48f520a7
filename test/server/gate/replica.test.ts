import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { replicas } from "../../../drizzle/schema.ts";
import type { OpenDatabase } from "../../../server/database.ts";
import type { Subject } from "../../../server/fence.ts";
import { leaseMs, machineClocks, RenewedLease } from "../../../server/gate/lease.ts";
import { PostgresReplicaStore } from "../../../server/gate/postgres-replica-store.ts";
import { recordChange } from "../../../server/gate/record-change.ts";
import { Replica } from "../../../server/gate/replica.ts";
import { openPostgres } from "../../../server/postgres.ts";
import { createPostgresDatabase } from "../../postgres-databases.ts";

/** A store on an engine that is Postgres in everything but messages. */
class MuteStore extends PostgresReplicaStore {
  override async wake(): Promise<void> {
    throw new Error("function pg_notify(text, text) does not exist");
  }
}

/** One of several servers on a Postgres, as far as changes concern it. */
interface Member {
  readonly replica: Replica;
  readonly forgotten: Subject[];
  stop(): Promise<void>;
}

describe.skipIf(inject("postgresClusterUrl") === null)("three replicas on one Postgres", () => {
  let url: string;
  let opened: OpenDatabase;
  let members: Member[] = [];
  const warnings: string[] = [];

  beforeAll(async () => {
    url = await createPostgresDatabase(inject("postgresClusterUrl") ?? "");
    opened = await openPostgres(url);
    members = await Promise.all([1, 2, 3].map(() => join(url)));
  });
  afterAll(async () => {
    await Promise.all(members.map((member) => member.stop()));
    await opened.close();
  });

  const join = async (url: string, store = new PostgresReplicaStore(url)): Promise<Member> => {
    const forgotten: Subject[] = [];
    const replica = new Replica({
      store,
      clocks: machineClocks,
      lease: new RenewedLease(machineClocks, leaseMs),
      forget: (subjects) => forgotten.push(...subjects),
      record: recordChange,
      logger: pino({ level: "warn" }, { write: (line: string) => warnings.push(line) }),
    });
    await replica.start();
    const stop = async () => {
      await replica.stop();
      await store.close();
    };
    return { replica, forgotten, stop };
  };

  /** Makes a change through one of them, and resolves when it may be answered. */
  const change = async ({ replica }: Member, subject: Subject) => {
    await replica.hold(await opened.database.transaction((made) => replica.record(made, [subject])));
  };

  test("keep their leases while changes are made, and answer each as soon as all have heard of it", async () => {
    await expect
      .poll(() => members.map(({ replica }) => replica.isReady), { timeout: 2 * leaseMs })
      .toEqual([true, true, true]);
    const endsMs = performance.now() + 2 * leaseMs;
    let made = 0;
    while (performance.now() < endsMs) {
      const writer = members[made % members.length] ?? expect.fail();
      const subject: Subject = `key ${made}`;
      await change(writer, subject);
      made += 1;
      expect(members.map(({ forgotten }) => forgotten.includes(subject))).toEqual([true, true, true]);
      expect(members.map(({ replica }) => replica.isReady)).toEqual([true, true, true]);
      await sleep(10);
    }
    expect(made).toBeGreaterThan(20);
    expect(members.map(({ replica }) => replica.counts.fencesByTime)).toEqual([0, 0, 0]);
    expect(warnings).toEqual([]);
  });

  test("hear of a change when they renew where the engine passes no messages on", async () => {
    const mute = await join(url, new MuteStore(url));
    const startedMs = performance.now();
    await change(mute, "key 999999");
    expect(performance.now() - startedMs).toBeLessThan(leaseMs);
    expect(members.map(({ forgotten }) => forgotten.includes("key 999999"))).toEqual([true, true, true]);
    expect(mute.replica.counts).toMatchObject({ fences: 1, fencesByTime: 0 });
    await mute.stop();
  });

  test("wait out the lease of one that is halted, once", async () => {
    const [first, second] = members;
    if (first === undefined || second === undefined) {
      expect.fail();
    }
    await opened.database.insert(replicas).values({ id: "halted", renewals: 0, acknowledged: [] });

    const startedMs = performance.now();
    await change(first, "key 1000000");
    const waitedMs = performance.now() - startedMs;
    expect(waitedMs).toBeGreaterThan(leaseMs);
    const againMs = performance.now();
    await change(second, "key 1000001");
    expect(performance.now() - againMs).toBeLessThan(leaseMs);
  });
});
