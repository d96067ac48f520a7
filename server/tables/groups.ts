import { eq, sql } from "drizzle-orm";
import type { z } from "zod";
import { groups as endpoints, groupChange, newGroup } from "../../contract/groups.ts";
import { groups, identities, members } from "../../drizzle/schema.ts";
import { audit, describeChanges, describeFields } from "../audit.ts";
import { violatesUnique } from "../database.ts";
import { ApiError } from "../errors.ts";
import type { QueryTable } from "../query/query-table.ts";
import { type Created, defineTable, defineWrites, mayCreateIn, ownRights } from "./define-table.ts";
import { requireAllThatGroupGives } from "./group-rights.ts";
import { createIdentity, identityField } from "./identities.ts";
import { auditMembers, auditMemberships } from "./memberships.ts";
import { forgetPermissions, grantToMaker } from "./permissions.ts";
import { onlyRow } from "./row.ts";
import { nowSeconds, type WriteContext } from "./write-context.ts";

/** Makes a group, which gives no rights until some are granted to its identity. */
async function createGroup(context: WriteContext, input: z.output<typeof newGroup>): Promise<Created> {
  const { transaction, principal } = context;
  const identity = await createIdentity(context);
  const values = {
    identity,
    name: input.name,
    id: input.id ?? "",
    description: input.description ?? "",
    email: input.email ?? "",
    enabled: input.enabled ?? true,
    systemGroup: false,
    created: nowSeconds(context),
    creator: principal.user.name,
  };
  const [row] = await refuseClash(values, () =>
    transaction.insert(groups).values(values).returning({ key: groups.key }),
  );
  const key = Number(row?.key);
  await grantToMaker(context, "groups", key);
  const { id, description, email, enabled } = values;
  const text = `created group: ${describeFields({ id, description, email, enabled })}`;
  await audit(context, { objectType: "group", objectName: values.name, text });
  return { key };
}

/** Changes what the input names and nothing else. */
async function updateGroup(
  context: WriteContext,
  key: number,
  input: z.output<typeof groupChange>,
): Promise<Record<string, never>> {
  const before = onlyRow(
    await context.transaction.select().from(groups).where(eq(groups.key, key)).for("update"),
  );
  const after = {
    name: input.name ?? before.name,
    // What is shown for an identifier where there is none is no identifier when it is sent back.
    id: input.id === undefined || (before.id === "" && input.id === before.name) ? before.id : input.id,
    description: input.description ?? before.description,
    email: input.email ?? before.email,
    enabled: input.enabled ?? before.enabled,
  };
  const giving = givingField(before, after);
  if (giving !== undefined) {
    await requireAllThatGroupGives(context, key, giving);
  }
  if (before.systemGroup && !after.enabled) {
    throw new ApiError("invalid", "enabled: must stay true for the group made at installation");
  }
  await refuseClash(after, () => context.transaction.update(groups).set(after).where(eq(groups.key, key)));
  const changes = describeChanges(before, after);
  if (changes !== "") {
    const text = `changed group: ${changes}`;
    await audit(context, { objectType: "group", objectName: after.name, text });
  }
  return {};
}

type Group = typeof groups.$inferSelect;

/** The field by which a change lets somebody have what the group gives, here or where its name stands for it. */
function givingField(before: Group, after: Pick<Group, "name" | "enabled">): string | undefined {
  if (after.name !== before.name) {
    return "name";
  }
  return after.enabled && !before.enabled ? "enabled" : undefined;
}

/** Deletes a group with its memberships and what was granted to it. */
async function deleteGroup(context: WriteContext, key: number): Promise<void> {
  const row = onlyRow(
    await context.transaction.select().from(groups).where(eq(groups.key, key)).for("update"),
  );
  if (row.systemGroup) {
    throw new ApiError("forbidden", "the group made at installation cannot be deleted");
  }
  // Its name is free afterwards, so this takes what renaming it would.
  await requireAllThatGroupGives(context, key, "name");
  const entry = { objectType: "group", objectName: row.name } as const;
  await audit(context, { ...entry, text: `deleted group ${key}` });
  await auditMembers(context, entry, key);
  await auditMemberships(context, entry, eq(members.memberGroup, key));
  await forgetPermissions(context, entry, { identity: row.identity, table: "groups", row: key });
  await context.transaction.delete(groups).where(eq(groups.key, key));
  await context.transaction.delete(identities).where(eq(identities.key, row.identity));
}

async function refuseClash<T>(
  values: { readonly name: string; readonly id: string },
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (violatesUnique(error, "groups_name_unique")) {
      const shown = JSON.stringify(values.name);
      throw new ApiError("conflict", `name: there is a group named ${shown} already; choose another name`);
    }
    if (violatesUnique(error, "groups_id_unique")) {
      const shown = JSON.stringify(values.id);
      throw new ApiError(
        "conflict",
        `id: there is a group with identifier ${shown} already; choose another one`,
      );
    }
    throw error;
  }
}

const query: QueryTable = {
  name: "groups",
  table: groups,
  key: groups.key,
  keyType: "number",
  display: "name",
  summary: ["name", "description", "enabled"],
  fields: (column) => ({
    name: { kind: "value", type: "text", value: column(groups.name) },
    description: { kind: "value", type: "text", value: column(groups.description) },
    email: { kind: "value", type: "text", value: column(groups.email) },
    // Shown as the name where none was given, as it was seen on VergeOS 26.1.8.
    id: {
      kind: "value",
      type: "text",
      value: sql`coalesce(nullif(${column(groups.id)}, ''), ${column(groups.name)})`,
    },
    identity: identityField(column(groups.identity)),
    enabled: { kind: "value", type: "boolean", value: column(groups.enabled) },
    system_group: { kind: "value", type: "boolean", value: column(groups.systemGroup) },
    created: { kind: "value", type: "number", value: column(groups.created) },
    creator: { kind: "value", type: "text", value: column(groups.creator) },
    member_count: { kind: "path", path: "count(members)" },
    members: { kind: "rows", table: "members", on: members.parentGroup, equals: column(groups.key) },
  }),
};

/** Table `groups`. */
export const groupsTable = defineTable({
  query,
  endpoints,
  singular: "group",
  rowsWithin: ownRights("groups", (column) => column(groups.key)),
  volatile: ["member_count"],
  writes: defineWrites({
    newRow: newGroup,
    change: groupChange,
    keyOf: Number,
    authorize: mayCreateIn("groups"),
    create: createGroup,
    update: updateGroup,
    delete: deleteGroup,
  }),
});
