import { sql } from "drizzle-orm";
import type { Logger } from "pino";
import { logs, userApiKeys, users } from "../../drizzle/schema.ts";
import type { Database } from "../database.ts";

/** When and from where a key or a user was last accepted. */
export interface Login {
  /** Epoch seconds. */
  readonly stamp: number;
  readonly address: string;
  /** Name of the user, for the audit trail. */
  readonly user: string;
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

/** The most lines kept for one flush: a flood is one line for each key, reason and address anyway. */
const noticesMax = 1000;

/** A line of the audit trail that tells of a refusal. */
interface Notice {
  readonly stamp: number;
  readonly address: string;
  readonly user: string;
  readonly text: string;
}

/**
 * Remembers last logins and writes them behind the requests, coalesced: at most one statement a table and second
 * however busy a key is, because a row written on each request serialises all requests of that key. Readers see a
 * login at most a second late; a killed process loses at most that second, a stopped one nothing.
 *
 * The audit trail gets a line when a key logs in from another address than last time or a user after an hour's silence,
 * and one for each key, reason, address and second that it is refused.
 */
export class LoginRecorder {
  readonly #database: Database;
  readonly #logger: Logger;
  #keys = new Map<number, KeyLogin>();
  /** By key and address, since a use from elsewhere is told even when one from here comes right after. */
  #uses = new Map<string, KeyLogin & { readonly key: number }>();
  #users = new Map<number, Login>();
  #notices = new Map<string, Notice>();
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
    this.#notice(`unknown ${address}`, {
      stamp,
      address,
      user: "",
      text: "login failed: unknown key or session",
    });
  }

  /** Notes that the user with this row key gave its password. */
  recordUser(key: number, login: Login): void {
    this.#users.set(key, login);
    this.#schedule();
  }

  /** Notes that the key with this row key was refused, to a caller who knows its public id. */
  recordRefusal(key: number, refusal: KeyRefusal): void {
    const { stamp, address, user, secretId, reason } = refusal;
    const text = `refused API key ${secretId}: ${reason}`;
    this.#notice(`${key} ${reason} ${address}`, { stamp, address, user, text });
  }

  #notice(subject: string, notice: Notice): void {
    if (this.#notices.size < noticesMax && !this.#notices.has(subject)) {
      this.#notices.set(subject, notice);
      this.#schedule();
    }
  }

  /** Writes what is noted now, after what is being written already. Call it before the database is closed. */
  flush(): Promise<void> {
    this.#written = this.#written.then(() => this.#write());
    return this.#written;
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const keys = this.#keys;
    const people = this.#users;
    const uses = this.#uses;
    const notices = this.#notices;
    this.#keys = new Map();
    this.#users = new Map();
    this.#uses = new Map();
    this.#notices = new Map();
    try {
      await this.#database.transaction(async (transaction) => {
        await writeUses(transaction, [...uses.values()]);
        await writeKeyLogins(transaction, keys);
        await writeUserLogins(transaction, people);
        await writeNotices(transaction, [...notices.values()]);
      });
    } catch (error) {
      this.#logger.warn({ err: error }, "last logins could not be written; they are tried again");
      // What came in meanwhile is newer and wins.
      this.#keys = new Map([...keys, ...this.#keys]);
      this.#users = new Map([...people, ...this.#users]);
      this.#uses = new Map([...uses, ...this.#uses]);
      this.#notices = new Map([...notices, ...this.#notices]);
      this.#schedule();
    }
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush(), flushIntervalMs).unref();
  }
}

/** Before the last login is written over, since it is what they are compared with. */
async function writeUses(
  transaction: Database,
  uses: readonly (KeyLogin & { readonly key: number })[],
): Promise<void> {
  if (uses.length === 0) {
    return;
  }
  const rows = uses.map(
    ({ key, stamp, address, user, secretId }) =>
      sql`(${key}::bigint, ${stamp}::bigint, ${address}::text, ${user}::text, ${secretId}::text)`,
  );
  await transaction.execute(sql`
    insert into ${logs} (level, timestamp, "user", address, object_type, object_name, text)
    select 'audit', login.stamp * 1000000, login.name, login.address, 'user', login.name,
      'logged in with API key ' || login.secret_id
    from (values ${sql.join(rows, sql`, `)}) as login (key, stamp, address, name, secret_id)
    join ${userApiKeys} on ${userApiKeys.key} = login.key
    where ${userApiKeys.lastloginIp} <> login.address or ${userApiKeys.lastloginStamp} < login.stamp - ${quietSeconds}::bigint`);
}

/** The comparison keeps time from running backwards when another replica wrote a later login first. */
async function writeKeyLogins(transaction: Database, logins: ReadonlyMap<number, KeyLogin>): Promise<void> {
  if (logins.size === 0) {
    return;
  }
  const rows = [...logins].map(
    ([key, { stamp, address }]) => sql`(${key}::bigint, ${stamp}::bigint, ${address}::text)`,
  );
  await transaction.execute(sql`
    update ${userApiKeys} set lastlogin_stamp = login.stamp, lastlogin_ip = login.address
    from (values ${sql.join(rows, sql`, `)}) as login (key, stamp, address)
    where ${userApiKeys.key} = login.key and ${userApiKeys.lastloginStamp} <= login.stamp`);
}

async function writeUserLogins(transaction: Database, logins: ReadonlyMap<number, Login>): Promise<void> {
  if (logins.size === 0) {
    return;
  }
  const rows = [...logins].map(
    ([key, { stamp, address, user }]) =>
      sql`(${key}::bigint, ${stamp}::bigint, ${address}::text, ${user}::text)`,
  );
  const login = sql`(values ${sql.join(rows, sql`, `)}) as login (key, stamp, address, name)`;
  await transaction.execute(sql`
    insert into ${logs} (level, timestamp, "user", address, object_type, object_name, text)
    select 'audit', login.stamp * 1000000, login.name, login.address, 'user', login.name, 'logged in with a password'
    from ${login} join ${users} on ${users.key} = login.key
    where ${users.lastLogin} < login.stamp - ${quietSeconds}::bigint`);
  await transaction.execute(sql`
    update ${users} set last_login = login.stamp
    from ${login}
    where ${users.key} = login.key and ${users.lastLogin} <= login.stamp`);
}

async function writeNotices(transaction: Database, notices: readonly Notice[]): Promise<void> {
  const rows = notices.map(({ stamp, address, user, text }) => ({
    level: "warning" as const,
    timestamp: stamp * 1_000_000,
    user,
    address,
    objectType: "user" as const,
    objectName: user,
    text,
  }));
  if (rows.length > 0) {
    await transaction.insert(logs).values(rows);
  }
}
