import { sql } from "drizzle-orm";
import { logs } from "../drizzle/schema.ts";
import type { Principal } from "./access/principal.ts";
import { type Database, doLast } from "./database.ts";
import { Prepared } from "./prepared.ts";

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
  readonly principal: Actor;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** The principal of a request, or as much of one as there is: the server itself has no key and no credential. */
export interface Actor
  extends Pick<Principal, "address">,
    Partial<Pick<Principal, "apiKey" | "sessionToken">> {
  readonly user: { readonly name: string; readonly key?: number | undefined };
  /** False where a login was refused: the user is then the one whose name was given. */
  readonly isProved?: boolean;
}

/** Writes one row of the audit trail. */
export async function audit(
  context: AuditContext,
  entry: AuditEntry,
  level: "audit" | "warning" = "audit",
): Promise<void> {
  await auditAll(context, [entry], level);
}

/** Writes several rows of the audit trail, in their order. */
async function auditAll(
  { transaction, principal, nowMs }: AuditContext,
  entries: readonly AuditEntry[],
  level: "audit" | "warning" = "audit",
): Promise<void> {
  const { user, address } = principal;
  for (const entry of entries) {
    const row = {
      level,
      timestamp: nowMicroseconds(nowMs),
      user: user.name,
      userKey: user.key ?? null,
      credential: credentialOf(principal),
      address,
      ...entry,
    };
    await doLast(transaction, { execute: () => insertion.on(transaction).execute(row) });
  }
}

const insertion = new Prepared((database) =>
  database
    .insert(logs)
    .values({
      level: sql.placeholder("level"),
      timestamp: sql.placeholder("timestamp"),
      user: sql.placeholder("user"),
      userKey: sql.placeholder("userKey"),
      credential: sql.placeholder("credential"),
      address: sql.placeholder("address"),
      objectType: sql.placeholder("objectType"),
      objectName: sql.placeholder("objectName"),
      text: sql.placeholder("text"),
    })
    .prepare("audit"),
);

/** A key by its public id, which may be shown; of the others the kind alone, since their whole is the secret. */
function credentialOf({ user, apiKey, sessionToken, isProved = true }: Actor): string {
  if (apiKey !== undefined) {
    return apiKeyCredential(apiKey.secretId);
  }
  if (sessionToken !== undefined) {
    return "session";
  }
  return user.key === undefined || !isProved ? "" : "password";
}

/** How the audit trail names a key that was presented. */
export function apiKeyCredential(secretId: string): string {
  return `API key ${secretId}`;
}

/** The most things that are told of in one row, so that rows stay readable however much goes at once. */
const toldInOneRow = 50;

/** Tells of each of some things, such as the keys that go with their user, in as many rows as it takes. */
export async function auditEach(
  context: AuditContext,
  { objectType, objectName, text }: AuditEntry,
  things: readonly string[],
): Promise<void> {
  const rows: AuditEntry[] = [];
  for (let start = 0; start < things.length; start += toldInOneRow) {
    const told = things.slice(start, start + toldInOneRow).join("; ");
    rows.push({ objectType, objectName, text: `${text}: ${told}` });
  }
  await auditAll(context, rows);
}

/** Entries of one millisecond keep their order: the microseconds count up, and start over with the next millisecond. */
function nowMicroseconds(nowMs: number): number {
  sequence = nowMs === lastMs ? Math.min(sequence + 1, 999) : 0;
  lastMs = nowMs;
  return Math.floor(nowMs) * 1000 + sequence;
}

let lastMs = 0;
let sequence = 0;

/** The most that is shown of one value, in characters; what differs is always within it. */
const shownMax = 400;

/**
 * Says which fields a change made different, with the old and the new value: `enabled: true -> false`, and of lists what
 * was added and removed. The fields in `hidden` are named without their values. Empty when nothing differs.
 */
export function describeChanges<Row extends object>(
  before: Row,
  after: Partial<Row>,
  hidden: readonly (keyof Row & string)[] = [],
): string {
  const old = new Map<string, unknown>(Object.entries(before));
  const changed = Object.entries(after).filter(([name, value]) => whole(value) !== whole(old.get(name)));
  const isHidden = (name: string) => hidden.some((other) => other === name);
  const parts = changed.map(([name, value]) =>
    isHidden(name) ? `${wireName(name)} changed` : `${wireName(name)}: ${difference(old.get(name), value)}`,
  );
  return parts.join("; ");
}

/**
 * Says what a new row was given: `expires: 0; description: "x"`. What is empty is left out, and the fields in `hidden` are
 * named without their values.
 */
export function describeFields<Row extends object>(
  row: Row,
  hidden: readonly (keyof Row & string)[] = [],
): string {
  const given = Object.entries(row).filter(
    ([, value]) => value !== "" && value !== null && whole(value) !== "[]",
  );
  const isHidden = (name: string) => hidden.some((other) => other === name);
  return given
    .map(([name, value]) => {
      const shown = Array.isArray(value) ? list(value.map(whole)) : excerpt(whole(value), 0);
      return isHidden(name) ? `${wireName(name)} given` : `${wireName(name)}: ${shown}`;
    })
    .join("; ");
}

function difference(before: unknown, after: unknown): string {
  if (Array.isArray(before) && Array.isArray(after)) {
    const [earlier, later] = [before.map(whole), after.map(whole)];
    const added = later.filter((entry) => !earlier.includes(entry));
    const removed = earlier.filter((entry) => !later.includes(entry));
    const parts = [
      added.length > 0 ? `added ${list(added)}` : "",
      removed.length > 0 ? `removed ${list(removed)}` : "",
    ];
    return parts.filter((part) => part !== "").join(", ") || "in another order";
  }
  const [left, right] = [whole(before), whole(after)];
  const start = left.length > shownMax || right.length > shownMax ? firstDifference(left, right) : 0;
  return `${excerpt(left, start)} -> ${excerpt(right, start)}`;
}

/** Every entry counts in a trail of who may come from where, so all of them are written, up to a bound far away. */
function list(entries: readonly string[]): string {
  const shown = entries.slice(0, 256).join(", ");
  return entries.length > 256 ? `${shown} and ${entries.length - 256} more` : shown;
}

function firstDifference(left: string, right: string): number {
  let place = 0;
  while (place < left.length && left[place] === right[place]) {
    place += 1;
  }
  return Math.max(0, place - 20);
}

function excerpt(text: string, start: number): string {
  const shown = text.slice(start, start + shownMax);
  return `${start > 0 ? "..." : ""}${shown}${start + shownMax < text.length ? "..." : ""}`;
}

function whole(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : (JSON.stringify(value) ?? "null");
}

/** Columns are called in camel case inside and with underscores on the wire. */
function wireName(name: string): string {
  return name.replace(/Hash$/, "").replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
