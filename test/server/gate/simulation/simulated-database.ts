import type {
  Listener,
  PendingChange,
  ReplicaMark,
  ReplicaStore,
} from "../../../../server/gate/replica-store.ts";
import type { KnownKey } from "../../../../server/identity/known-key.ts";
import type { SimulatedProcess, World } from "./world.ts";

/** What is sent, each of which may be long on its way while the others are not. */
export const messageKinds = [
  "read",
  "commit",
  "register",
  "renew",
  "registered",
  "wake",
  "acknowledge",
  "remove",
  "settle",
] as const;

export type MessageKind = (typeof messageKinds)[number];

/** Something that is slow for a while. */
export interface Delay {
  /** Whose messages; everybody's when undefined. */
  readonly process: SimulatedProcess | undefined;
  /** Which; all when undefined. */
  readonly message: MessageKind | undefined;
  readonly direction: "there" | "back" | "both";
  /** The longest that a message takes, in milliseconds. */
  readonly delayMs: number;
}

/** The longest that a message takes otherwise, in milliseconds. */
const ordinaryMs = 5;

interface Row {
  readonly renewals: number;
  readonly acknowledged: readonly string[];
}

/** One database, whose statements take effect at one moment each, and messages that take their time or get lost. */
export class SimulatedDatabase {
  /** What is slow at the moment. */
  readonly delays = new Set<Delay>();
  /** How many of the messages that wake replicas are lost, from 0 to 1. */
  loss = 0;
  /** Whether the engine knows such messages at all. */
  hasMessages = true;
  /** Whether a crash leaves a renewal as it was. */
  isRenewalDurable = true;
  /** Whether the database answers at all; what is sent meanwhile fails. */
  isUp = true;
  /** The keys that there are, by the public id of their secrets. */
  readonly keys: Map<string, KnownKey>;
  readonly pending = new Map<string, PendingChange>();
  readonly replicas = new Map<string, Row>();
  readonly listeners = new Map<string, { process: SimulatedProcess; listener: Listener }>();
  /** Processes that the network does not reach: their statements get no answer at all. */
  readonly cutOff = new Set<SimulatedProcess>();
  readonly #world: World;
  /** What takes back, last first, what a crash would lose: all since the last statement that waited for the disk. */
  #losable: (() => void)[] = [];

  constructor(world: World, keys: ReadonlyMap<string, KnownKey>) {
    this.#world = world;
    this.keys = new Map(keys);
  }

  /** Sends a statement from a process, and brings the answer back to it. */
  execute<T>(process: SimulatedProcess, message: MessageKind, statement: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = (run: () => void) =>
        this.#travel(process, message, "back", () => {
          process.run(run);
        });
      this.#travel(process, message, "there", () => {
        try {
          if (!this.isUp) {
            throw new Error("the database is down");
          }
          const result = statement();
          answer(() => resolve(result));
        } catch (error) {
          answer(() => reject(error));
        }
      });
    });
  }

  /** What was done so far outlives a crash. */
  flush(): void {
    this.#losable = [];
  }

  /** Takes back what no crash is to outlive. */
  crash(): void {
    for (const takeBack of this.#losable.reverse()) {
      takeBack();
    }
    this.flush();
  }

  /** Sets or deletes an entry without waiting for the disk. */
  change<V>(map: Map<string, V>, key: string, value: V | undefined): void {
    const before = map.get(key);
    put(map, key, value);
    this.#losable.push(() => put(map, key, before));
  }

  /** What replicas share, as one process reaches it. */
  storeFor(process: SimulatedProcess): ReplicaStore {
    const execute = <T>(message: MessageKind, statement: () => T) =>
      this.execute(process, message, statement);
    return {
      register: (id) =>
        execute("register", () => {
          this.change(this.replicas, id, { renewals: 0, acknowledged: [] });
          this.flush();
        }),
      renew: (id, acknowledged) =>
        execute("renew", () => {
          const row = this.replicas.get(id);
          if (row === undefined) {
            return undefined;
          }
          this.change(this.replicas, id, { renewals: row.renewals + 1, acknowledged });
          if (this.isRenewalDurable) {
            this.flush();
          }
          return { changes: [...this.pending.values()], replicas: this.marks() };
        }),
      registered: () => execute("registered", () => this.marks()),
      wake: (change, writer) =>
        execute("wake", () => this.#tell("wake", (listener) => listener.changed(change, writer))),
      acknowledge: (change, writer, replica) =>
        execute("acknowledge", () =>
          this.#tell("acknowledge", (listener, channel) => {
            if (channel === writer) {
              listener.acknowledged(change, replica);
            }
          }),
        ),
      remove: (mark) => execute("remove", () => this.remove(mark)),
      deregister: (id) => execute("remove", () => this.change(this.replicas, id, undefined)),
      settle: (changes) =>
        execute("settle", () => {
          for (const id of changes) {
            this.change(this.pending, id, undefined);
          }
        }),
      listen: async (id, listener) => void this.listeners.set(id, { process, listener }),
    };
  }

  remove({ id, renewals }: ReplicaMark): void {
    if (this.replicas.get(id)?.renewals === renewals) {
      this.change(this.replicas, id, undefined);
    }
  }

  marks() {
    return [...this.replicas].map(([id, row]) => ({ id, ...row }));
  }

  /** Sends a message to whoever listens, sometimes in vain. */
  #tell(message: MessageKind, tellOne: (listener: Listener, channel: string) => void): void {
    if (!this.hasMessages) {
      throw new Error("no such function");
    }
    for (const [channel, { process, listener }] of this.listeners) {
      if (this.#world.random() >= this.loss) {
        this.#travel(process, message, "back", () => process.run(() => tellOne(listener, channel)));
      }
    }
  }

  #travel(process: SimulatedProcess, message: MessageKind, way: "there" | "back", arrive: () => void): void {
    let longestMs = ordinaryMs;
    for (const delay of this.delays) {
      const isMeant =
        (delay.process === undefined || delay.process === process) &&
        (delay.message === undefined || delay.message === message) &&
        (delay.direction === "both" || delay.direction === way);
      longestMs = isMeant ? Math.max(longestMs, delay.delayMs) : longestMs;
    }
    // Half of them take all of the time: what is late is mostly late alike.
    const part = Math.min(1, 2 * this.#world.random());
    this.#world.after(part * longestMs, () => {
      if (!this.cutOff.has(process)) {
        arrive();
      }
    });
  }
}

function put<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) {
    map.delete(key);
  } else {
    map.set(key, value);
  }
}
