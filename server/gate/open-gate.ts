import type { Logger } from "pino";
import type { Database } from "../database.ts";
import type { Fence } from "../fence.ts";
import { findKey } from "../identity/known-key.ts";
import type { Peppers } from "../identity/secrets.ts";
import { Gate } from "./gate.ts";
import { type Clocks, leaseMs, machineClocks, RenewedLease, unlimitedLease } from "./lease.ts";
import { localFence } from "./local-fence.ts";
import { GateMetrics } from "./metrics.ts";
import { PostgresReplicaStore } from "./postgres-replica-store.ts";
import { recordChange } from "./record-change.ts";
import { Replica } from "./replica.ts";

/** What the gate is opened with. */
export interface GateOptions {
  readonly database: Database;
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
  const fence = localFence((subjects) => gate.forget(subjects));
  return {
    gate,
    fence,
    metrics,
    isReady: () => true,
    readMetrics: () => metrics.read(),
    close: async () => {},
  };
}

async function openReplica(options: GateOptions, databaseUrl: string): Promise<OpenGate> {
  const { database, peppers, logger, keysMax, staleSeconds } = options;
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
  const forget = gate.forget.bind(gate);
  const replica = new Replica({ store, clocks, lease, forget, record: recordChange, logger });
  await replica.start();
  const metrics = new GateMetrics();
  metrics.watchDatabase(database);
  metrics.watchGate(gate);
  metrics.watchReplica(replica);
  const close = async () => {
    await replica.stop();
    await store.close();
  };
  return {
    gate,
    fence: replica,
    metrics,
    isReady: () => replica.isReady,
    readMetrics: () => metrics.read(),
    close,
  };
}
