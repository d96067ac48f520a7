import { type Clocks, leaseMs, type Moment, marginMs, RenewedLease } from "../../../../server/gate/lease.ts";
import type { Renewal, ReplicaStore } from "../../../../server/gate/replica-store.ts";
import type { Sabotage } from "./cluster.ts";

/** Builds in which one step of the protocol is missing; the name ends the sentence "a build that". */
export const brokenBuilds = {
  "does not look at the lease": {
    gateLease: () => ({ graceMs: 0, isHeld: () => true, isInGrace: () => false }),
  },
  "counts the lease from the answer": { makeLease: ({ clocks }) => new LateLease(clocks, leaseMs) },
  "compares the clocks from the answer": { makeLease: ({ clocks }) => new LateComparison(clocks, leaseMs) },
  "judges by memory as soon as it is registered": {
    makeLease: ({ clocks }) => new EagerLease(clocks, leaseMs),
  },
  "waits for nobody": { store: (store) => ({ ...store, registered: async () => [] }) },
  "remembers on after its lease has run out": {
    forget: (gate) => (subjects) => {
      if (subjects[0] !== "everything") {
        gate.forget(subjects);
      }
    },
  },
  "forgets nothing that it is told of by others": { forget: () => () => {} },
  "takes out a server that has renewed": {
    store: (store, database) => ({
      ...store,
      remove: async ({ id }) => void database.replicas.delete(id),
    }),
  },
  "takes out a server whose lease may run on": { clocks: withHastyRemovals },
  "takes old news for new of who is registered": { store: withOldNews },
  "renews without waiting for the disk": {
    store: (store, database) => {
      database.isRenewalDurable = false;
      return store;
    },
  },
} as const satisfies Record<string, Sabotage>;

/** A lease that is held whoever may not know yet that its holder has registered. */
class EagerLease extends RenewedLease {
  override holdBack(): void {}
}

/** A lease that counts from when the answer came rather than from when it was asked for. */
class LateLease extends RenewedLease {
  override renew(): void {
    super.renew(this.now());
  }
}

/** A lease that compares the clocks from when the answer came: it sees no freeze before that. */
class LateComparison extends RenewedLease {
  override renew(sent: Moment): void {
    const { wallMs, monotonicMs } = this.now();
    super.renew({ ...sent, wallMs: wallMs - (monotonicMs - sent.monotonicMs) });
  }
}

/** Clocks by which a server is taken out at the end of a change's wait, whenever it was that it was seen. */
function withHastyRemovals(clocks: Clocks): Clocks {
  let isEndOfWait = false;
  return {
    ...clocks,
    after: (delayMs, run) =>
      clocks.after(isEndOfWait ? 0 : delayMs, () => {
        isEndOfWait = Math.round(delayMs) === leaseMs + marginMs;
        run();
        isEndOfWait = false;
      }),
  };
}

/** A store whose renewals tell who was registered at the renewal before. */
function withOldNews(store: ReplicaStore): ReplicaStore {
  let last: Renewal | undefined;
  return {
    ...store,
    renew: async (id, acknowledged) => {
      const before = last;
      last = await store.renew(id, acknowledged);
      return last && before ? { ...last, replicas: before.replicas } : last;
    },
  };
}
