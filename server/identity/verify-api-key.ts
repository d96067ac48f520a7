import { eq } from "drizzle-orm";
import { parseAddressList } from "../../contract/address-list.ts";
import type { Address } from "../../contract/address-rule.ts";
import { type AddressEntry, userApiKeys, users } from "../../drizzle/schema.ts";
import { type AddressLists, decideAddress } from "../access/address-lists.ts";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../database.ts";
import { ApiError } from "../errors.ts";
import { showAddress } from "./client-address.ts";
import { matchesSecret, secretIdOf } from "./secrets.ts";

/** The answer to a credential that proves nothing. Says the same whatever is wrong with it. */
export function loginRequired(): ApiError {
  return new ApiError("unauthorized", "Login required");
}

/**
 * Finds the principal behind a presented secret, or throws the reason to refuse it. The secret is proved first, then
 * expiry, user and address: only a caller who holds the secret learns which of them refused it. `nowSeconds` is epoch
 * seconds.
 */
export async function verifyApiKey(
  database: Database,
  secret: string,
  address: Address | undefined,
  nowSeconds: number,
): Promise<Principal> {
  const secretId = secretIdOf(secret);
  if (secretId === undefined) {
    throw loginRequired();
  }
  const found = await findBySecretId(database, secretId);
  if (!matchesSecret(secret, found?.secretHash) || found === undefined) {
    throw loginRequired();
  }
  if (found.expires !== 0 && found.expires <= nowSeconds) {
    const ended = new Date(found.expires * 1000).toISOString();
    throw new ApiError("unauthorized", `API key ${secretId} expired at ${ended}`);
  }
  if (!found.userEnabled) {
    throw new ApiError("unauthorized", `the user of API key ${secretId} is disabled`);
  }
  const verdict = decideAddress(addressLists(found), address);
  if (verdict !== "allowed") {
    const reason =
      verdict === "not_on_allow_list" ? "is not on the allow list" : "is on the deny list, or unknown, ";
    throw new ApiError("forbidden", `address ${showAddress(address)} ${reason} of API key ${secretId}`);
  }
  return {
    user: { key: found.user, name: found.userName, isSystemAdministrator: found.isSystemAdministrator },
    apiKey: { key: found.key, secretId },
    address: showAddress(address),
  };
}

async function findBySecretId(database: Database, secretId: string) {
  const [found] = await database
    .select({
      key: userApiKeys.key,
      secretHash: userApiKeys.secretHash,
      expires: userApiKeys.expires,
      ipAllowEntries: userApiKeys.ipAllowEntries,
      ipDenyEntries: userApiKeys.ipDenyEntries,
      user: users.key,
      userName: users.name,
      userEnabled: users.enabled,
      isSystemAdministrator: users.physicalAccess,
    })
    .from(userApiKeys)
    .innerJoin(users, eq(users.key, userApiKeys.user))
    .where(eq(userApiKeys.secretId, secretId));
  return found;
}

function addressLists(row: {
  readonly ipAllowEntries: readonly AddressEntry[];
  readonly ipDenyEntries: readonly AddressEntry[];
}): AddressLists {
  return { allow: addressList(row.ipAllowEntries), deny: addressList(row.ipDenyEntries) };
}

function addressList(entries: readonly AddressEntry[]): AddressLists["allow"] {
  const enabled = entries.filter((entry) => entry.enabled).map((entry) => entry.address);
  return { isEmpty: entries.length === 0, rules: parseAddressList(enabled).rules };
}
