import { and, eq, lt } from "drizzle-orm";
import type { z } from "zod";
import type { Address } from "../../contract/address-rule.ts";
import type { createdSession, newSession } from "../../contract/sessions.ts";
import { users } from "../../drizzle/schema.ts";
import type { Principal } from "../access/principal.ts";
import { audit } from "../audit.ts";
import type { Database } from "../database.ts";
import { notFound } from "../errors.ts";
import { loginRequired } from "../identity/admit.ts";
import type { Attempts } from "../identity/attempts.ts";
import { showAddress } from "../identity/client-address.ts";
import { endSession, startSession } from "../identity/sessions.ts";
import { verifyPassword } from "../identity/verify-password.ts";
import { readNumbers } from "../settings.ts";

/** A session just started. */
export interface StartedSession {
  readonly answer: z.input<typeof createdSession>;
  /** Seconds until it ends however much it is used. */
  readonly maxAgeSeconds: number;
}

/** Logs in with a name and a password. */
export async function login(
  dependencies: { readonly database: Database; readonly attempts: Attempts },
  input: z.output<typeof newSession>,
  address: Address | undefined,
  nowMs: number,
): Promise<StartedSession> {
  const { database, attempts } = dependencies;
  const presented = { name: input.login, password: input.password, address, nowMs };
  const user = await verifyPassword(database, attempts, presented);
  const shown = showAddress(address);
  const token = await database.transaction(async (transaction) => {
    const nowSeconds = Math.floor(nowMs / 1000);
    await requireUnchanged(transaction, user);
    // Before the session's row, which holds the user's: whoever is about to delete the user would come between the two.
    await transaction
      .update(users)
      .set({ lastLogin: nowSeconds })
      .where(and(eq(users.key, user.key), lt(users.lastLogin, nowSeconds)));
    const session = { user: user.key, address: shown, nowSeconds };
    const started = await startSession(transaction, session);
    const context = { transaction, principal: { user, address: shown }, nowMs };
    await audit(context, { objectType: "user", objectName: user.name, text: "logged in: session started" });
    return started;
  });
  return {
    answer: { location: `/sys/tokens/${token}`, dbpath: `tokens/${token}`, $row: 1, $key: token },
    maxAgeSeconds: (await readNumbers(database))("session_expiration"),
  };
}

/**
 * Refuses a login whose password was changed, or whose user was disabled or deleted, while it was being proved: all
 * sessions were ended then, and this one would have come after.
 */
async function requireUnchanged(transaction: Database, user: typeof users.$inferSelect): Promise<void> {
  const [present] = await transaction
    .select({ passwordHash: users.passwordHash, enabled: users.enabled })
    .from(users)
    .where(eq(users.key, user.key))
    .for("update");
  if (present?.passwordHash !== user.passwordHash || !present.enabled) {
    throw loginRequired();
  }
}

/** Logs out: ends a session of the caller's own. `self` names the one that the request came in. */
export async function logout(
  database: Database,
  principal: Principal,
  token: string,
  nowMs: number,
): Promise<void> {
  const ended = token === "self" ? (principal.sessionToken ?? "") : token;
  await database.transaction(async (transaction) => {
    if (!(await endSession(transaction, ended, principal.user.key))) {
      throw notFound();
    }
    const entry = {
      objectType: "user",
      objectName: principal.user.name,
      text: "logged out: session ended",
    } as const;
    await audit({ transaction, principal, nowMs }, entry);
  });
}
