import type { Rights } from "../access/rights.ts";
import type { Subject } from "../fence.ts";
import type { KnownKey } from "../identity/known-key.ts";

/**
 * What the users of remembered keys may do, as it was read last. It hangs on the key that was read, so it may be judged by
 * exactly as long as that is remembered: a key that is read again is another object, and has its rights read again.
 */
export class RightsMemory {
  readonly #read: (key: KnownKey) => Promise<Rights>;
  #rights = new WeakMap<KnownKey, Promise<Rights>>();

  /** `read` reads the present rights of a key's user. */
  constructor(read: (key: KnownKey) => Promise<Rights>) {
    this.#read = read;
  }

  /** Call it in the same turn in which the key was judged: later it may be remembered no more. */
  of(key: KnownKey): Promise<Rights> {
    const known = this.#rights.get(key);
    if (known !== undefined) {
      return known;
    }
    const memory = this.#rights;
    const rights = this.#read(key);
    memory.set(key, rights);
    rights.catch(() => memory.delete(key));
    return rights;
  }

  /** Forgets what a change has made wrong. What is being read goes to those who asked before, and to nobody after. */
  forget(subjects: readonly Subject[]): void {
    if (subjects.some((subject) => subject === "rights" || subject === "everything")) {
      this.#rights = new WeakMap();
    }
  }
}
