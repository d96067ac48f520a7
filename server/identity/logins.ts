import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Logger } from "pino";
import { z } from "zod";
import { logs, userApiKeys, users } from "../../drizzle/schema.ts";
import { apiKeyCredential } from "../audit.ts";
import { type Database, rowsOf } from "../database.ts";
import { Refusals } from "./refusals.ts";

/** When and from where a key or a user was last accepted. */
export interface Login {
  /** Epoch seconds. */
  readonly stamp: number;
  readonly address: string;
  /** Name of the user, for the audit trail. */
  readonly user: string;
  /** Row key of the user. */
  readonly userKey: number;
}

/** A login with a key, by the public part of its secret. */
export interface KeyLogin extends Login {
  readonly secretId: string;
}

/** A key that was presented and refused. */
export interface KeyRefusal extends KeyLogin {
  readonly reason: string;
}

const flushIntervalMs = 1000;

/** How long the same login is not written to the audit trail again, in seconds. */
const quietSeconds = 3600;

/** The most lines kept for one flush: a flood is a few lines for each key and reason anyway. */
const noticesMax = 1000;

/** How many uses of passwords are remembered, by user and address; beyond it the oldest are forgotten, and told again. */
const passwordUsesMax = 10_000;

/** A line of the audit trail. */
interface Notice extends Omit<Login, "userKey"> {
  readonly level: "audit" | "warning";
  readonly userKey: number | null;
  readonly credential: string;
  readonly text: string;
}

/**
 * Remembers last logins and writes them behind the requests, coalesced: at most one statement a table and second
 * however busy a key is, because a row written on each request serialises all requests of that key. Readers see a
 * login at most a second late; a killed process loses at most that second, a stopped one nothing.
 *
 * The audit trail gets a line when a key logs in from another address than last time or after an hour's silence, when a
 * password does from an address that it has not come from for an hour, and for each key, reason and second that it is
 * refused a few: one a network, and one for the rest of them.
 */
export class LoginRecorder {
  readonly #database: Database;
  readonly #logger: Logger;
  #keys = new Map<number, KeyLogin>();
  /** By key and address, since a use from elsewhere is told even when one from here comes right after. */
  #uses = new Map<string, KeyLogin & { readonly key: number }>();
  #users = new Map<number, Login>();
  /** When each user last gave its password at each address, in epoch seconds, the latest use last. */
  readonly #passwordUses = new Map<string, number>();
  #notices = new Map<string, Notice>();
  readonly #refusals = new Refusals<Notice>();
  #timer: NodeJS.Timeout | undefined;
  /** Resolves when the last write that was asked for is done; it never rejects. */
  #written: Promise<void> = Promise.resolve();

  constructor(database: Database, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  /** Whether this very use is noted already, in the same second from the same address: a busy key is used thousands of times. */
  isRecorded(key: number, stamp: number, address: string): boolean {
    const last = this.#keys.get(key);
    return last !== undefined && last.stamp === stamp && last.address === address;
  }

  /** Notes that the key with this row key was accepted. */
  recordKey(key: number, login: KeyLogin): void {
    this.#keys.set(key, login);
    const use = `${key} ${login.address}`;
    if (this.#uses.size < noticesMax || this.#uses.has(use)) {
      this.#uses.set(use, { ...login, key });
    }
    this.#schedule();
  }

  /** Notes that something was presented that is no credential of anybody's: no key, no session. */
  recordUnknown(stamp: number, address: string): void {
    this.#refused("unknown", {
      ...nobody,
      stamp,
      address,
      text: "login failed: unknown key or session",
    });
  }

  /** Notes that the user with this row key gave its password. */
  recordUser(key: number, login: Login): void {
    this.#users.set(key, login);
    const use = `${key} ${login.address}`;
    const last = this.#passwordUses.get(use);
    this.#passwordUses.delete(use);
    const isNews = last === undefined || last < login.stamp - quietSeconds;
    const text = "logged in with a password";
    if (
      !isNews ||
      this.#notice(`password ${use}`, { ...login, level: "audit", credential: "password", text })
    ) {
      this.#passwordUses.set(use, login.stamp);
    }
    for (const oldest of this.#passwordUses.keys()) {
      if (this.#passwordUses.size <= passwordUsesMax) {
        break;
      }
      this.#passwordUses.delete(oldest);
    }
    this.#schedule();
  }

  /** Notes that the key with this row key was refused, to a caller who knows its public id. */
  recordRefusal(key: number, refusal: KeyRefusal): void {
    const { stamp, address, user, userKey, secretId, reason } = refusal;
    const text = `refused API key ${secretId}: ${reason}`;
    const notice = { level: "warning" as const, credential: apiKeyCredential(secretId), text };
    this.#refused(`${key} ${reason}`, { ...notice, stamp, address, user, userKey });
  }

  #refused(kind: string, notice: Notice): void {
    this.#refusals.note(kind, notice);
    this.#schedule();
  }

  /** Whether the line is to be written, now or with another one about the same. */
  #notice(subject: string, notice: Notice): boolean {
    if (this.#notices.has(subject)) {
      return true;
    }
    if (this.#notices.size >= noticesMax) {
      return false;
    }
    this.#notices.set(subject, notice);
    this.#schedule();
    return true;
  }

  /** Writes what is noted now, after what is being written already. Call it before the database is closed. */
  flush(): Promise<void> {
    this.#written = this.#written.then(() => this.#write());
    return this.#written;
  }

  /** Each table by a statement of its own: a server that halts between two statements must hold no rows meanwhile. */
  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.all([this.#writeKeys(), this.#writeUsers(), this.#writeNotices()]);
  }

  async #writeKeys(): Promise<void> {
    const keys = this.#keys;
    const uses = this.#uses;
    this.#keys = new Map();
    this.#uses = new Map();
    const left = await this.#attempt(keys, () => writeKeyLogins(this.#database, keys, [...uses.values()]));
    // What came in meanwhile is newer and wins.
    this.#keys = new Map([...left, ...this.#keys]);
    this.#uses = new Map([...[...uses].filter(([, { key }]) => left.has(key)), ...this.#uses]);
  }

  async #writeUsers(): Promise<void> {
    const people = this.#users;
    this.#users = new Map();
    const left = await this.#attempt(people, () => writeUserLogins(this.#database, people));
    this.#users = new Map([...left, ...this.#users]);
  }

  async #writeNotices(): Promise<void> {
    for (const refusal of this.#refusals.take()) {
      this.#notice(randomUUID(), refusal);
    }
    const notices = this.#notices;
    this.#notices = new Map();
    const left = await this.#attempt(notices, async () => {
      await writeNotices(this.#database, [...notices.values()]);
      return new Set();
    });
    this.#notices = new Map([...left, ...this.#notices]);
  }

  /** What is left to be written another time: what the database held locked, or all when it failed. */
  async #attempt<Key, Value>(
    entries: ReadonlyMap<Key, Value>,
    write: () => Promise<ReadonlySet<Key>>,
  ): Promise<ReadonlyMap<Key, Value>> {
    if (entries.size === 0) {
      return entries;
    }
    try {
      const locked = await write();
      const left = new Map([...entries].filter(([key]) => locked.has(key)));
      if (left.size > 0) {
        this.#schedule();
      }
      return left;
    } catch (error) {
      this.#logger.warn({ err: error }, "last logins could not be written; they are tried again");
      this.#schedule();
      return entries;
    }
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush(), flushIntervalMs).unref();
  }
}

const nobody = { level: "warning", user: "", userKey: null, credential: "" } as const;

const lockedRows = z.array(z.object({ key: z.coerce.number() }));

/**
 * Writes last logins and tells in the audit trail of the uses that are news. Answers the keys whose rows somebody else
 * is just changing: to wait for them would hold all the other rows, and with them whoever wants to change those. The
 * comparison keeps time from running backwards when another replica wrote a later login first.
 */
async function writeKeyLogins(
  database: Database,
  logins: ReadonlyMap<number, KeyLogin>,
  uses: readonly (KeyLogin & { readonly key: number })[],
): Promise<ReadonlySet<number>> {
  const last = JSON.stringify([...logins].map(([key, login]) => ({ ...login, key })));
  const each = JSON.stringify(uses);
  const rows = await database.execute(sql`
    with login as (
      select * from jsonb_to_recordset(${last}::jsonb) as row (key bigint, stamp bigint, address text)
    ),
    used as (
      select * from jsonb_to_recordset(${each}::jsonb)
        as row (key bigint, stamp bigint, address text, "user" text, "userKey" bigint, "secretId" text)
    ),
    due as (
      select stored.key, stored.lastlogin_stamp, stored.lastlogin_ip
      from ${userApiKeys} as stored join login on login.key = stored.key and stored.lastlogin_stamp <= login.stamp
      order by stored.key for no key update of stored skip locked
    ),
    written as (
      update ${userApiKeys} as stored set lastlogin_stamp = login.stamp, lastlogin_ip = login.address
      from login join due on due.key = login.key where stored.key = login.key
    ),
    told as (
      insert into ${logs} (level, timestamp, "user", user_key, credential, address, object_type, object_name, text)
      select 'audit', used.stamp * 1000000, used."user", used."userKey", ${apiKeyCredential("")}::text || used."secretId",
        used.address, 'user', used."user", 'logged in with API key ' || used."secretId"
      from used join due on due.key = used.key
      where due.lastlogin_ip <> used.address or due.lastlogin_stamp < used.stamp - ${quietSeconds}::bigint
    )
    select stored.key from ${userApiKeys} as stored join login on login.key = stored.key
    where stored.lastlogin_stamp <= login.stamp and stored.key not in (select key from due)`);
  return new Set(lockedRows.parse(rowsOf(rows)).map(({ key }) => key));
}

/** As with keys: answers the users whose rows somebody else is just changing. */
async function writeUserLogins(
  database: Database,
  logins: ReadonlyMap<number, Login>,
): Promise<ReadonlySet<number>> {
  const last = JSON.stringify([...logins].map(([key, { stamp }]) => ({ key, stamp })));
  const rows = await database.execute(sql`
    with login as (
      select * from jsonb_to_recordset(${last}::jsonb) as row (key bigint, stamp bigint)
    ),
    due as (
      select stored.key
      from ${users} as stored join login on login.key = stored.key and stored.last_login <= login.stamp
      order by stored.key for no key update of stored skip locked
    ),
    written as (
      update ${users} as stored set last_login = login.stamp
      from login join due on due.key = login.key where stored.key = login.key
    )
    select stored.key from ${users} as stored join login on login.key = stored.key
    where stored.last_login <= login.stamp and stored.key not in (select key from due)`);
  return new Set(lockedRows.parse(rowsOf(rows)).map(({ key }) => key));
}

async function writeNotices(database: Database, notices: readonly Notice[]): Promise<void> {
  const rows = notices.map(({ stamp, ...notice }) => ({
    ...notice,
    timestamp: stamp * 1_000_000,
    objectType: "user" as const,
    objectName: notice.user,
  }));
  if (rows.length > 0) {
    await database.insert(logs).values(rows);
  }
}
