import type { ApiKeyAnswer } from "../../client/client.ts";
import { formatTime } from "../../contract/time.ts";
import { durationSeconds, secondsOf } from "../duration.ts";
import { isUnknown } from "../plugin/unknown.ts";
import type { Plan } from "../plugin/views.ts";
import { fromWire, toWire } from "./address-set.ts";
import type { ApiKeyState, apiKeySchema } from "./api-key-schema.ts";

/** Attributes whose names differ from the fields that the server finds fault with. */
export const attributeOfField: Readonly<Record<string, string>> = {
  expires: "expires_at",
  expires_type: "expires_at",
  secret: "secret_wo",
  overlap: "rotation",
  ip_allow_entries: "ip_allow_list",
  ip_deny_entries: "ip_deny_list",
};

/** The attributes that the server stores as they are, in its terms. */
export function settingsOf(
  given: Pick<ApiKeyState, "name" | "description" | "ip_allow_list" | "ip_deny_list">,
) {
  return {
    name: given.name,
    description: given.description,
    ip_allow_list: toWire(given.ip_allow_list),
    ip_deny_list: toWire(given.ip_deny_list),
  };
}

/** Of these, what the plan changes. */
export function changedSettings(
  prior: ApiKeyState,
  plan: Plan<typeof apiKeySchema>,
): Partial<ReturnType<typeof settingsOf>> {
  const before = new Map(Object.entries(settingsOf(prior)));
  return Object.fromEntries(
    Object.entries(settingsOf(plan)).filter(([name, value]) => value !== before.get(name)),
  );
}

/** When the key is to end, in epoch seconds; a length of time counts from `nowSeconds`. */
export function plannedExpires(
  { expires_at, expires_in }: Plan<typeof apiKeySchema>,
  nowSeconds: number,
): number {
  if (expires_in !== null && isUnknown(expires_at)) {
    return nowSeconds + durationSeconds(expires_in);
  }
  return expires_at === null || isUnknown(expires_at) ? 0 : secondsOf(expires_at);
}

/** The same as it is sent. */
export function expiryFields(expires: number) {
  return { expires, expires_type: expires === 0 ? ("never" as const) : ("date" as const) };
}

/** The end as it was planned, or as it came out where that was not known. */
export function plannedEnd({ expires_at }: Plan<typeof apiKeySchema>, expires: number): string | null {
  if (isUnknown(expires_at)) {
    return expires === 0 ? null : formatTime(expires);
  }
  return expires_at;
}

/** What is known of a key from the moment that it is made. */
export function newKeyState(
  plan: Plan<typeof apiKeySchema>,
  made: Pick<ApiKeyState, "id" | "secret" | "encrypted_secret">,
  expires: number,
): ApiKeyState {
  return {
    ...plan,
    ...made,
    expires_at: plannedEnd(plan, expires),
    status: "active",
    created_at: null,
    last_login_at: null,
    last_login_ip: null,
    rotation_due: false,
    previous_id: null,
    previous_expires_at: null,
  };
}

/** The state that a row stands for; where the present state says the same in other words, its spelling is kept. */
export function toState(row: ApiKeyAnswer, state: ApiKeyState | undefined): ApiKeyState {
  const expires_at = toExpiresAt(row.expires, state?.expires_at ?? null);
  // Somebody gave the key another end: the length of time does not say it any more, and the next plan sets it again.
  const isAsSet = expires_at === (state?.expires_at ?? null);
  return withRotationDue({
    id: String(row.$key),
    user: String(row.user),
    name: row.name,
    description: row.description,
    expires_at,
    expires_in: isAsSet ? (state?.expires_in ?? null) : null,
    ip_allow_list: fromWire(row.ip_allow_list, state?.ip_allow_list ?? []),
    ip_deny_list: fromWire(row.ip_deny_list, state?.ip_deny_list ?? []),
    rotation: state?.rotation ?? null,
    recipients: state?.recipients ?? null,
    secret_wo: null,
    secret_wo_version: state?.secret_wo_version ?? null,
    secret: state?.secret ?? null,
    encrypted_secret: state?.encrypted_secret ?? null,
    status: isOver(row.expires) ? "expired" : "active",
    created_at: formatTime(row.created),
    last_login_at: row.lastlogin_stamp === 0 ? null : formatTime(row.lastlogin_stamp),
    last_login_ip: row.lastlogin_ip === "" ? null : row.lastlogin_ip,
    rotation_due: false,
    previous_id: state?.previous_id ?? null,
    previous_expires_at: state?.previous_expires_at ?? null,
  });
}

/** What is to be said of the predecessor: nothing any more once it is gone or has ended. */
export function toPrevious(
  row: ApiKeyAnswer | undefined,
  { previous_id, previous_expires_at: end }: ApiKeyState,
): Pick<ApiKeyState, "previous_id" | "previous_expires_at"> {
  // One whose end could not be set has none yet, and the one that it is to have is in the state.
  const expires = row === undefined || row.expires !== 0 ? row?.expires : secondsOf(end ?? "");
  return expires === undefined || isOver(expires)
    ? { previous_id: null, previous_expires_at: null }
    : { previous_id, previous_expires_at: toExpiresAt(expires, end) };
}

/** Whether a key with this end, in epoch seconds, is refused by now. */
export function isOver(expires: number): boolean {
  return expires !== 0 && expires * 1000 <= Date.now();
}

/**
 * By age, or because the key has ended and a successor would not end at once as well. One whose secret is its owner's own
 * is never due: a successor takes another secret, and only its owner can give it.
 */
function withRotationDue(state: ApiKeyState): ApiKeyState {
  const every = state.rotation?.every ?? null;
  const ageSeconds = Date.now() / 1000 - secondsOf(state.created_at ?? "");
  const isOld = every !== null && state.created_at !== null && ageSeconds >= durationSeconds(every);
  const hasEnded = state.status === "expired" && state.expires_in !== null;
  const canRotate = state.rotation !== null && state.secret_wo_version === null;
  return { ...state, rotation_due: canRotate && (isOld || hasEnded) };
}

function toExpiresAt(expires: number, inState: string | null): string | null {
  if (inState !== null && secondsOf(inState) === expires) {
    return inState;
  }
  return expires === 0 ? null : formatTime(expires);
}
