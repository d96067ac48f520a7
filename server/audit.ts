import { logs } from "../drizzle/schema.ts";
import type { Principal } from "./access/principal.ts";
import type { Database } from "./database.ts";

/** What a row of the audit trail says beside who, when and from where. */
export interface AuditEntry {
  readonly objectType: "user" | "user_api_key";
  readonly objectName: string;
  /** A sentence on what changed. Never holds a secret or a password. */
  readonly text: string;
}

/**
 * Writes one row of the audit trail. Takes the transaction of the change it tells of, so that there is never the one
 * without the other. `nowMs` is milliseconds since the epoch.
 */
export async function audit(
  transaction: Database,
  principal: Principal,
  nowMs: number,
  entry: AuditEntry,
): Promise<void> {
  await transaction.insert(logs).values({
    level: "audit",
    timestamp: nowMs * 1000,
    user: principal.user.name,
    address: principal.address,
    ...entry,
  });
}
