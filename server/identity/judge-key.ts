import type { Address } from "../../contract/address-rule.ts";
import { decideAddress } from "../access/address-lists.ts";
import type { KnownKey } from "./known-key.ts";
import { matchesSecret, type Peppers } from "./secrets.ts";

/** The verdict on a key that may pass. */
export interface Admission {
  readonly outcome: "allowed";
  readonly key: KnownKey;
}

/** Whether a presented secret may pass, and if not, why. Only who holds the secret is ever told more than "unknown". */
export type Verdict =
  | Admission
  /** Not well-formed, or no key has its id. */
  | { readonly outcome: "unknown" }
  | {
      readonly outcome: "wrong_secret" | "expired" | "user_disabled" | "not_on_allow_list" | "on_deny_list";
      readonly key: KnownKey;
    };

/** What a verdict is called in metrics and logs. */
export type Outcome = Verdict["outcome"];

/** The verdict on what has no key: a string that is no secret, or one whose id is nobody's. */
export const unknownKey: Verdict = { outcome: "unknown" };

/**
 * Decides, purely, from what is known of the key with the secret's id. The secret is proved first, in constant time and
 * at the same cost for an unknown id; then expiry, user and address are looked at. `nowMs` is epoch milliseconds.
 */
export function judgeKey(
  key: KnownKey | undefined,
  secret: string,
  address: Address | undefined,
  nowMs: number,
  peppers: Peppers,
): Verdict {
  const isProved = matchesSecret(secret, key, peppers);
  if (key === undefined) {
    return unknownKey;
  }
  if (!isProved) {
    return { outcome: "wrong_secret", key };
  }
  if (key.ended || (key.expires !== 0 && key.expires * 1000 <= nowMs)) {
    return { outcome: "expired", key };
  }
  if (!key.user.enabled) {
    return { outcome: "user_disabled", key };
  }
  const decision = decideAddress(key.lists, address);
  return { outcome: decision, key };
}
