import { eq, inArray, or, type SQL, sql } from "drizzle-orm";
import { groups, members, permissions } from "../../drizzle/schema.ts";
import type { Principal } from "../access/principal.ts";
import { type Grant, Rights } from "../access/rights.ts";
import type { Database } from "../database.ts";
import { Prepared } from "../prepared.ts";

const { table, row, list, read, create, modify, delete: mayDelete } = permissions;
const grantColumns = { table, row, list, read, create, modify, delete: mayDelete };

/**
 * The grants of a user and of every group that it is in, directly or through other groups. `union` (not `union all`) ends
 * the recursion where groups contain each other.
 */
function grantsOfUser(name: string, isGiving: SQL): Prepared<GrantsStatement> {
  const user = sql.placeholder("user");
  const identity = sql.placeholder("identity");
  const identitiesOfGroups = sql`(
    with recursive membership (parent_group) as (
      select ${members.parentGroup} from ${members} where ${members.memberUser} = ${user}
      union
      select ${members.parentGroup} from ${members}
      join membership on ${members.memberGroup} = membership.parent_group
      join ${groups} on ${groups.key} = membership.parent_group and ${isGiving}
    )
    select ${groups.identity} from ${groups}
    where ${isGiving} and ${groups.key} in (select parent_group from membership)
  )`;
  return new Prepared((database) =>
    database
      .select(grantColumns)
      .from(permissions)
      .where(or(eq(permissions.identity, identity), inArray(permissions.identity, identitiesOfGroups)))
      .prepare(name),
  );
}

interface GrantsStatement {
  execute(values: Readonly<Record<string, unknown>>): Promise<readonly Grant[]>;
}

const presentGrants = grantsOfUser("grants of a user", sql`${groups.enabled}`);
const possibleGrants = grantsOfUser("grants of a user with all groups enabled", sql`true`);

/** Reads a user's present rights, in one statement. */
export async function rightsOf(
  database: Database,
  user: Pick<Principal["user"], "key" | "identity" | "hasPhysicalAccess">,
  groupsAre: "as they stand" | "all enabled" = "as they stand",
): Promise<Rights> {
  // What somebody would have if a group were switched on again counts where it is asked who may act as them.
  const grants = groupsAre === "all enabled" ? possibleGrants : presentGrants;
  const { key, identity, hasPhysicalAccess } = user;
  return new Rights(await grants.on(database).execute({ user: key, identity }), hasPhysicalAccess);
}

/** Every grant that a member of the group has through it: the group's own, and those of the groups that it is in. */
export async function grantsOfGroup(database: Database, group: number): Promise<readonly Grant[]> {
  const identities = sql`(
    with recursive ancestry (key) as (
      select ${groups.key} from ${groups} where ${groups.key} = ${group}
      union
      select ${members.parentGroup} from ${members} join ancestry on ${members.memberGroup} = ancestry.key
    )
    select ${groups.identity} from ${groups} where ${groups.key} in (select key from ancestry)
  )`;
  return database.select(grantColumns).from(permissions).where(inArray(permissions.identity, identities));
}
