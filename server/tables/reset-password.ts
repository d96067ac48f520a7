import { eq } from "drizzle-orm";
import { sessions, users } from "../../drizzle/schema.ts";
import { audit } from "../audit.ts";
import type { Database } from "../database.ts";
import { hashPassword } from "../identity/passwords.ts";

/**
 * Lets somebody back in who has the database but no password: sets one, enables and unlocks the user, and ends its
 * sessions. Answers whether there is such a user.
 */
export async function resetPassword(
  database: Database,
  name: string,
  password: string,
  nowMs: number,
): Promise<boolean> {
  const passwordHash = await hashPassword(password);
  return database.transaction(async (transaction) => {
    const [user] = await transaction
      .update(users)
      .set({ passwordHash, enabled: true, failedAttempts: 0, accountLocked: 0 })
      .where(eq(users.name, name.toLowerCase()))
      .returning({ key: users.key, name: users.name });
    if (user === undefined) {
      return false;
    }
    await transaction.delete(sessions).where(eq(sessions.user, user.key));
    const principal = { user: { name: "" }, address: "" };
    const text = "password reset at the command line; enabled, unlocked, sessions ended";
    await audit({ transaction, principal, nowMs }, { objectType: "user", objectName: user.name, text });
    return true;
  });
}
