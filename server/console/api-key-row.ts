import { z } from "zod";
import { apiKeyRow, rotatedApiKey } from "../../contract/user-api-keys.ts";
import { userApiKeysTable } from "../tables/api-key-table.ts";
import { getRow, type TableRequest } from "../tables/serve-table.ts";
import type { DeclaredKey } from "./declaration.ts";

/** A key as its own page shows it. */
const keyDetails = apiKeyRow.omit({ ip_allow_list: true, ip_deny_list: true });

/** A key as its own page shows it. */
export type KeyDetails = z.output<typeof keyDetails>;

/** Reads one key, which takes the right to; with the version of what was read. */
export async function readKey(
  request: TableRequest,
  key: string,
): Promise<{ readonly apiKey: KeyDetails; readonly version: string }> {
  const { row, etag } = await getRow(request, userApiKeysTable, key, Object.keys(keyDetails.shape).join(","));
  return { apiKey: keyDetails.parse(row), version: etag ?? "" };
}

/**
 * What is declared of it; undefined where no declaration says the same. Code has no word for an entry that is switched off:
 * of an allow list with no other nothing would be left, and a key that was made by that would work from everywhere.
 */
export function declaredOf(apiKey: KeyDetails): DeclaredKey | undefined {
  const on = (entries: KeyDetails["ip_allow_entries"]) =>
    entries.filter(({ enabled }) => enabled).map(({ address }) => address.trim());
  const { $key: key, user, name, description, expires } = apiKey;
  const allow = on(apiKey.ip_allow_entries);
  if (allow.length === 0 && apiKey.ip_allow_entries.length > 0) {
    return undefined;
  }
  return {
    key,
    user,
    name,
    description,
    expires,
    allow,
    deny: on(apiKey.ip_deny_entries),
  };
}

/** The lists as the address rule reads them. */
export function listsOf(apiKey: Pick<KeyDetails, "ip_allow_entries" | "ip_deny_entries">) {
  return { allow: apiKey.ip_allow_entries, deny: apiKey.ip_deny_entries };
}

/** What a create or a rotation answers, as far as the console shows it; without `key` when it was done before. */
export const madeKey = z.object({
  $key: z.string(),
  key: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  predecessor: rotatedApiKey.shape.predecessor.optional(),
});

/** A key that was just made, with the secret that is shown now or never. */
export interface MadeKey extends Omit<z.output<typeof madeKey>, "key"> {
  readonly key: string;
}
