import { randomBytes } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { z } from "zod";
import { users as endpoints, newUser, userAction, userChange } from "../../contract/users.ts";
import { groups, identities, members, sessions, userApiKeys, users } from "../../drizzle/schema.ts";
import { audit, auditEach, describeChanges, describeFields } from "../audit.ts";
import { violatesUnique } from "../database.ts";
import { ApiError } from "../errors.ts";
import { hashPassword } from "../identity/passwords.ts";
import type { QueryTable } from "../query/query-table.ts";
import { readNumbers } from "../settings.ts";
import {
  type Created,
  defineAction,
  defineTable,
  defineWrites,
  mayCreateIn,
  ownRights,
} from "./define-table.ts";
import { createIdentity, identityField } from "./identities.ts";
import { auditMemberships } from "./memberships.ts";
import { forgetPermissions, grantDefaults } from "./permissions.ts";
import { onlyRow } from "./row.ts";
import {
  givingField,
  refuseToRemakeOneself,
  requireForPhysicalAccess,
  requireRightsOf,
} from "./user-rights.ts";
import { nowSeconds, type WriteContext } from "./write-context.ts";

/** Makes a user with VergeOS' default rights. */
async function createUser(context: WriteContext, input: z.output<typeof newUser>): Promise<Created> {
  requireForPhysicalAccess(context, input.physical_access ?? false);
  await requirePasswordLength(context, input.password);
  const type = input.type ?? "normal";
  const values = {
    ...unset,
    identity: await createIdentity(context),
    id: randomBytes(20).toString("hex"),
    name: input.name,
    displayname: input.displayname ?? "",
    email: input.email ?? "",
    type,
    enabled: input.enabled ?? true,
    physicalAccess: input.physical_access ?? false,
    passwordHash: input.password === undefined ? null : await hashPassword(input.password),
    created: nowSeconds(context),
    creator: context.principal.user.name,
    changePassword: input.change_password ?? false,
    twoFactorAuthentication: input.two_factor_authentication ?? false,
    twoFactorType: input.two_factor_type ?? "email",
    sshKeys: input.ssh_keys ?? "",
    theme: input.theme ?? "",
  };
  const [row] = await refuseClash(values.name, () =>
    context.transaction.insert(users).values(values).returning({ key: users.key }),
  );
  const key = Number(row?.key);
  await grantDefaults(context, { key, identity: values.identity, type });
  const { displayname, email, enabled, physicalAccess, passwordHash, sshKeys } = values;
  const told = { type, displayname, email, enabled, physicalAccess, passwordHash, sshKeys };
  const kind = physicalAccess ? "created user, a system administrator" : "created user";
  await audit(context, {
    objectType: "user",
    objectName: values.name,
    text: `${kind}: ${describeFields(told, secretFields)}`,
  });
  return { key };
}

/** Fields of which the audit trail names the change alone. */
const secretFields = ["passwordHash", "sshKeys"] as const;

/** What no create sets. */
const unset = { systemUser: false, lastLogin: 0, failedAttempts: 0, accountLocked: 0 } as const;

/** Changes what the input names and nothing else. A new password, or being disabled, ends the user's sessions. */
async function updateUser(
  context: WriteContext,
  key: number,
  input: z.output<typeof userChange>,
): Promise<Record<string, never>> {
  const { transaction } = context;
  await requirePasswordLength(context, input.password);
  const newHash = input.password === undefined ? undefined : await hashPassword(input.password);
  const before = onlyRow(await transaction.select().from(users).where(eq(users.key, key)).for("update"));
  const after = {
    name: input.name ?? before.name,
    displayname: input.displayname ?? before.displayname,
    email: input.email ?? before.email,
    enabled: input.enabled ?? before.enabled,
    physicalAccess: input.physical_access ?? before.physicalAccess,
    passwordHash: newHash ?? before.passwordHash,
    changePassword: input.change_password ?? before.changePassword,
    twoFactorAuthentication: input.two_factor_authentication ?? before.twoFactorAuthentication,
    twoFactorType: input.two_factor_type ?? before.twoFactorType,
    sshKeys: input.ssh_keys ?? before.sshKeys,
    theme: input.theme ?? before.theme,
    failedAttempts: input.failed_attempts ?? before.failedAttempts,
    accountLocked: input.account_locked ?? before.accountLocked,
  };
  requireForPhysicalAccess(context, after.physicalAccess !== before.physicalAccess);
  if (key === context.principal.user.key) {
    refuseToRemakeOneself(context, {
      isRenamed: after.name !== before.name,
      isNewPassword: newHash !== undefined,
      isUnlocked: after.accountLocked < before.accountLocked || after.failedAttempts < before.failedAttempts,
    });
  }
  const giving = givingField(before, after, newHash !== undefined);
  if (giving !== undefined) {
    await requireRightsOf(context, before, giving);
  }
  refuseLockOut(context, before, after);
  if (input.type !== undefined && input.type !== before.type) {
    throw new ApiError("invalid", "type: cannot change; create another user");
  }
  await refuseClash(after.name, () => transaction.update(users).set(after).where(eq(users.key, key)));
  if (newHash !== undefined || !after.enabled) {
    await transaction.delete(sessions).where(eq(sessions.user, key));
  }
  const changes = describeChanges(before, after, secretFields);
  if (changes !== "") {
    const text = `changed user: ${changes}`;
    await audit(context, { objectType: "user", objectName: after.name, text });
  }
  return {};
}

/** Deletes a user with its API keys, sessions, memberships and what was granted to it and on it. */
async function deleteUser(context: WriteContext, key: number): Promise<void> {
  const { transaction } = context;
  const row = onlyRow(await transaction.select().from(users).where(eq(users.key, key)).for("update"));
  if (row.systemUser) {
    throw new ApiError("forbidden", "the user made at installation cannot be deleted");
  }
  const entry = { objectType: "user", objectName: row.name } as const;
  const keys = await transaction
    .select({ secretId: userApiKeys.secretId, name: userApiKeys.name })
    .from(userApiKeys)
    .where(eq(userApiKeys.user, key))
    .orderBy(userApiKeys.key);
  const shownKeys = keys.map(({ secretId, name }) => `${secretId} named ${JSON.stringify(name)}`);
  await audit(context, { ...entry, text: `deleted user ${key}` });
  await auditEach(context, { ...entry, text: "API keys deleted with the user" }, shownKeys);
  await auditMemberships(context, entry, eq(members.memberUser, key));
  await forgetPermissions(context, entry, { identity: row.identity, table: "users", row: key });
  await transaction.delete(users).where(eq(users.key, key));
  await transaction.delete(identities).where(eq(identities.key, row.identity));
}

async function requirePasswordLength(context: WriteContext, password: string | undefined): Promise<void> {
  const least = (await readNumbers(context.transaction))("password_min_length");
  if (password !== undefined && password.length < least) {
    throw new ApiError("invalid", `password: must be at least ${least} characters`);
  }
}

type LockOutFields = Pick<
  typeof users.$inferSelect,
  "enabled" | "physicalAccess" | "accountLocked" | "failedAttempts"
>;

function refuseLockOut(
  { rights }: WriteContext,
  before: typeof users.$inferSelect,
  after: LockOutFields,
): void {
  if (!before.systemUser) {
    return;
  }
  if (!(after.enabled && after.physicalAccess)) {
    const field = after.enabled ? "physical_access" : "enabled";
    throw new ApiError("invalid", `${field}: must stay true for the user made at installation`);
  }
  const isLocked = after.accountLocked > before.accountLocked;
  if ((isLocked || after.failedAttempts > before.failedAttempts) && !rights.isSystemAdministrator) {
    const field = isLocked ? "account_locked" : "failed_attempts";
    throw new ApiError(
      "forbidden",
      `${field}: only a system administrator may raise it for the user made at installation`,
    );
  }
}

/** Runs a statement and says in the caller's words which rule between rows it broke. */
async function refuseClash<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (violatesUnique(error, "users_name_unique")) {
      throw new ApiError(
        "conflict",
        `name: there is a user named ${JSON.stringify(name)} already; choose another name`,
      );
    }
    throw error;
  }
}

const query: QueryTable = {
  name: "users",
  table: users,
  key: users.key,
  keyType: "number",
  display: "name",
  summary: ["name", "displayname", "type", "enabled"],
  fields: (column) => ({
    name: { kind: "value", type: "text", value: column(users.name) },
    displayname: { kind: "value", type: "text", value: column(users.displayname) },
    email: { kind: "value", type: "text", value: column(users.email) },
    type: { kind: "value", type: "text", value: column(users.type) },
    enabled: { kind: "value", type: "boolean", value: column(users.enabled) },
    physical_access: { kind: "value", type: "boolean", value: column(users.physicalAccess) },
    created: { kind: "value", type: "number", value: column(users.created) },
    last_login: { kind: "value", type: "number", value: column(users.lastLogin) },
    id: { kind: "value", type: "text", value: column(users.id) },
    identity: identityField(column(users.identity)),
    creator: { kind: "value", type: "text", value: column(users.creator) },
    change_password: { kind: "value", type: "boolean", value: column(users.changePassword) },
    two_factor_authentication: {
      kind: "value",
      type: "boolean",
      value: column(users.twoFactorAuthentication),
    },
    two_factor_type: { kind: "value", type: "text", value: column(users.twoFactorType) },
    ssh_keys: { kind: "value", type: "text", value: column(users.sshKeys) },
    theme: { kind: "value", type: "text", value: column(users.theme) },
    // Users are kept here alone; a local user's remote name is its own (seen on VergeOS 26.1.8).
    auth_source: { kind: "value", type: "number", value: sql`null::bigint` },
    auth_source_name: { kind: "value", type: "text", value: sql`null::text` },
    remote_name: { kind: "value", type: "text", value: column(users.name) },
    failed_attempts: { kind: "value", type: "number", value: column(users.failedAttempts) },
    account_locked: { kind: "value", type: "number", value: column(users.accountLocked) },
    api_keys: { kind: "rows", table: "user_api_keys", on: userApiKeys.user, equals: column(users.key) },
    memberships: { kind: "rows", table: "members", on: members.memberUser, equals: column(users.key) },
    // The groups that a user is in directly. Whoever may list a group may list who is in it, so nothing more is told.
    groups: {
      kind: "rows",
      table: "groups",
      on: groups.key,
      equals: column(users.key),
      through: { from: members.memberUser, to: members.parentGroup },
    },
  }),
};

/** Table `users`. */
export const usersTable = defineTable({
  query,
  endpoints,
  singular: "user",
  rowsWithin: ownRights("users", (column) => column(users.key)),
  unseen: [users.passwordHash],
  volatile: ["last_login", "failed_attempts", "account_locked"],
  writes: defineWrites({
    newRow: newUser,
    change: userChange,
    keyOf: Number,
    authorize: mayCreateIn("users"),
    create: createUser,
    update: updateUser,
    delete: deleteUser,
  }),
  actions: {
    enable: defineAction(endpoints.enable, "modify", userAction, (context, key) =>
      updateUser(context, key, { enabled: true }),
    ),
    disable: defineAction(endpoints.disable, "modify", userAction, (context, key) =>
      updateUser(context, key, { enabled: false }),
    ),
  },
});
