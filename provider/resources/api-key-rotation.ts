import { randomUUID } from "node:crypto";
import { RequestRefused, type RotatedApiKey } from "../../client/client.ts";
import { formatTime } from "../../contract/time.ts";
import type { Connection } from "../connection.ts";

/** What a rotation is to make. */
export interface RotationOrder {
  /** Row key of the key that is rotated. */
  readonly key: string;
  /** Seconds for which it stays valid. */
  readonly overlap: number;
  /** When the successor ends, in epoch seconds; 0 for never. */
  readonly expires: number;
  /** A secret of the caller's own. */
  readonly secret: string | undefined;
  /** The same for every attempt at this rotation, so that it happens once. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/** Rotates a key on the server, or by hand on one that cannot, such as a VergeOS. */
export async function rotate({ client }: Connection, order: RotationOrder): Promise<RotatedApiKey> {
  const { key, overlap, expires, secret, idempotencyKey, signal } = order;
  const body = {
    overlap,
    expires,
    expires_type: expires === 0 ? ("never" as const) : ("date" as const),
    ...(secret === undefined ? {} : { secret }),
  };
  try {
    return await client.rotateApiKey(key, body, { idempotencyKey, signal });
  } catch (error) {
    const isUnsupported = error instanceof RequestRefused && [404, 405].includes(error.status);
    if (!isUnsupported || (await client.getApiKey(key, signal)) === undefined) {
      throw error;
    }
    return rotateByHand({ client }, order);
  }
}

/**
 * The same in three steps, each of which leaves a key that works: the predecessor makes room for the name, the successor
 * is made, and only when its secret is in hand does the predecessor get its end.
 */
async function rotateByHand(
  { client }: Pick<Connection, "client">,
  order: RotationOrder,
): Promise<RotatedApiKey> {
  const { key, overlap, expires, secret, idempotencyKey, signal } = order;
  const row = await client.getApiKey(key, signal);
  if (row === undefined) {
    throw new RequestRefused(404, "the key is not there any more");
  }
  const nowSeconds = Math.floor(Date.now() / 1000);
  // One second ahead at least, because servers refuse an expiry that is not in the future.
  const end = nowSeconds + Math.max(overlap, 1);
  const predecessorExpires = row.expires === 0 ? end : Math.min(row.expires, end);
  const suffix = ` (${key} until ${formatTime(predecessorExpires)})`;
  await client.updateApiKey(key, { name: row.name.slice(0, 128 - suffix.length) + suffix }, signal);
  const body = {
    user: row.user,
    name: row.name,
    description: row.description,
    ip_allow_list: row.ip_allow_list,
    ip_deny_list: row.ip_deny_list,
    expires,
    expires_type: expires === 0 ? ("never" as const) : ("date" as const),
    ...(secret === undefined ? {} : { secret }),
  };
  try {
    const issued = await client.createApiKey(body, { idempotencyKey, signal });
    await client.updateApiKey(key, { expires: predecessorExpires, expires_type: "date" }, signal);
    return { ...issued, predecessorExpires };
  } catch (error) {
    // As it was, so that the next apply finds the key under its name.
    await client.updateApiKey(key, { name: row.name }).catch(() => undefined);
    throw error;
  }
}

/** A value for `RotationOrder.idempotencyKey`. */
export function newIdempotencyKey(): string {
  return randomUUID();
}
