import { eq, sql } from "drizzle-orm";
import { groups, members, userApiKeys, users } from "../../drizzle/schema.ts";
import { type AddressLists, compileLists } from "../access/address-lists.ts";
import type { Database } from "../database.ts";
import type { StoredSecret } from "./secrets.ts";

/** Everything that a verdict on a key is made from, read at one moment. */
export interface KnownKey extends StoredSecret {
  readonly key: number;
  readonly secretId: string;
  readonly name: string;
  /** Epoch seconds from which on it is refused; 0 for never. */
  readonly expires: number;
  /** Refused whatever the time. */
  readonly ended: boolean;
  readonly lists: AddressLists;
  readonly user: {
    readonly key: number;
    readonly name: string;
    readonly identity: number;
    readonly enabled: boolean;
    readonly physicalAccess: boolean;
  };
  /** Names of the enabled groups that the user is in, directly or through other groups, in order of name. */
  readonly groups: readonly string[];
}

/** Groups that contain each other end the recursion, because `union` (not `union all`) drops what is known already. */
const groupNames = sql<readonly string[]>`coalesce((
  with recursive membership (parent_group) as (
    select ${members.parentGroup} from ${members} where ${members.memberUser} = ${users.key}
    union
    select ${members.parentGroup} from ${members}
    join membership on ${members.memberGroup} = membership.parent_group
    join ${groups} on ${groups.key} = membership.parent_group and ${groups.enabled}
  )
  select json_agg(${groups.name} order by ${groups.name}) from ${groups}
  where ${groups.enabled} and ${groups.key} in (select parent_group from membership)
), '[]')`;

/** Reads a key by the public id within its secret, in one statement; undefined where there is none. */
export async function findKey(database: Database, secretId: string): Promise<KnownKey | undefined> {
  const [found] = await database
    .select({
      key: userApiKeys.key,
      name: userApiKeys.name,
      hash: userApiKeys.secretHash,
      pepperVersion: userApiKeys.pepperVersion,
      expires: userApiKeys.expires,
      ended: userApiKeys.ended,
      allow: userApiKeys.ipAllowEntries,
      deny: userApiKeys.ipDenyEntries,
      userKey: users.key,
      userName: users.name,
      identity: users.identity,
      enabled: users.enabled,
      physicalAccess: users.physicalAccess,
      groups: groupNames,
    })
    .from(userApiKeys)
    .innerJoin(users, eq(users.key, userApiKeys.user))
    .where(eq(userApiKeys.secretId, secretId));
  if (found === undefined) {
    return undefined;
  }
  const { key, name, hash, pepperVersion, expires, ended, allow, deny } = found;
  const { userKey, userName, identity, enabled, physicalAccess } = found;
  return {
    key,
    secretId,
    name,
    hash,
    pepperVersion,
    expires,
    ended,
    lists: compileLists({ allow, deny }),
    user: { key: userKey, name: userName, identity, enabled, physicalAccess },
    groups: found.groups,
  };
}
