import { eq } from "drizzle-orm";
import type { Address } from "../../contract/address-rule.ts";
import { users } from "../../drizzle/schema.ts";
import { type Actor, audit } from "../audit.ts";
import type { Database } from "../database.ts";
import { ApiError } from "../errors.ts";
import { readNumbers } from "../settings.ts";
import { loginRequired } from "./admit.ts";
import { type Attempts, subjectsOf } from "./attempts.ts";
import { showAddress } from "./client-address.ts";
import { matchesPassword } from "./passwords.ts";

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
  const refuseIfTooMany = async () => {
    const limit = numberOf("login_rate_limit");
    const waitSeconds = attempts.waitSeconds(subjects, limit, nowMs);
    if (waitSeconds > 0) {
      if (attempts.recordRefusal(subjects, limit, nowMs)) {
        await auditRefusal(database, name, showAddress(address), nowMs);
      }
      const headers = { "Retry-After": String(waitSeconds) };
      throw new ApiError("too_many_requests", "too many wrong passwords; try again later", headers);
    }
  };
  await refuseIfTooMany();
  const user = await findUser(database, name);
  const isProved = await matchesPassword(password, user?.passwordHash);
  // Once more, for guesses that were sent all at once: those ahead of this one have been counted by now.
  await refuseIfTooMany();
  if (!isProved) {
    attempts.recordFailure(subjects, nowMs);
  }
  const limits = {
    lockAfter: numberOf("failed_login_lockout"),
    lockSeconds: numberOf("failed_login_lock_time"),
  };
  const isPlain = limits.lockAfter === 0 && user?.failedAttempts === 0 && user.accountLocked * 1000 <= nowMs;
  if (user !== undefined && isPlain && isProved && user.enabled) {
    return user;
  }
  const settled = await settle(database, user, { address: showAddress(address), nowMs, isProved, ...limits });
  if (settled === undefined) {
    throw loginRequired();
  }
  return settled;
}

async function findUser(database: Database, name: string) {
  // Postgres text holds no NUL and no half of a surrogate pair, and no stored name does: asking would be an error.
  if (name === "" || /[\0\p{Cs}]/u.test(name)) {
    return undefined;
  }
  const [user] = await database.select().from(users).where(eq(users.name, name));
  return user;
}

/** One row for many attempts: the first of a minute is told, and that others follow is in what it says. */
async function auditRefusal(database: Database, name: string, address: string, nowMs: number): Promise<void> {
  const user = await findUser(database, name);
  const context = { transaction: database, nowMs, principal: refusedActor(user, address) };
  const text = "login refused: too many wrong passwords; more within this minute are not written down";
  await audit(context, { objectType: "user", objectName: user?.name ?? "", text }, "warning");
}

/** A name that is nobody's is not written down: it may be a password, typed into the wrong field. */
function refusedActor(user: typeof users.$inferSelect | undefined, address: string): Actor {
  return { address, user: { name: user?.name ?? "", key: user?.key }, isProved: false };
}

interface Attempt {
  readonly address: string;
  readonly nowMs: number;
  readonly isProved: boolean;
  readonly lockAfter: number;
  readonly lockSeconds: number;
}

/**
 * Decides with the user's row held, so that of many guesses sent at once each finds what those before it have counted.
 * Undefined when the password is refused, which is then in the audit trail.
 */
function settle(
  database: Database,
  found: typeof users.$inferSelect | undefined,
  attempt: Attempt,
): Promise<typeof users.$inferSelect | undefined> {
  const { address, nowMs, isProved } = attempt;
  return database.transaction(async (transaction) => {
    // Also for nobody, so that it takes the same statements.
    const [user] = await transaction
      .select()
      .from(users)
      .where(eq(users.key, found?.key ?? 0))
      .for("update");
    const isLocked = user !== undefined && user.accountLocked * 1000 > nowMs;
    if (
      user !== undefined &&
      isProved &&
      user.enabled &&
      !isLocked &&
      user.passwordHash === found?.passwordHash
    ) {
      await transaction.update(users).set({ failedAttempts: 0 }).where(eq(users.key, user.key));
      return user;
    }
    const context = { transaction, nowMs, principal: refusedActor(user, address) };
    const reason = user === undefined ? "no user has the name" : reasonOf(user, isProved, nowMs);
    const entry = {
      objectType: "user",
      objectName: user?.name ?? "",
      text: `login failed: ${reason}`,
    } as const;
    await audit(context, entry, "warning");
    // A right password that is refused for another reason, and one that is tried while locked, are no guesses.
    if (!isProved && !isLocked) {
      await countGuess(transaction, user, context, attempt);
    }
    return undefined;
  });
}

async function countGuess(
  transaction: Database,
  user: typeof users.$inferSelect | undefined,
  context: Parameters<typeof audit>[0],
  { nowMs, lockAfter, lockSeconds }: Attempt,
): Promise<void> {
  const failedAttempts = (user?.failedAttempts ?? 0) + 1;
  const locks = lockAfter > 0 && failedAttempts >= lockAfter;
  const counted = locks
    ? { failedAttempts: 0, accountLocked: Math.floor(nowMs / 1000) + lockSeconds }
    : { failedAttempts };
  await transaction
    .update(users)
    .set(counted)
    .where(eq(users.key, user?.key ?? 0));
  if (user !== undefined && locks) {
    const text = `locked for ${lockSeconds} seconds after ${lockAfter} wrong passwords`;
    await audit(context, { objectType: "user", objectName: user.name, text }, "warning");
  }
}

function reasonOf(user: typeof users.$inferSelect, isProved: boolean, nowMs: number): string {
  if (user.accountLocked * 1000 > nowMs) {
    return "the user is locked";
  }
  if (user.passwordHash === null) {
    return "the user has no password";
  }
  return isProved ? "the user is disabled" : "wrong password";
}
