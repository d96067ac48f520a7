import type { Database } from "./database.ts";

/**
 * What of the gate's memory a change makes wrong: one key by its row key, all keys of a user, the ids that were looked up
 * in vain, what users may do (their keys are left as they are), or all of it.
 */
export type Subject = `key ${number}` | `user ${number}` | "unknown keys" | "rights" | "everything";

/** A change on its way: recorded in its own transaction, to be told to every replica once that is committed. */
export interface RecordedChange {
  readonly id: string;
  readonly subjects: readonly Subject[];
}

/**
 * Stands between the commit of a change and its answer. Once {@link Fence.hold} resolves, no replica of the server
 * judges by what was true before the change.
 */
export interface Fence {
  /** Writes the change down in the transaction that makes it, so that it is told of even if this process dies. */
  record(transaction: Database, subjects: readonly Subject[]): Promise<RecordedChange>;
  /** Call it when the transaction is committed, and answer when it resolves. Never rejects. */
  hold(change: RecordedChange): Promise<void>;
  /**
   * For an answer that tells of somebody else's change, such as that a row is gone: resolves when no replica judges any
   * more by what was before any change that is committed when it is called. Makes nobody forget anything, because whoever
   * may do nothing at all gets such answers.
   */
  outlastOthers(database: Database): Promise<void>;
}

/**
 * What a change of a table's row makes wrong, where the table itself does not say; `key` is undefined for a row that is
 * new. A change that widens is told as well, so that what somebody was just given works everywhere from the answer on. A
 * table that nobody thought of here makes everything wrong, which is slow and safe.
 */
export function subjectsOf(table: string, key: number | string | undefined): readonly Subject[] {
  switch (table) {
    case "user_api_keys":
      // A rotation makes a key as well, whose id somebody may have tried before it was there.
      return key === undefined ? ["unknown keys"] : [`key ${Number(key)}`, "unknown keys"];
    case "users":
      // Others may have rights on a user: whoever makes one gets some, and they go with it.
      return key === undefined ? ["rights"] : [`user ${Number(key)}`, "rights"];
    case "groups":
      return key === undefined ? ["rights"] : ["everything"];
    case "permissions":
      return ["rights"];
    case "settings":
    case "logs":
      return [];
    default:
      return ["everything"];
  }
}
