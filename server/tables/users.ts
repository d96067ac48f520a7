import { asc, count, eq } from "drizzle-orm";
import type { z } from "zod";
import type { createdRow } from "../../contract/row.ts";
import type { newUser, UserRow, userChange } from "../../contract/users.ts";
import { users } from "../../drizzle/schema.ts";
import type { Principal } from "../access/principal.ts";
import { mayManageUsers } from "../access/rights.ts";
import { audit } from "../audit.ts";
import { type Database, violatesUnique } from "../database.ts";
import { ApiError, notFound } from "../errors.ts";
import { hashPassword } from "../identity/passwords.ts";
import { type Page, rowKeyOf } from "./row.ts";

/** What the caller may see of the table: a system administrator every user, anybody itself. */
export async function listUsers(database: Database, principal: Principal, page: Page): Promise<UserRow[]> {
  const isOwn = eq(users.key, principal.user.key);
  const rows = await database
    .select()
    .from(users)
    .where(mayManageUsers(principal) ? undefined : isOwn)
    .orderBy(asc(users.key))
    .limit(page.limit)
    .offset(page.offset);
  return rows.map(toUserRow);
}

/** One user. Somebody else and nobody are the same to a caller who does not manage users. */
export async function getUser(database: Database, principal: Principal, key: string): Promise<UserRow> {
  const row = await findUser(database, rowKeyOf(key));
  if (!mayManageUsers(principal) && row.key !== principal.user.key) {
    throw notFound();
  }
  return toUserRow(row);
}

/** Makes a user. `nowMs` is epoch milliseconds. */
export async function createUser(
  database: Database,
  principal: Principal,
  input: z.output<typeof newUser>,
  nowMs: number,
): Promise<z.input<typeof createdRow>> {
  requireUserManagement(principal);
  const values = {
    name: input.name,
    displayname: input.displayname ?? "",
    email: input.email ?? "",
    type: input.type ?? "normal",
    enabled: input.enabled ?? true,
    physicalAccess: input.physical_access ?? false,
    systemUser: false,
    passwordHash: input.password === undefined ? null : await hashPassword(input.password),
    created: Math.floor(nowMs / 1000),
    lastLogin: 0,
  };
  const key = await refuseClash(values.name, () =>
    database.transaction(async (transaction) => {
      const [row] = await transaction.insert(users).values(values).returning({ key: users.key });
      await audit(transaction, principal, nowMs, {
        objectType: "user",
        objectName: values.name,
        text: values.physicalAccess ? "created user, a system administrator" : "created user",
      });
      return row?.key;
    }),
  );
  return { location: `/v4/users/${key}`, dbpath: `users/${key}`, $row: Number(key), $key: String(key) };
}

/** Changes what the input names and nothing else. `nowMs` is epoch milliseconds. */
export async function updateUser(
  database: Database,
  principal: Principal,
  key: string,
  input: z.output<typeof userChange>,
  nowMs: number,
): Promise<UserRow> {
  requireUserManagement(principal);
  const newHash = input.password === undefined ? undefined : await hashPassword(input.password);
  return database.transaction(async (transaction) => {
    const before = await findUser(transaction, rowKeyOf(key), "for update");
    const after = {
      name: input.name ?? before.name,
      displayname: input.displayname ?? before.displayname,
      email: input.email ?? before.email,
      enabled: input.enabled ?? before.enabled,
      physicalAccess: input.physical_access ?? before.physicalAccess,
      passwordHash: newHash ?? before.passwordHash,
    };
    if (before.systemUser && !(after.enabled && after.physicalAccess)) {
      const field = after.enabled ? "physical_access" : "enabled";
      throw new ApiError("invalid", `${field}: must stay true for the user made at installation`);
    }
    await refuseClash(after.name, () =>
      transaction.update(users).set(after).where(eq(users.key, before.key)),
    );
    await audit(transaction, principal, nowMs, {
      objectType: "user",
      objectName: after.name,
      text: `changed user: ${Object.keys(input).join(", ") || "nothing"}`,
    });
    return toUserRow({ ...before, ...after });
  });
}

/** Deletes a user and, by the foreign key, its API keys: their secrets are refused from the answer on. */
export async function deleteUser(
  database: Database,
  principal: Principal,
  key: string,
  nowMs: number,
): Promise<void> {
  requireUserManagement(principal);
  await database.transaction(async (transaction) => {
    const row = await findUser(transaction, rowKeyOf(key), "for update");
    if (row.systemUser) {
      throw new ApiError("forbidden", "the user made at installation cannot be deleted");
    }
    await transaction.delete(users).where(eq(users.key, row.key));
    await audit(transaction, principal, nowMs, {
      objectType: "user",
      objectName: row.name,
      text: "deleted user with its API keys",
    });
  });
}

/**
 * Makes user `admin` on a database that has no users. Answers whether it did; of several processes that start at once
 * one does. `nowMs` is epoch milliseconds.
 */
export async function createFirstUser(database: Database, password: string, nowMs: number): Promise<boolean> {
  const [existing] = await database.select({ count: count() }).from(users);
  if (existing !== undefined && existing.count > 0) {
    return false;
  }
  const inserted = await database
    .insert(users)
    .values({
      name: "admin",
      displayname: "",
      email: "",
      type: "normal",
      enabled: true,
      physicalAccess: true,
      systemUser: true,
      passwordHash: await hashPassword(password),
      created: Math.floor(nowMs / 1000),
      lastLogin: 0,
    })
    .onConflictDoNothing()
    .returning({ key: users.key });
  return inserted.length > 0;
}

function requireUserManagement(principal: Principal): void {
  if (!mayManageUsers(principal)) {
    throw new ApiError("forbidden", "only a system administrator may change users");
  }
}

async function findUser(database: Database, key: number, lock?: "for update") {
  const query = database.select().from(users).where(eq(users.key, key)).$dynamic();
  const [row] = await (lock === undefined ? query : query.for("update"));
  if (row === undefined) {
    throw notFound();
  }
  return row;
}

/** Names every column on purpose: one that is added to the table stays private until it is named here. */
function toUserRow(row: typeof users.$inferSelect): UserRow {
  return {
    $key: row.key,
    name: row.name,
    displayname: row.displayname,
    email: row.email,
    type: row.type,
    enabled: row.enabled,
    physical_access: row.physicalAccess,
    created: row.created,
    last_login: row.lastLogin,
  };
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
