import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Fence, RecordedChange, Subject } from "../fence.ts";
import type { Clocks, RenewedLease } from "./lease.ts";
import type { PendingChange, Renewal, ReplicaMark, ReplicaStore } from "./replica-store.ts";

/** How long a lease lasts, from when its renewal was sent. */
export const leaseMs = 2000;

/** How often it is renewed. */
const renewalMs = 400;

/** What is waited beyond a lease, for clocks that do not run alike and timers that fire early. */
export const marginMs = 250;

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

/** A change of our own that waits for the other replicas. */
interface Waiting {
  /** Who has acknowledged, which may be before it is known who has to. */
  readonly acknowledged: Set<string>;
  /** Ends it if nobody is left to wait for; `registered` are those whose silence counts, all when it is left out. */
  readonly check: (registered?: ReadonlySet<string>) => void;
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
 * of them has heard of it or lost its lease. ARCHITECTURE.md has the proof sketch and the table of failures.
 */
export class Replica implements Pick<Fence, "record" | "hold"> {
  readonly counts: ReplicaCounts = { fences: 0, fencesByTime: 0, fenceSeconds: 0 };
  readonly #dependencies: ReplicaDependencies;
  /** What the others address acknowledgements to. */
  readonly #channel = randomUUID();
  /** Drawn anew for each registration: whoever takes an old one out must never meet a new one. */
  #id: string | undefined;
  #isStopped = false;
  /** Changes that were applied here and may still be pending, with when they were first seen. */
  #applied = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();
  /** The others' renewals, with when each number was first seen. */
  #seen = new Map<string, { readonly renewals: number; readonly sinceMs: number }>();
  #settled: string[] = [];

  constructor(dependencies: ReplicaDependencies) {
    this.#dependencies = dependencies;
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
        acknowledged: (change, replica) => this.#acknowledged(change, replica),
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
    await this.#everybodyHasHeard(change, committedMs + leaseMs + marginMs);
    this.counts.fences += 1;
    this.counts.fenceSeconds += (clocks.monotonicMs() - committedMs) / 1000;
    this.#settled.push(change.id);
  }

  /** Resolves when every replica has acknowledged, or at the deadline. */
  #everybodyHasHeard(change: PendingChange, deadlineMs: number): Promise<void> {
    const { clocks, store } = this.#dependencies;
    return new Promise((resolve) => {
      let pending: readonly ReplicaMark[] | undefined;
      const acknowledged = new Set<string>();
      const finish = () => {
        callOff();
        this.#waiting.delete(change.id);
        resolve();
      };
      const check = (registered?: ReadonlySet<string>) => {
        pending = pending?.filter(({ id }) => !acknowledged.has(id) && registered?.has(id) !== false);
        if (pending?.length === 0) {
          finish();
        }
      };
      const callOff = clocks.after(deadlineMs - clocks.monotonicMs(), () => {
        this.counts.fencesByTime += 1;
        for (const mark of pending ?? []) {
          // It is removed unless it has renewed meanwhile: then it is paused or dead, and the next change need not wait.
          store.remove(mark).catch(() => {});
        }
        finish();
      });
      this.#waiting.set(change.id, { acknowledged, check });
      this.#publish(change, deadlineMs, (marks) => {
        pending = marks;
        check();
      });
    });
  }

  #publish(change: PendingChange, deadlineMs: number, tell: (others: readonly ReplicaMark[]) => void): void {
    const { clocks, store } = this.#dependencies;
    store.publish(change, this.#channel).then(
      (marks) => tell(marks.filter(({ id }) => id !== this.#id)),
      () => {
        // Without the database nobody can be told; the deadline needs no database.
        if (clocks.monotonicMs() + renewalMs < deadlineMs) {
          clocks.after(renewalMs, () => this.#publish(change, deadlineMs, tell));
        }
      },
    );
  }

  #acknowledged(change: string, replica: string): void {
    const waiting = this.#waiting.get(change);
    waiting?.acknowledged.add(replica);
    waiting?.check();
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
    const { store, clocks, lease, forget } = this.#dependencies;
    const id = this.#id ?? (await this.#register());
    const sentMs = clocks.monotonicMs();
    const renewal = await this.#inTime(store.renew(id, [...this.#applied.keys()]));
    if (this.#isStopped) {
      return;
    }
    if (renewal === undefined) {
      // Somebody waited out our lease and took us out.
      this.#id = undefined;
      lease.end();
      forget(["everything"]);
      return this.#renew();
    }
    if (!lease.isHeld()) {
      // Changes may have come and been settled since it ran out, which no renewal tells of any more.
      forget(["everything"]);
    }
    this.#takeIn(renewal);
    lease.renew(sentMs);
    this.#tidyUp(renewal);
  }

  async #register(): Promise<string> {
    const id = randomUUID();
    await this.#inTime(this.#dependencies.store.register(id));
    this.#id = id;
    return id;
  }

  #takeIn({ changes, replicas }: Renewal): void {
    for (const change of changes) {
      this.#apply(change);
    }
    const visible = new Set(changes.map(({ id }) => id));
    this.#applied = new Map([...this.#applied].filter(([id]) => visible.has(id)));
    for (const { id, acknowledged } of replicas) {
      for (const change of acknowledged) {
        this.#waiting.get(change)?.acknowledged.add(id);
      }
    }
    // A replica is gone when it has stopped or when its lease was waited out: there is nothing left to hear from it.
    const registered = new Set(replicas.map(({ id }) => id));
    for (const { check } of this.#waiting.values()) {
      check(registered);
    }
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
