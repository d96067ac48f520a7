import { inArray } from "drizzle-orm";
import { pendingChanges } from "../../drizzle/schema.ts";
import type { Database } from "../database.ts";
import { type Clocks, leaseMs, marginMs } from "./lease.ts";

/** How often is looked whether the changes are settled, in milliseconds. */
const pollMs = 100;

/**
 * Waits for the changes that are pending now: until their writers have settled them, which they do when every replica has
 * heard, or until every lease has run out that does not know of them.
 */
export async function outlastOthers(database: Database, clocks: Clocks): Promise<void> {
  const deadlineMs = clocks.monotonicMs() + leaseMs + marginMs;
  const { id } = pendingChanges;
  let pending = await database.select({ id }).from(pendingChanges);
  while (pending.length > 0 && clocks.monotonicMs() < deadlineMs) {
    await new Promise<void>((resolve) => clocks.after(pollMs, resolve));
    const awaited = pending.map((change) => change.id);
    pending = await database.select({ id }).from(pendingChanges).where(inArray(id, awaited));
  }
}
