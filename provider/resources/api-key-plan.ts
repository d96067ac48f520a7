import { durationSeconds, secondsOf } from "../duration.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import { isUnknown, unknown } from "../plugin/unknown.ts";
import type { Config, Planned } from "../plugin/views.ts";
import type { ApiKeyState, apiKeySchema } from "./api-key-schema.ts";

type ApiKeyConfig = Config<typeof apiKeySchema>;
type ApiKeyPlanned = Planned<typeof apiKeySchema>;

interface KeyPlan {
  readonly config: ApiKeyConfig;
  readonly prior: ApiKeyState | null;
  readonly planned: ApiKeyPlanned;
}

/**
 * What the schema's rules cannot know: when a key is rotated, and what that and an expiry make unknown. Looks at no
 * clock but for one thing that it refuses, an expiry that is set anew to a time that has passed.
 */
export function planApiKey(plan: KeyPlan): ApiKeyPlanned {
  const { config, prior } = plan;
  refusePast(plan);
  if (prior === null) {
    return planNew(plan);
  }
  const rotates = isRotated(config, prior);
  const settled = { ...plan.planned, expires_at: plannedExpiry(plan, rotates) };
  return rotates ? planRotated(config, prior, settled) : planKept(config, prior, settled);
}

/** Whether this change gives the key a new secret. Where that is not known yet, it may. */
export function isRotated(
  config: Pick<ApiKeyConfig, "rotation" | "recipients" | "secret_wo_version">,
  prior: ApiKeyState,
): boolean {
  const { rotation, recipients, secret_wo_version: version } = config;
  const isDue = prior.rotation_due === true && rotation !== null;
  const isMaybe = isUnknown(recipients) || isUnknown(version);
  return isDue || isMaybe || !sameNames(recipients, prior.recipients) || version !== prior.secret_wo_version;
}

function sameNames(left: readonly unknown[] | null, right: readonly string[] | null): boolean {
  const show = (names: readonly unknown[] | null) =>
    names === null ? null : names.map(String).sort().join();
  return show(left) === show(right);
}

function planNew({ config, planned }: KeyPlan): ApiKeyPlanned {
  return {
    ...planned,
    ...plannedSecrets(config),
    expires_at: plannedExpiry({ config, prior: null, planned }, true),
    status: "active",
    last_login_at: null,
    last_login_ip: null,
    rotation_due: false,
    previous_id: null,
    previous_expires_at: null,
  };
}

function planRotated(config: ApiKeyConfig, prior: ApiKeyState, planned: ApiKeyPlanned): ApiKeyPlanned {
  return {
    ...planned,
    ...plannedSecrets(config),
    id: unknown,
    status: "active",
    created_at: unknown,
    last_login_at: null,
    last_login_ip: null,
    rotation_due: false,
    previous_id: isUnknown(config.recipients) || isUnknown(config.secret_wo_version) ? unknown : prior.id,
    previous_expires_at: unknown,
  };
}

function planKept(config: ApiKeyConfig, prior: ApiKeyState, planned: ApiKeyPlanned): ApiKeyPlanned {
  return {
    ...planned,
    status: planned.expires_at === prior.expires_at ? prior.status : "active",
    rotation_due: config.rotation === null ? false : prior.rotation_due,
  };
}

/** The secret is in one place only: in clear, encrypted, or nowhere. */
function plannedSecrets(config: ApiKeyConfig): Pick<ApiKeyPlanned, "secret" | "encrypted_secret"> {
  if (isUnknown(config.recipients)) {
    return { secret: unknown, encrypted_secret: unknown };
  }
  const isEncrypted = config.recipients !== null;
  return {
    secret: isEncrypted || config.secret_wo !== null ? null : unknown,
    encrypted_secret: isEncrypted ? unknown : null,
  };
}

/** A length of time counts from the apply, so the end is known only then; until something changes, it stays. */
function plannedExpiry({ config, prior, planned }: KeyPlan, isNewKey: boolean): ApiKeyPlanned["expires_at"] {
  if (config.expires_at !== null) {
    return planned.expires_at;
  }
  if (config.expires_in === null) {
    return null;
  }
  // Compared with what is planned, where another spelling of the same length is the prior one already.
  const isSame = !isUnknown(config.expires_in) && prior !== null && planned.expires_in === prior.expires_in;
  return isSame && !isNewKey ? prior.expires_at : unknown;
}

function refusePast({ config, prior, planned }: KeyPlan): void {
  const wanted = config.expires_at;
  const isNew = prior === null || prior.expires_at !== planned.expires_at;
  // An expiry that has passed since it was set is a fact, not a fault: only setting one in the past is.
  if (isNew && wanted !== null && !isUnknown(wanted) && secondsOf(wanted) * 1000 <= Date.now()) {
    throw new ProviderError("The expiry is in the past", {
      attribute: "expires_at",
      detail: `${wanted} has passed. Give a future time, or leave expires_at out for a key that never expires.`,
    });
  }
}

/** Rules between attributes, as far as they are known. */
export function validateApiKey(
  config: ApiKeyConfig,
  error: (summary: string, options: { attribute: string; detail: string }) => void,
  warn: (summary: string, options: { attribute: string; detail: string }) => void,
): void {
  const { ip_allow_list: allow, ip_deny_list: deny, rotation } = config;
  if (config.expires_at !== null && config.expires_in !== null) {
    error("Two ways to say when the key ends", {
      attribute: "expires_in",
      detail: "Give expires_at, a time, or expires_in, a length of time, but not both.",
    });
  }
  if (config.recipients !== null && config.secret_wo !== null) {
    error("Two ways to hand over the secret", {
      attribute: "secret_wo",
      detail: "Whoever gives secret_wo has the secret already, so recipients have nothing to be sent.",
    });
  }
  if ((config.secret_wo === null) !== (config.secret_wo_version === null)) {
    const missing = config.secret_wo === null ? "secret_wo" : "secret_wo_version";
    error(`${missing} is missing`, {
      attribute: missing,
      detail:
        "secret_wo is stored nowhere, so that only a change of secret_wo_version shows that it is another one.",
    });
  }
  if (
    allow !== null &&
    deny !== null &&
    !isUnknown(allow) &&
    !isUnknown(deny) &&
    allow.length > 0 &&
    deny.length > 0
  ) {
    warn("The deny list has no effect", {
      attribute: "ip_deny_list",
      detail: "The key has an allow list, which alone decides: only the addresses on it are admitted.",
    });
  }
  if (rotation !== null && !isUnknown(rotation)) {
    validateRotation(config, rotation, error);
  }
}

function validateRotation(
  config: ApiKeyConfig,
  rotation: Exclude<ApiKeyConfig["rotation"], null | { readonly extensionType: number }>,
  error: (summary: string, options: { attribute: string; detail: string }) => void,
): void {
  const { every, overlap } = rotation;
  if (every === null || isUnknown(every)) {
    return;
  }
  if (config.secret_wo !== null) {
    error("A key cannot be rotated by age with a secret of your own", {
      attribute: "rotation",
      detail: "Its next secret has to come from you: leave every out and change secret_wo_version to rotate.",
    });
  }
  if (durationSeconds(every) === 0) {
    error("A key cannot be due all the time", {
      attribute: "rotation",
      detail: "Give every a length of time above zero.",
    });
  } else if (overlap !== null && !isUnknown(overlap) && durationSeconds(overlap) >= durationSeconds(every)) {
    error("The overlap is as long as the rotation", {
      attribute: "rotation",
      detail: `With every = "${every}", an overlap of "${overlap}" would have more than two keys valid at once. Make it shorter.`,
    });
  }
}
