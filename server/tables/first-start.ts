import { randomBytes } from "node:crypto";
import { count } from "drizzle-orm";
import { groups, members, permissions, users } from "../../drizzle/schema.ts";
import { audit } from "../audit.ts";
import type { Database } from "../database.ts";
import { hashPassword } from "../identity/passwords.ts";
import { seedSettings } from "../settings.ts";
import { createIdentity } from "./identities.ts";

/** As on VergeOS, down to the name; it is the group's identifier as well. */
const administrators = "Administrators (default)";

/**
 * Prepares an empty database: the settings, user `admin`, and the administrators' group with every right on everything.
 * Answers whether this was the first start; on later ones it adds settings that are new. Of several processes that start
 * at once, one does it.
 */
export async function prepareFirstStart(
  database: Database,
  password: string,
  nowMs: number,
): Promise<boolean> {
  await seedSettings(database);
  const [found] = await database.select({ count: count() }).from(users);
  if (found === undefined || found.count > 0) {
    return false;
  }
  const passwordHash = await hashPassword(password);
  return database.transaction(async (transaction) => {
    const created = Math.floor(nowMs / 1000);
    const [user] = await transaction
      .insert(users)
      .values({
        ...admin,
        passwordHash,
        created,
        identity: await createIdentity({ transaction }),
        id: randomId(),
      })
      .onConflictDoNothing({ target: users.name })
      .returning({ key: users.key, name: users.name });
    if (user === undefined) {
      return false;
    }
    await createAdministrators(transaction, user.key, created);
    const principal = { user: { name: "" }, address: "" };
    const entry = { objectType: "user", objectName: user.name, text: "created user at first start" } as const;
    await audit({ transaction, principal, nowMs }, entry);
    return true;
  });
}

async function createAdministrators(transaction: Database, user: number, created: number): Promise<void> {
  const identity = await createIdentity({ transaction });
  const [group] = await transaction
    .insert(groups)
    .values({
      identity,
      id: "",
      name: administrators,
      description: "Every right on everything",
      email: "",
      enabled: true,
      systemGroup: true,
      created,
      creator: "",
    })
    .returning({ key: groups.key });
  const everything = { list: true, read: true, create: true, modify: true, delete: true };
  await transaction.insert(permissions).values({ identity, table: "/", row: 0, ...everything });
  await transaction
    .insert(members)
    .values({ parentGroup: Number(group?.key), memberUser: user, memberGroup: null, creator: "" });
}

function randomId(): string {
  return randomBytes(20).toString("hex");
}

const admin = {
  name: "admin",
  displayname: "",
  email: "",
  type: "normal",
  enabled: true,
  physicalAccess: true,
  systemUser: true,
  creator: "",
  lastLogin: 0,
  failedAttempts: 0,
  accountLocked: 0,
  changePassword: false,
  twoFactorAuthentication: false,
  twoFactorType: "email",
  sshKeys: "",
  theme: "",
} as const;
