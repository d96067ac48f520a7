import { and, asc, eq } from "drizzle-orm";
import type { z } from "zod";
import { splitAddressList } from "../../contract/address-list.ts";
import type {
  ApiKeyRow,
  apiKeyChange,
  changedApiKey,
  issuedApiKey,
  newApiKey,
} from "../../contract/user-api-keys.ts";
import { type AddressEntry, userApiKeys, users } from "../../drizzle/schema.ts";
import type { Principal } from "../access/principal.ts";
import { mayManageKeysOf } from "../access/rights.ts";
import { audit } from "../audit.ts";
import { type Database, violatesForeignKey, violatesUnique } from "../database.ts";
import { ApiError, notFound } from "../errors.ts";
import { createSecret } from "../identity/secrets.ts";
import { type Page, rowKeyOf } from "./row.ts";

/** What the caller may see of the table: a system administrator every key, anybody their own. */
export async function listApiKeys(
  database: Database,
  principal: Principal,
  page: Page,
): Promise<ApiKeyRow[]> {
  const { isSystemAdministrator, key } = principal.user;
  const rows = await selectApiKeys(database)
    .where(isSystemAdministrator ? undefined : eq(userApiKeys.user, key))
    .orderBy(asc(userApiKeys.key))
    .limit(page.limit)
    .offset(page.offset);
  return rows.map(toApiKeyRow);
}

/** One key. A key of somebody else and one that is not there are the same to the caller. */
export async function getApiKey(database: Database, principal: Principal, key: string): Promise<ApiKeyRow> {
  return toApiKeyRow(await findApiKey(database, principal, key));
}

/** Makes a key and answers its secret, which is nowhere to be read afterwards. `nowMs` is epoch milliseconds. */
export async function createApiKey(
  database: Database,
  principal: Principal,
  input: z.output<typeof newApiKey>,
  nowMs: number,
): Promise<z.input<typeof issuedApiKey>> {
  if (!mayManageKeysOf(principal, input.user)) {
    throw new ApiError("forbidden", "user: you may create keys for yourself only");
  }
  const secret = createSecret();
  const values = {
    user: input.user,
    name: input.name,
    description: input.description ?? "",
    created: Math.floor(nowMs / 1000),
    expires: decideExpiry(input, 0, nowMs),
    ipAllowEntries: toEntries(input.ip_allow_list ?? ""),
    ipDenyEntries: toEntries(input.ip_deny_list ?? ""),
    lastloginStamp: 0,
    lastloginIp: "",
    secretId: secret.id,
    secretHash: secret.hash,
  };
  const key = await refuseClash(values.name, input.user, () =>
    database.transaction(async (transaction) => {
      const [row] = await transaction.insert(userApiKeys).values(values).returning({ key: userApiKeys.key });
      await audit(transaction, principal, nowMs, {
        objectType: "user_api_key",
        objectName: values.name,
        text: `created API key ${secret.id} for user ${input.user}`,
      });
      return row?.key;
    }),
  );
  return {
    location: `/v4/user_api_keys/${key}`,
    dbpath: `user_api_keys/${key}`,
    $row: Number(key),
    $key: String(key),
    key: secret.text,
    response: { private_key: secret.text, token: secret.text },
    ...warningsOn(values),
  };
}

/** Changes what the input names and nothing else; never the secret or the owner. `nowMs` is epoch milliseconds. */
export async function updateApiKey(
  database: Database,
  principal: Principal,
  key: string,
  input: z.output<typeof apiKeyChange>,
  nowMs: number,
): Promise<z.input<typeof changedApiKey>> {
  return database.transaction(async (transaction) => {
    const before = await findApiKey(transaction, principal, key, "for update");
    if (input.user !== undefined && input.user !== before.user) {
      throw new ApiError(
        "invalid",
        "user: cannot change; create a key for the other user and delete this one",
      );
    }
    const after = {
      name: input.name ?? before.name,
      description: input.description ?? before.description,
      expires: decideExpiry(input, before.expires, nowMs),
      ipAllowEntries:
        input.ip_allow_list === undefined ? before.ipAllowEntries : toEntries(input.ip_allow_list),
      ipDenyEntries: input.ip_deny_list === undefined ? before.ipDenyEntries : toEntries(input.ip_deny_list),
    };
    await refuseClash(after.name, before.user, () =>
      transaction.update(userApiKeys).set(after).where(eq(userApiKeys.key, before.key)),
    );
    await audit(transaction, principal, nowMs, {
      objectType: "user_api_key",
      objectName: after.name,
      text: `changed API key ${before.secretId}: ${Object.keys(input).join(", ") || "nothing"}`,
    });
    return { ...toApiKeyRow({ ...before, ...after }), ...warningsOn(after) };
  });
}

/** Revokes a key: from the answer on, its secret is refused. `nowMs` is epoch milliseconds. */
export async function deleteApiKey(
  database: Database,
  principal: Principal,
  key: string,
  nowMs: number,
): Promise<void> {
  await database.transaction(async (transaction) => {
    const row = await findApiKey(transaction, principal, key, "for update");
    await transaction.delete(userApiKeys).where(eq(userApiKeys.key, row.key));
    await audit(transaction, principal, nowMs, {
      objectType: "user_api_key",
      objectName: row.name,
      text: `deleted API key ${row.secretId} of user ${row.user}`,
    });
  });
}

function selectApiKeys(database: Database) {
  return database
    .select({
      key: userApiKeys.key,
      user: userApiKeys.user,
      userName: users.name,
      name: userApiKeys.name,
      description: userApiKeys.description,
      created: userApiKeys.created,
      expires: userApiKeys.expires,
      lastloginStamp: userApiKeys.lastloginStamp,
      lastloginIp: userApiKeys.lastloginIp,
      ipAllowEntries: userApiKeys.ipAllowEntries,
      ipDenyEntries: userApiKeys.ipDenyEntries,
      secretId: userApiKeys.secretId,
    })
    .from(userApiKeys)
    .innerJoin(users, eq(users.key, userApiKeys.user))
    .$dynamic();
}

type SelectedApiKey = Awaited<ReturnType<typeof selectApiKeys>>[number];

async function findApiKey(
  database: Database,
  principal: Principal,
  key: string,
  lock?: "for update",
): Promise<SelectedApiKey> {
  const condition = eq(userApiKeys.key, rowKeyOf(key));
  const isOwn = eq(userApiKeys.user, principal.user.key);
  const query = selectApiKeys(database).where(
    principal.user.isSystemAdministrator ? condition : and(condition, isOwn),
  );
  const [row] = await (lock === undefined ? query : query.for("update", { of: userApiKeys }));
  if (row === undefined) {
    throw notFound();
  }
  return row;
}

/** Names every column on purpose: one that is added to the table stays private until it is named here. */
function toApiKeyRow(row: SelectedApiKey): ApiKeyRow {
  return {
    $key: row.key,
    user: row.user,
    user_name: row.userName,
    name: row.name,
    description: row.description,
    created: row.created,
    expires: row.expires,
    lastlogin_stamp: row.lastloginStamp,
    lastlogin_ip: row.lastloginIp,
    ip_allow_list: toList(row.ipAllowEntries),
    ip_deny_list: toList(row.ipDenyEntries),
  };
}

function toEntries(list: string): readonly AddressEntry[] {
  return splitAddressList(list).map((address) => ({ address, enabled: true }));
}

/** The wire carries the entries that are switched on, with every character they were sent with. */
function toList(entries: readonly AddressEntry[]): string {
  return entries
    .filter((entry) => entry.enabled)
    .map((entry) => entry.address)
    .join(",");
}

/** Works out `expires` (epoch seconds, 0 for never) from the two fields that clients send in every combination. */
function decideExpiry(
  input: { readonly expires?: number | undefined; readonly expires_type?: "never" | "date" | undefined },
  present: number,
  nowMs: number,
): number {
  if (input.expires_type === "never") {
    if (input.expires !== undefined && input.expires !== 0) {
      throw new ApiError(
        "invalid",
        `expires: is ${input.expires}, but expires_type is "never"; send one or the other`,
      );
    }
    return 0;
  }
  const expires = input.expires ?? present;
  if (expires === 0 && input.expires_type === "date") {
    throw new ApiError(
      "invalid",
      'expires: must be a future time in epoch seconds when expires_type is "date"',
    );
  }
  if (expires !== 0 && expires !== present && expires * 1000 <= nowMs) {
    const shown = new Date(expires * 1000).toISOString();
    throw new ApiError(
      "invalid",
      `expires: is ${shown}, in the past; send a future time in epoch seconds, or 0 for never`,
    );
  }
  return expires;
}

/** What is legal but can hardly be meant. */
function warningsOn(row: {
  readonly ipAllowEntries: readonly AddressEntry[];
  readonly ipDenyEntries: readonly AddressEntry[];
}): { warnings?: string[] } {
  if (row.ipAllowEntries.length === 0 || row.ipDenyEntries.length === 0) {
    return {};
  }
  return { warnings: ["ip_deny_list: has no effect beside an allow list, which alone decides"] };
}

/** Runs a statement and says in the caller's words which rule between rows it broke. */
async function refuseClash<T>(name: string, user: number, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (violatesUnique(error, "user_api_keys_user_name_unique")) {
      const shown = JSON.stringify(name);
      throw new ApiError(
        "conflict",
        `name: user ${user} has a key named ${shown} already; choose another name`,
      );
    }
    if (violatesForeignKey(error, "user_api_keys_user_fkey")) {
      throw new ApiError("invalid", `user: there is no user with $key ${user}`);
    }
    throw error;
  }
}
