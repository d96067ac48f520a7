import { eq, sql } from "drizzle-orm";
import type { Address } from "../../contract/address-rule.ts";
import { users } from "../../drizzle/schema.ts";
import { audit } from "../audit.ts";
import type { Database } from "../database.ts";
import { ApiError } from "../errors.ts";
import { readNumbers } from "../settings.ts";
import { type Attempts, subjectsOf } from "./attempts.ts";
import { showAddress } from "./client-address.ts";
import { matchesPassword } from "./passwords.ts";
import { loginRequired } from "./verify-api-key.ts";

/** A password as it was presented. */
export interface PresentedPassword {
  readonly name: string;
  readonly password: string;
  readonly address: Address | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Finds the user behind a name and a password. Whatever is wrong (no such user, no password, disabled, locked), the
 * answer is the same and takes the same work, so that it does not tell whether the user exists. Too many wrong ones in a
 * minute are refused before that work is done.
 */
export async function verifyPassword(
  database: Database,
  attempts: Attempts,
  presented: PresentedPassword,
): Promise<typeof users.$inferSelect> {
  const { password, address, nowMs } = presented;
  const name = presented.name.toLowerCase();
  const subjects = subjectsOf(name, address);
  const numberOf = await readNumbers(database);
  const refuseIfTooMany = () => {
    const waitSeconds = attempts.waitSeconds(subjects, numberOf("login_rate_limit"), nowMs);
    if (waitSeconds > 0) {
      const headers = { "Retry-After": String(waitSeconds) };
      throw new ApiError("too_many_requests", "too many wrong passwords; try again later", headers);
    }
  };
  refuseIfTooMany();
  const user = await findUser(database, name);
  const isProved = await matchesPassword(password, user?.passwordHash);
  // Once more, for guesses that were sent all at once: those ahead of this one have been counted by now.
  refuseIfTooMany();
  const isLocked = user !== undefined && user.accountLocked * 1000 > nowMs;
  if (user !== undefined && isProved && user.enabled && !isLocked) {
    await forgetFailures(database, user);
    return user;
  }
  attempts.recordFailure(subjects, nowMs);
  await recordFailure(database, user, {
    address: showAddress(address),
    nowMs,
    // A right password that is refused for another reason, and one that is tried while locked, are no guesses.
    isGuess: !isProved && !isLocked,
    lockAfter: numberOf("failed_login_lockout"),
    lockSeconds: numberOf("failed_login_lock_time"),
  });
  throw loginRequired();
}

async function findUser(database: Database, name: string) {
  // Postgres text holds no NUL and no half of a surrogate pair, and no stored name does: asking would be an error.
  if (name === "" || /[\0\p{Cs}]/u.test(name)) {
    return undefined;
  }
  const [user] = await database.select().from(users).where(eq(users.name, name));
  return user;
}

async function forgetFailures(database: Database, user: typeof users.$inferSelect): Promise<void> {
  if (user.failedAttempts > 0) {
    await database.update(users).set({ failedAttempts: 0 }).where(eq(users.key, user.key));
  }
}

async function recordFailure(
  database: Database,
  user: typeof users.$inferSelect | undefined,
  failure: {
    readonly address: string;
    readonly nowMs: number;
    readonly isGuess: boolean;
    readonly lockAfter: number;
    readonly lockSeconds: number;
  },
): Promise<void> {
  const { address, nowMs, isGuess, lockAfter, lockSeconds } = failure;
  await database.transaction(async (transaction) => {
    // A name that is nobody's is not written down: it may be a password, typed into the wrong field.
    const context = { transaction, nowMs, principal: { address, user: { name: user?.name ?? "" } } };
    const reason = user === undefined ? "no user has the name" : reasonOf(user, isGuess, nowMs);
    await audit(
      context,
      { objectType: "user", objectName: user?.name ?? "", text: `login failed: ${reason}` },
      "warning",
    );
    if (!isGuess) {
      return;
    }
    // Also for nobody, so that it takes the same statements.
    const [row] = await transaction
      .update(users)
      .set({ failedAttempts: sql`${users.failedAttempts} + 1` })
      .where(eq(users.key, user?.key ?? 0))
      .returning({ failedAttempts: users.failedAttempts });
    if (user !== undefined && lockAfter > 0 && Number(row?.failedAttempts) >= lockAfter) {
      const accountLocked = Math.floor(nowMs / 1000) + lockSeconds;
      await transaction
        .update(users)
        .set({ accountLocked, failedAttempts: 0 })
        .where(eq(users.key, user.key));
      const text = `locked for ${lockSeconds} seconds after ${lockAfter} wrong passwords`;
      await audit(context, { objectType: "user", objectName: user.name, text }, "warning");
    }
  });
}

function reasonOf(user: typeof users.$inferSelect, isGuess: boolean, nowMs: number): string {
  if (user.accountLocked * 1000 > nowMs) {
    return "the user is locked";
  }
  if (user.passwordHash === null) {
    return "the user has no password";
  }
  return isGuess ? "wrong password" : "the user is disabled";
}
