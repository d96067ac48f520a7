import { durationSeconds } from "../duration.ts";
import { isUnknown } from "../plugin/unknown.ts";
import type { Config } from "../plugin/views.ts";
import type { apiKeySchema } from "./api-key-schema.ts";

type ApiKeyConfig = Config<typeof apiKeySchema>;

/** Rules between attributes, as far as they are known. */
export function validateApiKey(
  config: ApiKeyConfig,
  error: (summary: string, options: { attribute: string; detail: string }) => void,
  warn: (summary: string, options: { attribute: string; detail: string }) => void,
): void {
  const { ip_allow_list: allow, ip_deny_list: deny, rotation } = config;
  if (isGiven(config.expires_at) && isGiven(config.expires_in)) {
    error("Two ways to say when the key ends", {
      attribute: "expires_in",
      detail: "Give expires_at, a time, or expires_in, a length of time, but not both.",
    });
  }
  if (isGiven(config.recipients) && isGiven(config.secret_wo)) {
    error("Two ways to hand over the secret", {
      attribute: "secret_wo",
      detail: "Whoever gives secret_wo has the secret already, so recipients have nothing to be sent.",
    });
  }
  const { secret_wo: own, secret_wo_version: version } = config;
  if ((own === null && isGiven(version)) || (isGiven(own) && version === null)) {
    const missing = own === null ? "secret_wo" : "secret_wo_version";
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

/** What is not known yet may turn out to be left out. */
function isGiven(value: unknown): boolean {
  return value !== null && !isUnknown(value);
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
  if (isGiven(config.secret_wo)) {
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
