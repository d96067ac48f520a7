import { secondsOf } from "../duration.ts";
import { ProviderError } from "../plugin/diagnostics.ts";
import { isWhollyKnown } from "../plugin/equality.ts";
import { isUnknown, unknown } from "../plugin/unknown.ts";
import type { Config, Planned } from "../plugin/views.ts";
import type { ApiKeyState, apiKeySchema } from "./api-key-schema.ts";

type ApiKeyConfig = Config<typeof apiKeySchema>;
type ApiKeyPlanned = Planned<typeof apiKeySchema>;

interface KeyPlan {
  readonly config: ApiKeyConfig;
  readonly prior: ApiKeyState | null;
  readonly planned: ApiKeyPlanned;
  /** Whether the key was imported, and not changed since. */
  readonly isImported: boolean;
}

/**
 * What the schema's rules cannot know: when a key is rotated, and what that and an expiry make unknown. Looks at no
 * clock but for one thing that it refuses, an expiry that is set anew to a time that has passed.
 */
export function planApiKey(plan: KeyPlan): ApiKeyPlanned {
  const { config, prior, isImported } = plan;
  refusePast(plan);
  if (prior === null) {
    return planNew(plan);
  }
  const rotated = rotates(config, prior, isImported);
  const settled = { ...plan.planned, expires_at: plannedExpiry(plan, rotated !== "not") };
  switch (rotated) {
    case "certainly":
      return planRotated(config, prior, settled);
    case "perhaps":
      return planOpen(settled);
    default:
      return planKept(config, prior, settled);
  }
}

/** Whether a change gives the key a new secret; perhaps, where that hangs on what is known only at apply. */
export function rotates(
  config: Pick<ApiKeyConfig, "rotation" | "recipients" | "secret_wo_version">,
  prior: ApiKeyState,
  isImported: boolean,
): "certainly" | "perhaps" | "not" {
  const { rotation, recipients, secret_wo_version: version } = config;
  const answers = [
    prior.rotation_due === true && (isUnknown(rotation) ? "perhaps" : rotation !== null),
    isWhollyKnown(recipients)
      ? !sameNames(recipients, prior.recipients) && !isAdopted(prior.recipients, isImported)
      : !isAdopted(prior.recipients, isImported) && "perhaps",
    isUnknown(version)
      ? !isAdopted(prior.secret_wo_version, isImported) && "perhaps"
      : version !== prior.secret_wo_version && !isAdopted(prior.secret_wo_version, isImported),
  ];
  if (answers.includes(true)) {
    return "certainly";
  }
  return answers.includes("perhaps") ? "perhaps" : "not";
}

/**
 * Whether what the configuration says of the delivery is only written down: of an imported key nobody knows to whom its
 * secret went, and whoever declares it does not ask for a new one.
 */
export function isAdopted(before: unknown, isImported: boolean): boolean {
  return isImported && before === null;
}

function sameNames(left: unknown, right: readonly string[] | null): boolean {
  const show = (names: unknown) => (Array.isArray(names) ? names.map(String).sort().join() : null);
  return show(left) === show(right);
}

function planNew(plan: KeyPlan): ApiKeyPlanned {
  const { config, planned } = plan;
  return {
    ...planned,
    ...plannedSecrets(config),
    expires_at: plannedExpiry(plan, true),
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
    previous_id: prior.id,
    previous_expires_at: unknown,
  };
}

/** The key may be another one afterwards, or this one as it is: nothing that the server computes is certain. */
function planOpen(planned: ApiKeyPlanned): ApiKeyPlanned {
  return {
    ...planned,
    id: unknown,
    secret: unknown,
    encrypted_secret: unknown,
    status: unknown,
    created_at: unknown,
    last_login_at: unknown,
    last_login_ip: unknown,
    rotation_due: unknown,
    previous_id: unknown,
    previous_expires_at: unknown,
  };
}

function planKept(config: ApiKeyConfig, prior: ApiKeyState, planned: ApiKeyPlanned): ApiKeyPlanned {
  return {
    ...planned,
    status: plannedStatus(config, prior, planned),
    rotation_due: config.rotation === null ? false : prior.rotation_due,
  };
}

/** Who gives a key another end gives it a later one; an end that is not known yet may be the present one. */
function plannedStatus(
  config: ApiKeyConfig,
  prior: ApiKeyState,
  planned: ApiKeyPlanned,
): ApiKeyPlanned["status"] {
  if (planned.expires_at === prior.expires_at) {
    return prior.status;
  }
  return isUnknown(config.expires_at) || isUnknown(config.expires_in) ? unknown : "active";
}

/** The secret is in one place only: in clear, encrypted, or nowhere. */
function plannedSecrets(config: ApiKeyConfig): Pick<ApiKeyPlanned, "secret" | "encrypted_secret"> {
  if (isUnknown(config.recipients)) {
    return { secret: unknown, encrypted_secret: unknown };
  }
  const isEncrypted = config.recipients !== null;
  // A version is given with a secret alone, so it says that there will be one which is not known yet.
  const isOwn = [config.secret_wo, config.secret_wo_version].some(
    (value) => value !== null && !isUnknown(value),
  );
  return {
    secret: isEncrypted || isOwn ? null : unknown,
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
