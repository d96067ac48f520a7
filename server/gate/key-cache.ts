import { LRUCache } from "lru-cache";
import type { Subject } from "../fence.ts";
import type { KnownKey } from "../identity/known-key.ts";

/** What is remembered of an id: its key, or that it is nobody's. */
export interface Remembered {
  readonly key: KnownKey | undefined;
  /** When it was read, by the monotonic clock. */
  readonly readMs: number;
}

/** No more than keys, where fewer of those are remembered. */
const unknownIdsMax = 10_000;

/**
 * Keys as they were read last, by the public id of their secret, and ids that were looked up in vain. Bounded: what was
 * used least recently goes. A secret is never in it: it is proved against the hash each time.
 */
export class KeyCache {
  readonly #keys: LRUCache<string, Remembered & { readonly key: KnownKey }>;
  readonly #unknown: LRUCache<string, Remembered>;
  /** Ids that were somebody's when they were read last, whatever has been forgotten of them since. */
  readonly #usedIds: LRUCache<string, true>;
  readonly #idsOfUsers = new Map<number, Set<string>>();
  readonly #idsOfKeys = new Map<number, string>();

  constructor(keysMax: number) {
    this.#keys = new LRUCache({
      max: keysMax,
      dispose: ({ key }, secretId) => this.#unlink(key, secretId),
    });
    this.#unknown = new LRUCache({ max: Math.min(unknownIdsMax, keysMax) });
    this.#usedIds = new LRUCache({ max: keysMax });
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#keys.size;
  }

  get(secretId: string): Remembered | undefined {
    return this.#keys.get(secretId) ?? this.#unknown.get(secretId);
  }

  /** Whether an id is known to have been a key's: whoever presents it is not guessing. */
  isOfKey(secretId: string): boolean {
    return this.#usedIds.has(secretId);
  }

  /** Notes that an id is a key's, where the key itself is not to be remembered. */
  noteKey(secretId: string): void {
    this.#usedIds.set(secretId, true);
  }

  set(secretId: string, key: KnownKey | undefined, readMs: number): void {
    if (key === undefined) {
      this.#usedIds.delete(secretId);
      this.#keys.delete(secretId);
      this.#unknown.set(secretId, { key, readMs });
      return;
    }
    this.#usedIds.set(secretId, true);
    this.#unknown.delete(secretId);
    this.#keys.set(secretId, { key, readMs });
    const ids = this.#idsOfUsers.get(key.user.key) ?? new Set();
    this.#idsOfUsers.set(key.user.key, ids.add(secretId));
    this.#idsOfKeys.set(key.key, secretId);
  }

  /** Forgets what a change has made wrong. */
  forget(subject: Subject): void {
    if (subject === "everything") {
      this.#keys.clear();
      this.#unknown.clear();
      return;
    }
    if (subject === "unknown keys") {
      // Clearing takes as long as there is room, and every change of a key comes here.
      if (this.#unknown.size > 0) {
        this.#unknown.clear();
      }
      return;
    }
    const [kind, key] = subject.split(" ");
    const ids =
      kind === "user" ? (this.#idsOfUsers.get(Number(key)) ?? []) : [this.#idsOfKeys.get(Number(key)) ?? ""];
    for (const secretId of [...ids]) {
      this.#keys.delete(secretId);
    }
  }

  #unlink({ key, user }: KnownKey, secretId: string): void {
    this.#idsOfKeys.delete(key);
    const ids = this.#idsOfUsers.get(user.key);
    ids?.delete(secretId);
    if (ids?.size === 0) {
      this.#idsOfUsers.delete(user.key);
    }
  }
}

/** Whether a change may concern a key that was read while it happened. */
export function concerns(subject: Subject, key: KnownKey | undefined): boolean {
  switch (subject) {
    case "everything":
      return true;
    case "unknown keys":
      return key === undefined;
    default:
      return subject === `key ${key?.key}` || subject === `user ${key?.user.key}`;
  }
}
