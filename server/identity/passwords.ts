import { randomBytes } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";

/**
 * argon2id (the library's default algorithm) with OWASP's first recommendation for it: 19 MiB, two passes, one lane.
 */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes a password for storage, in PHC string format. Takes tens of milliseconds, off the main thread. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, cost);
}

let decoy: Promise<string> | undefined;

/**
 * Whether the password is the one that was hashed. Without a stored hash (no such user, or one without a password) the
 * same work is done and the answer is no, so that the time taken does not tell whether the user exists.
 */
export async function matchesPassword(
  password: string,
  storedHash: string | null | undefined,
): Promise<boolean> {
  decoy ??= hashPassword(randomBytes(32).toString("base64"));
  const isEqual = await verify(storedHash ?? (await decoy), password);
  return isEqual && typeof storedHash === "string";
}

/** A password for a first start: 144 random bits in 24 characters that survive any shell. */
export function createPassword(): string {
  return randomBytes(18).toString("base64url");
}
