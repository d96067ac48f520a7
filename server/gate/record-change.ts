import { randomUUID } from "node:crypto";
import { pendingChanges } from "../../drizzle/schema.ts";
import type { Database } from "../database.ts";
import type { RecordedChange, Subject } from "../fence.ts";

/** Writes a change down for every replica to find, in the transaction that makes it. */
export async function recordChange(
  transaction: Database,
  subjects: readonly Subject[],
): Promise<RecordedChange> {
  const id = randomUUID();
  if (subjects.length > 0) {
    await transaction.insert(pendingChanges).values({ id, subjects });
  }
  return { id, subjects };
}
