import type { Address } from "../../contract/address-rule.ts";
import { secretIdOf, secretIdPlace } from "../../contract/secret.ts";
import { ApiError, unavailable } from "../errors.ts";
import type { Subject } from "../fence.ts";
import { type Admission, judgeKey, unknownKey, type Verdict } from "../identity/judge-key.ts";
import type { KnownKey } from "../identity/known-key.ts";
import type { Peppers } from "../identity/secrets.ts";
import { concerns, KeyCache, type Remembered } from "./key-cache.ts";
import { type Clocks, type Lease, leaseMs } from "./lease.ts";
import { MissLimit } from "./miss-limit.ts";

/** What verdicts are made with. */
export interface GateDependencies {
  /** Reads a key by the public id of its secret. */
  readonly findKey: (secretId: string) => Promise<KnownKey | undefined>;
  readonly peppers: Peppers;
  readonly lease: Lease;
  readonly clocks: Clocks;
  /** How many keys are remembered. */
  readonly keysMax: number;
}

/** After how long a key is read again, in milliseconds: the bound on what is changed behind the servers' backs. */
const maxAgeMs = 60_000;

/** How long a caller waits for the database, in milliseconds, before it is told that there is no verdict. */
const patienceMs = 5000;

/** The same for one that can be told a verdict from memory instead, because the gate is in its time of grace. */
const gracePatienceMs = 500;

/** How long a database that gave no answer is taken for lost, in milliseconds, before it is tried again. */
const lostMs = 1000;

/** The most callers who wait for a key to be read: it may be one key for all of them. */
const waitingMax = 10_000;

/** The most keys read at once: when the database hangs, callers are told so rather than kept in memory. */
const readingsMax = 2000;

/** A key being read, and what has changed since. */
interface Reading {
  readonly key: Promise<KnownKey | undefined>;
  readonly missed: Subject[];
}

/** What the gate has done so far, for metrics. */
export interface GateCounts {
  /** Verdicts from memory. */
  hits: number;
  /** Verdicts for which a key was read. */
  misses: number;
}

/**
 * Decides whether a presented secret may pass: form and checksum first, then memory while the lease is held, then one
 * indexed read. What is read while a change happens is used for those who asked before, and not kept. In its time of
 * grace the gate tries the read all the same, and turns to memory only when there is no answer.
 */
export class Gate {
  readonly counts: GateCounts = { hits: 0, misses: 0 };
  readonly #dependencies: GateDependencies;
  readonly #cache: KeyCache;
  readonly #missLimit = new MissLimit();
  /** Readings that a caller may join: begun under the present lease, with nothing changed since. */
  readonly #joinable = new Map<string, Reading>();
  readonly #readings = new Set<Reading>();
  #underWay = 0;
  #waiting = 0;
  /** Until when it is known that the database gives no answer. */
  #lostUntilMs = Number.NEGATIVE_INFINITY;

  constructor(dependencies: GateDependencies) {
    this.#dependencies = dependencies;
    this.#cache = new KeyCache(dependencies.keysMax);
  }

  /** How many keys are remembered. */
  get remembered(): number {
    return this.#cache.size;
  }

  /** How many keys are being read. */
  get readsUnderWay(): number {
    return this.#underWay;
  }

  /**
   * The verdict: at once when it can be made from memory. Throws `unavailable` when the database does not answer and
   * nothing may be judged from memory, `too_many_requests` when the address tries more unknown ids than anybody needs.
   * Without grace, nothing is judged from memory once the lease is over, whatever an operator has allowed gateways.
   */
  verify(secret: string, address: Address | undefined, hasGrace = true): Verdict | Promise<Verdict> {
    const secretId = secretIdOf(secret);
    if (secretId === undefined) {
      return unknownKey;
    }
    const remembered = this.#judgeFromMemory(secretId, secret, address, hasGrace);
    if (remembered === undefined) {
      return this.#readAndJudge(secretId, secret, address, hasGrace);
    }
    this.counts.hits += 1;
    return remembered;
  }

  /**
   * The verdict on a key that passes and is remembered; undefined for everything else, which {@link Gate.verify} decides
   * about. The form is not looked at: what is remembered is proved by its hash, which no other form has.
   */
  passFromMemory(secret: string, address: Address | undefined): Admission | undefined {
    const verdict = this.#judgeFromMemory(
      secret.slice(secretIdPlace.start, secretIdPlace.end),
      secret,
      address,
    );
    if (verdict?.outcome !== "allowed") {
      return undefined;
    }
    this.counts.hits += 1;
    return verdict;
  }

  #judgeFromMemory(
    secretId: string,
    secret: string,
    address: Address | undefined,
    hasGrace = true,
  ): Verdict | undefined {
    const remembered = this.#recall(secretId, hasGrace);
    return remembered && this.#judge(remembered.key, secret, address);
  }

  #judge(key: KnownKey | undefined, secret: string, address: Address | undefined): Verdict {
    const { clocks, peppers } = this.#dependencies;
    return judgeKey(key, secret, address, clocks.wallMs(), peppers);
  }

  /** What may be judged by at once. What is too old is kept, in case the database is lost before it is read again. */
  #recall(secretId: string, hasGrace: boolean): Remembered | undefined {
    const { lease, clocks } = this.#dependencies;
    const nowMs = clocks.monotonicMs();
    const isHeld = lease.isHeld();
    if (!isHeld && nowMs >= this.#lostUntilMs) {
      return undefined;
    }
    const remembered = this.#cache.get(secretId);
    if (remembered !== undefined && isHeld && nowMs - remembered.readMs < maxAgeMs) {
      return remembered;
    }
    // The age has its bound here as well: reads may fail for long while the lease is renewed.
    const isYoungEnough =
      remembered !== undefined && nowMs - remembered.readMs < maxAgeMs + leaseMs + lease.graceMs;
    return hasGrace && isYoungEnough && nowMs < this.#lostUntilMs && lease.isInGrace()
      ? remembered
      : undefined;
  }

  /** Forgets what a change has made wrong, now and in what is being read. */
  forget(subjects: readonly Subject[]): void {
    for (const subject of subjects) {
      this.#cache.forget(subject);
    }
    for (const { missed } of this.#readings) {
      missed.push(...subjects);
    }
    this.#joinable.clear();
  }

  async #readAndJudge(
    secretId: string,
    secret: string,
    address: Address | undefined,
    hasGrace: boolean,
  ): Promise<Verdict> {
    const { clocks, lease } = this.#dependencies;
    this.counts.misses += 1;
    // Whoever joins a reading costs nothing more.
    const isGuess = !this.#cache.isOfKey(secretId) && this.#joinableNow(secretId) === undefined;
    const waitSeconds = isGuess ? this.#missLimit.waitSeconds(address, clocks.monotonicMs()) : 0;
    if (waitSeconds > 0) {
      const message = "too many unknown keys from this address; keys that are in use are not held up";
      throw new ApiError("too_many_requests", message, { "Retry-After": String(waitSeconds) });
    }
    const hasResort = hasGrace && lease.isInGrace() && this.#cache.get(secretId) !== undefined;
    if (this.#waiting >= waitingMax) {
      throw unavailable();
    }
    this.#waiting += 1;
    try {
      const key = await this.#inTime(this.#read(secretId), hasResort ? gracePatienceMs : patienceMs);
      const verdict = this.#judge(key, secret, address);
      if (isGuess && key !== undefined) {
        this.#missLimit.forgive(address);
      }
      if (key !== undefined && verdict.outcome !== "wrong_secret") {
        this.#cache.noteKey(secretId);
      }
      return verdict;
    } catch (error) {
      this.#lostUntilMs = clocks.monotonicMs() + lostMs;
      const remembered = this.#recall(secretId, hasGrace);
      if (remembered === undefined) {
        throw error;
      }
      return this.#judge(remembered.key, secret, address);
    } finally {
      this.#waiting -= 1;
    }
  }

  #read(secretId: string): Promise<KnownKey | undefined> {
    const joined = this.#joinableNow(secretId);
    if (joined !== undefined) {
      return joined.key;
    }
    if (this.#underWay >= readingsMax) {
      return Promise.reject(unavailable());
    }
    // Without a lease nobody may join it, and it is not kept: whether somebody asked before or after a change cannot be told.
    return this.#dependencies.lease.isHeld()
      ? this.#readAndKeep(secretId)
      : this.#readKey(secretId, () => {});
  }

  #joinableNow(secretId: string): Reading | undefined {
    return this.#dependencies.lease.isHeld() ? this.#joinable.get(secretId) : undefined;
  }

  #readAndKeep(secretId: string): Promise<KnownKey | undefined> {
    const readMs = this.#dependencies.clocks.monotonicMs();
    const missed: Subject[] = [];
    const end = () => {
      this.#readings.delete(reading);
      if (this.#joinable.get(secretId) === reading) {
        this.#joinable.delete(secretId);
      }
    };
    const keep = (key: KnownKey | undefined) => {
      end();
      if (!missed.some((subject) => concerns(subject, key))) {
        this.#cache.set(secretId, key, readMs);
      }
    };
    const reading: Reading = { missed, key: this.#readKey(secretId, keep, end) };
    this.#readings.add(reading);
    this.#joinable.set(secretId, reading);
    return reading.key;
  }

  /**
   * Reads a key. What has to be done with it is done in the very callback that brings it: a change that came in between
   * would find neither a reading to mark nor a key to forget.
   */
  #readKey(
    secretId: string,
    keep: (key: KnownKey | undefined) => void,
    end = () => {},
  ): Promise<KnownKey | undefined> {
    this.#underWay += 1;
    return this.#dependencies.findKey(secretId).then(
      (key) => {
        this.#underWay -= 1;
        keep(key);
        return key;
      },
      (error: unknown) => {
        this.#underWay -= 1;
        end();
        throw error;
      },
    );
  }

  /** A database that is cut off does not answer at all. */
  #inTime<T>(work: Promise<T>, waitMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const callOff = this.#dependencies.clocks.after(waitMs, () => reject(unavailable()));
      work.then(resolve, () => reject(unavailable())).finally(callOff);
    });
  }
}
