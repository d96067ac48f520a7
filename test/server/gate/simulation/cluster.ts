import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { createSecret, secretIdOf } from "../../../../contract/secret.ts";
import type { RecordedChange, Subject } from "../../../../server/fence.ts";
import { Gate } from "../../../../server/gate/gate.ts";
import { type Lease, RenewedLease } from "../../../../server/gate/lease.ts";
import { leaseMs, Replica } from "../../../../server/gate/replica.ts";
import type { ReplicaStore } from "../../../../server/gate/replica-store.ts";
import { hashSecret } from "../../../../server/identity/secrets.ts";
import { SimulatedDatabase } from "./simulated-database.ts";
import { SimulatedProcess, World } from "./world.ts";

/** What a broken build does otherwise. Each is the real thing when it is left out. */
export interface Sabotage {
  /** The lease that the gate asks. */
  readonly gateLease?: (lease: RenewedLease) => Lease;
  /** The lease that the replica keeps. */
  readonly makeLease?: (process: SimulatedProcess) => RenewedLease;
  readonly store?: (store: ReplicaStore, database: SimulatedDatabase) => ReplicaStore;
  /** What the replica does for forgetting. */
  readonly forget?: (gate: Gate) => (subjects: readonly Subject[]) => void;
}

interface Server {
  readonly process: SimulatedProcess;
  readonly gate: Gate;
  readonly replica: Replica;
}

interface StoredKey {
  readonly secret: string;
  readonly secretId: string;
  readonly key: number;
  /** When the answer to its deletion was given; infinite before. */
  goneSinceMs: number;
}

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
  readonly #sabotage: Sabotage;
  readonly #servers: Server[];
  readonly #keys: readonly StoredKey[];

  constructor(seed: number, servers: number, keys: number, sabotage: Sabotage = {}) {
    this.world = new World(seed);
    this.database = new SimulatedDatabase(this.world);
    this.#sabotage = sabotage;
    this.#keys = Array.from({ length: keys }, (_, key) => this.#store(key));
    this.#servers = Array.from({ length: servers }, () => this.#start());
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

  /** A caller presents a key to a server. */
  present(key: number, server: number): void {
    const { process, gate } = this.#server(server);
    const stored = this.#key(key);
    const presentedMs = this.world.nowMs;
    process.run(() => {
      void Promise.resolve(gate.verify(stored.secret, undefined)).then(
        ({ outcome }) => {
          if (outcome === "allowed") {
            this.passes += 1;
            if (stored.goneSinceMs < presentedMs) {
              const { key: gone, goneSinceMs } = stored;
              this.violations.push({ key: gone, goneSinceMs, presentedMs, server });
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
    const stored = this.#key(key);
    const change: RecordedChange = { id: randomUUID(), subjects: [`key ${stored.key}`] };
    process.run(() => {
      const committed = this.database.execute(process, () => {
        this.database.keys.delete(stored.secretId);
        this.database.pending.set(change.id, change);
      });
      void committed
        .then(() => replica.hold(change))
        .then(
          () => {
            this.answeredChanges += 1;
            stored.goneSinceMs = Math.min(stored.goneSinceMs, this.world.nowMs);
          },
          () => {},
        );
    });
  }

  #store(key: number): StoredKey {
    const secret = createSecret();
    const secretId = secretIdOf(secret) ?? "";
    this.database.keys.set(secretId, {
      ...hashSecret(secret, new Map()),
      key,
      secretId,
      name: `key ${key}`,
      expires: 0,
      lists: { allow: { isEmpty: true, rules: [] }, deny: { isEmpty: true, rules: [] } },
      user: { key: 1, name: "user", identity: 1, enabled: true, physicalAccess: false },
      groups: [],
    });
    return { secret, secretId, key, goneSinceMs: Number.POSITIVE_INFINITY };
  }

  #start(): Server {
    const { gateLease, makeLease, store: sabotageStore, forget } = this.#sabotage;
    const process = new SimulatedProcess(this.world);
    const { clocks } = process;
    const lease = makeLease?.(process) ?? new RenewedLease(clocks, leaseMs);
    const gate = new Gate({
      findKey: (secretId) => this.database.execute(process, () => this.database.keys.get(secretId)),
      peppers: new Map(),
      lease: gateLease?.(lease) ?? lease,
      clocks,
      keysMax: 100,
    });
    const store = this.database.storeFor(process);
    const replica = new Replica({
      store: sabotageStore?.(store, this.database) ?? store,
      clocks,
      lease,
      forget: forget?.(gate) ?? ((subjects) => gate.forget(subjects)),
      record: async (_, subjects) => ({ id: randomUUID(), subjects }),
      logger: silent,
    });
    void replica.start();
    return { process, gate, replica };
  }

  #server(server: number): Server {
    const found = this.#servers[server % this.#servers.length];
    if (found === undefined) {
      throw new Error("a cluster has at least one server");
    }
    return found;
  }

  #key(key: number): StoredKey {
    const found = this.#keys[key % this.#keys.length];
    if (found === undefined) {
      throw new Error("a cluster has at least one key");
    }
    return found;
  }
}
