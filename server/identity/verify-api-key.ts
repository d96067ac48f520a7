import { eq } from "drizzle-orm";
import type { Address } from "../../contract/address-rule.ts";
import { secretIdOf } from "../../contract/secret.ts";
import { userApiKeys, users } from "../../drizzle/schema.ts";
import { compileLists, decideAddress } from "../access/address-lists.ts";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../database.ts";
import { ApiError } from "../errors.ts";
import { showAddress } from "./client-address.ts";
import type { LoginRecorder } from "./logins.ts";
import { matchesSecret, type Peppers } from "./secrets.ts";

/** What a key is checked with. */
export interface KeyVerification {
  readonly database: Database;
  readonly peppers: Peppers;
  readonly logins: LoginRecorder;
}

/** The answer to a credential that proves nothing. Says the same whatever is wrong with it. */
export function loginRequired(): ApiError {
  return new ApiError("unauthorized", "Login required");
}

/**
 * Finds the principal behind a presented secret, or throws the reason to refuse it. The secret is proved first, then
 * expiry, user and address: only a caller who holds the secret learns which of them refused it. `nowMs` is epoch
 * milliseconds.
 */
export async function verifyApiKey(
  { database, peppers, logins }: KeyVerification,
  secret: string,
  address: Address | undefined,
  nowMs: number,
): Promise<Principal> {
  const secretId = secretIdOf(secret);
  const shown = showAddress(address);
  const stamp = Math.floor(nowMs / 1000);
  if (secretId === undefined) {
    logins.recordUnknown(stamp, shown);
    throw loginRequired();
  }
  const found = await findBySecretId(database, secretId);
  const refuse = (reason: string, error: ApiError): never => {
    if (found === undefined) {
      logins.recordUnknown(stamp, shown);
    } else {
      logins.recordRefusal(found.key, { user: found.userName, secretId, reason, address: shown, stamp });
    }
    throw error;
  };
  if (!matchesSecret(secret, found, peppers) || found === undefined) {
    return refuse("wrong secret", loginRequired());
  }
  if (found.expires !== 0 && found.expires * 1000 <= nowMs) {
    const ended = new Date(found.expires * 1000).toISOString();
    return refuse("expired", new ApiError("unauthorized", `API key ${secretId} expired at ${ended}`));
  }
  if (!found.userEnabled) {
    return refuse(
      "user disabled",
      new ApiError("unauthorized", `the user of API key ${secretId} is disabled`),
    );
  }
  const verdict = decideAddress(
    compileLists({ allow: found.ipAllowEntries, deny: found.ipDenyEntries }),
    address,
  );
  if (verdict !== "allowed") {
    const reason = verdict === "not_on_allow_list" ? "not on the allow list" : "on the deny list, or unknown";
    const message = `address ${showAddress(address)} is ${reason}, of API key ${secretId}`;
    return refuse(`address ${reason}`, new ApiError("forbidden", message));
  }
  return {
    user: {
      key: found.user,
      name: found.userName,
      identity: found.identity,
      hasPhysicalAccess: found.physicalAccess,
    },
    apiKey: { key: found.key, secretId },
    sessionToken: undefined,
    address: showAddress(address),
  };
}

async function findBySecretId(database: Database, secretId: string) {
  const [found] = await database
    .select({
      key: userApiKeys.key,
      hash: userApiKeys.secretHash,
      pepperVersion: userApiKeys.pepperVersion,
      expires: userApiKeys.expires,
      ipAllowEntries: userApiKeys.ipAllowEntries,
      ipDenyEntries: userApiKeys.ipDenyEntries,
      user: users.key,
      userName: users.name,
      identity: users.identity,
      userEnabled: users.enabled,
      physicalAccess: users.physicalAccess,
    })
    .from(userApiKeys)
    .innerJoin(users, eq(users.key, userApiKeys.user))
    .where(eq(userApiKeys.secretId, secretId));
  return found;
}
