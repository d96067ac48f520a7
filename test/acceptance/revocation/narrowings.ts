import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { createSecret, secretIdOf } from "../../../contract/secret.ts";
import type { Database } from "../../../server/database.ts";
import { hashSecret } from "../../../server/identity/secrets.ts";
import type { Caller } from "./callers.ts";

/** A change after which a key must not pass any more, as a request to the API or to the console. */
interface Narrowing {
  readonly method: "DELETE" | "PUT" | "POST";
  readonly path: (subject: Subject) => string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Fields of a form of the console, which an administrator's session sends in place of a key. */
  readonly form?: (subject: Subject) => Readonly<Record<string, string>>;
  /** The key is set to expire so many seconds from now: from then on it must not pass. */
  readonly expiresInSeconds?: number;
  /** The key is first set to expire later than that. */
  readonly isLengthenedBefore?: boolean;
  /** Only with a right does the key pass before, and not after; the user has it itself or through groups. */
  readonly right?: "own" | "through a group" | "through a group in a group";
}

/** A key of a user of its own, with everything that a change may take away. */
export interface Subject {
  /** Number of the user, the key, the permission and the membership alike. */
  readonly number: number;
  readonly secret: string;
  readonly kind: keyof typeof narrowings;
}

/** What the row keys of a group around a subject's group, and of that membership, have beyond the subject's number. */
const outer = 500_000;

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
    expiresInSeconds: 2,
  },
  "expiry lengthened, then shortened": {
    method: "PUT",
    path: ({ number }) => `/api/v4/user_api_keys/${number}`,
    expiresInSeconds: 2,
    isLengthenedBefore: true,
  },
  "key deleted in the console": {
    method: "POST",
    path: () => "/api-keys/delete",
    form: ({ number }) => ({ key: String(number), do: "delete" }),
  },
  "user disabled": {
    method: "PUT",
    path: ({ number }) => `/api/v4/users/${number}`,
    body: { enabled: false },
  },
  "user disabled by the action": {
    method: "POST",
    path: ({ number }) => `/api/v4/users/${number}/disable`,
    body: {},
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
  "group taken out of a group": {
    method: "DELETE",
    path: ({ number }) => `/api/v4/members/${outer + number}`,
    right: "through a group in a group",
  },
  "group deleted": {
    method: "DELETE",
    path: ({ number }) => `/api/v4/groups/${number}`,
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

/** Identities of groups come after those of all users, and those of groups around them after these. */
const groupIdentities = 1_000_000;
const outerIdentities = 2_000_000;

/** Stores so many keys that pass, each with a user and a right of its own. */
export async function storeSubjects(database: Database, count: number): Promise<Subject[]> {
  const subjects = Array.from({ length: count }, (_, place): Subject => {
    const kind = kinds[place % kinds.length] ?? "key deleted";
    return { number: firstNumber + place, secret: createSecret(), kind };
  });
  const rows = subjects.map(({ number, secret, kind }) => ({
    number,
    grantee: granteeOf(number, kind),
    name: `subject ${number}`,
    id: randomBytes(20).toString("hex"),
    secret_id: secretIdOf(secret),
    hash: Buffer.from(hashSecret(secret, new Map()).hash).toString("hex"),
  }));
  const source = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
    as row (number bigint, grantee bigint, name text, id text, secret_id text, hash text)`;
  await database.execute(sql`
    insert into identities (key)
    select shift + number from ${source}, (values (0), (${groupIdentities}::bigint), (${outerIdentities})) as shifts (shift)`);
  await database.execute(sql`
    insert into groups (key, identity, id, name, description, email, enabled, system_group, created, creator)
    select shift + number, shifted + number, '', shift || ' group of ' || name, '', '', true, false, 0, ''
    from ${source}, (values (0, ${groupIdentities}::bigint), (${outer}::bigint, ${outerIdentities})) as shifts (shift, shifted)`);
  await database.execute(sql`
    insert into users (key, identity, id, name, displayname, email, type, enabled, physical_access, system_user, created,
      creator, last_login, failed_attempts, account_locked, change_password, two_factor_authentication, two_factor_type,
      ssh_keys, theme)
    select number, number, id, name, '', '', 'api', true, false, false, 0, '', 0, 0, 0, false, false, 'email', '', ''
    from ${source}`);
  await database.execute(sql`
    insert into members (key, parent_group, member_user, member_group, creator)
    select number, number, number, null, '' from ${source}
    union all select ${outer}::bigint + number, ${outer}::bigint + number, null, number, '' from ${source}`);
  await database.execute(sql`
    insert into permissions (key, identity, "table", "row", list, read, "create", modify, delete)
    select number, grantee, 'vms', 0, true, true, false, false, false from ${source}`);
  await database.execute(sql`
    insert into user_api_keys (key, "user", name, description, created, expires, ip_allow_entries, ip_deny_entries,
      lastlogin_stamp, lastlogin_ip, secret_id, secret_hash, pepper_version)
    select number, number, name, '', 0, 0, '[]', '[]', 0, '', secret_id, decode(hash, 'hex'), 0 from ${source}`);
  for (const table of ["users", "groups", "members", "permissions", "user_api_keys"]) {
    await database.execute(sql`select setval(pg_get_serial_sequence(${table}, 'key'), ${2 * outer}::bigint)`);
  }
  // As autovacuum would, given a minute.
  await database.execute(sql`analyze`);
  await database.execute(
    sql`select setval(pg_get_serial_sequence('identities', 'key'), ${2 * outerIdentities}::bigint)`,
  );
  return subjects;
}

function granteeOf(number: number, kind: Subject["kind"]): number {
  const { right }: Narrowing = narrowings[kind];
  switch (right) {
    case "through a group":
      return groupIdentities + number;
    case "through a group in a group":
      return outerIdentities + number;
    default:
      return number;
  }
}

/** Who makes the changes: an administrator by a key, and in the console by a session. */
export interface Administrator {
  readonly secret: string;
  readonly session: string;
}

/** Narrows a subject's key; answers the status, and from when on the key must not pass: 0 for at once. */
export async function narrow(
  subject: Subject,
  { secret, session }: Administrator,
  caller: Caller,
): Promise<{ readonly status: number | undefined; readonly fromMs: number }> {
  const { method, path, body, form, expiresInSeconds, isLengthenedBefore }: Narrowing =
    narrowings[subject.kind];
  const call = (sent: unknown) =>
    caller.call({
      method,
      path: path(subject),
      headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" },
      body: sent === undefined ? undefined : JSON.stringify(sent),
    });
  if (form !== undefined) {
    const headers = {
      Cookie: `keyward-session=${session}`,
      "Content-Type": "application/x-www-form-urlencoded",
      "Sec-Fetch-Site": "same-origin",
    };
    const fields = new URLSearchParams(form(subject)).toString();
    return { status: await caller.call({ method, path: path(subject), headers, body: fields }), fromMs: 0 };
  }
  if (expiresInSeconds === undefined) {
    return { status: await call(body), fromMs: 0 };
  }
  if (isLengthenedBefore === true) {
    await call({ expires: nowSeconds() + 3600 });
  }
  const expires = nowSeconds() + expiresInSeconds;
  return { status: await call({ expires }), fromMs: expires * 1000 };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** The question under which a subject's key passes now and must not after its change. */
export function questionOf({ kind }: Subject): string {
  return "right" in narrowings[kind] ? "/auth/verify?table=vms&action=read" : "/auth/verify";
}
