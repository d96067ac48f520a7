import type { users } from "../../drizzle/schema.ts";
import { ApiError } from "../errors.ts";
import { rightsOf } from "../identity/rights-of.ts";
import type { WriteContext } from "./write-context.ts";

/**
 * Whoever sets a user's password or makes a key for a user can act as that user from then on, so they must hold all that
 * the user may do. `field` is the one that would give it to them.
 */
export async function requireRightsOf(
  context: WriteContext,
  user: typeof users.$inferSelect,
  field: string,
): Promise<void> {
  const { key, identity, physicalAccess } = user;
  if (key === context.principal.user.key) {
    return;
  }
  const theirs = await rightsOf(
    context.transaction,
    { key, identity, hasPhysicalAccess: physicalAccess },
    "all enabled",
  );
  if (!context.rights.includes(theirs)) {
    throw new ApiError(
      "forbidden",
      `${field}: user ${JSON.stringify(user.name)} has rights that you do not hold yourself`,
    );
  }
}

/** The field by which a change lets the user do, or somebody do in its name, what they could not before. */
export function givingField(
  before: typeof users.$inferSelect,
  after: Pick<typeof users.$inferSelect, "name" | "enabled" | "accountLocked" | "failedAttempts">,
  isNewPassword: boolean,
): string | undefined {
  if (isNewPassword) {
    return "password";
  }
  if (after.name !== before.name) {
    // Whoever is known by a name elsewhere is whoever has it: to take it away is half of taking it.
    return "name";
  }
  if (after.enabled && !before.enabled) {
    return "enabled";
  }
  if (after.accountLocked < before.accountLocked) {
    return "account_locked";
  }
  return after.failedAttempts < before.failedAttempts ? "failed_attempts" : undefined;
}

/**
 * A key has its user's rights, so those of the default row on oneself too. What must not follow from that: a key that turns
 * itself into a password, which no expiry and no address list holds, or takes away what slows down who guesses it; and a
 * name given up for somebody else's, because gateways may know people by their names. Whoever may change all users could
 * have both in other ways.
 */
export function refuseToRemakeOneself(
  { principal, rights }: WriteContext,
  change: { readonly isRenamed: boolean; readonly isNewPassword: boolean; readonly isUnlocked: boolean },
): void {
  if (rights.isUserAdministrator) {
    return;
  }
  if (change.isNewPassword && principal.apiKey !== undefined) {
    throw new ApiError(
      "forbidden",
      "password: a key cannot set its own user's; log in with the present password, or ask somebody who may modify all users",
    );
  }
  if (change.isUnlocked && principal.apiKey !== undefined) {
    throw new ApiError(
      "forbidden",
      "failed_attempts, account_locked: a key cannot lift its own user's lock-out; wait for its end, or ask somebody who may modify all users",
    );
  }
  if (change.isRenamed) {
    throw new ApiError(
      "forbidden",
      "name: you cannot rename yourself; ask somebody who may modify all users",
    );
  }
}

/** Whether somebody administers the whole system is for those to say who do. */
export function requireForPhysicalAccess(context: WriteContext, isAsked: boolean): void {
  if (isAsked && !context.rights.isSystemAdministrator) {
    throw new ApiError("forbidden", "physical_access: only a system administrator may set it");
  }
}
