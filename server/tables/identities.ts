import { type SQL, sql } from "drizzle-orm";
import { groups, identities, users } from "../../drizzle/schema.ts";
import type { QueryField, QueryTable } from "../query/query-table.ts";
import type { WriteContext } from "./write-context.ts";

/** Makes what rights of a new user or group will be granted to. */
export async function createIdentity(context: Pick<WriteContext, "transaction">): Promise<number> {
  const [identity] = await context.transaction
    .insert(identities)
    .values({})
    .returning({ key: identities.key });
  return Number(identity?.key);
}

/**
 * An identity as a field of other tables: a string of digits, as VergeOS answers it, that leads to its owner. It is compared
 * as the number that it is, however a client writes it.
 */
export function identityField(identity: SQL): QueryField {
  return {
    kind: "value",
    type: "text",
    value: sql`${identity}::text`,
    number: identity,
    references: [{ table: "identities", on: identities.key, equals: identity }],
  };
}

/** Not a table of the API, but a step in joins such as `identity#owner#$display`. */
export const identitiesQuery: QueryTable = {
  name: "identities",
  table: identities,
  key: identities.key,
  keyType: "number",
  display: "owner_name",
  summary: ["owner", "owner_name"],
  fields: (column) => ({
    owner: {
      kind: "value",
      type: "text",
      value: sql`null::text`,
      references: [
        { table: "users", on: users.identity, equals: column(identities.key) },
        { table: "groups", on: groups.identity, equals: column(identities.key) },
      ],
    },
    owner_name: { kind: "path", path: "owner#$display" },
  }),
};
