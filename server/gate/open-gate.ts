import type { Logger } from "pino";
import type { Database, OpenDatabase } from "../database.ts";
import type { Fence, Subject } from "../fence.ts";
import { findKey } from "../identity/known-key.ts";
import { rightsOf } from "../identity/rights-of.ts";
import type { Peppers } from "../identity/secrets.ts";
import { Gate } from "./gate.ts";
import { type Clocks, leaseMs, machineClocks, RenewedLease, unlimitedLease } from "./lease.ts";
import { localFence } from "./local-fence.ts";
import { GateMetrics } from "./metrics.ts";
import { outlastOthers } from "./outlast-others.ts";
import { PostgresReplicaStore } from "./postgres-replica-store.ts";
import { recordChange } from "./record-change.ts";
import { Replica } from "./replica.ts";
import { RightsMemory } from "./rights-memory.ts";

/** What the gate is opened with. */
export interface GateOptions {
  readonly database: Database;
  readonly connections: OpenDatabase["connections"];
  /** The Postgres that other servers may share; undefined for an embedded database, which has one server only. */
  readonly databaseUrl: string | undefined;
  readonly peppers: Peppers;
  readonly logger: Logger;
  /** How many keys are remembered. */
  readonly keysMax: number;
  /** How long after the end of a lease verdicts are still made from memory; 0 to refuse instead. */
  readonly staleSeconds: number;
}

/** The gate of a running server, with everything that belongs to it. */
export interface OpenGate {
  readonly gate: Gate;
  readonly rights: RightsMemory;
  readonly fence: Fence;
  readonly metrics: GateMetrics;
  readonly isReady: () => boolean;
  readonly readMetrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  /** Call it when no more requests come and before the database is closed. */
  close(): Promise<void>;
}

/** Opens the gate: alone with an embedded database, or as one replica among those that share a Postgres. */
export async function openGate(options: GateOptions): Promise<OpenGate> {
  return options.databaseUrl === undefined ? openAlone(options) : openReplica(options, options.databaseUrl);
}

/** The gate of the only server of a database. */
export function openAlone({
  database,
  peppers,
  keysMax,
  clocks = machineClocks,
}: Pick<GateOptions, "database" | "peppers" | "keysMax"> & { readonly clocks?: Clocks }): OpenGate {
  const gate = new Gate({
    findKey: (secretId) => findKey(database, secretId),
    peppers,
    keysMax,
    lease: unlimitedLease,
    clocks,
  });
  const metrics = new GateMetrics();
  metrics.watchDatabase(database);
  metrics.watchGate(gate);
  const rights = rightsMemory(database);
  return {
    gate,
    rights,
    fence: localFence(forgetIn(gate, rights)),
    metrics,
    isReady: () => true,
    readMetrics: () => metrics.read(),
    close: async () => {},
  };
}

async function openReplica(options: GateOptions, databaseUrl: string): Promise<OpenGate> {
  const { database, connections, peppers, logger, keysMax, staleSeconds } = options;
  const clocks = machineClocks;
  const lease = new RenewedLease(clocks, leaseMs, staleSeconds * 1000);
  const gate = new Gate({
    findKey: (secretId) => findKey(database, secretId),
    peppers,
    keysMax,
    lease,
    clocks,
  });
  const store = new PostgresReplicaStore(databaseUrl);
  const rights = rightsMemory(database);
  const forget = forgetIn(gate, rights);
  const replica = new Replica({ store, clocks, lease, forget, record: recordChange, logger });
  await replica.start();
  const metrics = new GateMetrics();
  // Before the statement by which the database is watched, which takes a connection itself.
  metrics.watchConnections(connections);
  metrics.watchDatabase(database);
  metrics.watchGate(gate);
  metrics.watchReplica(replica);
  const close = async () => {
    await replica.stop();
    await store.close();
  };
  return {
    gate,
    rights,
    fence: {
      record: recordChange,
      hold: (change) => replica.hold(change),
      outlastOthers: () => outlastOthers(database, clocks),
    },
    metrics,
    isReady: () => replica.isReady,
    readMetrics: () => metrics.read(),
    close,
  };
}

function rightsMemory(database: Database): RightsMemory {
  return new RightsMemory(({ user }) =>
    rightsOf(database, { ...user, hasPhysicalAccess: user.physicalAccess }),
  );
}

function forgetIn(gate: Gate, rights: RightsMemory): (subjects: readonly Subject[]) => void {
  return (subjects) => {
    gate.forget(subjects);
    rights.forget(subjects);
  };
}
