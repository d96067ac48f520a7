import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Fence, RecordedChange, Subject } from "../fence.ts";
import { ChangeWaits } from "./change-waits.ts";
import { type Clocks, introductionMs, leaseMs, newsMs, RenewedLease, renewalMs } from "./lease.ts";
import type { PendingChange, Renewal, ReplicaStore } from "./replica-store.ts";

/** A replica that has not renewed for so many leases is dead and taken out, so that no change has to wait for it. */
const leasesUntilDead = 5;

/** A change whose writer died before it was settled, by how long it has been seen: every replica has heard of it by then. */
const orphanMs = 60_000;

/** What a replica works with. */
export interface ReplicaDependencies {
  readonly store: ReplicaStore;
  readonly clocks: Clocks;
  readonly lease: RenewedLease;
  /** Forgets what a change makes wrong. */
  readonly forget: (subjects: readonly Subject[]) => void;
  readonly record: Fence["record"];
  readonly logger: Logger;
}

/** What the replica has done so far, for metrics. */
export interface ReplicaCounts {
  fences: number;
  /** Fences that ended with a lease's time rather than with an acknowledgement. */
  fencesByTime: number;
  fenceSeconds: number;
}

/**
 * One server among those on a database. It may judge by what it remembers while it holds a lease; a lease is renewed
 * through the database, and a renewal tells of every change that is pending. A change is answered when every replica
 * that was registered after its commit has acknowledged it, or when the time of a lease has passed since: by then each
 * of them has heard of it or lost its lease. Who was alone at its last renewal answers at once: whoever has registered
 * since judges nothing from memory yet. ARCHITECTURE.md has the proof sketch and the table of failures.
 */
export class Replica implements Pick<Fence, "record" | "hold"> {
  readonly #dependencies: ReplicaDependencies;
  readonly #waits: ChangeWaits;
  #fences = 0;
  #fenceSeconds = 0;
  /** What the others address acknowledgements to. */
  readonly #channel = randomUUID();
  /** Drawn anew for each registration: whoever takes an old one out must never meet a new one. */
  #id: string | undefined;
  #isStopped = false;
  /** Changes that were applied here and may still be pending, with when they were first seen. */
  #applied = new Map<string, number>();
  #renewalsSent = 0;
  /** The others' renewals, with when each number was first seen. */
  #seen = new Map<string, { readonly renewals: number; readonly sinceMs: number }>();
  #settled: string[] = [];
  /** Held while nobody else can judge by memory, by a renewal that found nobody else registered. */
  readonly #solitude: RenewedLease;

  constructor(dependencies: ReplicaDependencies) {
    this.#dependencies = dependencies;
    this.#solitude = new RenewedLease(dependencies.clocks, newsMs);
    this.#waits = new ChangeWaits({
      store: dependencies.store,
      clocks: dependencies.clocks,
      channel: this.#channel,
      ownId: () => this.#id,
      renewalsSent: () => this.#renewalsSent,
    });
  }

  get counts(): ReplicaCounts {
    return {
      fences: this.#fences,
      fencesByTime: this.#waits.endedByTime,
      fenceSeconds: this.#fenceSeconds,
    };
  }

  /** Whether the replica is registered and holds its lease. */
  get isReady(): boolean {
    return this.#id !== undefined && this.#dependencies.lease.isHeld();
  }

  /** Takes up the lease, and keeps it until {@link Replica.stop}. Resolves after the first attempt. */
  async start(): Promise<void> {
    await this.#dependencies.store
      .listen(this.#channel, {
        changed: (change, writer) => this.#hear(change, writer),
        acknowledged: (change, replica) => this.#waits.acknowledged(change, replica),
      })
      .catch((error: unknown) =>
        this.#warn(error, "cannot be woken by changes; they wait for the next renewal"),
      );
    await this.#renewAndGoOn();
  }

  /** Gives the lease up, so that no change waits for this replica. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#dependencies.lease.end();
    this.#solitude.end();
    this.#dependencies.forget(["everything"]);
    if (this.#id !== undefined) {
      await this.#dependencies.store.deregister(this.#id).catch(() => {});
    }
  }

  record(...parameters: Parameters<Fence["record"]>): Promise<RecordedChange> {
    return this.#dependencies.record(...parameters);
  }

  async hold(change: RecordedChange): Promise<void> {
    const { clocks, forget } = this.#dependencies;
    forget(change.subjects);
    if (change.subjects.length === 0) {
      return;
    }
    const committedMs = clocks.monotonicMs();
    if (!this.#solitude.isHeld()) {
      await this.#waits.everybodyHasHeard(change);
    }
    this.#fences += 1;
    this.#fenceSeconds += (clocks.monotonicMs() - committedMs) / 1000;
    this.#settled.push(change.id);
  }

  #hear(change: PendingChange, writer: string): void {
    if (writer === this.#channel || this.#isStopped) {
      return;
    }
    this.#apply(change);
    if (this.#id !== undefined) {
      this.#dependencies.store.acknowledge(change.id, writer, this.#id).catch(() => {});
    }
  }

  #apply({ id, subjects }: PendingChange): void {
    if (!this.#applied.has(id)) {
      this.#dependencies.forget(subjects);
      this.#applied.set(id, this.#dependencies.clocks.monotonicMs());
    }
  }

  async #renewAndGoOn(): Promise<void> {
    try {
      await this.#renew();
    } catch (error) {
      if (this.#isStopped) {
        return;
      }
      this.#warn(error, "the lease could not be renewed; nothing is judged by memory once it has run out");
    }
    if (!this.#isStopped) {
      this.#dependencies.clocks.after(renewalMs, () => void this.#renewAndGoOn());
    }
  }

  async #renew(): Promise<void> {
    const { store, lease, forget } = this.#dependencies;
    const id = this.#id ?? (await this.#register());
    const sent = lease.now();
    this.#renewalsSent += 1;
    const number = this.#renewalsSent;
    const renewal = await this.#inTime(store.renew(id, [...this.#applied.keys()]));
    if (this.#isStopped) {
      return;
    }
    if (renewal === undefined) {
      // Somebody waited out our lease and took us out.
      this.#id = undefined;
      lease.end();
      this.#solitude.end();
      forget(["everything"]);
      return this.#renew();
    }
    if (!lease.isHeld()) {
      // Changes may have come and been settled since it ran out, which no renewal tells of any more.
      forget(["everything"]);
      // Nobody could renew while the database was away, and nobody is dead for that.
      this.#seen.clear();
    }
    this.#takeIn(renewal);
    this.#waits.takeIn(number, renewal.replicas);
    if (renewal.replicas.every((replica) => replica.id === id)) {
      this.#solitude.renew(sent);
      // Nobody goes by what was before our registration.
      lease.holdBack(Number.NEGATIVE_INFINITY);
    } else {
      this.#solitude.end();
    }
    lease.renew(sent);
    this.#tidyUp(renewal);
  }

  async #register(): Promise<string> {
    const id = randomUUID();
    const { store, clocks, lease } = this.#dependencies;
    await this.#inTime(store.register(id));
    lease.holdBack(clocks.monotonicMs() + introductionMs);
    this.#id = id;
    if (this.#isStopped) {
      await store.deregister(id);
    }
    return id;
  }

  #takeIn({ changes }: Renewal): void {
    for (const change of changes) {
      this.#apply(change);
    }
    const visible = new Set(changes.map(({ id }) => id));
    this.#applied = new Map([...this.#applied].filter(([id]) => visible.has(id)));
  }

  /** What nobody waits for: changes everybody has heard of, replicas that are dead, changes whose writer is. */
  #tidyUp({ replicas }: Renewal): void {
    const { store, clocks } = this.#dependencies;
    const nowMs = clocks.monotonicMs();
    const orphans = [...this.#applied].filter(([, sinceMs]) => nowMs - sinceMs > orphanMs).map(([id]) => id);
    const settled = [...this.#settled.splice(0), ...orphans];
    if (settled.length > 0) {
      store.settle(settled).catch(() => this.#settled.push(...settled));
    }
    const before = this.#seen;
    this.#seen = new Map();
    for (const { id, renewals } of replicas) {
      const known = before.get(id);
      // Counted from when the answer came: the renewal of which it tells was sent before that.
      const sinceMs = known?.renewals === renewals ? known.sinceMs : nowMs;
      this.#seen.set(id, { renewals, sinceMs });
      if (id !== this.#id && nowMs - sinceMs > leasesUntilDead * leaseMs) {
        store.remove({ id, renewals }).catch(() => {});
      }
    }
  }

  /** A connection that was cut does not answer at all; another attempt is better than waiting for it. */
  #inTime<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const callOff = this.#dependencies.clocks.after(leaseMs, () => reject(new Error("no answer in time")));
      work.then(resolve, reject).finally(callOff);
    });
  }

  #warn(error: unknown, consequence: string): void {
    this.#dependencies.logger.warn({ err: error }, consequence);
  }
}
