import type { Subject } from "../fence.ts";

/** A replica as it stands in the database. */
export interface ReplicaMark {
  readonly id: string;
  readonly renewals: number;
}

/** A change that replicas are to hear of. */
export interface PendingChange {
  readonly id: string;
  readonly subjects: readonly Subject[];
}

/** What a replica learns when it renews its lease, all of it true at one moment after the renewal was sent. */
export interface Renewal {
  readonly changes: readonly PendingChange[];
  readonly replicas: readonly (ReplicaMark & { readonly acknowledged: readonly string[] })[];
}

/** What wakes a replica between renewals. Messages may be lost: the next renewal says the same. */
export interface Listener {
  changed(change: PendingChange, writer: string): void;
  acknowledged(change: string, replica: string): void;
}

/**
 * What replicas share. Every method is one statement on the one primary database, or fails; none is retried here. It is
 * an interface so that the protocol can be run against a simulated database that delays, loses and reorders.
 */
export interface ReplicaStore {
  /** Durably, before the replica remembers anything. */
  register(id: string): Promise<void>;
  /**
   * Undefined when the replica is no longer registered. Durably: were the count taken back by a crash of the database,
   * a replica that has renewed would look like one that has not, and be removed while its lease runs.
   */
  renew(id: string, acknowledged: readonly string[]): Promise<Renewal | undefined>;
  /** Who is registered, at a moment after the call. */
  registered(): Promise<readonly ReplicaMark[]>;
  /** Tells the others of a change. Where the engine has no messages it fails, and they hear of it when they renew. */
  wake(change: PendingChange, writer: string): Promise<void>;
  acknowledge(change: string, writer: string, replica: string): Promise<void>;
  /** Takes a replica out, unless it has renewed since it was seen; only once a lease has passed since. */
  remove(mark: ReplicaMark): Promise<void>;
  /** Takes the replica itself out. */
  deregister(id: string): Promise<void>;
  /** Deletes changes that everybody has heard of. */
  settle(changes: readonly string[]): Promise<void>;
  listen(id: string, listener: Listener): Promise<void>;
}
