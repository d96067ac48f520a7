import { eq, type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import { formatAddress, parseAddress } from "../../contract/address-rule.ts";
import {
  addressQuestion,
  apiKeyChange,
  userApiKeys as endpoints,
  newApiKey,
  rotation,
} from "../../contract/user-api-keys.ts";
import { userApiKeys, users } from "../../drizzle/schema.ts";
import { explainAddress } from "../access/address-lists.ts";
import type { QueryTable } from "../query/query-table.ts";
import {
  type Answer,
  defineAction,
  defineTable,
  defineWrites,
  type Table,
  withinReach,
} from "./define-table.ts";
import { authorizeRotation, rotateApiKey } from "./rotate-api-key.ts";
import { onlyRow } from "./row.ts";
import { createApiKey, deleteApiKey, requireOwner, toldOfApiKey, updateApiKey } from "./user-api-keys.ts";
import type { WriteContext } from "./write-context.ts";

/** The switched-on entries of a list in one string, each byte for byte as it was sent. */
function joined(entries: SQL): SQL {
  return sql`coalesce((
    select string_agg(entry.value ->> 'address', ',' order by entry.place)
    from jsonb_array_elements(${entries}) with ordinality as entry (value, place)
    where (entry.value ->> 'enabled')::boolean
  ), '')`;
}

const query: QueryTable = {
  name: "user_api_keys",
  table: userApiKeys,
  key: userApiKeys.key,
  keyType: "number",
  display: "name",
  summary: ["user", "user_name", "name"],
  fields: (column) => ({
    user: {
      kind: "value",
      type: "number",
      value: column(userApiKeys.user),
      references: [{ table: "users", on: users.key, equals: column(userApiKeys.user) }],
    },
    user_name: { kind: "path", path: "user#name" },
    name: { kind: "value", type: "text", value: column(userApiKeys.name) },
    description: { kind: "value", type: "text", value: column(userApiKeys.description) },
    created: { kind: "value", type: "number", value: column(userApiKeys.created) },
    expires: { kind: "value", type: "number", value: column(userApiKeys.expires) },
    lastlogin_stamp: { kind: "value", type: "number", value: column(userApiKeys.lastloginStamp) },
    lastlogin_ip: { kind: "value", type: "text", value: column(userApiKeys.lastloginIp) },
    ip_allow_list: { kind: "value", type: "text", value: joined(column(userApiKeys.ipAllowEntries)) },
    ip_deny_list: { kind: "value", type: "text", value: joined(column(userApiKeys.ipDenyEntries)) },
    ip_allow_entries: { kind: "value", type: "json", value: column(userApiKeys.ipAllowEntries) },
    ip_deny_entries: { kind: "value", type: "json", value: column(userApiKeys.ipDenyEntries) },
    secret_id: { kind: "value", type: "text", value: column(userApiKeys.secretId) },
  }),
};

/**
 * The owner rule: whoever may modify a user may do everything with its keys. Beside that, rights on the table or on one
 * key can be granted, so that an auditor may read keys without being able to change users.
 */
const rowsWithin: Table["rowsWithin"] = (rights, right, column) => {
  const direct = withinReach(rights.reach(right, "user_api_keys"), column(userApiKeys.key));
  const asOwner = withinReach(rights.reach("modify", "users"), column(userApiKeys.user));
  return direct === undefined || asOwner === undefined ? undefined : sql`(${direct} or ${asOwner})`;
};

/** Table `user_api_keys`. */
export const userApiKeysTable = defineTable({
  query,
  endpoints,
  singular: "user_api_key",
  rowsWithin,
  volatile: ["lastlogin_stamp", "lastlogin_ip"],
  writes: defineWrites({
    newRow: newApiKey,
    change: apiKeyChange,
    keyOf: Number,
    authorize: (context, input) => requireOwner(context, input.user),
    create: createApiKey,
    update: updateApiKey,
    told: toldOfApiKey,
    delete: deleteApiKey,
  }),
  actions: {
    rotate: {
      ...defineAction(endpoints.rotate, "modify", rotation, rotateApiKey),
      authorize: (context, key) => authorizeRotation(context, Number(key)),
    },
    explain: defineAction(endpoints.explain, "read", addressQuestion, explainApiKey),
  },
});

/** Says which rule of a key decides about an address, without using the key. */
async function explainApiKey(
  { transaction }: WriteContext,
  key: number,
  input: z.output<typeof addressQuestion>,
): Promise<Answer> {
  const row = onlyRow(
    await transaction
      .select({ allow: userApiKeys.ipAllowEntries, deny: userApiKeys.ipDenyEntries })
      .from(userApiKeys)
      .where(eq(userApiKeys.key, key)),
  );
  const address = parseAddress(input.address);
  if (!address.ok) {
    throw new Error("the contract lets only addresses through");
  }
  return { address: formatAddress(address.value), ...explainAddress(row, address.value) };
}
