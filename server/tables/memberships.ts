import { eq, type SQL } from "drizzle-orm";
import { groups, members, users } from "../../drizzle/schema.ts";
import { type AuditEntry, auditEach } from "../audit.ts";
import type { WriteContext } from "./write-context.ts";

/** Tells of the memberships that go with a user or a group that is deleted: those in which it is the member. */
export async function auditMemberships(
  context: WriteContext,
  entry: Omit<AuditEntry, "text">,
  isMember: SQL,
): Promise<void> {
  const left = await context.transaction
    .select({ name: groups.name })
    .from(members)
    .innerJoin(groups, eq(groups.key, members.parentGroup))
    .where(isMember)
    .orderBy(members.key);
  const names = left.map(({ name }) => JSON.stringify(name));
  await auditEach(context, { ...entry, text: "memberships ended with it, in" }, names);
}

/** Tells of the memberships that go with a group that is deleted: everybody who is in it. */
export async function auditMembers(
  context: WriteContext,
  entry: Omit<AuditEntry, "text">,
  group: number,
): Promise<void> {
  const rows = await context.transaction
    .select({ user: users.name, group: groups.name })
    .from(members)
    .leftJoin(users, eq(users.key, members.memberUser))
    .leftJoin(groups, eq(groups.key, members.memberGroup))
    .where(eq(members.parentGroup, group))
    .orderBy(members.key);
  const names = rows.map(({ user, group: inner }) =>
    user === null ? `group ${JSON.stringify(inner)}` : `user ${JSON.stringify(user)}`,
  );
  await auditEach(context, { ...entry, text: "memberships ended with it, of" }, names);
}
