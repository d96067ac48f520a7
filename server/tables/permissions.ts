import { and, eq, or, sql } from "drizzle-orm";
import type { z } from "zod";
import {
  permissions as endpoints,
  newPermission,
  permissionChange,
  type Right,
  rights,
} from "../../contract/permissions.ts";
import { groups, permissions, userApiKeys, users } from "../../drizzle/schema.ts";
import type { Grant } from "../access/rights.ts";
import { type AuditEntry, audit, auditEach } from "../audit.ts";
import { violatesForeignKey, violatesUnique } from "../database.ts";
import { ApiError } from "../errors.ts";
import type { QueryTable } from "../query/query-table.ts";
import { type Created, defineTable, defineWrites, mayCreateIn, ownRights } from "./define-table.ts";
import { identityField } from "./identities.ts";
import { onlyRow } from "./row.ts";
import type { WriteContext } from "./write-context.ts";

/** Grants rights to an identity. Nobody grants what they do not hold themselves. */
async function createPermission(
  context: WriteContext,
  input: z.output<typeof newPermission>,
): Promise<Created> {
  const values = {
    identity: input.identity,
    table: input.table,
    row: input.row ?? 0,
    list: input.list ?? true,
    read: input.read ?? false,
    create: input.create ?? false,
    modify: input.modify ?? false,
    delete: input.delete ?? false,
  };
  requireOwnRights(context, values);
  try {
    const [row] = await context.transaction
      .insert(permissions)
      .values(values)
      .returning({ key: permissions.key });
    await auditGrant(context, "granted", values);
    return { key: Number(row?.key) };
  } catch (error) {
    if (violatesForeignKey(error, "permissions_identity_fkey")) {
      throw new ApiError("invalid", `identity: there is no user or group with identity ${input.identity}`);
    }
    if (violatesUnique(error, "permissions_unique")) {
      throw new ApiError(
        "conflict",
        "row: the identity has a permission on this row already; change that one",
      );
    }
    throw error;
  }
}

/** Changes which of the five rights are granted; the rest of a permission is fixed when it is created. */
async function updatePermission(
  context: WriteContext,
  key: number,
  input: z.output<typeof permissionChange>,
): Promise<Record<string, never>> {
  const before = onlyRow(
    await context.transaction.select().from(permissions).where(eq(permissions.key, key)).for("update"),
  );
  for (const field of ["identity", "table", "row"] as const) {
    if (input[field] !== undefined && input[field] !== before[field]) {
      throw new ApiError("invalid", `${field}: cannot change; delete the permission and create another one`);
    }
  }
  const after = {
    list: input.list ?? before.list,
    read: input.read ?? before.read,
    create: input.create ?? before.create,
    modify: input.modify ?? before.modify,
    delete: input.delete ?? before.delete,
  };
  requireOwnRights(context, { ...before, ...after });
  await context.transaction.update(permissions).set(after).where(eq(permissions.key, key));
  if (rightsIn({ ...before, ...after }) !== rightsIn(before)) {
    await auditGrant(context, `changed ${rightsIn(before)} to`, { ...before, ...after });
  }
  return {};
}

/** Takes a grant back. */
async function deletePermission(context: WriteContext, key: number): Promise<void> {
  const row = onlyRow(
    await context.transaction.select().from(permissions).where(eq(permissions.key, key)).for("update"),
  );
  await context.transaction.delete(permissions).where(eq(permissions.key, key));
  await auditGrant(context, "revoked", row);
}

/**
 * VergeOS' default rows of a new user: list and read everything (as far as whoever makes it may do so: nobody gives away
 * what they do not hold), and list, read and modify oneself.
 */
export async function grantDefaults(
  context: WriteContext,
  user: { readonly key: number; readonly identity: number; readonly type: string },
): Promise<void> {
  const { rights: own } = context;
  const onEverything = { ...noRights, table: "/", row: 0 };
  const list = own.holds("list", "/", 0);
  const read = user.type !== "vdi" && own.holds("read", "/", 0);
  const onUser = { ...noRights, table: "users", row: user.key, list: true, read: true, modify: true };
  const rows = [{ ...onUser, identity: user.identity }];
  if (list || read) {
    rows.unshift({ ...onEverything, identity: user.identity, list, read });
  }
  await insertDefaults(context, rows);
  await grantToMaker(context, "users", user.key);
}

/** Whoever makes users or groups without being able to change them all may administer those they made. */
export async function grantToMaker(
  context: WriteContext,
  table: "users" | "groups",
  row: number,
): Promise<void> {
  const { rights: own, principal } = context;
  if (!own.holds("modify", table, row)) {
    const granted = { ...noRights, list: true, read: true, modify: true, delete: true };
    await insertDefaults(context, [{ ...granted, table, row, identity: principal.user.identity }]);
  }
}

async function insertDefaults(
  context: WriteContext,
  rows: readonly (Grant & { readonly identity: number })[],
): Promise<void> {
  await context.transaction.insert(permissions).values([...rows]);
  for (const row of rows) {
    await auditGrant(context, "granted by default", row);
  }
}

/**
 * Deletes what was granted to a user or a group that is deleted, and on it: its key may not mean another row to anybody,
 * ever. Tells of each.
 */
export async function forgetPermissions(
  context: WriteContext,
  entry: Omit<AuditEntry, "text">,
  owner: { readonly identity: number; readonly table: string; readonly row: number },
): Promise<void> {
  const onRow = and(eq(permissions.table, owner.table), eq(permissions.row, owner.row));
  const gone = await context.transaction
    .delete(permissions)
    .where(or(eq(permissions.identity, owner.identity), onRow))
    .returning();
  gone.sort((one, other) => one.key - other.key);
  const grants = gone.map((grant) => `${rightsIn(grant)} on ${placeOf(grant)} to identity ${grant.identity}`);
  await auditEach(context, { ...entry, text: "grants revoked with it" }, grants);
}

function requireOwnRights(context: WriteContext, grant: Grant): void {
  if (!context.rights.covers(grant)) {
    const missing = rights.filter(
      (right) =>
        grant[right] &&
        !context.rights.covers({ ...noRights, table: grant.table, row: grant.row, [right]: true }),
    );
    throw new ApiError("forbidden", `${missing[0]}: you cannot grant a right that you do not hold yourself`);
  }
}

const noRights: Record<Right, boolean> = {
  list: false,
  read: false,
  create: false,
  modify: false,
  delete: false,
};

async function auditGrant(
  context: WriteContext,
  verb: string,
  grant: Grant & { readonly identity: number },
): Promise<void> {
  await audit(context, {
    objectType: "permission",
    objectName: placeOf(grant),
    text: `${verb} ${rightsIn(grant)} to identity ${grant.identity}`,
  });
}

function placeOf({ table, row }: Grant): string {
  return `${table}${row === 0 ? "" : `/${row}`}`;
}

function rightsIn(grant: Grant): string {
  return rights.filter((right) => grant[right]).join(", ") || "nothing";
}

const query: QueryTable = {
  name: "permissions",
  table: permissions,
  key: permissions.key,
  keyType: "number",
  display: "table",
  summary: ["identity", "identity_display", "table", "row", "rowdisplay", ...rights],
  fields: (column) => ({
    identity: identityField(column(permissions.identity)),
    identity_display: { kind: "path", path: "identity#owner#$display" },
    table: { kind: "value", type: "text", value: column(permissions.table) },
    row: {
      kind: "value",
      type: "number",
      value: column(permissions.row),
      references: [
        {
          table: "users",
          on: users.key,
          equals: column(permissions.row),
          when: sql`${column(permissions.table)} = 'users'`,
        },
        {
          table: "groups",
          on: groups.key,
          equals: column(permissions.row),
          when: sql`${column(permissions.table)} = 'groups'`,
        },
        {
          table: "user_api_keys",
          on: userApiKeys.key,
          equals: column(permissions.row),
          when: sql`${column(permissions.table)} = 'user_api_keys'`,
        },
      ],
    },
    rowdisplay: { kind: "path", path: "row#$display" },
    list: { kind: "value", type: "boolean", value: column(permissions.list) },
    read: { kind: "value", type: "boolean", value: column(permissions.read) },
    create: { kind: "value", type: "boolean", value: column(permissions.create) },
    modify: { kind: "value", type: "boolean", value: column(permissions.modify) },
    delete: { kind: "value", type: "boolean", value: column(permissions.delete) },
  }),
};

/** Table `permissions`. */
export const permissionsTable = defineTable({
  query,
  endpoints,
  singular: "permission",
  rowsWithin: ownRights("permissions", (column) => column(permissions.key)),
  writes: defineWrites({
    newRow: newPermission,
    change: permissionChange,
    keyOf: Number,
    authorize: mayCreateIn("permissions"),
    create: createPermission,
    update: updatePermission,
    delete: deletePermission,
  }),
});
