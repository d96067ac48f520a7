import type { Address } from "../../contract/address-rule.ts";
import type { Principal } from "../access/principal.ts";
import { ApiError, type Failure } from "../errors.ts";
import { showAddress } from "./client-address.ts";
import type { Verdict } from "./judge-key.ts";
import type { LoginRecorder } from "./logins.ts";

/** What is answered to a credential that proves nothing: the same whatever is wrong with it. */
export const nothingProved: Failure = { code: "unauthorized", message: "Login required" };

/** The same, to be thrown. */
export function loginRequired(): ApiError {
  return new ApiError(nothingProved.code, nothingProved.message);
}

/** Notes a verdict, and answers whom it lets in; throws the reason to refuse. */
export function admit(
  logins: LoginRecorder,
  verdict: Verdict,
  address: Address | undefined,
  nowMs: number,
): Principal {
  const shown = showAddress(address);
  recordVerdict(logins, verdict, shown, nowMs);
  if (verdict.outcome !== "allowed") {
    const { code, message } = refusalOf(verdict, shown);
    throw new ApiError(code, message);
  }
  const { key, secretId, user } = verdict.key;
  return {
    user: {
      key: user.key,
      name: user.name,
      identity: user.identity,
      hasPhysicalAccess: user.physicalAccess,
    },
    apiKey: { key, secretId },
    sessionToken: undefined,
    address: shown,
  };
}

/** Notes a verdict for the last logins and the audit trail; `address` is in canonical spelling. */
export function recordVerdict(logins: LoginRecorder, verdict: Verdict, address: string, nowMs: number): void {
  const stamp = Math.floor(nowMs / 1000);
  if (verdict.outcome === "unknown") {
    logins.recordUnknown(stamp, address);
    return;
  }
  const { key, secretId, user } = verdict.key;
  if (verdict.outcome === "allowed" && logins.isRecorded(key, stamp, address)) {
    return;
  }
  const login = { stamp, address, user: user.name, userKey: user.key, secretId };
  if (verdict.outcome === "allowed") {
    logins.recordKey(key, login);
  } else {
    logins.recordRefusal(key, { ...login, reason: reasons[verdict.outcome] });
  }
}

type Refusal = Exclude<Verdict, { readonly outcome: "allowed" }>;

const reasons: Readonly<Record<Exclude<Refusal["outcome"], "unknown">, string>> = {
  wrong_secret: "wrong secret",
  expired: "expired",
  user_disabled: "user disabled",
  not_on_allow_list: "address not on the allow list",
  on_deny_list: "address on the deny list, or unknown",
};

/**
 * A refusal in words for the caller. One who does not hold the secret learns nothing from it. It is no Error, because
 * making one takes longer than the verdict.
 */
export function refusalOf(verdict: Refusal, address: string): Failure {
  switch (verdict.outcome) {
    case "unknown":
    case "wrong_secret":
      return nothingProved;
    case "expired": {
      const ended = new Date(verdict.key.expires * 1000).toISOString();
      return { code: "unauthorized", message: `API key ${verdict.key.secretId} expired at ${ended}` };
    }
    case "user_disabled":
      return { code: "unauthorized", message: `the user of API key ${verdict.key.secretId} is disabled` };
    case "not_on_allow_list":
    case "on_deny_list": {
      const { secretId } = verdict.key;
      if (address === "") {
        const message = `the address you call from is not known, and API key ${secretId} has a list of addresses`;
        return { code: "forbidden", message };
      }
      const reason = reasons[verdict.outcome].replace(/^address /, "");
      return { code: "forbidden", message: `address ${address} is ${reason}, of API key ${secretId}` };
    }
  }
}
