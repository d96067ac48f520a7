import { type Clocks, leaseMs, marginMs, renewalMs } from "./lease.ts";
import type { PendingChange, ReplicaMark, ReplicaStore } from "./replica-store.ts";

/** What the waits are made with. */
export interface WaitDependencies {
  readonly store: ReplicaStore;
  readonly clocks: Clocks;
  /** What the others address acknowledgements to. */
  readonly channel: string;
  /** Our own registration, for which nobody waits. */
  readonly ownId: () => string | undefined;
  /** How many renewals have been sent so far. */
  readonly renewalsSent: () => number;
}

/** A change of our own that waits for the other replicas. */
interface Waiting {
  /** Who has acknowledged, which may be before it is known who has to. */
  readonly acknowledged: Set<string>;
  /** Takes in who is registered by a renewal, told by its number; ends the wait if nobody is left to wait for. */
  readonly check: (renewal?: { readonly number: number; readonly registered: ReadonlySet<string> }) => void;
}

/** Changes of this server's own on their way from the commit to the answer, while other replicas may not know of them. */
export class ChangeWaits {
  /** How many ended with a lease's time rather than with an acknowledgement. */
  endedByTime = 0;
  readonly #dependencies: WaitDependencies;
  readonly #waiting = new Map<string, Waiting>();

  constructor(dependencies: WaitDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Call it after the commit. Resolves when each replica that was registered then has acknowledged the change or left, or
   * when the leases have run out that were asked for before the commit.
   */
  everybodyHasHeard(change: PendingChange): Promise<void> {
    const { clocks, renewalsSent } = this.#dependencies;
    const deadlineMs = clocks.monotonicMs() + leaseMs + marginMs;
    return new Promise((resolve) => {
      let pending: readonly ReplicaMark[] | undefined;
      let renewalsBefore = 0;
      let outlivedMs = 0;
      const acknowledged = new Set<string>();
      const finish = () => {
        callOff();
        this.#waiting.delete(change.id);
        resolve();
      };
      const check: Waiting["check"] = (renewal) => {
        // A renewal that was sent before we knew who has to acknowledge may know of fewer replicas than we do.
        const registered =
          renewal !== undefined && renewal.number > renewalsBefore ? renewal.registered : undefined;
        pending = pending?.filter(({ id }) => !acknowledged.has(id) && registered?.has(id) !== false);
        if (pending?.length === 0) {
          finish();
        }
      };
      const callOff = clocks.after(deadlineMs - clocks.monotonicMs(), () => {
        this.endedByTime += 1;
        this.#removeAt(outlivedMs, pending ?? []);
        finish();
      });
      this.#waiting.set(change.id, { acknowledged, check });
      this.#tell(change, deadlineMs, (marks) => {
        pending = marks;
        renewalsBefore = renewalsSent();
        outlivedMs = clocks.monotonicMs() + leaseMs + marginMs;
        check();
      });
    });
  }

  /** A replica has acknowledged a change. */
  acknowledged(change: string, replica: string): void {
    const waiting = this.#waiting.get(change);
    waiting?.acknowledged.add(replica);
    waiting?.check();
  }

  /** Takes in the answer to the renewal of that number. */
  takeIn(
    number: number,
    replicas: readonly (ReplicaMark & { readonly acknowledged: readonly string[] })[],
  ): void {
    for (const { id, acknowledged } of replicas) {
      for (const change of acknowledged) {
        this.#waiting.get(change)?.acknowledged.add(id);
      }
    }
    // A replica is gone when it has stopped or when its lease was waited out: there is nothing left to hear from it.
    const registered = new Set(replicas.map(({ id }) => id));
    for (const { check } of this.#waiting.values()) {
      check({ number, registered });
    }
  }

  #tell(change: PendingChange, deadlineMs: number, take: (others: readonly ReplicaMark[]) => void): void {
    const { clocks, store, channel, ownId } = this.#dependencies;
    store.registered().then(
      (marks) => {
        const others = marks.filter(({ id }) => id !== ownId());
        if (others.length > 0) {
          // Without it they hear of the change, and we of their acknowledgements, by renewals.
          store.wake(change, channel).catch(() => {});
        }
        take(others);
      },
      () => {
        // Without the database nobody can be told; the deadline needs no database.
        if (clocks.monotonicMs() + renewalMs < deadlineMs) {
          clocks.after(renewalMs, () => this.#tell(change, deadlineMs, take));
        }
      },
    );
  }

  /**
   * Takes replicas out which do not answer, so that the next change need not wait for them, if they have not renewed
   * meanwhile. Not before the lease has run out of which their mark tells: that renewal was sent before we saw the mark,
   * which may have been long after the commit.
   */
  #removeAt(outlivedMs: number, marks: readonly ReplicaMark[]): void {
    const { clocks, store } = this.#dependencies;
    if (marks.length > 0) {
      clocks.after(outlivedMs - clocks.monotonicMs(), () => {
        for (const mark of marks) {
          store.remove(mark).catch(() => {});
        }
      });
    }
  }
}
