import type { ApiKeyAnswer, Client, RotatedApiKey } from "../../client/client.ts";
import { RequestRefused } from "../../client/errors.ts";
import { formatTime } from "../../contract/time.ts";
import { asProblem } from "../created.ts";
import { attempt, mayBeDone } from "../failures.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import { attributeOfField } from "./api-key-state.ts";

/** What a rotation is to make. */
export interface RotationOrder {
  /** The key that is rotated, as it is now. */
  readonly row: ApiKeyAnswer;
  /** Seconds for which it stays valid. */
  readonly overlap: number;
  /** When the successor ends, in epoch seconds; 0 for never. */
  readonly expires: number;
  /** A secret of the caller's own. */
  readonly secret: string | undefined;
  /** The same for every attempt at this rotation, so that it happens once. */
  readonly idempotencyKey: string;
  /** Whether only the answer to an earlier attempt is wanted, because the key was rotated already. */
  readonly isRepeat: boolean;
  readonly signal: AbortSignal;
}

/** What came of a rotation that did not simply fail. */
export type RotationOutcome =
  /** There is a successor. A problem beside it is about what was to be done afterwards. */
  | { readonly kind: "rotated"; readonly rotated: RotatedApiKey; readonly problem: ProviderError | null }
  /** It may have happened; asked again in the same words, the server answers what it has done. */
  | { readonly kind: "unanswered"; readonly problem: ProviderError }
  /** The key was rotated, and not by this order. */
  | { readonly kind: "refuted"; readonly problem: ProviderError };

/** The name that a key had before it was rotated; undefined for one that was not. */
export function nameBeforeRotation(name: string, key: number | string): string | undefined {
  return new RegExp(`^(.*) \\(${key} until [^()]+\\)$`, "s").exec(name)?.[1];
}

/** The error about a key that somebody else has rotated: nothing can be done with the predecessor any more. */
export function rotatedElsewhere(key: number | string): ProviderError {
  return new ProviderError("The key was rotated outside this configuration", {
    detail:
      `Key ${key} is a predecessor by now, and the secret of its successor went to whoever rotated it. Run plan and apply ` +
      "again: the successor is followed from then on.",
  });
}

/** The error about a server that made up a secret of its own although it was given one. */
export function ownSecretIgnored(leftover: string | null): ProviderError {
  const undone = leftover === null ? "What it made was deleted again. " : `Delete key ${leftover} there. `;
  return new ProviderError("The server takes no secret of your own", {
    attribute: "secret_wo",
    detail:
      `It made another one, so the key would never have accepted yours. ${undone}` +
      "Leave secret_wo out on this server; with recipients, the state holds its secret only encrypted.",
  });
}

/** Rotates a key on the server, or by hand on one that cannot, such as a VergeOS. Throws when nothing came of it. */
export async function rotate(client: Client, order: RotationOrder): Promise<RotationOutcome> {
  const { row, overlap, secret, idempotencyKey, isRepeat, signal } = order;
  const body = { overlap, ...expiryOf(order), ...(secret === undefined ? {} : { secret }) };
  const call = () => client.rotateApiKey(String(row.$key), body, { idempotencyKey, isRepeat, signal });
  try {
    const rotated = await attempt("rotate the API key", call, attributeOfField);
    if (secret !== undefined && rotated.secret !== secret) {
      throw await undo(client, row, rotated.key, true);
    }
    return { kind: "rotated", rotated, problem: null };
  } catch (error) {
    const problem = asProblem(error);
    const { cause } = problem;
    if (cause instanceof RequestRefused && [404, 405].includes(cause.status)) {
      return rotateByHand(client, order);
    }
    if (cause instanceof RequestRefused && isRefuted(cause)) {
      return { kind: "refuted", problem: rotatedElsewhere(row.$key) };
    }
    if (mayBeDone(cause)) {
      return { kind: "unanswered", problem };
    }
    throw error;
  }
}

/** The server remembers no such order, or another one under its key, of an apply that gave another secret. */
function isRefuted({ status, message }: RequestRefused): boolean {
  return status === 412 || (status === 422 && message.startsWith("Idempotency-Key:"));
}

/**
 * The same in three steps, each of which leaves a key that works: the predecessor makes room for the name, the successor
 * is made, and only when its secret is in hand does the predecessor get its end. From then on nothing is thrown: whatever
 * goes wrong, the secret was shown this once.
 */
async function rotateByHand(client: Client, order: RotationOrder): Promise<RotationOutcome> {
  const { row, overlap, secret, idempotencyKey, isRepeat, signal } = order;
  if (isRepeat) {
    return { kind: "refuted", problem: rotatedElsewhere(row.$key) };
  }
  const key = String(row.$key);
  // One second ahead at least, because servers refuse an expiry that is not in the future.
  const end = Math.floor(Date.now() / 1000) + Math.max(overlap, 1);
  const predecessorExpires = row.expires === 0 ? end : Math.min(row.expires, end);
  const name = nameBeforeRotation(row.name, key) ?? row.name;
  const body = {
    user: row.user,
    name,
    description: row.description,
    ip_allow_list: row.ip_allow_list,
    ip_deny_list: row.ip_deny_list,
    ...expiryOf(order),
    ...(secret === undefined ? {} : { secret }),
  };
  const succeed = async () => {
    await client.updateApiKey(key, { name: nameUntil(name, key, predecessorExpires) }, signal);
    return client.createApiKey(body, { idempotencyKey, signal });
  };
  const issued = await attempt("rotate the API key", succeed, attributeOfField).catch(
    async (error: unknown) => {
      // As it was, so that the next apply finds the key under its name.
      await client.updateApiKey(key, { name }).catch(() => undefined);
      throw error;
    },
  );
  if (secret !== undefined && issued.secret !== secret) {
    throw await undo(client, { ...row, name }, issued.key, false);
  }
  const finish = () => client.updateApiKey(key, { expires: predecessorExpires, expires_type: "date" });
  const problem = await attempt("give the predecessor of the API key its end", finish).then(
    () => null,
    asProblem,
  );
  return { kind: "rotated", rotated: { ...issued, predecessorExpires }, problem };
}

/** Takes a successor away again that has the wrong secret, and answers the error to tell. */
async function undo(
  client: Client,
  { $key, name, expires }: ApiKeyAnswer,
  successor: string,
  hasEnded: boolean,
): Promise<ProviderError> {
  try {
    await client.deleteApiKey(successor);
    const isOver = expires !== 0 && expires * 1000 <= Date.now();
    await client.updateApiKey(String($key), { name, ...(hasEnded && !isOver ? expiryOf({ expires }) : {}) });
    return ownSecretIgnored(null);
  } catch {
    return ownSecretIgnored(successor);
  }
}

function expiryOf({ expires }: Pick<RotationOrder, "expires">) {
  return { expires, expires_type: expires === 0 ? ("never" as const) : ("date" as const) };
}

/** The name that a Keyward server gives to a predecessor; within 128 characters, and not cut within a character. */
function nameUntil(name: string, key: string, expires: number): string {
  const suffix = ` (${key} until ${formatTime(expires)})`;
  return name.slice(0, 128 - suffix.length).replace(/[\ud800-\udbff]$/, "") + suffix;
}
