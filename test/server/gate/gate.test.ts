import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { expect, test } from "vitest";
import { createSecret, secretIdOf } from "../../../contract/secret.ts";
import type { Subject } from "../../../server/fence.ts";
import { Gate } from "../../../server/gate/gate.ts";
import { leaseMs, machineClocks, RenewedLease, unlimitedLease } from "../../../server/gate/lease.ts";
import { findKey, type KnownKey } from "../../../server/identity/known-key.ts";
import { hashSecret } from "../../../server/identity/secrets.ts";
import { emptyDump } from "../../databases.ts";

function makeKey(secret: string): KnownKey {
  return {
    ...hashSecret(secret, new Map()),
    key: 7,
    secretId: secretIdOf(secret) ?? "",
    name: "deploy",
    expires: 0,
    ended: false,
    lists: { allow: { isEmpty: true, rules: [] }, deny: { isEmpty: true, rules: [] } },
    user: { key: 3, name: "ci", identity: 3, enabled: true, physicalAccess: false },
    groups: [],
  };
}

/** A gate whose reads of keys wait until the test lets them through. */
function heldGate() {
  const secret = createSecret();
  const reads: ((key: KnownKey | undefined) => void)[] = [];
  const gate = new Gate({
    findKey: () => new Promise((resolve) => reads.push(resolve)),
    peppers: new Map(),
    lease: unlimitedLease,
    clocks: machineClocks,
    keysMax: 10,
  });
  const verify = async () => (await gate.verify(secret, undefined)).outcome;
  return { gate, secret, reads, verify };
}

test("a key that is not remembered takes one statement, whatever groups its user is in", async () => {
  const statements: string[] = [];
  const database = drizzle(new PGlite({ loadDataDir: await emptyDump() }), {
    logger: { logQuery: (query) => statements.push(query) },
  });
  await findKey(database, "000000000000");
  expect(statements).toHaveLength(1);
});

test("a thousand callers who come together share one read and are not taken for guessers, and those after it need none", async () => {
  const { gate, secret, reads, verify } = heldGate();
  const together = Array.from({ length: 1000 }, verify);
  expect(reads).toHaveLength(1);
  reads[0]?.(makeKey(secret));
  expect(new Set(await Promise.all(together))).toEqual(new Set(["allowed"]));
  expect(gate.passFromMemory(secret, undefined)?.outcome).toBe("allowed");
  expect(reads).toHaveLength(1);
});

test("beyond ten thousand, whoever would wait for a key is told that there is no verdict, and others again when those are served", async () => {
  const { secret, reads, verify } = heldGate();
  const waiting = Array.from({ length: 10_000 }, verify);
  await expect(verify()).rejects.toMatchObject({ code: "unavailable" });
  reads[0]?.(makeKey(secret));
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(["allowed"]));
  expect(await verify()).toBe("allowed");
});

test.each<[string, readonly Subject[], boolean]>([
  ["of the key", ["key 7"], false],
  ["of its user", ["user 3"], false],
  ["of everything", ["everything"], false],
  ["of another key", ["key 8"], true],
  ["of another user", ["user 4"], true],
  ["of keys nobody had", ["unknown keys"], true],
])(
  "a key that is read while a change %s comes in is shared with nobody after it, and kept only if it was not meant",
  async (_, subjects, isKept) => {
    const { gate, secret, reads, verify } = heldGate();
    const before = verify();
    gate.forget(subjects);
    const after = verify();
    expect(reads).toHaveLength(2);

    reads[0]?.(makeKey(secret));
    expect(await before).toBe("allowed");
    expect(gate.passFromMemory(secret, undefined) !== undefined).toBe(isKept);
    reads[1]?.(undefined);
    expect(await after).toBe("unknown");
  },
);

test.each([0, 1, 2, 3, 4, 5, 6, 7])(
  "a change that comes in %i microtasks after a key was read finds it and has it forgotten",
  async (ticks) => {
    const { gate, secret, reads, verify } = heldGate();
    const before = verify();
    reads[0]?.(makeKey(secret));
    let moment = Promise.resolve();
    for (let tick = 0; tick < ticks; tick += 1) {
      moment = moment.then(() => {});
    }
    await moment.then(() => gate.forget(["key 7"]));
    expect(await before).toBe("allowed");
    expect(gate.passFromMemory(secret, undefined)).toBeUndefined();
  },
);

/** A gate on clocks that a test sets, whose database can be lost. */
function mortalGate(graceMs: number) {
  const secret = createSecret();
  let nowMs = 0;
  const clocks = { ...machineClocks, monotonicMs: () => nowMs, wallMs: () => 1_700_000_000_000 + nowMs };
  const lease = new RenewedLease(clocks, leaseMs, graceMs);
  const database = { isLost: false, reads: 0 };
  const gate = new Gate({
    findKey: async () => {
      database.reads += 1;
      if (database.isLost) {
        throw new Error("the database is lost");
      }
      return makeKey(secret);
    },
    peppers: new Map(),
    lease,
    clocks,
    keysMax: 10,
  });
  const verify = async (hasGrace = true) => {
    try {
      return (await gate.verify(secret, undefined, hasGrace)).outcome;
    } catch {
      return "unavailable";
    }
  };
  /** Lets time pass; the lease is renewed at its end. */
  const pass = (ms: number, isRenewed = true) => {
    nowMs += ms;
    if (isRenewed) {
      lease.renew(lease.now());
    }
  };
  return { database, verify, pass };
}

test("a key is read again once a minute, for changes that no server has made", async () => {
  const { database, verify, pass } = mortalGate(0);
  pass(0);
  await verify();
  pass(59_000);
  await verify();
  expect(database.reads).toBe(1);
  pass(2000);
  await verify();
  expect(database.reads).toBe(2);
});

test("a lost database is stood in for by memory to the end of the time of grace, however old that is, and not after", async () => {
  const { database, verify, pass } = mortalGate(300_000);
  pass(0);
  await verify();
  database.isLost = true;
  pass(59_000);
  expect(await verify()).toBe("allowed");
  for (let passedMs = 0; passedMs <= 300_000; passedMs += 10_000) {
    pass(10_000, false);
    expect(await verify()).toBe(passedMs < 292_000 ? "allowed" : "unavailable");
  }
});

test("without grace, nothing is judged by memory once the lease is over", async () => {
  const { database, verify, pass } = mortalGate(0);
  pass(0);
  await verify();
  database.isLost = true;
  pass(leaseMs - 1, false);
  expect(await verify()).toBe("allowed");
  pass(1, false);
  expect(await verify()).toBe("unavailable");
});

test("in its time of grace a server tries the database first, and then not again for a second", async () => {
  const { database, verify, pass } = mortalGate(30_000);
  pass(0);
  await verify();
  pass(leaseMs, false);
  await verify();
  expect(database.reads, "a server that was halted and goes on does not judge by what it remembers").toBe(2);
  database.isLost = true;
  for (let call = 0; call < 5; call += 1) {
    expect(await verify()).toBe("allowed");
  }
  expect(database.reads).toBe(3);
  pass(1000, false);
  database.isLost = false;
  await verify();
  expect(database.reads).toBe(4);
});

test("in its time of grace a server lets nobody in who changes something by it, not even while it knows the database is lost", async () => {
  const { database, verify, pass } = mortalGate(30_000);
  pass(0);
  await verify();
  pass(leaseMs, false);
  database.isLost = true;
  expect(await verify(false)).toBe("unavailable");
  expect(await verify()).toBe("allowed");
  expect(await verify(false)).toBe("unavailable");
});

test.each([
  ["is held while both clocks say so", 0, 0, true],
  ["is over when the machine was frozen between the question and the answer", 0, 3_600_000, false],
  ["is over when the clocks come apart by more than a change waits beyond a lease", 0, 250, false],
  ["is over at the end of its time", leaseMs, 0, false],
])("a lease %s", (_, passedMs, frozenMs, isHeld) => {
  let monotonicMs = 1000;
  let wallMs = 1_700_000_000_000;
  const lease = new RenewedLease(
    { ...machineClocks, monotonicMs: () => monotonicMs, wallMs: () => wallMs },
    leaseMs,
  );
  const sent = lease.now();
  wallMs += frozenMs;
  lease.renew(sent);
  monotonicMs += passedMs;
  wallMs += passedMs;
  expect(lease.isHeld()).toBe(isHeld);
});

test("without a lease everybody reads, and nothing is kept", async () => {
  const secret = createSecret();
  let reads = 0;
  const gate = new Gate({
    findKey: async () => {
      reads += 1;
      return makeKey(secret);
    },
    peppers: new Map(),
    lease: new RenewedLease(machineClocks, 1000),
    clocks: machineClocks,
    keysMax: 10,
  });
  await Promise.all([gate.verify(secret, undefined), gate.verify(secret, undefined)]);
  await gate.verify(secret, undefined);
  expect(reads).toBe(3);
  expect(gate.remembered).toBe(0);
});

test("a verdict counts once, whichever way it takes", async () => {
  const { gate, secret, reads, verify } = heldGate();
  const first = verify();
  reads[0]?.(makeKey(secret));
  await first;
  expect(gate.passFromMemory(secret, undefined)?.outcome).toBe("allowed");
  const wrong = `${secret.slice(0, -7)}${createSecret().slice(-7)}`;
  expect(gate.passFromMemory(wrong, undefined)).toBeUndefined();
  expect(gate.counts).toEqual({ hits: 1, misses: 1 });
});

test("a key that was in use is read again, however many are made up at the same address", async () => {
  const secret = createSecret();
  const gate = new Gate({
    findKey: async (secretId) => (secretId === secretIdOf(secret) ? makeKey(secret) : undefined),
    peppers: new Map(),
    lease: unlimitedLease,
    clocks: machineClocks,
    keysMax: 10,
  });
  await gate.verify(secret, undefined);
  const guesses = Array.from({ length: 300 }, async () => gate.verify(createSecret(), undefined));
  const refused = (await Promise.allSettled(guesses)).filter(({ status }) => status === "rejected");
  expect(refused).toHaveLength(100);
  gate.forget(["key 7"]);
  expect((await gate.verify(secret, undefined)).outcome).toBe("allowed");
});

test("what is remembered is bounded, and what was used lately stays", async () => {
  const secrets = Array.from({ length: 30 }, createSecret);
  const gate = new Gate({
    findKey: async (secretId) => {
      const secret = secrets.find((candidate) => secretIdOf(candidate) === secretId) ?? "";
      return { ...makeKey(secret), key: secrets.indexOf(secret) };
    },
    peppers: new Map(),
    lease: unlimitedLease,
    clocks: machineClocks,
    keysMax: 10,
  });
  for (const secret of secrets) {
    await gate.verify(secret, undefined);
    await gate.verify(secrets[0] ?? "", undefined);
  }
  expect(gate.remembered).toBe(10);
  expect(gate.passFromMemory(secrets[0] ?? "", undefined)?.outcome).toBe("allowed");
  expect(gate.passFromMemory(secrets[5] ?? "", undefined)).toBeUndefined();
});

test("a database that hangs is said to hang: so many callers wait, and no more", async () => {
  const gate = new Gate({
    findKey: () => new Promise(() => {}),
    peppers: new Map(),
    lease: unlimitedLease,
    // Whoever waits is told at once in place of after seconds.
    clocks: { ...machineClocks, after: (_, run) => machineClocks.after(0, run) },
    keysMax: 10,
  });
  const answers = await Promise.allSettled(
    Array.from({ length: 2500 }, () =>
      gate.verify(createSecret(), { family: 4, value: BigInt(Math.floor(Math.random() * 2 ** 32)) }),
    ),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(["rejected"]));
  expect(gate.readsUnderWay).toBe(2000);
});
