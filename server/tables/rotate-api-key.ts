import { eq } from "drizzle-orm";
import type { z } from "zod";
import type { rotation } from "../../contract/user-api-keys.ts";
import { userApiKeys } from "../../drizzle/schema.ts";
import { describeFields } from "../audit.ts";
import { ApiError } from "../errors.ts";
import { decideExpiry } from "./api-key-values.ts";
import type { Answer } from "./define-table.ts";
import { onlyRow, placeOf } from "./row.ts";
import { auditKey, insertApiKey, refuseClash, requireOwner } from "./user-api-keys.ts";
import { nowSeconds, type WriteContext } from "./write-context.ts";

/**
 * Makes a successor with the key's name and settings. The predecessor is renamed, so that the two can be told apart, and
 * ends after the overlap, or at its own expiry where that is earlier: until then both work, and each shows when it was
 * last used, so that people see when the old one falls silent.
 */
export async function rotateApiKey(
  context: WriteContext,
  key: number,
  input: z.output<typeof rotation>,
): Promise<Answer> {
  const { transaction } = context;
  const before = onlyRow(
    await transaction.select().from(userApiKeys).where(eq(userApiKeys.key, key)).for("update"),
  );
  // An overlap of nothing ends it now, also at servers whose clocks have not come so far.
  const end = nowSeconds(context) + (input.overlap ?? 0);
  const expires = before.expires === 0 ? end : Math.min(before.expires, end);
  const name = nameUntil(before.name, expires, key);
  const successorExpires = decideExpiry(input, before.expires, context.nowMs);
  if (successorExpires !== 0 && successorExpires <= nowSeconds(context)) {
    throw new ApiError(
      "invalid",
      "expires: the key has expired, so its successor needs a future time, or 0 for never",
    );
  }
  // What has ended stays so: by this server's clock its end may be to come.
  const ended = before.ended || expires <= nowSeconds(context);
  await refuseClash({ user: before.user, name }, () =>
    transaction.update(userApiKeys).set({ name, expires, ended }).where(eq(userApiKeys.key, key)),
  );
  const { user, description, ipAllowEntries, ipDenyEntries } = before;
  const settings = {
    user,
    name: before.name,
    description,
    expires: successorExpires,
    ipAllowEntries,
    ipDenyEntries,
  };
  const successor = await insertApiKey(context, settings, input.secret);
  const told = { overlap: input.overlap ?? 0, expires, successorExpires };
  await auditKey(
    context,
    user,
    `rotated API key ${before.secretId}: ${successor.secretId} succeeds it; ${describeFields(told)}`,
  );
  return {
    ...placeOf("user_api_keys", successor.key),
    ...successor.answer,
    predecessor: { $key: key, name, expires },
  };
}

/** Throws unless the caller may have a key of this key's user: whoever is given the successor's secret can act as that user. */
export async function authorizeRotation(context: WriteContext, key: number): Promise<void> {
  const { transaction } = context;
  const { user } = onlyRow(
    await transaction.select({ user: userApiKeys.user }).from(userApiKeys).where(eq(userApiKeys.key, key)),
  );
  await requireOwner(context, user);
}

/** The row's key is in the name too, because a key may be rotated twice in a second; the whole stays within 128. */
function nameUntil(name: string, expires: number, key: number): string {
  const time = new Date(expires * 1000).toISOString().replace(".000Z", "Z");
  const suffix = ` (${key} until ${time})`;
  // A cut may fall into a surrogate pair, whose first half alone is no text.
  return name.slice(0, 128 - suffix.length).replace(/[\ud800-\udbff]$/, "") + suffix;
}
