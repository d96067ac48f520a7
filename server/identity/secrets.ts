import { createHmac, hash, randomBytes, timingSafeEqual } from "node:crypto";

/** Keys of the HMAC that secrets are stored under, by version from 1 up; empty for plain SHA-256. */
export type Peppers = ReadonlyMap<number, Uint8Array>;

/** What is stored of a secret. */
export interface StoredSecret {
  /** 32 bytes; see {@link hashSecret}. */
  readonly hash: Uint8Array;
  /** Which pepper the hash was made under; 0 for none. */
  readonly pepperVersion: number;
}

/**
 * Hashes a secret for storage, under the newest pepper. Plain SHA-256 or one HMAC, not a slow hash: the secret has 256
 * random bits, so there is no dictionary to slow down. The pepper is for who steals the database alone.
 */
export function hashSecret(text: string, peppers: Peppers): StoredSecret {
  const pepperVersion = Math.max(0, ...peppers.keys());
  return { hash: Buffer.from(digest(text, peppers.get(pepperVersion)), "binary"), pepperVersion };
}

/** Stands in for what is stored of an unknown id, so that comparing costs the same. */
const nothingStored: Uint8Array = randomBytes(32);

/**
 * Whether the secret is the one that was stored, in constant time; `stored` is undefined for an unknown id. A secret that
 * was stored under a pepper that is no longer configured matches nothing.
 */
export function matchesSecret(text: string, stored: StoredSecret | undefined, peppers: Peppers): boolean {
  const version = stored?.pepperVersion ?? Math.max(0, ...peppers.keys());
  const isKnownPepper = version === 0 || peppers.has(version);
  presented.write(digest(text, peppers.get(version)), "binary");
  const isEqual = timingSafeEqual(presented, stored?.hash ?? nothingStored);
  return isEqual && isKnownPepper && stored !== undefined;
}

/** What a presented secret hashes to. One for all, since nothing is awaited between writing and comparing. */
const presented = Buffer.alloc(32);

/**
 * The bytes as characters: a string is made in half the time of a buffer, whose memory lies outside the heap, and this
 * is most of what a verdict from memory costs.
 */
function digest(text: string, pepper: Uint8Array | undefined): string {
  return pepper === undefined
    ? hash("sha256", text, "binary")
    : createHmac("sha256", pepper).update(text, "utf8").digest("binary");
}
