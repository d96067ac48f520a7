import { logs } from "../drizzle/schema.ts";
import type { Principal } from "./access/principal.ts";
import type { Database } from "./database.ts";

/** What a row of the audit trail says beside who, when and from where. */
export interface AuditEntry {
  /** VergeOS' words; events of keys and sessions are the user's. */
  readonly objectType: "user" | "group" | "permission" | "system";
  readonly objectName: string;
  /** A sentence on what changed. Never holds a secret or a password. */
  readonly text: string;
}

/** Who did it, and when. */
export interface AuditContext {
  /** The transaction of the change, so that there is never the change without the row, or the row without the change. */
  readonly transaction: Database;
  readonly principal: Pick<Principal, "address"> & { readonly user: { readonly name: string } };
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** Writes one row of the audit trail. */
export async function audit(
  { transaction, principal, nowMs }: AuditContext,
  entry: AuditEntry,
  level: "audit" | "warning" = "audit",
): Promise<void> {
  await transaction.insert(logs).values({
    level,
    timestamp: nowMicroseconds(nowMs),
    user: principal.user.name,
    address: principal.address,
    ...entry,
  });
}

/** Entries of one millisecond keep their order: the microseconds count up, and start over with the next millisecond. */
function nowMicroseconds(nowMs: number): number {
  sequence = nowMs === lastMs ? Math.min(sequence + 1, 999) : 0;
  lastMs = nowMs;
  return Math.floor(nowMs) * 1000 + sequence;
}

let lastMs = 0;
let sequence = 0;

const shownMax = 200;

/**
 * Says which fields a change made different, with the old and the new value: `enabled: true -> false`. The fields in
 * `hidden` are named without their values.
 */
export function describeChanges<Row extends object>(
  before: Row,
  after: Partial<Row>,
  hidden: readonly (keyof Row & string)[] = [],
): string {
  const old = new Map(Object.entries(before));
  const changed = Object.entries(after).filter(([name, value]) => show(value) !== show(old.get(name)));
  const isHidden = (name: string) => hidden.some((other) => other === name);
  const parts = changed.map(([name, value]) =>
    isHidden(name)
      ? `${wireName(name)} changed`
      : `${wireName(name)}: ${show(old.get(name))} -> ${show(value)}`,
  );
  return parts.join("; ") || "nothing";
}

function show(value: unknown): string {
  const text =
    value instanceof Uint8Array ? Buffer.from(value).toString("hex") : (JSON.stringify(value) ?? "null");
  return text.length > shownMax ? `${text.slice(0, shownMax)}...` : text;
}

/** Columns are called in camel case inside and with underscores on the wire. */
function wireName(name: string): string {
  return name.replace(/Hash$/, "").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
