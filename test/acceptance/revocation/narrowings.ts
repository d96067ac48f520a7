import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { createSecret, secretIdOf } from "../../../contract/secret.ts";
import type { Database } from "../../../server/database.ts";
import { hashSecret } from "../../../server/identity/secrets.ts";

/** A change after which a key must not pass any more, as a request to the API. */
interface Narrowing {
  readonly method: "DELETE" | "PUT" | "POST";
  readonly path: (subject: Subject) => string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** The key is set to expire at this time, in epoch seconds: from then on it must not pass. */
  readonly expires?: () => number;
  /** Only with a right does the key pass before, and not after; the user has it itself or through a group. */
  readonly right?: "own" | "through a group";
}

/** A key of a user of its own, with everything that a change may take away. */
export interface Subject {
  /** Number of the user, the key, the permission and the membership alike. */
  readonly number: number;
  readonly secret: string;
  readonly kind: keyof typeof narrowings;
}

/** Every kind of change that narrows what a key may do. */
export const narrowings = {
  "key deleted": { method: "DELETE", path: ({ number }) => `/api/v4/user_api_keys/${number}` },
  "address denied": {
    method: "PUT",
    path: ({ number }) => `/api/v4/user_api_keys/${number}`,
    body: { ip_deny_list: "127.0.0.0/8" },
  },
  "other addresses allowed": {
    method: "PUT",
    path: ({ number }) => `/api/v4/user_api_keys/${number}`,
    body: { ip_allow_list: "192.0.2.0/24" },
  },
  "key rotated without overlap": {
    method: "POST",
    path: ({ number }) => `/api/v4/user_api_keys/${number}/rotate`,
    body: { overlap: 0 },
  },
  "expiry shortened": {
    method: "PUT",
    path: ({ number }) => `/api/v4/user_api_keys/${number}`,
    expires: () => Math.floor(Date.now() / 1000) + 1,
  },
  "user disabled": {
    method: "PUT",
    path: ({ number }) => `/api/v4/users/${number}`,
    body: { enabled: false },
  },
  "user deleted": { method: "DELETE", path: ({ number }) => `/api/v4/users/${number}` },
  "permission deleted": {
    method: "DELETE",
    path: ({ number }) => `/api/v4/permissions/${number}`,
    right: "own",
  },
  "right taken away": {
    method: "PUT",
    path: ({ number }) => `/api/v4/permissions/${number}`,
    body: { read: false },
    right: "own",
  },
  "member taken out": {
    method: "DELETE",
    path: ({ number }) => `/api/v4/members/${number}`,
    right: "through a group",
  },
  "group disabled": {
    method: "PUT",
    path: ({ number }) => `/api/v4/groups/${number}`,
    body: { enabled: false },
    right: "through a group",
  },
} as const satisfies Record<string, Narrowing>;

/** The changes that make every replica forget everything are few among the rest, as they are in life. */
const kinds = (Object.keys(narrowings) as (keyof typeof narrowings)[]).flatMap((kind) =>
  "right" in narrowings[kind] ? [kind] : Array.from({ length: 6 }, () => kind),
);

/** Row keys below this are taken by the first start. */
const firstNumber = 1000;

/** Identities of groups come after those of all users. */
const groupIdentities = 1_000_000;

/** Stores so many keys that pass, each with a user and a right of its own. */
export async function storeSubjects(database: Database, count: number): Promise<Subject[]> {
  const subjects = Array.from({ length: count }, (_, place): Subject => {
    const kind = kinds[place % kinds.length] ?? "key deleted";
    return { number: firstNumber + place, secret: createSecret(), kind };
  });
  const rows = subjects.map(({ number, secret, kind }) => ({
    number,
    grantee: isThroughGroup(kind) ? groupIdentities + number : number,
    name: `subject ${number}`,
    id: randomBytes(20).toString("hex"),
    secret_id: secretIdOf(secret),
    hash: Buffer.from(hashSecret(secret, new Map()).hash).toString("hex"),
  }));
  const source = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
    as row (number bigint, grantee bigint, name text, id text, secret_id text, hash text)`;
  await database.execute(sql`
    insert into identities (key)
    select number from ${source} union select ${groupIdentities}::bigint + number from ${source}`);
  await database.execute(sql`
    insert into groups (key, identity, id, name, description, email, enabled, system_group, created, creator)
    select number, ${groupIdentities}::bigint + number, '', 'group of ' || name, '', '', true, false, 0, '' from ${source}`);
  await database.execute(sql`
    insert into users (key, identity, id, name, displayname, email, type, enabled, physical_access, system_user, created,
      creator, last_login, failed_attempts, account_locked, change_password, two_factor_authentication, two_factor_type,
      ssh_keys, theme)
    select number, number, id, name, '', '', 'api', true, false, false, 0, '', 0, 0, 0, false, false, 'email', '', ''
    from ${source}`);
  await database.execute(sql`
    insert into members (key, parent_group, member_user, creator) select number, number, number, '' from ${source}`);
  await database.execute(sql`
    insert into permissions (key, identity, "table", "row", list, read, "create", modify, delete)
    select number, grantee, 'vms', 0, true, true, false, false, false from ${source}`);
  await database.execute(sql`
    insert into user_api_keys (key, "user", name, description, created, expires, ip_allow_entries, ip_deny_entries,
      lastlogin_stamp, lastlogin_ip, secret_id, secret_hash, pepper_version)
    select number, number, name, '', 0, 0, '[]', '[]', 0, '', secret_id, decode(hash, 'hex'), 0 from ${source}`);
  for (const table of ["users", "groups", "members", "permissions", "user_api_keys"]) {
    await database.execute(
      sql`select setval(pg_get_serial_sequence(${table}, 'key'), ${firstNumber + count}::bigint)`,
    );
  }
  // As autovacuum would, given a minute.
  await database.execute(sql`analyze`);
  const identities = 2 * groupIdentities;
  await database.execute(
    sql`select setval(pg_get_serial_sequence('identities', 'key'), ${identities}::bigint)`,
  );
  return subjects;
}

function isThroughGroup(kind: Subject["kind"]): boolean {
  const narrowing: Narrowing = narrowings[kind];
  return narrowing.right === "through a group";
}

/** The question under which a subject's key passes now and must not after its change. */
export function questionOf({ kind }: Subject): string {
  return "right" in narrowings[kind] ? "/auth/verify?table=vms&action=read" : "/auth/verify";
}
