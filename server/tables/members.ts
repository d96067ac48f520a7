import { eq, sql } from "drizzle-orm";
import type { z } from "zod";
import { members as endpoints, memberChange, newMember } from "../../contract/members.ts";
import { groups, members, users } from "../../drizzle/schema.ts";
import { audit } from "../audit.ts";
import { violatesForeignKey, violatesUnique } from "../database.ts";
import { ApiError } from "../errors.ts";
import type { Subject } from "../fence.ts";
import type { QueryTable } from "../query/query-table.ts";
import { type Created, defineTable, defineWrites, withinReach } from "./define-table.ts";
import { requireAllThatGroupGives } from "./group-rights.ts";
import { onlyRow } from "./row.ts";
import type { WriteContext } from "./write-context.ts";

/**
 * Puts a user or a group into a group.
 */
async function createMember(context: WriteContext, input: z.output<typeof newMember>): Promise<Created> {
  const { transaction, principal } = context;
  const group = await findGroup(context, input.parent_group);
  const name = await nameOfMember(context, input.member);
  if (input.member.table === "groups") {
    await refuseCircle(context, group.key, input.member.key);
  }
  const values = {
    parentGroup: group.key,
    memberUser: input.member.table === "users" ? input.member.key : null,
    memberGroup: input.member.table === "groups" ? input.member.key : null,
    creator: principal.user.name,
  };
  try {
    const [row] = await transaction.insert(members).values(values).returning({ key: members.key });
    await audit(context, { objectType: "group", objectName: group.name, text: `added member ${name}` });
    return { key: Number(row?.key) };
  } catch (error) {
    if (violatesUnique(error, "members_user_unique") || violatesUnique(error, "members_group_unique")) {
      throw new ApiError("conflict", `member: ${name} is in group ${JSON.stringify(group.name)} already`);
    }
    const fields = {
      members_parent_group_fkey: "parent_group",
      members_member_user_fkey: "member",
      members_member_group_fkey: "member",
    };
    const gone = Object.entries(fields).find(([constraint]) => violatesForeignKey(error, constraint))?.[1];
    throw gone === undefined ? error : new ApiError("invalid", `${gone}: it was deleted in this moment`);
  }
}

/** Whoever puts somebody into a group gives away what the group gives. */
async function authorizeMember(context: WriteContext, input: z.output<typeof newMember>): Promise<void> {
  const group = await findGroup(context, input.parent_group);
  await requireAllThatGroupGives(context, group.key, "parent_group");
}

/** A membership has nothing that can change: what it says already is accepted, anything else is not. */
async function updateMember(
  context: WriteContext,
  key: number,
  input: z.output<typeof memberChange>,
): Promise<Record<string, never>> {
  const row = onlyRow(
    await context.transaction.select().from(members).where(eq(members.key, key)).for("update"),
  );
  if (input.parent_group !== undefined && input.parent_group !== row.parentGroup) {
    throw new ApiError(
      "invalid",
      "parent_group: cannot change; delete the membership and create another one",
    );
  }
  const present = row.memberUser === null ? ["groups", row.memberGroup] : ["users", row.memberUser];
  const asked = [input.member?.table, input.member?.key];
  if (input.member !== undefined && asked.join() !== present.join()) {
    throw new ApiError("invalid", "member: cannot change; delete the membership and create another one");
  }
  return {};
}

/** Takes a member out of a group; what the group gave is gone from the answer on. */
async function deleteMember(context: WriteContext, key: number): Promise<void> {
  const row = onlyRow(
    await context.transaction.select().from(members).where(eq(members.key, key)).for("update"),
  );
  const group = await findGroup(context, row.parentGroup);
  await context.transaction.delete(members).where(eq(members.key, key));
  const member = row.memberUser === null ? `group ${row.memberGroup}` : `user ${row.memberUser}`;
  await audit(context, { objectType: "group", objectName: group.name, text: `removed member ${member}` });
}

async function findGroup(context: WriteContext, key: number): Promise<{ key: number; name: string }> {
  const [group] = await context.transaction
    .select({ key: groups.key, name: groups.name })
    .from(groups)
    .where(eq(groups.key, key));
  if (group === undefined || !context.rights.holds("list", "groups", key)) {
    throw new ApiError("invalid", `parent_group: there is no group with $key ${key}`);
  }
  if (!context.rights.holds("modify", "groups", key)) {
    throw new ApiError("forbidden", `parent_group: you may not modify group ${JSON.stringify(group.name)}`);
  }
  return group;
}

async function nameOfMember(
  context: WriteContext,
  member: { readonly table: "users" | "groups"; readonly key: number },
): Promise<string> {
  const table = member.table === "users" ? users : groups;
  const [found] = await context.transaction
    .select({ name: table.name })
    .from(table)
    .where(eq(table.key, member.key));
  if (found === undefined || !context.rights.holds("list", member.table, member.key)) {
    throw new ApiError("invalid", `member: there is no row ${member.table}/${member.key}`);
  }
  return found.name;
}

/** Locks every group against two changes that make a circle together; groups are few and change seldom. */
async function refuseCircle(context: WriteContext, parent: number, member: number): Promise<void> {
  await context.transaction.select({ key: groups.key }).from(groups).orderBy(groups.key).for("update");
  const [found] = await context.transaction
    .select({ key: groups.key })
    .from(groups)
    .where(
      sql`${groups.key} = ${member} and ${groups.key} in (
        with recursive ancestry (key) as (
          select ${parent}::bigint
          union
          select ${members.parentGroup} from ${members} join ancestry on ${members.memberGroup} = ancestry.key
        )
        select key from ancestry
      )`,
    );
  if (found !== undefined) {
    throw new ApiError("invalid", "member: a group cannot be in itself, nor in a group that it holds");
  }
}

/** A user in a group is news of that user alone; of a group in a group it is not looked up of whom it is news. */
function concernsMember(user: number | null): readonly Subject[] {
  return user === null ? ["everything"] : [`user ${user}`];
}

const query: QueryTable = {
  name: "members",
  table: members,
  key: members.key,
  keyType: "number",
  display: "member_display",
  summary: ["parent_group", "member", "member_display", "creator"],
  fields: (column) => ({
    parent_group: {
      kind: "value",
      type: "number",
      value: column(members.parentGroup),
      references: [{ table: "groups", on: groups.key, equals: column(members.parentGroup) }],
    },
    member: {
      kind: "value",
      type: "text",
      value: sql`coalesce('/v4/users/' || ${column(members.memberUser)}, '/v4/groups/' || ${column(members.memberGroup)})`,
      references: [
        { table: "users", on: users.key, equals: column(members.memberUser) },
        { table: "groups", on: groups.key, equals: column(members.memberGroup) },
      ],
    },
    member_display: { kind: "path", path: "member#$display" },
    creator: { kind: "value", type: "text", value: column(members.creator) },
  }),
};

/** Table `members`: who may see or modify a group may see or modify who is in it. */
export const membersTable = defineTable({
  query,
  endpoints,
  singular: "member",
  rowsWithin: (rights, right, column) =>
    withinReach(rights.reach(right === "delete" ? "modify" : right, "groups"), column(members.parentGroup)),
  concerns: {
    ofNew: (raw) => {
      const { member } = newMember.parse(raw);
      return concernsMember(member.table === "users" ? member.key : null);
    },
    ofRow: async (database, key) => {
      const { memberUser } = members;
      const [row] = await database
        .select({ memberUser })
        .from(members)
        .where(eq(members.key, Number(key)));
      return concernsMember(row?.memberUser ?? null);
    },
  },
  writes: defineWrites({
    newRow: newMember,
    change: memberChange,
    keyOf: Number,
    authorize: authorizeMember,
    create: createMember,
    update: updateMember,
    delete: deleteMember,
  }),
});
