import { sql } from "drizzle-orm";
import { z } from "zod";
import { groups, members, permissions } from "../../drizzle/schema.ts";
import type { Principal } from "../access/principal.ts";
import { type Grant, Rights } from "../access/rights.ts";
import { type Database, rowsOf } from "../database.ts";

const grantRow = z.object({
  table: z.string(),
  row: z.coerce.number(),
  list: z.boolean(),
  read: z.boolean(),
  create: z.boolean(),
  modify: z.boolean(),
  delete: z.boolean(),
});

/**
 * Reads a user's present rights, in one statement: those of the user, and of every enabled group that it is in,
 * directly or through other groups. `union` (not `union all`) ends the recursion where groups contain each other.
 */
export async function rightsOf(
  database: Database,
  user: Pick<Principal["user"], "key" | "identity" | "hasPhysicalAccess">,
  groupsAre: "as they stand" | "all enabled" = "as they stand",
): Promise<Rights> {
  // What somebody would have if a group were switched on again counts where it is asked who may act as them.
  const isGiving = groupsAre === "all enabled" ? sql`true` : sql`${groups.enabled}`;
  const membership = sql`
    with recursive membership (parent_group) as (
      select ${members.parentGroup} from ${members} where ${members.memberUser} = ${user.key}
      union
      select ${members.parentGroup} from ${members}
      join membership on ${members.memberGroup} = membership.parent_group
      join ${groups} on ${groups.key} = membership.parent_group and ${isGiving}
    )`;
  return new Rights(
    await grants(
      database,
      sql`${membership}
      select "table", "row", "list", "read", "create", "modify", "delete" from ${permissions}
      where ${permissions.identity} = ${user.identity} or ${permissions.identity} in (
        select ${groups.identity} from ${groups}
        where ${isGiving} and ${groups.key} in (select parent_group from membership)
      )`,
    ),
    user.hasPhysicalAccess,
  );
}

/** Every grant that a member of the group has through it: the group's own, and those of the groups that it is in. */
export async function grantsOfGroup(database: Database, group: number): Promise<readonly Grant[]> {
  return grants(
    database,
    sql`
    with recursive ancestry (key) as (
      select ${groups.key} from ${groups} where ${groups.key} = ${group}
      union
      select ${members.parentGroup} from ${members} join ancestry on ${members.memberGroup} = ancestry.key
    )
    select "table", "row", "list", "read", "create", "modify", "delete" from ${permissions}
    where ${permissions.identity} in (
      select ${groups.identity} from ${groups} where ${groups.key} in (select key from ancestry)
    )`,
  );
}

async function grants(database: Database, statement: ReturnType<typeof sql>): Promise<readonly Grant[]> {
  return z.array(grantRow).parse(rowsOf(await database.execute(statement)));
}
