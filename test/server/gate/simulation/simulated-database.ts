import type {
  Listener,
  PendingChange,
  ReplicaMark,
  ReplicaStore,
} from "../../../../server/gate/replica-store.ts";
import type { KnownKey } from "../../../../server/identity/known-key.ts";
import type { SimulatedProcess, World } from "./world.ts";

/** How the network and the database behave at the moment. */
export interface Weather {
  /** The longest that a message takes each way, in milliseconds. */
  delayMs: number;
  /** How many of the messages that wake replicas are lost, from 0 to 1. */
  loss: number;
  /** Whether the database answers at all; what is sent meanwhile fails. */
  isUp: boolean;
}

interface Row {
  renewals: number;
  acknowledged: readonly string[];
}

/** One database, whose statements take effect at one moment each, and messages that take their time or get lost. */
export class SimulatedDatabase {
  readonly weather: Weather = { delayMs: 5, loss: 0, isUp: true };
  /** The keys that there are, by the public id of their secrets. */
  readonly keys = new Map<string, KnownKey>();
  readonly pending = new Map<string, PendingChange>();
  readonly replicas = new Map<string, Row>();
  readonly listeners = new Map<string, { process: SimulatedProcess; listener: Listener }>();
  /** Processes that the network does not reach: their statements get no answer at all. */
  readonly cutOff = new Set<SimulatedProcess>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Sends a statement from a process, and brings the answer back to it. */
  execute<T>(process: SimulatedProcess, statement: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const travel = (run: () => void) => {
        this.#world.after(this.#world.random() * this.weather.delayMs, () => {
          if (!this.cutOff.has(process)) {
            run();
          }
        });
      };
      travel(() => {
        if (!this.weather.isUp) {
          travel(() => process.run(() => reject(new Error("the database is down"))));
          return;
        }
        const answer = statement();
        travel(() => process.run(() => resolve(answer)));
      });
    });
  }

  /** Sends a message to whoever listens, sometimes in vain. */
  tell(tellOne: (listener: Listener, channel: string) => void): void {
    for (const [channel, { process, listener }] of this.listeners) {
      if (this.#world.random() >= this.weather.loss && !this.cutOff.has(process)) {
        this.#world.after(this.#world.random() * this.weather.delayMs, () =>
          process.run(() => tellOne(listener, channel)),
        );
      }
    }
  }

  /** What replicas share, as one process reaches it. */
  storeFor(process: SimulatedProcess): ReplicaStore {
    const execute = <T>(statement: () => T) => this.execute(process, statement);
    return {
      register: (id) => execute(() => void this.replicas.set(id, { renewals: 0, acknowledged: [] })),
      renew: (id, acknowledged) =>
        execute(() => {
          const row = this.replicas.get(id);
          if (row === undefined) {
            return undefined;
          }
          this.replicas.set(id, { renewals: row.renewals + 1, acknowledged });
          return { changes: [...this.pending.values()], replicas: this.#marks() };
        }),
      publish: (change, writer) =>
        execute(() => {
          this.tell((listener) => listener.changed(change, writer));
          return this.#marks();
        }),
      acknowledge: (change, writer, replica) =>
        execute(() =>
          this.tell((listener, channel) => {
            if (channel === writer) {
              listener.acknowledged(change, replica);
            }
          }),
        ),
      remove: (mark) => execute(() => this.remove(mark)),
      deregister: (id) => execute(() => void this.replicas.delete(id)),
      settle: (changes) => execute(() => changes.forEach((id) => void this.pending.delete(id))),
      listen: async (id, listener) => void this.listeners.set(id, { process, listener }),
    };
  }

  remove({ id, renewals }: ReplicaMark): void {
    if (this.replicas.get(id)?.renewals === renewals) {
      this.replicas.delete(id);
    }
  }

  #marks() {
    return [...this.replicas].map(([id, row]) => ({ id, ...row }));
  }
}
