import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * A secret reads `kw_<id>_<random><check>`: a public id of 12 base62 digits, 256 random bits in 43, and the CRC-32 of
 * all that precedes it in 6. The fixed prefix and length let scanners find a leaked one with this single pattern; the
 * check lets them, and us, tell a real one from a look-alike without asking a database.
 */
export const secretPattern = /^kw_([0-9A-Za-z]{12})_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$/;

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const checkLength = 6;

/** Keys of the HMAC that secrets are stored under, by version from 1 up; empty for plain SHA-256. */
export type Peppers = ReadonlyMap<number, Uint8Array>;

/** What is stored of a secret. */
export interface StoredSecret {
  /** 32 bytes; see {@link hashSecret}. */
  readonly hash: Uint8Array;
  /** Which pepper the hash was made under; 0 for none. */
  readonly pepperVersion: number;
}

/** Draws a secret from the system's random source. It is shown once and stored nowhere. */
export function createSecret(): string {
  const id = Array.from({ length: 12 }, () => digits.charAt(randomInt(digits.length))).join("");
  const random = base62(BigInt(`0x${randomBytes(32).toString("hex")}`), 43);
  const checked = `kw_${id}_${random}`;
  return checked + checkOf(checked);
}

/** The public id within a well-formed secret; undefined for anything else, which needs no look-up to be refused. */
export function secretIdOf(text: string): string | undefined {
  const id = secretPattern.exec(text)?.[1];
  const checked = text.slice(0, -checkLength);
  return id !== undefined && text.slice(-checkLength) === checkOf(checked) ? id : undefined;
}

/**
 * Hashes a secret for storage, under the newest pepper. Plain SHA-256 or one HMAC, not a slow hash: the secret has 256
 * random bits, so there is no dictionary to slow down. The pepper is for who steals the database alone.
 */
export function hashSecret(text: string, peppers: Peppers): StoredSecret {
  const pepperVersion = Math.max(0, ...peppers.keys());
  return { hash: digest(text, peppers.get(pepperVersion)), pepperVersion };
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
  const isEqual = timingSafeEqual(digest(text, peppers.get(version)), stored?.hash ?? nothingStored);
  return isEqual && isKnownPepper && stored !== undefined;
}

function digest(text: string, pepper: Uint8Array | undefined): Uint8Array {
  const hash = pepper === undefined ? createHash("sha256") : createHmac("sha256", pepper);
  return hash.update(text, "utf8").digest();
}

function checkOf(text: string): string {
  return base62(BigInt(crc32(text)), checkLength);
}

function base62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) {
    text = digits.charAt(Number(rest % 62n)) + text;
  }
  return text;
}
