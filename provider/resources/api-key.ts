import { z } from "zod";
import type { ApiKeyAnswer } from "../../client/client.ts";
import { formatTime } from "../../contract/time.ts";
import type { ApiKeyChange } from "../../contract/user-api-keys.ts";
import { encryptFor } from "../age.ts";
import type { Connection } from "../connection.ts";
import { completed } from "../created.ts";
import { durationSeconds, secondsOf } from "../duration.ts";
import { attempt } from "../failures.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import type { PrivateState } from "../plugin/private-state.ts";
import { Incomplete, resourcesOf } from "../plugin/resource.ts";
import { isUnknown } from "../plugin/unknown.ts";
import type { KnownConfig, Plan } from "../plugin/views.ts";
import { fromWire, toWire } from "./address-set.ts";
import { isRotated, planApiKey, validateApiKey } from "./api-key-plan.ts";
import { newIdempotencyKey, rotate } from "./api-key-rotation.ts";
import { type ApiKeyState, apiKeySchema } from "./api-key-schema.ts";

/** Attributes whose names differ from the fields that the server finds fault with. */
const attributeOfField = {
  expires: "expires_at",
  expires_type: "expires_at",
  secret: "secret_wo",
  overlap: "rotation",
};

const resource = resourcesOf<Connection>();

/** Resource `keyward_api_key`. */
export const apiKey = resource({
  typeName: "keyward_api_key",
  schema: apiKeySchema,
  upgrade: {
    0: (state) => ({ ...state, status: "active", rotation_due: false }),
  },

  validate({ config, error, warn }) {
    validateApiKey(config, error, warn);
  },

  plan({ config, prior, planned }) {
    return planApiKey({ config, prior, planned });
  },

  async read({ state, client: { apiKeys }, privateState, warn }) {
    const row = await attempt("read the API key", () => apiKeys.get(state.id));
    if (row === undefined) {
      return null;
    }
    const read = withRotationDue(toState(row, state));
    if (read.status === "expired" && read.rotation_due !== true) {
      warn("The API key has expired", {
        attribute: "expires_at",
        detail: `${row.name} ended at ${formatTime(row.expires)} and is refused. Give it a later end, or a rotation.`,
      });
    }
    if (read.rotation_due === true && rememberedKey(privateState) === undefined) {
      // Drawn here and not at apply, so that an apply that is cut short and repeated rotates once.
      privateState.write({ idempotencyKey: newIdempotencyKey() });
    }
    return read;
  },

  async create({ plan, config, client: { client, apiKeys }, signal }) {
    const body = {
      user: plan.user,
      ...settingsOf(plan),
      ...expiryOf(plan),
      ...(config.secret_wo === null ? {} : { secret: config.secret_wo }),
    };
    const create = () => client.createApiKey(body, { signal });
    const issued = await attempt("create the API key", create, attributeOfField);
    apiKeys.forget();
    const state: ApiKeyState = {
      ...plan,
      ...(await handedOver(config, issued.secret)),
      id: issued.key,
      expires_at: plannedEnd(plan, body.expires),
      status: "active",
      created_at: null,
      last_login_at: null,
      last_login_ip: null,
      rotation_due: false,
      previous_id: null,
      previous_expires_at: null,
    };
    const readRow = () => attempt("read the new API key", () => client.getApiKey(issued.key, signal));
    return completed(state, readRow, (row) => ({ ...state, created_at: formatTime(row.created) }));
  },

  async update({ prior, plan, config, client: connection, privateState, signal }) {
    const { client, apiKeys } = connection;
    if (isRotated(config, prior)) {
      return rotateAndChange({ prior, plan, config, connection, privateState, signal });
    }
    const expiry = expiryOf(plan);
    const change: ApiKeyChange = {
      ...changedSettings(prior, plan),
      ...(plan.expires_at === prior.expires_at ? {} : expiry),
    };
    await attempt(
      "update the API key",
      () => client.updateApiKey(prior.id, change, signal),
      attributeOfField,
    );
    apiKeys.forget();
    // What the server computes is planned as it was: a later read may find a later login, an update may not.
    const { id, secret, encrypted_secret, created_at, last_login_at, last_login_ip } = prior;
    return {
      ...plan,
      id,
      secret,
      encrypted_secret,
      created_at,
      last_login_at,
      last_login_ip,
      expires_at: plannedEnd(plan, expiry.expires),
      // These are planned as they come out, so neither is unknown here.
      status: isUnknown(plan.status) ? prior.status : plan.status,
      rotation_due: isUnknown(plan.rotation_due) ? prior.rotation_due : plan.rotation_due,
      previous_id: prior.previous_id,
      previous_expires_at: prior.previous_expires_at,
    };
  },

  async delete({ state, client: { client, apiKeys }, signal }) {
    for (const id of [state.id, state.previous_id]) {
      if (id !== null) {
        await attempt("delete the API key", () => client.deleteApiKey(id, signal));
      }
    }
    apiKeys.forget();
  },

  async import({ id, client: { client }, signal, warn }) {
    const row = await attempt("import the API key", () => client.getApiKey(id, signal));
    if (row === undefined) {
      return null;
    }
    warn("The secret of an imported key is not known", {
      detail:
        "The server showed it when the key was made and never again, so the attribute secret stays null.",
    });
    return toState(row, undefined);
  },
});

interface RotationChange {
  readonly prior: ApiKeyState;
  readonly plan: Plan<typeof apiKeySchema>;
  readonly config: KnownConfig<typeof apiKeySchema>;
  readonly connection: Connection;
  readonly privateState: PrivateState;
  readonly signal: AbortSignal;
}

/** The new secret is in the state as soon as there is one, whatever goes wrong afterwards. */
async function rotateAndChange(change: RotationChange): Promise<ApiKeyState | Incomplete<ApiKeyState>> {
  const { prior, plan, config, connection, privateState, signal } = change;
  const { expires } = expiryOf(plan);
  const order = {
    key: prior.id,
    overlap: durationSeconds(plan.rotation?.overlap ?? prior.rotation?.overlap ?? "0s"),
    expires,
    secret: config.secret_wo ?? undefined,
    idempotencyKey: rememberedKey(privateState) ?? newIdempotencyKey(),
    signal,
  };
  const rotated = await attempt("rotate the API key", () => rotate(connection, order), attributeOfField);
  privateState.write(null);
  connection.apiKeys.forget();
  const isOver = rotated.predecessorExpires * 1000 <= Date.now();
  const state: ApiKeyState = {
    ...plan,
    ...(await handedOver(config, rotated.secret)),
    id: rotated.key,
    expires_at: plannedEnd(plan, expires),
    status: "active",
    created_at: null,
    last_login_at: null,
    last_login_ip: null,
    rotation_due: false,
    previous_id: prior.id,
    previous_expires_at: formatTime(rotated.predecessorExpires),
  };
  try {
    await finishRotation(change, rotated.key, isOver);
  } catch (error) {
    if (error instanceof ProviderError) {
      return new Incomplete(state, error);
    }
    throw error;
  }
  const readRow = () =>
    attempt("read the new API key", () => connection.client.getApiKey(rotated.key, signal));
  return completed(state, readRow, (row) => ({ ...state, created_at: formatTime(row.created) }));
}

/** The other changes of the same apply, on the successor; and keys that ended before are cleared away. */
async function finishRotation(
  { prior, plan, connection: { client }, signal }: RotationChange,
  successor: string,
  isPredecessorOver: boolean,
): Promise<void> {
  const settings = changedSettings(prior, plan);
  if (Object.keys(settings).length > 0) {
    const update = () => client.updateApiKey(successor, settings, signal);
    await attempt("update the rotated API key", update, attributeOfField);
  }
  const over = [prior.previous_id, isPredecessorOver ? prior.id : null];
  for (const id of over.filter((one) => one !== null)) {
    await attempt("delete the predecessor of the API key", () => client.deleteApiKey(id, signal));
  }
}

const remembered = z.object({ idempotencyKey: z.string() });

function rememberedKey(privateState: PrivateState): string | undefined {
  return remembered.safeParse(privateState.read()).data?.idempotencyKey;
}

async function handedOver(
  { recipients, secret_wo }: KnownConfig<typeof apiKeySchema>,
  secret: string,
): Promise<Pick<ApiKeyState, "secret" | "encrypted_secret">> {
  if (recipients !== null) {
    return { secret: null, encrypted_secret: await encryptFor(recipients, secret) };
  }
  return { secret: secret_wo === null ? secret : null, encrypted_secret: null };
}

/** The attributes that the server stores as they are, in its terms. */
function settingsOf(given: Pick<ApiKeyState, "name" | "description" | "ip_allow_list" | "ip_deny_list">) {
  return {
    name: given.name,
    description: given.description,
    ip_allow_list: toWire(given.ip_allow_list),
    ip_deny_list: toWire(given.ip_deny_list),
  };
}

function changedSettings(
  prior: ApiKeyState,
  plan: Plan<typeof apiKeySchema>,
): Partial<ReturnType<typeof settingsOf>> {
  const before = new Map(Object.entries(settingsOf(prior)));
  return Object.fromEntries(
    Object.entries(settingsOf(plan)).filter(([name, value]) => value !== before.get(name)),
  );
}

/** When the key is to end; a length of time counts from now. */
function expiryOf({ expires_at, expires_in }: Plan<typeof apiKeySchema>) {
  const expires =
    expires_in !== null && isUnknown(expires_at)
      ? Math.floor(Date.now() / 1000) + durationSeconds(expires_in)
      : expires_at === null || isUnknown(expires_at)
        ? 0
        : secondsOf(expires_at);
  return { expires, expires_type: expires === 0 ? ("never" as const) : ("date" as const) };
}

/** The end as it was planned, or as it came out where that was not known. */
function plannedEnd({ expires_at }: Plan<typeof apiKeySchema>, expires: number): string | null {
  if (isUnknown(expires_at)) {
    return expires === 0 ? null : formatTime(expires);
  }
  return expires_at;
}

/** The state that a row stands for; where the present state says the same in other words, its spelling is kept. */
function toState(row: ApiKeyAnswer, state: ApiKeyState | undefined): ApiKeyState {
  const expires_at = toExpiresAt(row.expires, state?.expires_at ?? null);
  // Somebody gave the key another end: the length of time does not say it any more, and the next plan sets it again.
  const isAsSet = expires_at === (state?.expires_at ?? null);
  const previousEnd = state?.previous_expires_at ?? null;
  return {
    id: String(row.$key),
    user: String(row.user),
    name: row.name,
    description: row.description,
    expires_at,
    expires_in: isAsSet ? (state?.expires_in ?? null) : null,
    ip_allow_list: fromWire(row.ip_allow_list, state?.ip_allow_list ?? null),
    ip_deny_list: fromWire(row.ip_deny_list, state?.ip_deny_list ?? null),
    rotation: state?.rotation ?? null,
    recipients: state?.recipients ?? null,
    secret_wo: null,
    secret_wo_version: state?.secret_wo_version ?? null,
    secret: state?.secret ?? null,
    encrypted_secret: state?.encrypted_secret ?? null,
    status: row.expires !== 0 && row.expires * 1000 <= Date.now() ? "expired" : "active",
    created_at: formatTime(row.created),
    last_login_at: row.lastlogin_stamp === 0 ? null : formatTime(row.lastlogin_stamp),
    last_login_ip: row.lastlogin_ip === "" ? null : row.lastlogin_ip,
    rotation_due: false,
    previous_id: state?.previous_id ?? null,
    previous_expires_at: previousEnd,
  };
}

/** By age, or because the key has ended and a successor would not end at once as well. */
function withRotationDue(state: ApiKeyState): ApiKeyState {
  const every = state.rotation?.every ?? null;
  const ageSeconds = Date.now() / 1000 - secondsOf(state.created_at ?? "");
  const isOld = every !== null && state.created_at !== null && ageSeconds >= durationSeconds(every);
  const hasEnded = state.status === "expired" && state.expires_in !== null;
  return { ...state, rotation_due: state.rotation !== null && (isOld || hasEnded) };
}

function toExpiresAt(expires: number, inState: string | null): string | null {
  if (inState !== null && secondsOf(inState) === expires) {
    return inState;
  }
  return expires === 0 ? null : formatTime(expires);
}
