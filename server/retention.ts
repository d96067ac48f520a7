import { lt, lte, or } from "drizzle-orm";
import { idempotentAnswers, logs, sessions } from "../drizzle/schema.ts";
import type { Database } from "./database.ts";
import { readNumbers } from "./settings.ts";

const daySeconds = 86_400;

/** Deletes what is past its time: old lines of the audit trail, sessions that have ended, answers kept for retries. */
export async function sweep(database: Database, nowMs: number): Promise<void> {
  const nowSeconds = Math.floor(nowMs / 1000);
  const numberOf = await readNumbers(database);
  const oldestMicroseconds = (nowSeconds - numberOf("log_retention_days") * daySeconds) * 1_000_000;
  await database.delete(logs).where(lt(logs.timestamp, oldestMicroseconds));
  await database
    .delete(sessions)
    .where(
      or(
        lte(sessions.created, nowSeconds - numberOf("session_expiration")),
        lte(sessions.lastUsed, nowSeconds - numberOf("session_inactivity")),
      ),
    );
  await database.delete(idempotentAnswers).where(lte(idempotentAnswers.created, nowSeconds - daySeconds));
}
