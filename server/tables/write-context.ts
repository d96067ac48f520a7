import type { Principal } from "../access/principal.ts";
import type { Rights } from "../access/rights.ts";
import type { Database } from "../database.ts";
import type { Peppers } from "../identity/secrets.ts";

/** What a change works with. Everything it does is one transaction with its audit row. */
export interface WriteContext {
  readonly transaction: Database;
  readonly principal: Principal;
  /** The principal's rights as they stand in this transaction. */
  readonly rights: Rights;
  /** What secrets are hashed under. */
  readonly peppers: Peppers;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** Epoch seconds of the change. */
export function nowSeconds(context: Pick<WriteContext, "nowMs">): number {
  return Math.floor(context.nowMs / 1000);
}
