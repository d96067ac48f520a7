import type { ApiKeyAnswer } from "../../client/client.ts";
import { formatTime } from "../../contract/time.ts";
import type { Connection } from "../connection.ts";
import { asProblem, completed } from "../created.ts";
import { textLiteral } from "../data-sources/filter.ts";
import { durationSeconds, sameDuration, secondsOf } from "../duration.ts";
import { attempt } from "../failures.ts";
import { ProviderError, type Report } from "../plugin/diagnostics.ts";
import type { PrivateState } from "../plugin/private-state.ts";
import { Incomplete } from "../plugin/resource.ts";
import { isUnknown } from "../plugin/unknown.ts";
import type { KnownConfig, Plan } from "../plugin/views.ts";
import { deliver, prepareDelivery } from "./api-key-delivery.ts";
import {
  drawRotation,
  fixExpiry,
  type KeyMemory,
  type NextRotation,
  recallKey,
  refutedRotation,
  rememberKey,
  renewed,
} from "./api-key-memory.ts";
import { nameBeforeRotation, rotate } from "./api-key-rotation.ts";
import type { ApiKeyState, apiKeySchema } from "./api-key-schema.ts";
import { attributeOfField, changedSettings, isOver, newKeyState, plannedExpires } from "./api-key-state.ts";
import { tellWarnings } from "./api-key-warnings.ts";

/** A change of a key that gives it a new secret. */
export interface Succession {
  readonly prior: ApiKeyState;
  readonly plan: Plan<typeof apiKeySchema>;
  readonly config: KnownConfig<typeof apiKeySchema>;
  readonly connection: Connection;
  readonly privateState: PrivateState;
  readonly signal: AbortSignal;
  readonly warn: Report;
}

/** Rotates a key and makes the other changes of the same apply. What exists afterwards is answered, whatever went wrong. */
export async function succeed(change: Succession): Promise<ApiKeyState | Incomplete<ApiKeyState>> {
  const { prior, plan, config, connection, privateState, signal, warn } = change;
  const { client, apiKeys } = connection;
  const delivery = await prepareDelivery(config);
  const memory = recallKey(privateState);
  const now = Math.floor(Date.now() / 1000);
  const next = withExpiry(memory.next, plan, now);
  const expires = next.expires ?? plannedExpires(plan, now);
  const row = await attempt("read the API key", () => client.getApiKey(prior.id, signal));
  if (row === undefined) {
    throw new ProviderError(`Key ${prior.id} is not there any more`, {
      detail: "Somebody deleted it since it was read. Plan again: it is made anew.",
    });
  }
  const wasRotated = nameBeforeRotation(row.name, row.$key) !== undefined;
  const outcome = await rotate(client, {
    row,
    overlap: durationSeconds(plan.rotation?.overlap ?? prior.rotation?.overlap ?? "0s"),
    expires,
    secret: config.secret_wo ?? undefined,
    idempotencyKey: next.idempotencyKey,
    isRepeat: wasRotated && !next.isRefuted,
    signal,
  });
  apiKeys.forget();
  if (outcome.kind !== "rotated") {
    const open = outcome.kind === "refuted" ? refutedRotation() : { ...next, isUnanswered: true };
    rememberKey(privateState, { ...memory, next: open });
    return new Incomplete(prior, outcome.problem);
  }
  const { rotated } = outcome;
  const predecessors = withPredecessor(memory, prior, rotated.predecessorExpires);
  rememberKey(privateState, { next: drawRotation(), predecessors, isImported: false });
  tellWarnings(rotated.warnings, warn);
  const { secrets, problem } = await deliver(delivery, rotated.secret);
  const state: ApiKeyState = {
    ...newKeyState(plan, { id: rotated.key, ...secrets }, expires),
    previous_id: prior.id,
    previous_expires_at: formatTime(rotated.predecessorExpires),
  };
  const settings = { ...changedSettings(prior, plan), ...(wasRotated ? { name: plan.name } : {}) };
  const unfinished = outcome.problem ?? problem ?? (await finish(change, rotated.key, settings));
  if (unfinished !== null) {
    return new Incomplete(state, unfinished);
  }
  const readRow = () => attempt("read the new API key", () => client.getApiKey(rotated.key, signal));
  return completed(state, readRow, (made) => ({ ...state, created_at: formatTime(made.created) }));
}

/** The other changes, on the successor; and predecessors that have ended are cleared away. */
async function finish(
  { connection: { client }, privateState, signal, warn }: Succession,
  successor: string,
  settings: Partial<Record<"name" | "description" | "ip_allow_list" | "ip_deny_list", string>>,
): Promise<ProviderError | null> {
  try {
    if (Object.keys(settings).length > 0) {
      const update = () => client.updateApiKey(successor, settings, signal);
      tellWarnings(await attempt("update the rotated API key", update, attributeOfField), warn);
    }
    await clearEnded({ client }, privateState, signal);
    return null;
  } catch (error) {
    return asProblem(error);
  }
}

/** Deletes the predecessors whose end has passed; the others have been promised their overlap. */
export async function clearEnded(
  { client }: Pick<Connection, "client">,
  privateState: PrivateState,
  signal: AbortSignal,
): Promise<void> {
  const memory = recallKey(privateState);
  for (const { id } of memory.predecessors.filter(({ expires }) => isOver(expires))) {
    await attempt("delete a predecessor of the API key", () => client.deleteApiKey(id, signal));
  }
  const predecessors = memory.predecessors.filter(({ expires }) => !isOver(expires));
  rememberKey(privateState, { ...memory, predecessors });
}

/**
 * The key as Terraform goes on with it when somebody else has rotated it: the successor, under whose name it is declared,
 * and whose secret nobody here knows. Undefined for a key that was not rotated, or whose successor is not there.
 */
export async function followSuccessor(
  { client, apiKeys }: Connection,
  row: ApiKeyAnswer,
  { name: nameInState }: ApiKeyState,
  signal: AbortSignal,
): Promise<ApiKeyAnswer | undefined> {
  const before = nameBeforeRotation(row.name, row.$key);
  if (before === undefined) {
    return undefined;
  }
  // The state has the whole name, of which the server may have had to cut something, unless it was read since.
  const name = nameBeforeRotation(nameInState, row.$key) ?? nameInState;
  const filter = `user eq ${row.user} and name eq ${textLiteral(name)}`;
  const found = await attempt("look for the successor of the API key", () =>
    client.listApiKeys({ filter, signal }),
  );
  const successor = found.find((one) => one.name === name && one.user === row.user && one.$key !== row.$key);
  if (successor !== undefined) {
    apiKeys.forget();
  }
  return successor;
}

/** What is remembered of a key that is followed: the key that it was is a predecessor now. */
export function memoryOfFollower(memory: KeyMemory, { $key, expires }: ApiKeyAnswer): KeyMemory {
  const predecessors = [...memory.predecessors, { id: String($key), expires }];
  return { ...memory, next: drawRotation(), predecessors };
}

/** The rotation that is due, with the successor's end fixed from here on. */
export function dueRotation(memory: KeyMemory, state: ApiKeyState, now: number): NextRotation {
  const next = renewed(memory.next, now);
  const { expires_in, rotation_due } = state;
  return rotation_due === true && expires_in !== null && next.expires === null
    ? fixExpiry(next, now + durationSeconds(expires_in), expires_in, now)
    : next;
}

/** An end that is counted from the rotation is fixed once, unless another length of time is asked for by now. */
function withExpiry(next: NextRotation, plan: Plan<typeof apiKeySchema>, now: number): NextRotation {
  const { expires_at, expires_in } = plan;
  if (expires_in === null || !isUnknown(expires_at)) {
    return { ...next, expires: null };
  }
  const isFixed =
    next.expires !== null && next.expires > now && sameDuration(next.expiresIn ?? "", expires_in);
  return isFixed ? next : fixExpiry(next, plannedExpires(plan, now), expires_in, now);
}

function withPredecessor(memory: KeyMemory, prior: ApiKeyState, expires: number): KeyMemory["predecessors"] {
  const earlier =
    prior.previous_id === null
      ? []
      : [{ id: prior.previous_id, expires: secondsOf(prior.previous_expires_at ?? "") }];
  const all = [...earlier, ...memory.predecessors, { id: prior.id, expires }];
  return [...new Map(all.map((one) => [one.id, one])).values()];
}
