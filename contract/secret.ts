import { randomBytes, randomInt } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * A secret reads `kw_<id>_<random><check>`: a public id of 12 base62 digits, 256 random bits in 43, and the CRC-32 of
 * all that precedes it in 6. The fixed prefix and length let scanners find a leaked one with this single pattern; the
 * check lets them, and us, tell a real one from a look-alike without asking a database.
 */
export const secretPattern = /^kw_([0-9A-Za-z]{12})_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$/;

/** Where the public id stands in a well-formed secret. */
export const secretIdPlace = { start: 3, end: 15 } as const;

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const checkLength = 6;

/** Draws a secret from the system's random source. */
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

function checkOf(text: string): string {
  // Arithmetic on numbers, which hold 32 bits exactly, because every verdict starts with this.
  let check = "";
  for (let rest = crc32(text); check.length < checkLength; rest = Math.floor(rest / 62)) {
    check = digits.charAt(rest % 62) + check;
  }
  return check;
}

function base62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) {
    text = digits.charAt(Number(rest % 62n)) + text;
  }
  return text;
}
