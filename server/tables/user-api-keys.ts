import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { createSecret, secretIdOf } from "../../contract/secret.ts";
import type { apiKeyChange, newApiKey } from "../../contract/user-api-keys.ts";
import { userApiKeys, users } from "../../drizzle/schema.ts";
import { audit, describeChanges, describeFields } from "../audit.ts";
import { doLast, violatesForeignKey, violatesUnique } from "../database.ts";
import { ApiError } from "../errors.ts";
import { hashSecret } from "../identity/secrets.ts";
import { Prepared } from "../prepared.ts";
import { decideEntries, decideExpiry, warningsOn } from "./api-key-values.ts";
import type { Answer, Created } from "./define-table.ts";
import { onlyRow } from "./row.ts";
import { requireRightsOf } from "./user-rights.ts";
import { nowSeconds, type WriteContext } from "./write-context.ts";

/** Makes a key. Whoever may modify a user may make keys for it, and nobody else. */
export async function createApiKey(
  context: WriteContext,
  input: z.output<typeof newApiKey>,
): Promise<Created> {
  const values = {
    user: input.user,
    name: input.name,
    description: input.description ?? "",
    expires: decideExpiry(input, 0, context.nowMs),
    ipAllowEntries: decideEntries(input, "allow", []),
    ipDenyEntries: decideEntries(input, "deny", []),
  };
  const created = await insertApiKey(context, values, input.secret);
  const { user, name, ...given } = values;
  const origin = input.secret === undefined ? "" : " with a secret of the caller's own";
  await auditKey(
    context,
    user,
    `created API key ${created.secretId} named ${JSON.stringify(name)}${origin}: ${describeFields(given)}`,
  );
  return { key: created.key, answer: { ...created.answer, ...warningsOn(input, values) } };
}

/** Changes what the input names and nothing else; never the secret or the owner. Answers warnings. */
export async function updateApiKey(
  context: WriteContext,
  key: number,
  input: z.output<typeof apiKeyChange>,
): Promise<Answer> {
  const { transaction } = context;
  const before = onlyRow(
    await transaction.select().from(userApiKeys).where(eq(userApiKeys.key, key)).for("update"),
  );
  if (input.user !== undefined && input.user !== before.user) {
    throw new ApiError("invalid", "user: cannot change; create a key for the other user and delete this one");
  }
  const expires = decideExpiry(input, before.expires, context.nowMs);
  const after = {
    name: input.name ?? before.name,
    description: input.description ?? before.description,
    expires,
    // One that has ended goes on only when it is given a later end, whatever this server's clock says of the present one.
    ended: before.ended && !isLater(before.expires, expires),
    ipAllowEntries: decideEntries(input, "allow", before.ipAllowEntries),
    ipDenyEntries: decideEntries(input, "deny", before.ipDenyEntries),
  };
  const widened = wideningField(before, after);
  if (widened !== undefined) {
    await requireOwner(context, before.user, widened);
  }
  await refuseClash({ user: before.user, name: after.name }, () =>
    transaction.update(userApiKeys).set(after).where(eq(userApiKeys.key, key)),
  );
  const changes = describeChanges(before, after);
  if (changes !== "") {
    await auditKey(context, before.user, `changed API key ${before.secretId}: ${changes}`);
  }
  return warningsOn(input, after);
}

/** Whether an end is put off; 0 is never. */
function isLater(before: number, after: number): boolean {
  return before !== 0 && (after === 0 || after > before);
}

type Limits = Pick<typeof userApiKeys.$inferSelect, "expires" | "ipAllowEntries" | "ipDenyEntries">;

/**
 * The field by which a key may work when or where it did not before, which takes as much as making one. Ending it earlier
 * and deleting it are for everybody who may modify it; of a list that changes, no telling which way is tried.
 */
function wideningField(before: Limits, after: Limits): string | undefined {
  if (isLater(before.expires, after.expires)) {
    return "expires";
  }
  const isSame = (list: "ipAllowEntries" | "ipDenyEntries") =>
    JSON.stringify(after[list]) === JSON.stringify(before[list]);
  if (!isSame("ipAllowEntries")) {
    return "ip_allow_list";
  }
  return isSame("ipDenyEntries") ? undefined : "ip_deny_list";
}

/** What the audit trail says of a key that is deleted. */
export const toldOfApiKey = {
  secretId: userApiKeys.secretId,
  name: userApiKeys.name,
  owner: sql`(select ${users.name} from ${users} where ${users.key} = ${userApiKeys.user})`,
};

const deletion = new Prepared((database) =>
  database
    .delete(userApiKeys)
    .where(eq(userApiKeys.key, sql.placeholder("key")))
    .prepare("delete a key"),
);

const toldRow = z.object({ secretId: z.string(), name: z.string(), owner: z.string() });

/** Revokes a key: from the answer on, its secret is refused. */
export async function deleteApiKey(context: WriteContext, key: number, told: unknown): Promise<void> {
  const { transaction } = context;
  const { secretId, name, owner } = toldRow.parse(told);
  await doLast(transaction, { execute: () => deletion.on(transaction).execute({ key }) });
  const text = `deleted API key ${secretId} named ${JSON.stringify(name)}`;
  await audit(context, { objectType: "user", objectName: owner, text });
}

type Settings = Pick<
  typeof userApiKeys.$inferInsert,
  "user" | "name" | "description" | "expires" | "ipAllowEntries" | "ipDenyEntries"
>;

/** Stores a new key under a new secret, or under the one that the caller brought. */
export async function insertApiKey(
  context: WriteContext,
  values: Settings,
  ownSecret: string | undefined,
): Promise<Required<Created> & { readonly secretId: string }> {
  const secret = ownSecret ?? createSecret();
  const secretId = secretIdOf(secret);
  if (secretId === undefined) {
    throw new ApiError(
      "invalid",
      "secret: is not well-formed; its form is kw_<12 digits>_<43 digits><CRC-32 in 6 digits>, in base62",
    );
  }
  const { hash, pepperVersion } = hashSecret(secret, context.peppers);
  const stored = {
    ...values,
    created: nowSeconds(context),
    lastloginStamp: 0,
    lastloginIp: "",
    secretId,
    secretHash: hash,
    pepperVersion,
  };
  const [row] = await refuseClash(values, () =>
    context.transaction.insert(userApiKeys).values(stored).returning({ key: userApiKeys.key }),
  );
  const shown =
    ownSecret === undefined
      ? { key: secret, response: { private_key: secret, token: secret } }
      : { response: {} };
  return { key: Number(row?.key), secretId, answer: shown };
}

/** Writes the audit row of a key: an event of its user, as VergeOS has it. */
export async function auditKey(context: WriteContext, user: number, text: string): Promise<void> {
  const [owner] = await context.transaction
    .select({ name: users.name })
    .from(users)
    .where(eq(users.key, user));
  await audit(context, { objectType: "user", objectName: owner?.name ?? String(user), text });
}

/** Whoever makes a secret for a user can act as that user: they must be allowed to modify it and hold all its rights. */
export async function requireOwner(context: WriteContext, user: number, field = "user"): Promise<void> {
  const [owner] = await context.transaction.select().from(users).where(eq(users.key, user));
  if (owner === undefined || !context.rights.holds("list", "users", user)) {
    throw new ApiError("invalid", `user: there is no user with $key ${user}`);
  }
  if (!context.rights.holds("modify", "users", user)) {
    const message =
      field === "user"
        ? `user: you may not modify user ${user}, and so not make keys for it`
        : `${field}: you may not modify user ${user}, and so not widen its keys`;
    throw new ApiError("forbidden", message);
  }
  await requireRightsOf(context, owner, field);
}

/** Runs a statement and says in the caller's words which rule between rows it broke. */
export async function refuseClash<T>(
  row: Pick<Settings, "user" | "name">,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (violatesUnique(error, "user_api_keys_user_name_unique")) {
      const shown = JSON.stringify(row.name);
      const message = `name: user ${row.user} has a key named ${shown} already; choose another name`;
      throw new ApiError("conflict", message);
    }
    if (violatesUnique(error, "user_api_keys_secret_id_unique")) {
      throw new ApiError("conflict", "secret: its id is in use; make another secret");
    }
    if (violatesForeignKey(error, "user_api_keys_user_fkey")) {
      throw new ApiError("invalid", `user: there is no user with $key ${row.user}`);
    }
    throw error;
  }
}
