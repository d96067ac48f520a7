import { createHash, randomBytes } from "node:crypto";
import { and, desc, eq, inArray, lte } from "drizzle-orm";
import { sessions, users } from "../../drizzle/schema.ts";
import type { Database } from "../database.ts";
import { readNumbers } from "../settings.ts";

/** A session's user, as authentication needs it. */
export type SessionUser = typeof users.$inferSelect;

/** The form of a token: 256 random bits in lower-case hexadecimal, as VergeOS' tokens are written. */
export const tokenPattern = /^[0-9a-f]{64}$/;

/** How much a session's last use may lag behind, so that not every request is a write. */
const touchSeconds = 30;

/** Starts a session and answers its token, which is stored nowhere. The oldest beyond the limit end. */
export async function startSession(
  transaction: Database,
  session: { readonly user: number; readonly address: string; readonly nowSeconds: number },
): Promise<string> {
  const { user, address, nowSeconds } = session;
  const token = randomBytes(32).toString("hex");
  await transaction
    .insert(sessions)
    .values({ tokenHash: hashOf(token), user, address, created: nowSeconds, lastUsed: nowSeconds });
  const max = (await readNumbers(transaction))("max_sessions");
  const surplus = await transaction
    .select({ tokenHash: sessions.tokenHash })
    .from(sessions)
    .where(eq(sessions.user, user))
    .orderBy(desc(sessions.created), desc(sessions.lastUsed))
    .offset(max);
  if (surplus.length > 0) {
    const hashes = surplus.map((row) => row.tokenHash);
    await transaction.delete(sessions).where(inArray(sessions.tokenHash, hashes));
  }
  return token;
}

/** The user of a session that has not ended, by age or by silence; notes that it was used. */
export async function findSession(
  database: Database,
  token: string,
  nowSeconds: number,
): Promise<SessionUser | undefined> {
  if (!tokenPattern.test(token)) {
    return undefined;
  }
  // Found by its hash, so the time that the look-up takes says nothing about the token.
  const [found] = await database
    .select({ session: sessions, user: users })
    .from(sessions)
    .innerJoin(users, eq(users.key, sessions.user))
    .where(eq(sessions.tokenHash, hashOf(token)));
  if (found === undefined || !found.user.enabled) {
    return undefined;
  }
  const numberOf = await readNumbers(database);
  const { created, lastUsed, tokenHash } = found.session;
  if (
    created + numberOf("session_expiration") <= nowSeconds ||
    lastUsed + numberOf("session_inactivity") <= nowSeconds
  ) {
    return undefined;
  }
  if (lastUsed + touchSeconds <= nowSeconds) {
    await database
      .update(sessions)
      .set({ lastUsed: nowSeconds })
      .where(and(eq(sessions.tokenHash, tokenHash), lte(sessions.lastUsed, nowSeconds)));
  }
  return found.user;
}

/** Ends a session of this user. Answers whether there was one. */
export async function endSession(transaction: Database, token: string, user: number): Promise<boolean> {
  const ended = await transaction
    .delete(sessions)
    .where(and(eq(sessions.tokenHash, hashOf(token)), eq(sessions.user, user)))
    .returning({ user: sessions.user });
  return ended.length > 0;
}

function hashOf(token: string): Uint8Array {
  return createHash("sha256").update(token, "utf8").digest();
}
