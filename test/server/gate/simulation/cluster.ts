import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { createSecret, secretIdOf } from "../../../../contract/secret.ts";
import type { RecordedChange, Subject } from "../../../../server/fence.ts";
import { Gate } from "../../../../server/gate/gate.ts";
import { type Clocks, type Lease, leaseMs, RenewedLease, renewalMs } from "../../../../server/gate/lease.ts";
import { Replica } from "../../../../server/gate/replica.ts";
import type { ReplicaStore } from "../../../../server/gate/replica-store.ts";
import type { KnownKey } from "../../../../server/identity/known-key.ts";
import { hashSecret } from "../../../../server/identity/secrets.ts";
import { SimulatedDatabase } from "./simulated-database.ts";
import { SimulatedProcess, World } from "./world.ts";

/** What a broken build does otherwise. Each is the real thing when it is left out. */
export interface Sabotage {
  /** The lease that the gate asks. */
  readonly gateLease?: (lease: RenewedLease) => Lease;
  /** The lease that the replica keeps. */
  readonly makeLease?: (process: SimulatedProcess) => RenewedLease;
  /** The clocks that the replica goes by. */
  readonly clocks?: (clocks: Clocks) => Clocks;
  readonly store?: (store: ReplicaStore, database: SimulatedDatabase) => ReplicaStore;
  /** What the replica does for forgetting. */
  readonly forget?: (gate: Gate) => (subjects: readonly Subject[]) => void;
}

interface Server {
  readonly process: SimulatedProcess;
  readonly gate: Gate;
  readonly replica: Replica;
}

/** A key that there is when a story begins: the same in all of them, since drawing one takes longer than many a story. */
interface StoredKey {
  readonly secret: string;
  readonly known: KnownKey;
}

/** How many keys there are. */
export const keyCount = 12;

const storedKeys: readonly StoredKey[] = Array.from({ length: keyCount }, (_, key) => {
  const secret = createSecret();
  const known = {
    ...hashSecret(secret, new Map()),
    key,
    secretId: secretIdOf(secret) ?? "",
    name: `key ${key}`,
    expires: 0,
    ended: false,
    lists: { allow: { isEmpty: true, rules: [] }, deny: { isEmpty: true, rules: [] } },
    user: { key: 1, name: "user", identity: 1, enabled: true, physicalAccess: false },
    groups: [],
  };
  return { secret, known };
});

const storedBySecretId = new Map(storedKeys.map(({ known }) => [known.secretId, known]));

const silent = pino({ level: "silent" });

/** A key passed that was gone when it was presented. */
export interface Violation {
  readonly key: number;
  readonly goneSinceMs: number;
  readonly presentedMs: number;
  readonly server: number;
}

/** Real gates and real replicas, on a simulated database, network and clocks. */
export class Cluster {
  readonly world: World;
  readonly database: SimulatedDatabase;
  readonly violations: Violation[] = [];
  /** Verdicts that let a key pass, and those of them that were made from memory. */
  passes = 0;
  answeredChanges = 0;
  /** Told of each deletion that is answered. */
  onAnswer: (key: number) => void = () => {};
  readonly #sabotage: Sabotage;
  readonly #servers: Server[];
  /** When the answer to the deletion of a key was given. */
  readonly #goneSinceMs = new Map<number, number>();

  constructor(seed: number, servers: number, sabotage: Sabotage = {}) {
    this.world = new World(seed);
    this.database = new SimulatedDatabase(this.world, storedBySecretId);
    this.#sabotage = sabotage;
    // One after another, so that they do not all renew at the same moments.
    this.#servers = Array.from({ length: servers }, () => this.#start(this.world.random() * renewalMs));
  }

  /** How many verdicts were made from memory. */
  get hits(): number {
    return this.#servers.reduce((sum, { gate }) => sum + gate.counts.hits, 0);
  }

  processOf(server: number): SimulatedProcess {
    return this.#server(server).process;
  }

  /** Kills a server and starts another in its place. */
  restart(server: number): void {
    this.#server(server).process.kill();
    this.#servers[server % this.#servers.length] = this.#start();
  }

  /** Stops a server as its operator does, and starts another in its place, at once or so many milliseconds later. */
  restartInOrder(server: number, afterMs = 0): void {
    const { process, replica } = this.#server(server);
    process.run(() => void replica.stop());
    this.#servers[server % this.#servers.length] = this.#start(afterMs);
  }

  /** A caller presents a key to a server. */
  present(key: number, server: number): void {
    const { process, gate } = this.#server(server);
    const { secret, known } = keyAt(key);
    const presentedMs = this.world.nowMs;
    process.run(() => {
      void Promise.resolve(gate.verify(secret, undefined)).then(
        ({ outcome }) => {
          if (outcome === "allowed") {
            this.passes += 1;
            const goneSinceMs = this.#goneSinceMs.get(known.key) ?? Number.POSITIVE_INFINITY;
            if (goneSinceMs < presentedMs) {
              this.violations.push({ key: known.key, goneSinceMs, presentedMs, server });
            }
          }
        },
        () => {},
      );
    });
  }

  /** Somebody deletes a key through a server. */
  remove(key: number, server: number): void {
    const { process, replica } = this.#server(server);
    const { known } = keyAt(key);
    const change: RecordedChange = { id: randomUUID(), subjects: [`key ${known.key}`] };
    process.run(() => {
      const committed = this.database.execute(process, "commit", () => {
        this.database.keys.delete(known.secretId);
        this.database.pending.set(change.id, change);
        this.database.flush();
      });
      void committed
        .then(() => replica.hold(change))
        .then(
          () => {
            this.answeredChanges += 1;
            this.onAnswer(key);
            const answeredMs = this.world.nowMs;
            this.#goneSinceMs.set(
              known.key,
              Math.min(this.#goneSinceMs.get(known.key) ?? answeredMs, answeredMs),
            );
          },
          () => {},
        );
    });
  }

  #start(afterMs = 0): Server {
    const { gateLease, makeLease, clocks: sabotageClocks, store: sabotageStore, forget } = this.#sabotage;
    const process = new SimulatedProcess(this.world);
    const { clocks } = process;
    const lease = makeLease?.(process) ?? new RenewedLease(clocks, leaseMs);
    const gate = new Gate({
      findKey: (secretId) => this.database.execute(process, "read", () => this.database.keys.get(secretId)),
      peppers: new Map(),
      lease: gateLease?.(lease) ?? lease,
      clocks,
      keysMax: 100,
    });
    const store = this.database.storeFor(process);
    const replica = new Replica({
      store: sabotageStore?.(store, this.database) ?? store,
      clocks: sabotageClocks?.(clocks) ?? clocks,
      lease,
      forget: forget?.(gate) ?? ((subjects) => gate.forget(subjects)),
      record: async (_, subjects) => ({ id: randomUUID(), subjects }),
      logger: silent,
    });
    clocks.after(afterMs, () => void replica.start());
    return { process, gate, replica };
  }

  #server(server: number): Server {
    const found = this.#servers[server % this.#servers.length];
    if (found === undefined) {
      throw new Error("a cluster has at least one server");
    }
    return found;
  }
}

function keyAt(key: number): StoredKey {
  const found = storedKeys[key % storedKeys.length];
  if (found === undefined) {
    throw new Error("there is a key at each place");
  }
  return found;
}
