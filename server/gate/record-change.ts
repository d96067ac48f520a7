import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { pendingChanges } from "../../drizzle/schema.ts";
import { type Database, doLast } from "../database.ts";
import type { RecordedChange, Subject } from "../fence.ts";
import { Prepared } from "../prepared.ts";

/** Writes a change down for every replica to find, in the transaction that makes it. */
export async function recordChange(
  transaction: Database,
  subjects: readonly Subject[],
): Promise<RecordedChange> {
  const id = randomUUID();
  if (subjects.length > 0) {
    await doLast(transaction, { execute: () => insertion.on(transaction).execute({ id, subjects }) });
  }
  return { id, subjects };
}

const insertion = new Prepared((database) =>
  database
    .insert(pendingChanges)
    .values({ id: sql.placeholder("id"), subjects: sql.placeholder("subjects") })
    .prepare("record a change"),
);
